//! Reports of use: which ones come by mail. The form is plain: it posts, and the page comes back as changed.

use leptos::prelude::*;

use super::Rpc;
#[allow(unused_imports, reason = "the bodies are compiled on the server only")]
use super::*;
use crate::model::digest::DigestOffer;

/// Which reports the viewer gets, and the times that were over last.
#[server(endpoint = "digest/offer", output = crate::rpc::Wire)]
pub async fn offer() -> Rpc<DigestOffer> {
    use crate::server::service::digest;
    let (server, viewer) = asked()?;
    answer(digest::offer(&server, &viewer).await)
}

/// Chooses them; a box that is not ticked is not sent.
#[server(endpoint = "digest/choose", output = crate::rpc::Wire)]
pub async fn choose(week: Option<bool>, month: Option<bool>, server_week: Option<bool>, server_month: Option<bool>) -> Rpc<()> {
    use crate::model::digest::DigestChange;
    use crate::server::service::digest;
    let (server, viewer) = asked()?;
    let ticked = |tick: Option<bool>| Some(tick.unwrap_or_default());
    // Who does not administer has no boxes for the others.
    let administers = viewer.user.is_admin() || server_week.or(server_month).is_some();
    let (server_week, server_month) = if administers { (ticked(server_week), ticked(server_month)) } else { (None, None) };
    let change = DigestChange { week: ticked(week), month: ticked(month), server_week, server_month };
    answer(digest::choose(&server, &viewer, change).await)?;
    leptos_axum::redirect("/settings/usage?saved=1#reports");
    Ok(())
}
