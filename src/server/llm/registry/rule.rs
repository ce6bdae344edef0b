//! What administrators say of models, as the registry follows it: who may use which, what is known of them, and the defaults.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};

use uuid::Uuid;

use crate::model::catalogue::{Access, ModelForm, ModelSettings};
use crate::model::provider::Abilities;
use crate::server::llm::catalogue::Facts;

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub struct Who {
    pub user_id: Uuid,
    pub admin: bool,
}

/// Somebody without rights, for tests.
#[cfg(test)]
pub(crate) const ANYBODY: Who = Who { user_id: Uuid::nil(), admin: false };

/// What was said of one model.
#[derive(Clone, Debug, Default)]
pub struct Rule {
    pub form: ModelForm,
    /// Those it is kept for, where it is kept for people.
    pub people: HashSet<Uuid>,
}

impl Rule {
    fn allows(&self, who: Who) -> bool {
        let theirs = match self.form.access {
            Access::Everyone => true,
            Access::Admins => who.admin,
            Access::People => self.people.contains(&who.user_id),
        };
        self.form.enabled && theirs
    }

    /// What is known, where nothing was said of it.
    fn over(&self, facts: Facts) -> Facts {
        let (own, known) = (self.form.abilities, facts.abilities);
        let abilities = Abilities {
            vision: own.vision.or(known.vision),
            tools: own.tools.or(known.tools),
            reasoning: own.reasoning.or(known.reasoning),
            files: own.files.or(known.files),
        };
        Facts {
            context: self.form.context.or(facts.context),
            output: self.form.output.or(facts.output),
            // What was said of one measure holds in place of what is known of the other.
            price: self.form.price.or(facts.price.filter(|_| self.form.rate.is_none())),
            rate: self.form.rate.or(facts.rate.filter(|_| self.form.price.is_none())),
            abilities,
            task: self.form.task.unwrap_or(facts.task),
            ..facts
        }
    }
}

/// All of it.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    models: HashMap<Uuid, HashMap<String, Rule>>,
    pub defaults: ModelSettings,
}

impl Rules {
    /// These rules of models (provider, name) and these defaults.
    pub fn new(models: impl IntoIterator<Item = (Uuid, String, Rule)>, defaults: ModelSettings) -> Self {
        let mut rules = Self { defaults, ..Self::default() };
        for (provider, name, rule) in models {
            rules.models.entry(provider).or_default().insert(name, rule);
        }
        rules
    }

    /// What was said of this model.
    pub fn find(&self, provider: Uuid, name: &str) -> Option<&Rule> {
        self.models.get(&provider)?.get(name)
    }

    /// The names of a provider's models of which something was said.
    pub fn names(&self, provider: Uuid) -> impl Iterator<Item = &str> {
        self.models.get(&provider).into_iter().flat_map(|models| models.keys().map(String::as_str))
    }

    /// Whether this person may use the model; everybody may where nothing was said.
    pub fn allows(&self, provider: Uuid, name: &str, who: Who) -> bool {
        self.find(provider, name).is_none_or(|rule| rule.allows(who))
    }

    /// What is known of a model, with what was said of it.
    pub fn facts(&self, provider: Uuid, name: &str, known: Facts) -> Facts {
        self.find(provider, name).map_or(known, |rule| rule.over(known))
    }
}

/// The rules as they are now, which the registry and its offers share.
#[derive(Clone, Default)]
pub struct Shared(Arc<RwLock<Arc<Rules>>>);

impl Shared {
    /// The rules as they are now; those of one request do not change while it holds them.
    pub fn get(&self) -> Arc<Rules> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn put(&self, rules: Rules) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(rules);
    }
}
