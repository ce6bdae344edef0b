//! Searching all messages.

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

use super::Rpc;
#[allow(unused_imports, reason = "the bodies are compiled on the server only")]
use super::*;
use crate::model::search::Found as Results;

/// The viewer's messages that have all that is looked for. `after` is the cursor of the page before.
#[server(endpoint = "search/find", input = GetUrl, output = crate::rpc::Wire)]
pub async fn find(q: String, after: Option<String>) -> Rpc<Results> {
    use crate::server::service::search;
    let (server, viewer) = asked()?;
    answer(search::find(&server, &viewer, &q, after.as_deref(), None).await)
}
