//! Which model is asked when another cannot answer.

use uuid::Uuid;

/// One line of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    pub provider_id: Uuid,
    /// Absent: every model of the provider that has no route of its own.
    pub model: Option<String>,
    pub next_provider_id: Uuid,
    pub next_model: String,
}

/// The route of a model: its own before its provider's.
pub(super) fn find<'a>(routes: &'a [Route], provider_id: Uuid, model: &str) -> Option<&'a Route> {
    let of = |route: &&Route, name: Option<&str>| route.provider_id == provider_id && route.model.as_deref() == name;
    routes.iter().find(|route| of(route, Some(model))).or_else(|| routes.iter().find(|route| of(route, None)))
}

/// Whether following the routes from one of them comes back to a route that was followed before.
pub fn has_loop(routes: &[Route]) -> bool {
    routes.iter().any(|first| {
        let (mut seen, mut at) = (vec![first], first);
        while let Some(next) = find(routes, at.next_provider_id, &at.next_model) {
            if seen.contains(&next) {
                return true;
            }
            seen.push(next);
            at = next;
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Uuid = Uuid::from_u128(1);
    const B: Uuid = Uuid::from_u128(2);

    fn route(from: (Uuid, &str), to: (Uuid, &str)) -> Route {
        let model = Some(from.1.to_owned()).filter(|name| name != "*");
        Route { provider_id: from.0, model, next_provider_id: to.0, next_model: to.1.into() }
    }

    #[test]
    fn a_models_own_route_comes_before_its_providers() {
        let routes = [route((A, "*"), (B, "all")), route((A, "x"), (B, "own"))];
        assert_eq!(find(&routes, A, "x").unwrap().next_model, "own");
        assert_eq!(find(&routes, A, "y").unwrap().next_model, "all");
        assert!(find(&routes, B, "x").is_none());
    }

    #[test]
    fn loops_are_found_and_chains_are_none() {
        let chain = [route((A, "*"), (B, "x")), route((B, "x"), (B, "y")), route((B, "y"), (B, "z"))];
        assert!(!has_loop(&chain));
        // Of all of a provider's models to one of them, which goes on elsewhere.
        assert!(!has_loop(&[route((A, "*"), (A, "x")), route((A, "x"), (B, "y"))]));
        assert!(has_loop(&[route((A, "x"), (A, "x"))]));
        assert!(has_loop(&[route((A, "*"), (A, "x"))]), "x is one of them");
        assert!(has_loop(&[route((A, "x"), (B, "y")), route((B, "*"), (A, "x"))]));
        assert!(has_loop(&[chain[0].clone(), chain[1].clone(), route((B, "y"), (A, "any"))]));
    }
}
