//! What lists are asked for, in the address: filters, order and page are links, forms and bookmarks alike.

use leptos_router::location::Url;
use leptos_router::params::ParamsMap;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::model::activity::ActivityQuery;
use crate::model::directory::Query;
use crate::model::inspection::InspectionQuery;
use crate::model::log::LogQuery;
use crate::model::statistics::{self, Range};

/// The page of people that an address asks for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct People {
    pub query: Query,
    pub after: Option<String>,
}

/// The page of the security log that an address asks for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Log {
    pub query: ActivityQuery,
    pub after: Option<String>,
}

/// The page of the server's own log that an address asks for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lines {
    pub query: LogQuery,
    pub after: Option<u64>,
    /// New lines are shown as they come.
    pub live: bool,
}

/// The page of everybody's conversations that an address asks for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Conversations {
    pub query: InspectionQuery,
    pub after: Option<String>,
}

/// What of the statistics an address asks for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    pub query: statistics::Query,
    pub after: Option<String>,
}

/// The parameter, unless it is empty.
pub fn text(map: &ParamsMap, name: &str) -> Option<String> {
    map.get(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// The parameter as one of a few words; another one is none.
pub fn word<T: DeserializeOwned>(map: &ParamsMap, name: &str) -> Option<T> {
    serde_json::from_value(Value::String(text(map, name)?)).ok()
}

/// The word of a value, as it stands in addresses and options.
pub fn name<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(text)) => text,
        _ => String::new(),
    }
}

fn truth(map: &ParamsMap, name: &str) -> Option<bool> {
    text(map, name)?.parse().ok()
}

/// The path with the parameters that are there.
pub fn address(path: &str, pairs: &[(&str, Option<String>)]) -> String {
    let given = pairs.iter().filter_map(|(name, value)| Some(format!("{name}={}", Url::escape(value.as_deref()?))));
    let query = given.collect::<Vec<_>>().join("&");
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

impl People {
    pub fn of(map: &ParamsMap) -> Self {
        let query = Query {
            search: text(map, "search"),
            role: word(map, "role"),
            state: word(map, "state"),
            verified: truth(map, "verified"),
            online: truth(map, "online"),
            second_factor: truth(map, "second_factor"),
            sort: word(map, "sort").unwrap_or_default(),
        };
        Self { query, after: text(map, "after") }
    }

    /// This list at this path, with more parameters behind.
    pub fn at(&self, path: &str, more: &[(&str, Option<String>)]) -> String {
        let Query { search, role, state, verified, online, second_factor, sort } = &self.query;
        let mut pairs = vec![
            ("search", search.clone()),
            ("role", role.as_ref().map(name)),
            ("state", state.as_ref().map(name)),
            ("verified", verified.map(|truth| truth.to_string())),
            ("online", online.map(|truth| truth.to_string())),
            ("second_factor", second_factor.map(|truth| truth.to_string())),
            ("sort", Some(name(sort)).filter(|_| *sort != Default::default())),
        ];
        pairs.extend(more.iter().cloned());
        address(path, &pairs)
    }
}

impl Log {
    pub fn of(map: &ParamsMap) -> Self {
        let query = ActivityQuery {
            action: word(map, "action"),
            result: word(map, "result"),
            user: text(map, "user"),
            actor: text(map, "actor"),
            ip: text(map, "ip"),
            from: text(map, "from"),
            to: text(map, "to"),
        };
        Self { query, after: text(map, "after") }
    }

    /// This list at this path, with more parameters behind.
    pub fn at(&self, path: &str, more: &[(&str, Option<String>)]) -> String {
        let ActivityQuery { action, result, user, actor, ip, from, to } = &self.query;
        let mut pairs = vec![
            ("action", action.as_ref().map(name)),
            ("result", result.as_ref().map(name)),
            ("user", user.clone()),
            ("actor", actor.clone()),
            ("ip", ip.clone()),
            ("from", from.clone()),
            ("to", to.clone()),
        ];
        pairs.extend(more.iter().cloned());
        address(path, &pairs)
    }
}

impl Lines {
    pub fn of(map: &ParamsMap) -> Self {
        let query = LogQuery {
            level: word(map, "level"),
            target: text(map, "target"),
            text: text(map, "text"),
            user: text(map, "user"),
            request: text(map, "request"),
            generation: text(map, "generation"),
            from: text(map, "from"),
            to: text(map, "to"),
            node: text(map, "node"),
        };
        let after = text(map, "after").and_then(|after| after.parse().ok());
        Self { query, after, live: after.is_none() && text(map, "live").is_some() }
    }

    /// These lines at this path, with more parameters behind.
    pub fn at(&self, path: &str, more: &[(&str, Option<String>)]) -> String {
        let LogQuery { level, target, text, user, request, generation, from, to, node } = self.query.clone();
        let level = level.map(|level| level.name().to_owned());
        let mut pairs = vec![("level", level), ("target", target), ("text", text), ("user", user), ("request", request)];
        pairs.extend([("generation", generation), ("from", from), ("to", to), ("node", node)]);
        pairs.extend(more.iter().cloned());
        address(path, &pairs)
    }
}

impl Conversations {
    pub fn of(map: &ParamsMap) -> Self {
        let query = InspectionQuery {
            owner: text(map, "owner"),
            model: text(map, "model"),
            from: text(map, "from"),
            to: text(map, "to"),
            messages: text(map, "messages").and_then(|n| n.parse().ok()),
            reported: truth(map, "reported"),
        };
        Self { query, after: text(map, "after") }
    }

    /// This list at this path, with more parameters behind.
    pub fn at(&self, path: &str, more: &[(&str, Option<String>)]) -> String {
        let InspectionQuery { owner, model, from, to, messages, reported } = &self.query;
        let mut pairs = vec![
            ("owner", owner.clone()),
            ("model", model.clone()),
            ("from", from.clone()),
            ("to", to.clone()),
            ("messages", messages.map(|n| n.to_string())),
            ("reported", reported.map(|truth| truth.to_string())),
        ];
        pairs.extend(more.iter().cloned());
        address(path, &pairs)
    }
}

impl Figures {
    pub fn of(map: &ParamsMap) -> Self {
        let (from, to) = (text(map, "from"), text(map, "to"));
        let dated = from.is_some() || to.is_some();
        let range = word(map, "range").filter(|range| *range != Range::Custom).unwrap_or_default();
        let query = statistics::Query {
            range: if dated { Range::Custom } else { range },
            from,
            to,
            provider: text(map, "provider"),
            model: text(map, "model"),
            user: text(map, "user"),
            failure: word(map, "failure"),
            key: text(map, "key"),
        };
        Self { query, after: text(map, "after") }
    }

    /// The same with something changed, at its beginning.
    pub fn with(&self, change: impl FnOnce(&mut statistics::Query)) -> Self {
        let mut query = self.query.clone();
        change(&mut query);
        Self { query, after: None }
    }

    /// This at this path, with more parameters behind.
    pub fn at(&self, path: &str, more: &[(&str, Option<String>)]) -> String {
        let statistics::Query { range, from, to, provider, model, user, failure, key } = &self.query;
        let plain = *range == Range::default() || *range == Range::Custom;
        let mut pairs = vec![
            ("range", Some(name(range)).filter(|_| !plain)),
            ("from", from.clone()),
            ("to", to.clone()),
            ("provider", provider.clone()),
            ("model", model.clone()),
            ("user", user.clone()),
            ("failure", failure.as_ref().map(name)),
            ("key", key.clone()),
        ];
        pairs.extend(more.iter().cloned());
        address(path, &pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::directory::{Sort, State};
    use crate::model::user::Role;

    #[test]
    fn an_address_says_what_it_was_made_of() {
        let mut map = ParamsMap::new();
        for (name, value) in
            [("search", " Ada & Co "), ("role", "admin"), ("state", "disabled"), ("verified", "true"), ("sort", "name"), ("online", "")]
        {
            map.insert(name.to_owned(), value.to_owned());
        }
        let people = People::of(&map);
        assert_eq!((people.query.role, people.query.state, people.query.sort), (Some(Role::Admin), Some(State::Disabled), Sort::Name));
        assert_eq!((people.query.verified, people.query.online), (Some(true), None));
        let at = people.at("/admin/users", &[("after", Some("x=".into())), ("done", None)]);
        assert_eq!(at, "/admin/users?search=Ada%20%26%20Co&role=admin&state=disabled&verified=true&sort=name&after=x%3D");
        assert_eq!(People::default().at("/admin/users", &[]), "/admin/users");
        map.insert("role".to_owned(), "nobody".to_owned());
        assert_eq!(Log::of(&map).query, ActivityQuery::default());
    }

    #[test]
    fn dates_make_a_range_of_their_own_and_a_range_takes_them_away() {
        let mut map = ParamsMap::new();
        map.insert("range".to_owned(), "24h".to_owned());
        map.insert("provider".to_owned(), "a/b".to_owned());
        let day = Figures::of(&map);
        assert_eq!(day.query.range, Range::Day);
        assert_eq!(day.at("/x", &[]), "/x?range=24h&provider=a%2Fb");
        map.insert("from".to_owned(), "2026-11-01".to_owned());
        let dated = Figures::of(&map);
        assert_eq!(dated.query.range, Range::Custom);
        assert_eq!(dated.at("/x", &[("after", Some("1".into()))]), "/x?from=2026%2D11%2D01&provider=a%2Fb&after=1");
        let week = dated.with(|query| (query.range, query.from) = (Range::Week, None));
        assert_eq!(week.at("/x", &[]), "/x?provider=a%2Fb");
    }
}
