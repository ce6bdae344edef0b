//! One enabled provider and its list of models, fetched in the background and kept for five minutes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::rule::Shared;
use super::{Catalogued, Entry, Resolved, Who};
use crate::model::catalogue::Known;
use crate::model::setup::Parameter;
use crate::model::voice::Task;
use crate::server::llm::catalogue::{self, Facts};
use crate::server::llm::{ModelInfo, Upstream};

/// How long a list is good.
const FRESH: Duration = Duration::from_secs(300);
/// How long it is not asked again after it could not list any: it may have been starting.
const FAILED: Duration = Duration::from_secs(15);
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
    rules: Shared,
    list: RwLock<Arc<Vec<ModelInfo>>>,
    fetching: AtomicBool,
    /// The last fetch brought none.
    failed: AtomicBool,
    /// When the list was last fetched, or tried to be.
    fetched: watch::Sender<Option<Instant>>,
}

impl Offer {
    pub fn new(entry: Entry, upstream: Arc<Upstream>, rules: Shared) -> Self {
        let vendor = catalogue::vendor(entry.kind, entry.base_url.as_deref());
        let (fetching, failed) = (AtomicBool::new(false), AtomicBool::new(false));
        Self { entry, vendor, upstream, rules, list: RwLock::default(), fetching, failed, fetched: watch::Sender::new(None) }
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

    /// Whether this person may use a model of this name.
    pub fn allows(&self, name: &str, who: Who) -> bool {
        self.rules.get().allows(self.entry.id, name, who)
    }

    /// The models that this person may talk with, in their order: those that an administrator has put in a place, the rest as they are listed.
    pub fn offered(&self, who: Who) -> Vec<ModelInfo> {
        let (rules, listed) = (self.rules.get(), self.models());
        let unlisted = rules.names(self.entry.id).filter(|name| !self.lists(name) && self.takes(name));
        let unlisted = unlisted.map(|name| ModelInfo { name: name.to_owned(), title: None, context: None });
        let all = listed.iter().cloned().chain(unlisted).filter(|model| rules.allows(self.entry.id, &model.name, who));
        let all = all.filter(|model| self.facts(&model.name).task == Task::Chat);
        let place = |name: &str| rules.find(self.entry.id, name).and_then(|rule| rule.form.position).unwrap_or(u32::MAX);
        let mut offered: Vec<_> = all.collect();
        offered.sort_by_key(|model| place(&model.name));
        offered
    }

    /// The model to use when this person chose none: the one that was put first, else a usual one, else the first.
    pub fn usual(&self, who: Who) -> Option<String> {
        let (rules, offered) = (self.rules.get(), self.offered(who));
        let first = offered.first()?;
        let placed = rules.find(self.entry.id, &first.name).is_some_and(|rule| rule.form.position.is_some());
        let usual = USUAL.iter().find(|name| !placed && offered.iter().any(|model| model.name == **name));
        Some(usual.map_or_else(|| first.name.clone(), |name| (*name).to_owned()))
    }

    /// This model, as an administrator can say something of it.
    pub fn catalogued_as(&self, name: String) -> Catalogued {
        Catalogued { provider_id: self.entry.id, listed: self.lists(&name), known: self.known(&name), name }
    }

    /// What is known of a model without its administrators.
    fn known(&self, name: &str) -> Known {
        let listed = self.models().iter().find(|model| model.name == name).cloned();
        let facts = self.catalogued(name);
        let context = listed.as_ref().and_then(|model| model.context).or(facts.context).or_else(|| self.upstream.provider().context(name));
        let title = listed.and_then(|model| model.title);
        Known { title, context, output: facts.output, price: facts.price, rate: facts.rate, abilities: facts.abilities, task: facts.task }
    }

    /// What is known of this model, with what administrators said of it.
    pub fn facts(&self, name: &str) -> Facts {
        let mut facts = self.rules.get().facts(self.entry.id, name, self.catalogued(name));
        facts.abilities.vision = self.upstream.provider().sees(name, &facts);
        if self.upstream.provider().documents().is_none() {
            facts.abilities.files = Some(false);
        }
        facts
    }

    /// What the catalogue knows of this model; of an answer's length, what the provider knows is better than nothing.
    fn catalogued(&self, name: &str) -> Facts {
        let facts = self.vendor.and_then(|vendor| catalogue::find(vendor, name)).unwrap_or_default();
        Facts { output: facts.output.or_else(|| self.upstream.provider().output(name)), task: catalogue::task(name), ..facts }
    }

    /// Parameters that this model does not take.
    pub fn ignores(&self, name: &str) -> Vec<Parameter> {
        self.upstream.provider().ignores(name, &self.facts(name))
    }

    pub fn resolved(&self, name: &str) -> Resolved {
        let (rules, facts) = (self.rules.get(), self.facts(name));
        let said = rules.find(self.entry.id, name).map(|rule| &rule.form);
        let listed = self.models().iter().find(|model| model.name == name).and_then(|model| model.context);
        Resolved {
            provider_id: self.entry.id,
            upstream: self.upstream.clone(),
            provider: self.upstream.provider().clone(),
            id: format!("{}/{name}", self.entry.slug),
            model: name.to_owned(),
            context: said.and_then(|form| form.context).or(listed).or(facts.context).or_else(|| self.upstream.provider().context(name)),
            setup: said.map(|form| form.setup.clone()).unwrap_or_default(),
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
        let good = if self.failed.load(Ordering::Acquire) { FAILED } else { FRESH };
        if self.fetched.borrow().is_none_or(|at| at.elapsed() >= good) {
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
        let asked = tokio::time::timeout(LIMIT, self.upstream.models()).await;
        self.failed.store(!matches!(asked, Ok(Ok(_))), Ordering::Release);
        let list = match asked {
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
