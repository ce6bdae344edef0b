//! The providers that are enabled now, in memory, and the models they listed. Reads never wait for a database or a network.

mod listing;
mod lookup;
mod route;
mod rule;
mod task;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use listing::Offer;
pub use lookup::{Catalogued, Listed};
pub use route::{Route, has_loop};
#[cfg(test)]
pub(crate) use rule::ANYBODY;
pub use rule::{Rule as ModelRule, Rules, Who};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::anthropic::{ANTHROPIC_URL, Anthropic};
use super::fake::Fake;
use super::gemini::{GEMINI_URL, Gemini};
use super::http::Ways;
use super::ollama::{OLLAMA_URL, Ollama};
use super::openai::{OPENAI_URL, OpenAi};
use super::{Bounds, Facts, LlmError, Provider, Sources, Upstream, built_in};
use crate::model::generation::FailureKind;
use crate::model::provider::{Api, Circuit, Health, Kind, Limits};
use crate::model::setup::{Parameter, Setup};
use crate::server::reach::Reach;

/// How long a page waits for lists that were never fetched.
const PATIENCE: Duration = Duration::from_millis(300);

/// A model name that was looked up.
#[derive(Clone)]
pub struct Resolved {
    pub provider_id: Uuid,
    /// How it is asked.
    pub upstream: Arc<Upstream>,
    pub provider: Arc<dyn Provider>,
    /// `provider/model`.
    pub id: String,
    /// The name at the provider.
    pub model: String,
    /// Context window in tokens, where known.
    pub context: Option<u32>,
    /// What else is known of it.
    pub facts: Facts,
    /// Parameters that it does not take.
    pub ignores: Vec<Parameter>,
    /// What it is told first, and the parameters of conversations that set none.
    pub setup: Setup,
}

/// One enabled provider: a row, with its keys in the clear.
#[derive(Clone, Debug)]
pub struct Entry {
    pub id: Uuid,
    pub slug: String,
    pub kind: Kind,
    pub base_url: Option<String>,
    /// In turn; none: it wants no key.
    pub keys: Vec<EntryKey>,
    pub builtin: bool,
    /// Its address may be in a private network.
    pub private: bool,
    pub api: Api,
    /// Its place in the order of defaults, before its rank; 0 for all: nobody put them in order.
    pub position: u32,
    pub limits: Limits,
}

/// A provider with one of its keys: its id, what it is called, and the provider. No id: with the environment's, or with none.
pub(super) type Keyed = (Option<Uuid>, Option<Arc<str>>, Arc<dyn Provider>);

/// A key in the clear.
#[derive(Clone, Debug)]
pub struct EntryKey {
    /// Absent: the environment's.
    pub id: Option<Uuid>,
    /// For people: the ledger names it.
    pub label: Arc<str>,
    pub secret: SecretString,
}

impl Entry {
    /// Whether the same provider object serves both; where it stands does not matter.
    fn same(&self, other: &Self) -> bool {
        let key = |key: &EntryKey| (key.id, key.label.clone(), key.secret.expose_secret().to_owned());
        let keys = |entry: &Self| entry.keys.iter().map(key).collect::<Vec<_>>();
        (self.id, &self.slug, self.kind, &self.base_url, self.builtin, self.private, self.api, &self.limits)
            == (other.id, &other.slug, other.kind, &other.base_url, other.builtin, other.private, other.api, &other.limits)
            && keys(self) == keys(other)
    }

    /// Addresses of the configuration may be anywhere.
    fn reach(&self) -> Reach {
        match (self.builtin, self.private) {
            (true, _) => Reach::Anywhere,
            (false, true) => Reach::Private,
            (false, false) => Reach::Public,
        }
    }
}

/// Place in the order of defaults where nobody says: the environment's OpenAI, the administrators' own, Ollama, the built-in model, the
/// scripted one.
pub fn rank(kind: Kind, builtin: bool) -> u8 {
    match (kind, builtin) {
        (Kind::Openai, true) => 0,
        (Kind::Openai | Kind::Anthropic | Kind::Gemini | Kind::Ollama, false) => 1,
        (Kind::Anthropic | Kind::Gemini | Kind::Ollama, true) => 2,
        (Kind::Local, _) => 3,
        (Kind::Fake, _) => 4,
    }
}

/// The enabled providers and the models they listed.
pub struct Registry {
    sources: Sources,
    local: Option<Arc<dyn Provider>>,
    fake: Arc<Fake>,
    ways: Ways,
    /// In the order of defaults.
    offers: RwLock<Arc<Vec<Arc<Offer>>>>,
    routes: RwLock<Arc<Vec<Route>>>,
    rules: rule::Shared,
}

impl Default for Registry {
    fn default() -> Self {
        Self::new(Sources::default())
    }
}

impl Registry {
    /// An empty one, until [`Registry::replace`]. The built-in model is not loaded before its first chat.
    pub fn new(sources: Sources) -> Self {
        let local = built_in(&sources.model);
        Self {
            sources,
            local,
            fake: Arc::new(Fake::default()),
            ways: Ways::default(),
            offers: RwLock::default(),
            routes: RwLock::default(),
            rules: rule::Shared::default(),
        }
    }

    /// What the configuration offers.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// Whether this build has the built-in model.
    pub fn has_local(&self) -> bool {
        self.local.is_some()
    }

    /// The scripted provider, for tests.
    pub fn fake(&self) -> &Fake {
        &self.fake
    }

    /// Puts these providers in place of the ones before; those that did not change keep their lists. Lists are fetched in the background.
    pub fn replace(&self, mut entries: Vec<Entry>) {
        entries.sort_by(|a, b| {
            let key = |entry: &Entry| (entry.position, rank(entry.kind, entry.builtin));
            key(a).cmp(&key(b)).then_with(|| a.slug.cmp(&b.slug))
        });
        let before = self.offers();
        let mut offers = Vec::with_capacity(entries.len());
        for entry in entries {
            if let Some(kept) = before.iter().find(|offer| offer.entry.same(&entry)) {
                offers.push(kept.clone());
                continue;
            }
            match self.make(&entry) {
                Ok(upstream) => offers.push(Arc::new(Offer::new(entry, upstream, self.rules.clone()))),
                Err(error) => tracing::warn!(provider = entry.slug, %error, "a provider cannot be used"),
            }
        }
        for offer in &offers {
            offer.refresh_if_stale();
        }
        *self.offers.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(offers);
    }

    /// The provider of an entry, whether or not it is enabled.
    pub fn make(&self, entry: &Entry) -> Result<Arc<Upstream>, LlmError> {
        let bounds = self.sources.bounds.limited(&entry.limits);
        let breaks = !matches!(entry.kind, Kind::Local | Kind::Fake);
        Ok(Arc::new(Upstream::new(&entry.slug, self.keyed(entry, &bounds)?, bounds, breaks)))
    }

    /// One for each key; one without any where there is none.
    fn keyed(&self, entry: &Entry, bounds: &Bounds) -> Result<Vec<Keyed>, LlmError> {
        let url = entry.base_url.as_deref().or(home(entry.kind)).unwrap_or_default();
        let way = || self.ways.get(entry.reach(), bounds.connect, &self.sources.allowed);
        match entry.kind {
            Kind::Local => {
                let none = || LlmError::new(FailureKind::Internal, "This build is without the built-in model.");
                Ok(vec![(None, None, self.local.clone().ok_or_else(none)?)])
            }
            Kind::Fake => Ok(vec![(None, None, self.fake.clone())]),
            Kind::Openai => each(&entry.keys, |key| Ok(OpenAi::new(url, key, way()?)?.through(entry.api))),
            Kind::Anthropic => each(&entry.keys, |key| Anthropic::new(url, key, way()?)),
            Kind::Gemini => {
                let first = Gemini::new(url, None, way()?)?;
                each(&entry.keys, |key| Ok(first.with_key(key.unwrap_or_default())))
            }
            Kind::Ollama => {
                let first = Ollama::new(url, None, way()?)?.keeping(entry.limits.keep_alive);
                each(&entry.keys, |key| Ok(first.with_key(key.unwrap_or_default())))
            }
        }
    }

    /// Whom to ask when another cannot answer.
    pub fn reroute(&self, routes: Vec<Route>) {
        *self.routes.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(routes);
    }

    /// What administrators say of models.
    pub fn rule(&self, rules: Rules) {
        self.rules.put(rules);
    }

    /// How an enabled provider is asked.
    pub fn upstream(&self, id: Uuid) -> Option<Arc<Upstream>> {
        self.offers().iter().find(|offer| offer.entry.id == id).map(|offer| offer.upstream().clone())
    }

    /// The short name of each enabled provider, and how it stands.
    pub fn healths(&self) -> Vec<(String, Health)> {
        self.offers().iter().map(|offer| (offer.entry.slug.clone(), offer.upstream().health())).collect()
    }

    /// The short name of each enabled provider, and whether it is asked.
    pub fn standing(&self) -> Vec<(String, Circuit)> {
        self.offers().iter().map(|offer| (offer.entry.slug.clone(), offer.upstream().health().circuit)).collect()
    }

    /// Fetches this provider's list again in the background.
    pub fn refresh(&self, id: Uuid) {
        if let Some(offer) = self.offers().iter().find(|offer| offer.entry.id == id) {
            offer.refresh();
        }
    }

    fn offers(&self) -> Arc<Vec<Arc<Offer>>> {
        self.offers.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Where providers of this kind are when nobody says; none: in this process.
pub fn home(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Openai => Some(OPENAI_URL),
        Kind::Anthropic => Some(ANTHROPIC_URL),
        Kind::Gemini => Some(GEMINI_URL),
        Kind::Ollama => Some(OLLAMA_URL),
        Kind::Local | Kind::Fake => None,
    }
}

/// One provider for each key.
fn each<P: Provider + 'static>(
    keys: &[EntryKey],
    make: impl Fn(Option<SecretString>) -> Result<P, LlmError>,
) -> Result<Vec<Keyed>, LlmError> {
    let made = |key| Ok(Arc::new(make(key)?) as Arc<dyn Provider>);
    if keys.is_empty() {
        return Ok(vec![(None, None, made(None)?)]);
    }
    keys.iter().map(|key| Ok((key.id, Some(key.label.clone()), made(Some(key.secret.clone()))?))).collect()
}

#[cfg(test)]
mod tests;
