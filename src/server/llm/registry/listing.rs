//! One enabled provider and its list of models, fetched in the background and kept for five minutes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::{Entry, Resolved};
use crate::model::setup::Parameter;
use crate::server::llm::catalogue::{self, Facts};
use crate::server::llm::{ModelInfo, Upstream};

/// How long a list is good.
const FRESH: Duration = Duration::from_secs(300);
/// How long a provider may take to list its models.
const LIMIT: Duration = Duration::from_secs(5);

/// What OpenAI-shaped providers are most often asked for, best first; else a provider's first model is its usual one.
const USUAL: [&str; 6] = ["gpt-5.6-terra", "gpt-5.4-mini", "gpt-5-mini", "gpt-4.1-mini", "gpt-4o-mini", "gpt-5"];

/// An enabled provider.
pub(super) struct Offer {
    pub entry: Entry,
    /// The catalogue's name of the vendor.
    vendor: Option<&'static str>,
    upstream: Arc<Upstream>,
    list: RwLock<Arc<Vec<ModelInfo>>>,
    fetching: AtomicBool,
    /// When the list was last fetched, or tried to be.
    fetched: watch::Sender<Option<Instant>>,
}

impl Offer {
    pub fn new(entry: Entry, upstream: Arc<Upstream>) -> Self {
        let vendor = catalogue::vendor(entry.kind, entry.base_url.as_deref());
        Self { entry, vendor, upstream, list: RwLock::default(), fetching: AtomicBool::new(false), fetched: watch::Sender::new(None) }
    }

    /// How it is asked.
    pub fn upstream(&self) -> &Arc<Upstream> {
        &self.upstream
    }

    /// The list as it is now.
    pub fn models(&self) -> Arc<Vec<ModelInfo>> {
        self.list.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn lists(&self, name: &str) -> bool {
        self.models().iter().any(|model| model.name == name)
    }

    /// Whether a model of this name can be asked for.
    pub fn takes(&self, name: &str) -> bool {
        self.lists(name) || self.upstream.provider().accepts(name)
    }

    /// The model to use when none was chosen.
    pub fn usual(&self) -> Option<String> {
        let models = self.models();
        let usual = USUAL.iter().find(|name| models.iter().any(|model| model.name == **name));
        usual.map(|name| (*name).to_owned()).or_else(|| models.first().map(|model| model.name.clone()))
    }

    /// What the catalogue knows of this model; of an answer's length, what the provider knows is better than nothing.
    pub fn facts(&self, name: &str) -> Facts {
        let facts = self.vendor.and_then(|vendor| catalogue::find(vendor, name)).unwrap_or_default();
        Facts { output: facts.output.or_else(|| self.upstream.provider().output(name)), ..facts }
    }

    /// Parameters that this model does not take.
    pub fn ignores(&self, name: &str) -> Vec<Parameter> {
        self.upstream.provider().ignores(name, &self.facts(name))
    }

    pub fn resolved(&self, name: &str) -> Resolved {
        let facts = self.facts(name);
        let listed = self.models().iter().find(|model| model.name == name).and_then(|model| model.context);
        Resolved {
            provider_id: self.entry.id,
            upstream: self.upstream.clone(),
            provider: self.upstream.provider().clone(),
            id: format!("{}/{name}", self.entry.slug),
            model: name.to_owned(),
            context: listed.or(facts.context).or_else(|| self.upstream.provider().context(name)),
            ignores: self.upstream.provider().ignores(name, &facts),
            facts,
        }
    }

    /// Starts a fetch where the list is old, and waits until there was one at all.
    pub async fn fetched(self: &Arc<Self>) {
        self.refresh_if_stale();
        let _ = self.fetched.subscribe().wait_for(Option::is_some).await;
    }

    pub fn refresh_if_stale(self: &Arc<Self>) {
        if self.fetched.borrow().is_none_or(|at| at.elapsed() >= FRESH) {
            self.refresh();
        }
    }

    /// Fetches the list in the background, unless that is being done.
    pub fn refresh(self: &Arc<Self>) {
        if self.fetching.swap(true, Ordering::AcqRel) {
            return;
        }
        let offer = self.clone();
        tokio::spawn(async move {
            offer.fetch().await;
            offer.fetching.store(false, Ordering::Release);
            offer.fetched.send_replace(Some(Instant::now()));
        });
    }

    async fn fetch(&self) {
        let list = match tokio::time::timeout(LIMIT, self.upstream.models()).await {
            Ok(Ok(list)) => list,
            Ok(Err(error)) => {
                tracing::debug!(provider = self.entry.slug, %error, "a provider did not list its models");
                Vec::new()
            }
            Err(_) => {
                tracing::debug!(provider = self.entry.slug, "a provider took too long to list its models");
                Vec::new()
            }
        };
        *self.list.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(list);
    }
}
