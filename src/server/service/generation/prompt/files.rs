//! What a prompt shows of files, from the newest message upwards: documents that do not fit whole are chosen from for the newest question,
//! whichever message they were sent with.

use super::window::{UNKNOWN_CONTEXT, reserve};
use super::{Asked, Shelf, Turn};
use crate::model::file::Attachment;
use crate::model::message::Author;
use crate::model::passage::Source;
use crate::server::error::Result;
use crate::server::llm::Resolved;
use crate::server::service::generation::attach;
use crate::server::service::generation::papers::Papers;
use crate::server::service::passage::{Seek, Wanted};

/// What was shown so far.
pub struct Files {
    /// The names of those that do not fit whole.
    pub cut: Vec<String>,
    /// What of them can be cited.
    pub sources: Vec<Source>,
    /// The newest question; of a prompt that is not sent there is none.
    question: Option<String>,
    seek: Seek,
    /// Tokens of a window.
    room: usize,
    /// What the model reads itself.
    papers: Papers,
    peek: bool,
}

impl Files {
    pub fn new(resolved: &Resolved, asked: &Asked) -> Self {
        let context = resolved.context.unwrap_or(UNKNOWN_CONTEXT);
        let room = (context - reserve(context)) as usize;
        let room = asked.most.map_or(room, |most| room.min(most));
        let papers = Papers::new(resolved, asked.peek);
        Self { cut: Vec::new(), sources: Vec::new(), question: None, seek: asked.seek.clone(), room, papers, peek: asked.peek }
    }

    /// Hands the turn on, with what the model is shown of its files. `take` tells whether there was room for it.
    pub async fn take(
        &mut self,
        shelf: Shelf<'_>,
        resolved: &Resolved,
        (turn, files): (Turn, &[Attachment]),
        take: impl FnOnce(Turn) -> bool,
    ) -> Result<()> {
        let newest = self.question.is_none() && turn.author == Author::User && !self.peek;
        if newest {
            self.question = Some(turn.text.clone());
        }
        if files.is_empty() {
            take(turn);
            return Ok(());
        }
        let wanted = Wanted {
            question: self.question.as_deref().unwrap_or_default(),
            earlier: if newest || self.peek { "" } else { &turn.text },
            seek: &self.seek,
        };
        let from = u32::try_from(self.sources.len()).unwrap_or_default() + 1;
        // In a box: most questions have no files, and are not to carry what choosing from them takes.
        let shown = Box::pin(attach::shown(shelf, resolved, (files, wanted), (self.room, from), &mut self.papers)).await?;
        if take(Turn { text: shown.text + &turn.text, pictures: shown.pictures, documents: shown.documents, ..turn }) {
            self.cut.extend(shown.cut);
            self.sources.extend(shown.sources);
        }
        Ok(())
    }
}
