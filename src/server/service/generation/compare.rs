//! One question to several models at the same time: a run for each, all begun in one moment, each with a stream, an end and lines in the
//! ledger of its own. Their answers are siblings, as those of one model after another are.

use uuid::Uuid;

use super::attach;
use super::begin::{all_started_before, begin_together};
use super::start::{check_text, checked_request, place};
use crate::model::chat::{Ask, Opening, Started};
use crate::model::comparison::{COMPARED_MAX, COMPARED_MIN};
use crate::model::error::Rule;
use crate::model::file::Attachment;
use crate::server::Server;
use crate::server::error::{Error, Result};
use crate::server::llm::Resolved;
use crate::server::service::verification;
use crate::server::service::viewer::Viewer;

/// Stores the question and starts the answer of each model, in this order. The same request id answers with the runs that it began.
/// Errors: those of a question, and `Invalid` (field `models`: not 2 to 4 different ones that the viewer may use).
pub async fn compare(
    server: &Server,
    viewer: &Viewer,
    mut ask: Ask,
    models: &[String],
    (opening, files): (Opening, &[Uuid]),
) -> Result<Vec<Started>> {
    verification::require(server, viewer)?;
    ask.request_id = checked_request(ask.request_id)?;
    if files.is_empty() || !ask.text.trim().is_empty() {
        check_text(&ask.text)?;
    }
    let before = all_started_before(server, viewer.user.id, ask.request_id.as_deref()).await?;
    if !before.is_empty() {
        return Ok(before);
    }
    let place = place(server, viewer, &ask, opening).await?;
    let attachments = attach::checked(server, viewer, files).await?;
    let mut resolved = resolved(server, viewer, models, &attachments)?.into_iter();
    let first = resolved.next().ok_or_else(count)?;
    let beginning = place.question(ask, attachments, first);
    let beside = |resolved: Resolved| {
        let (message_id, generation_id) = (Uuid::now_v7(), Uuid::now_v7());
        (Started { message_id, generation_id, model: resolved.id.clone(), ..beginning.started.clone() }, resolved)
    };
    let others: Vec<_> = resolved.map(beside).collect();
    begin_together(server, viewer, beginning, others).await
}

/// What the names stand for: different models, which see these files.
fn resolved(server: &Server, viewer: &Viewer, models: &[String], attachments: &[Attachment]) -> Result<Vec<Resolved>> {
    let mut found: Vec<Resolved> = Vec::with_capacity(COMPARED_MAX);
    let names: Vec<&str> = models.iter().map(|name| name.trim()).filter(|name| !name.is_empty()).collect();
    if !(COMPARED_MIN..=COMPARED_MAX).contains(&names.len()) {
        return Err(count());
    }
    for name in names {
        let one = server.registry.resolve(Some(name), viewer.who()).map_err(of_models)?;
        // Another one that answers in its place would be compared with itself.
        if attach::seeing(server, viewer, one.clone(), attachments)?.id != one.id {
            return Err(Error::invalid("models", Rule::NoVision, format!("{} sees no pictures.", one.id)));
        }
        if found.iter().any(|other| other.id == one.id) {
            return Err(Error::invalid("models", Rule::Taken, format!("{} is among the models twice.", one.id)));
        }
        found.push(one);
    }
    Ok(found)
}

fn count() -> Error {
    let (least, most) = (COMPARED_MIN, COMPARED_MAX);
    Error::invalid("models", Rule::Range(least as u32, most as u32), format!("models must be {least} to {most} different models."))
}

/// What is said of a model, of the field that it stands in here.
fn of_models(error: Error) -> Error {
    match error {
        Error::Client(mut error) => {
            error.fields.iter_mut().filter(|field| field.field == "model").for_each(|field| field.field = "models".to_owned());
            Error::Client(error)
        }
        other => other,
    }
}
