//! Finding models: for a person, who may use some of them and not others, and for administrators, who may say something of all.

use std::sync::{Arc, PoisonError};

use uuid::Uuid;

use super::listing::Offer;
use super::{PATIENCE, Registry, Resolved, Who, route};
use crate::model::catalogue::Known;
use crate::model::error::Rule;
use crate::model::setup::Parameter;
use crate::server::error::{Error, Result};
use crate::server::llm::Facts;

/// A model that can be chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    pub provider: String,
    pub name: String,
    pub title: Option<String>,
    pub icon: Option<String>,
    pub context: Option<u32>,
    pub facts: Facts,
    pub ignores: Vec<Parameter>,
    pub default: bool,
    /// It is shown pictures in place of one that sees none.
    pub pictures: bool,
}

/// A model that an administrator can say something of.
#[derive(Clone, Debug, PartialEq)]
pub struct Catalogued {
    pub provider_id: Uuid,
    pub name: String,
    pub listed: bool,
    pub known: Known,
}

impl Registry {
    /// The models that this person may use, the default first. Waits 300 ms at most for lists that were never fetched;
    /// a provider that cannot be reached has none.
    pub async fn models(&self, who: Who) -> Vec<Listed> {
        let (offers, rules) = (self.fetched().await, self.rules.get());
        let default = self.default(&offers, who);
        let eyes = self
            .for_pictures(who)
            .filter(|model| model.facts.abilities.vision != Some(false))
            .map(|model| (model.provider_id, model.model));
        let mut all = Vec::new();
        for offer in offers.iter() {
            let said = |name: &str| rules.find(offer.entry.id, name).map(|rule| rule.form.clone()).unwrap_or_default();
            all.extend(offer.offered(who).into_iter().map(|model| {
                let (said, facts) = (said(&model.name), offer.facts(&model.name));
                Listed {
                    provider: offer.entry.slug.clone(),
                    title: said.title.or(model.title),
                    icon: said.icon,
                    context: said.context.or(model.context).or(facts.context),
                    facts,
                    ignores: offer.ignores(&model.name),
                    default: default.as_ref().is_some_and(|(o, name)| o.entry.id == offer.entry.id && *name == model.name),
                    pictures: eyes.as_ref().is_some_and(|(id, own)| *id == offer.entry.id && *own == model.name),
                    name: model.name,
                }
            }));
        }
        all.sort_by_key(|model| !model.default);
        all
    }

    /// The offers, where their lists were fetched or do not come in time.
    async fn fetched(&self) -> Arc<Vec<Arc<Offer>>> {
        let offers = self.offers();
        let fetched = offers.iter().map(|offer| offer.fetched());
        let _ = tokio::time::timeout(PATIENCE, futures::future::join_all(fetched)).await;
        offers
    }

    /// Looks a model up for a person: `provider/model`, or a bare name where one provider has it; none: the default.
    /// What is unknown, disabled, not for this person or ambiguous is an error about the field `model`.
    pub fn resolve(&self, name: Option<&str>, who: Who) -> Result<Resolved> {
        let offers = self.offers();
        let Some(name) = name.map(str::trim).filter(|n| !n.is_empty()) else {
            let default = self.default(&offers, who);
            let (offer, model) = default.ok_or_else(|| unknown("No model is available. An administrator can add a provider."))?;
            return Ok(offer.resolved(&model));
        };
        if let Some((slug, model)) = name.split_once('/')
            && let Some(offer) = offers.iter().find(|offer| offer.entry.slug == slug)
        {
            let taken = !model.is_empty() && offer.takes(model) && offer.allows(model, who);
            return if taken { Ok(offer.resolved(model)) } else { Err(unknown(missing(name, &offers, who))) };
        }
        let theirs: Vec<_> = offers.iter().filter(|offer| offer.allows(name, who)).collect();
        let listing: Vec<_> = theirs.iter().filter(|offer| offer.lists(name)).collect();
        // A name with a slash that nobody lists may be a provider that was removed: its chats must not go elsewhere.
        let having = match listing.is_empty() && !name.contains('/') {
            true => theirs.iter().filter(|offer| offer.takes(name)).collect(),
            false => listing,
        };
        match having.as_slice() {
            [] => Err(unknown(missing(name, &offers, who))),
            [one] => Ok(one.resolved(name)),
            several => {
                let ids: Vec<_> = several.iter().take(4).map(|offer| format!("{}/{name}", offer.entry.slug)).collect();
                Err(unknown(format!("Several providers have “{name}”; say which: {}.", ids.join(", "))))
            }
        }
    }

    /// The model that is used when this person chose none: the one that administrators chose, else of the first provider (by rank)
    /// that offers any, its usual one.
    fn default(&self, offers: &[Arc<Offer>], who: Who) -> Option<(Arc<Offer>, String)> {
        let rules = self.rules.get();
        let chosen = rules.defaults.chat.as_deref().and_then(|id| id.split_once('/'));
        let chosen = chosen.and_then(|(slug, name)| {
            let offer = offers.iter().find(|offer| offer.entry.slug == slug)?;
            (offer.takes(name) && offer.allows(name, who)).then(|| (offer.clone(), name.to_owned()))
        });
        chosen.or_else(|| offers.iter().find_map(|offer| Some((offer.clone(), offer.usual(who)?))))
    }

    /// What is known of a model that was asked before (`provider/model`), whether or not it is still offered.
    pub fn known(&self, id: &str) -> Option<Resolved> {
        let (slug, model) = id.split_once('/')?;
        self.offers().iter().find(|offer| offer.entry.slug == slug).map(|offer| offer.resolved(model))
    }

    /// The models of the enabled providers, whether or not anybody may use them, and those of which something was said.
    pub async fn catalogue(&self) -> Vec<Catalogued> {
        let (offers, rules) = (self.fetched().await, self.rules.get());
        let all = offers.iter().flat_map(|offer| {
            let mut names: Vec<_> = offer.models().iter().map(|model| model.name.clone()).collect();
            let said = rules.names(offer.entry.id).filter(|name| !offer.lists(name)).map(str::to_owned);
            names.extend(said);
            names.into_iter().map(|name| offer.catalogued_as(name))
        });
        all.collect()
    }

    /// One of them. None: its provider is not enabled, or has no such model.
    pub fn catalogued(&self, provider_id: Uuid, name: &str) -> Option<Catalogued> {
        let offers = self.offers();
        let offer = offers.iter().find(|offer| offer.entry.id == provider_id)?;
        offer.takes(name).then(|| offer.catalogued_as(name.to_owned()))
    }

    /// The model that is asked for titles of conversations; none: the conversation's own.
    pub fn for_titles(&self) -> Option<Resolved> {
        let rules = self.rules.get();
        self.known(rules.defaults.title.as_deref()?)
    }

    /// The model to ask in place of this one, where there is one that this person may use.
    pub fn next(&self, of: &Resolved, who: Who) -> Option<Resolved> {
        let routes = self.routes.read().unwrap_or_else(PoisonError::into_inner).clone();
        let route = route::find(&routes, of.provider_id, &of.model)?;
        let offers = self.offers();
        let offer = offers.iter().find(|offer| offer.entry.id == route.next_provider_id)?;
        (offer.takes(&route.next_model) && offer.allows(&route.next_model, who)).then(|| offer.resolved(&route.next_model))
    }
}

pub(super) fn unknown(message: impl Into<String>) -> Error {
    Error::invalid("model", Rule::Unknown, message)
}

fn missing(name: &str, offers: &[Arc<Offer>], who: Who) -> String {
    let shown: String = name.chars().take(80).collect();
    let some: Vec<_> = offers.iter().filter_map(|offer| Some(format!("{}/{}", offer.entry.slug, offer.usual(who)?))).take(4).collect();
    match some.is_empty() {
        true => format!("There is no model “{shown}”, and no provider lists any."),
        false => format!("There is no model “{shown}”. There are, for example: {}.", some.join(", ")),
    }
}
