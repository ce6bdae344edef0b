//! Conversations that are shared by a link.
#![allow(clippy::too_many_arguments, reason = "the arguments are the fields of a plain form")]

use leptos::prelude::*;
use uuid::Uuid;

use super::Rpc;
#[allow(unused_imports, reason = "the bodies are compiled on the server only")]
use super::*;
use crate::model::chat::Chat;
use crate::model::share::{Share, SharedPage};

/// The viewer's links, and the conversation that they are asked of.
#[server(endpoint = "share/list", output = crate::rpc::Wire)]
pub async fn list(chat_id: Option<Uuid>) -> Rpc<(Option<Chat>, Vec<Share>)> {
    use crate::server::service::viewer::Site;
    use crate::server::service::{chat, share};
    let (server, viewer) = asked()?;
    let shares = answer(share::list(&server, &viewer, &Site(site()), chat_id).await)?.items;
    let chat = match chat_id {
        Some(id) => Some(answer(chat::find(&server, &viewer, id).await)?),
        None => None,
    };
    Ok((chat, shares))
}

/// Shares a conversation. A box that is not ticked is not sent.
#[server(endpoint = "share/create", output = crate::rpc::Wire)]
pub async fn create(
    chat_id: Uuid,
    live: Option<bool>,
    sign_in: Option<bool>,
    indexed: Option<bool>,
    files: Option<bool>,
    days: Option<u32>,
) -> Rpc<Share> {
    use crate::model::share::ShareForm;
    use crate::server::service::share;
    use crate::server::service::viewer::Site;
    let (server, viewer, origin) = asked_from()?;
    let set = |ticked: Option<bool>| ticked.unwrap_or(false);
    let form = ShareForm { session_id: chat_id, live: set(live), sign_in: set(sign_in), indexed: set(indexed), files: set(files), days };
    let made = answer(share::create(&server, &viewer, &origin, &Site(site()), form).await)?;
    leptos_axum::redirect(&format!("/settings/shares?chat={chat_id}"));
    Ok(made)
}

/// Ends a link.
#[server(endpoint = "share/revoke", output = crate::rpc::Wire)]
pub async fn revoke(id: Uuid, back: Option<Uuid>) -> Rpc<()> {
    use crate::server::service::share;
    let (server, viewer, origin) = asked_from()?;
    answer(share::revoke(&server, &viewer, &origin, id).await)?;
    let of = back.map(|chat| format!("?chat={chat}")).unwrap_or_default();
    leptos_axum::redirect(&format!("/settings/shares{of}"));
    Ok(())
}

/// Copies what a link leads to into the viewer's account, and opens the copy.
#[server(endpoint = "share/take", output = crate::rpc::Wire)]
pub async fn take(token: String) -> Rpc<Chat> {
    use crate::server::service::share;
    let (server, viewer) = asked()?;
    let made = answer(share::take(&server, &viewer, &token).await)?;
    leptos_axum::redirect(&format!("/chat/{}", made.id));
    Ok(made)
}

/// What a link leads to.
#[server(endpoint = "share/open", output = crate::rpc::Wire)]
pub async fn open(token: String, before: Option<Uuid>) -> Rpc<SharedPage> {
    use crate::server::service::share;
    // Who has to set up a second factor first is nobody here.
    let viewer = asked().ok().map(|(_, viewer)| viewer);
    answer(share::open(&server()?, viewer.as_ref(), &token, before).await)
}
