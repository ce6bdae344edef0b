//! Who is here, for the first HTML; afterwards the page's WebSocket tells.

use leptos::prelude::*;

use super::Rpc;
#[allow(unused_imports, reason = "the bodies are compiled on the server only")]
use super::*;
use crate::model::presence::Online;

/// Everybody who is online. Administrators only.
#[server(endpoint = "presence/online", output = crate::rpc::Wire)]
pub async fn who_is_online() -> Rpc<Online> {
    use crate::server::service::presence;
    let (server, viewer) = asked()?;
    answer(presence::online(&server, &viewer))
}
