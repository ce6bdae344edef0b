//! What a cheap model is asked once an answer is there: a title and tags for a conversation that has just begun, questions that may come
//! next. It is a job that is stored with the end of the run, so that a server that goes away in that moment asks it when it is back. What
//! was had is stored at once and not asked again; whatever becomes of the rest, the answer is done.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::run::Plan;
use super::{suggest, title};
use crate::model::chat::{Chat, provisional_title};
use crate::model::generation::{FailureKind, Status};
use crate::model::job::JobKind;
use crate::model::message::Message;
use crate::server::Server;
use crate::server::db::NewJob;
use crate::server::job::{Failure, Job};
use crate::server::llm::{LlmError, Resolved};

/// How often a job is begun: a title that comes an hour later is of no use.
const TRIES: i64 = 3;
/// Of question and answer, what the model is shown, in characters each.
const SHOWN: usize = 600;

/// What is wanted, as the job has it: nothing of what anybody wrote.
#[derive(Debug, Serialize, Deserialize)]
struct Wanted {
    run: Uuid,
    chat: Uuid,
    message: Uuid,
    /// `provider/model` of the answer: it is asked where no other one was chosen for titles.
    model: String,
    title: bool,
    tags: bool,
    follow_ups: bool,
}

/// What is wanted after this answer, as a job; none: nothing.
pub fn wanted(server: &Server, plan: &Plan) -> Option<NewJob> {
    let chosen = server.registry.for_titles();
    let provider = &chosen.as_ref().unwrap_or(&plan.resolved).provider;
    let (settings, started) = (server.settings.get(), &plan.live.started);
    let (on, likes, suggests) = (&settings.suggestions, &plan.likes, provider.suggests());
    let wanted = Wanted {
        run: started.generation_id,
        chat: started.chat_id,
        message: started.message_id,
        model: plan.resolved.id.clone(),
        title: plan.first && server.config.models.auto_title && provider.makes_titles(),
        tags: plan.first && suggests && on.tags && likes.tags,
        follow_ups: suggests && on.follow_ups && likes.follow_ups,
    };
    let payload = (wanted.title || wanted.tags || wanted.follow_ups).then(|| serde_json::to_value(wanted).ok())??;
    let now = server.clock.now();
    Some(NewJob { id: Uuid::now_v7(), kind: JobKind::Suggest, payload, user_id: Some(plan.user_id), run_at: now, created_at: now })
}

/// An answer, and who is asked about it.
pub struct About {
    pub run: Uuid,
    pub user_id: Uuid,
    pub chat: Chat,
    pub question: Message,
    pub answer: Message,
    pub resolved: Resolved,
}

impl About {
    /// None: the conversation, or the model, is gone.
    async fn find(server: &Server, wanted: &Wanted, user_id: Uuid) -> Result<Option<Self>, sqlx::Error> {
        let Some(found) = server.db.chats().find_for(user_id, wanted.chat).await? else { return Ok(None) };
        let branch = server.db.messages().branch(wanted.message, 2).await?;
        let Ok([answer, question]) = <[Message; 2]>::try_from(branch) else { return Ok(None) };
        let resolved = server.registry.for_titles().or_else(|| server.registry.known(&wanted.model));
        Ok(resolved.map(|resolved| Self { run: wanted.run, user_id, chat: found.chat, question, answer, resolved }))
    }

    /// The question and its answer, as far as they are shown to who is asked about them.
    pub fn exchange(&self) -> String {
        let shown = |text: &str| text.chars().take(SHOWN).collect::<String>();
        format!("Question: {}\n\nAnswer: {}", shown(&self.question.content), shown(&self.answer.content))
    }

    /// What the conversation is called until it has a title.
    pub fn provisional(&self) -> String {
        let named = self.question.attachments.first().filter(|_| self.question.content.trim().is_empty());
        provisional_title(named.map_or(&self.question.content, |file| &file.name))
    }

    /// Whether nobody has gone on with the answer since.
    fn is_whole(&self) -> bool {
        self.answer.generation_id == Some(self.run) && self.answer.status == Status::Done
    }
}

/// Asks for what this job wants and is not there yet.
pub async fn run(server: &Server, job: &Job) -> Result<Value, Failure> {
    let (Ok(wanted), Some(user_id)) = (serde_json::from_value::<Wanted>(job.payload.clone()), job.user_id) else {
        return Err(Failure::Final("questions about no answer".into()));
    };
    let Some(about) = About::find(server, &wanted, user_id).await? else { return Ok(json!({ "asked": 0 })) };
    match ask(server, &wanted, &about).await {
        Ok(asked) => Ok(json!({ "asked": asked })),
        Err(Failure::Again(words)) if job.attempts >= TRIES => Err(Failure::Final(words)),
        Err(failure) => Err(failure),
    }
}

/// Answers how many questions were asked.
async fn ask(server: &Server, wanted: &Wanted, about: &About) -> Result<u32, Failure> {
    let mut asked = 0;
    // Another model may have been chosen for titles since.
    let provider = &about.resolved.provider;
    if wanted.title && provider.makes_titles() && about.chat.title == about.provisional() {
        title::make(server, about).await?;
        asked += 1;
    }
    if !provider.suggests() || (!wanted.tags && !wanted.follow_ups) {
        return Ok(asked);
    }
    // They may have been switched off since.
    let on = suggest::wanted(server, about.user_id).await?;
    if wanted.tags && on.tags && about.chat.tags.is_empty() {
        suggest::tag(server, about).await?;
        asked += 1;
    }
    if wanted.follow_ups && on.follow_ups && about.is_whole() && server.db.messages().follow_ups(about.answer.id).await?.is_empty() {
        suggest::follow_up(server, about).await?;
        asked += 1;
    }
    Ok(asked)
}

impl From<LlmError> for Failure {
    fn from(error: LlmError) -> Self {
        let passes = error.kind.is_transient() || matches!(error.kind, FailureKind::RateLimited | FailureKind::Busy);
        if passes { Self::Again(error.message) } else { Self::Final(error.message) }
    }
}

#[cfg(test)]
mod tests;
