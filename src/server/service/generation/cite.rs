//! The passages that an answer can cite: kept with it before its first word, so that whoever reads it finds them.

use super::hub::Live;
use crate::model::generation::NoticeCode;
use crate::model::message::Message;
use crate::model::passage::Source;
use crate::server::Server;

/// The model is shown these passages from now on.
pub(super) async fn cite(server: &Server, live: &Live, sources: Vec<Source>) {
    if *live.sources() == *sources {
        return;
    }
    if let Err(cause) = server.db.messages().set_sources(live.started.message_id, &sources).await {
        // The answer is as good without; what it cites is text then.
        tracing::error!(%cause, "the sources of an answer could not be kept");
        return;
    }
    live.cite(sources);
}

/// Whether an answer may have something to cite: a document was too long for it.
pub fn may_cite(message: &Message) -> bool {
    message.notices.iter().any(|notice| notice.code == NoticeCode::FileCut) || message.status.is_running()
}
