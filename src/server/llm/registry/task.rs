//! The models that do more than talk: hear, speak, look at pictures, read documents, embed.

use super::lookup::unknown;
use super::{Registry, Resolved, Who};
use crate::model::voice::Task;
use crate::server::error::Result;
use crate::server::llm::DocumentRoom;

/// What transcribes best of what OpenAI-shaped providers list, best first.
const EARS: [&str; 4] = ["gpt-4o-mini-transcribe", "gpt-4o-transcribe", "whisper-1", "whisper-large-v3-turbo"];

impl Resolved {
    /// How much it may be handed of documents that it reads itself; none: it is not known to read any.
    pub fn documents(&self) -> Option<DocumentRoom> {
        self.provider.documents().filter(|_| self.facts.abilities.files == Some(true))
    }

    /// Whether the model is there for this.
    pub fn does(&self, task: Task) -> bool {
        let able = match task {
            Task::Chat => true,
            Task::Transcription | Task::Speech => self.provider.has_voice(),
            Task::Embedding => self.provider.embeds(),
        };
        able && self.facts.task == task
    }
}

impl Registry {
    /// The model that hears or speaks: the one of this name, else the one that administrators chose, else, of those that hear, the
    /// first that is listed. None: there is none that this person may use. Errors: `Invalid` (field `model`).
    pub fn for_task(&self, task: Task, name: Option<&str>, who: Who) -> Result<Option<Resolved>> {
        if let Some(name) = name.map(str::trim).filter(|name| !name.is_empty()) {
            let found = self.resolve(Some(name), who)?;
            let wrong =
                || unknown(format!("{} is not known to do this ({}). An administrator can say that it does.", found.id, task.name()));
            return if found.does(task) { Ok(Some(found)) } else { Err(wrong()) };
        }
        let rules = self.rules.get();
        let chosen = match task {
            Task::Chat => &rules.defaults.chat,
            Task::Transcription => &rules.defaults.transcription,
            Task::Speech => &rules.defaults.speech,
            Task::Embedding => &rules.defaults.embedding,
        };
        let chosen = chosen.as_deref().and_then(|id| self.chosen(id, who)).filter(|found| found.does(task));
        Ok(chosen.or_else(|| if task == Task::Transcription { self.hearing(who) } else { None }))
    }

    /// The model that is shown pictures in place of one that sees none, if this person may use it.
    pub fn for_pictures(&self, who: Who) -> Option<Resolved> {
        self.chosen(self.rules.get().defaults.vision.as_deref()?, who)
    }

    /// The model that passages of documents are embedded by, as questions about them are: whoever asks, both have to be by the same one.
    pub fn for_passages(&self) -> Option<Resolved> {
        let rules = self.rules.get();
        self.known(rules.defaults.embedding.as_deref()?).filter(|found| found.does(Task::Embedding))
    }

    /// A model that administrators chose (`provider/model`), if this person may use it.
    fn chosen(&self, id: &str, who: Who) -> Option<Resolved> {
        let (slug, name) = id.split_once('/')?;
        let offers = self.offers();
        let offer = offers.iter().find(|offer| offer.entry.slug == slug)?;
        (offer.takes(name) && offer.allows(name, who)).then(|| offer.resolved(name))
    }

    /// The first model that is listed, hears, and may be used by this person.
    fn hearing(&self, who: Who) -> Option<Resolved> {
        let offers = self.offers();
        offers.iter().filter(|offer| offer.upstream().provider().has_voice()).find_map(|offer| {
            let listed = offer.models();
            let hears = |name: &&str| offer.facts(name).task == Task::Transcription && offer.allows(name, who);
            let mut names: Vec<_> = listed.iter().map(|model| model.name.as_str()).filter(hears).collect();
            names.sort_by_key(|name| EARS.iter().position(|ear| ear == name).unwrap_or(EARS.len()));
            names.first().map(|name| offer.resolved(name))
        })
    }
}
