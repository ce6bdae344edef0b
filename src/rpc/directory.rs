//! People, as administrators see and change them. Every form is plain: it posts, and its page comes back as changed.
#![allow(clippy::too_many_arguments, reason = "a form's fields are its server function's arguments")]

use leptos::prelude::*;
use uuid::Uuid;

use super::Rpc;
#[allow(unused_imports, reason = "the bodies are compiled on the server only")]
use super::*;
use crate::model::Page;
use crate::model::directory::{Act as Deed, BulkResults, Dossier, Member, Query};
use crate::model::user::Role;

/// The people who fit. `after` is the cursor of the page before. Administrators only, like all below.
#[server(endpoint = "directory/list", output = crate::rpc::Wire)]
pub async fn list(query: Query, after: Option<String>) -> Rpc<Page<Member>> {
    use crate::server::service::directory;
    let (server, viewer) = asked()?;
    answer(directory::list(&server, &viewer, query, after.as_deref(), None).await)
}

/// Nothing for administrators, an error for everybody else: for a page that shows nothing that it would ask for.
#[server(endpoint = "directory/allowed", output = crate::rpc::Wire)]
pub async fn allowed() -> Rpc<()> {
    let (_, viewer) = asked()?;
    answer(viewer.require_admin())
}

/// Everything about one account.
#[server(endpoint = "directory/find", output = crate::rpc::Wire)]
pub async fn find(id: Uuid) -> Rpc<Dossier> {
    use crate::server::service::directory;
    let (server, viewer) = asked()?;
    answer(directory::find(&server, &viewer, id).await)
}

/// Does something to one account.
#[server(endpoint = "directory/act", output = crate::rpc::Wire)]
pub async fn act(id: Uuid, action: Deed) -> Rpc<()> {
    use crate::server::service::directory;
    let (server, viewer, origin) = asked_from()?;
    answer(directory::act(&server, &viewer, &origin, id, action).await)?;
    leptos_axum::redirect(&format!("/admin/users/{id}?saved=1"));
    Ok(())
}

/// Does the same to several. `back` is a path on this server to go to.
#[server(endpoint = "directory/bulk", output = crate::rpc::Wire)]
pub async fn bulk(#[server(default)] ids: Vec<Uuid>, action: Deed, back: Option<String>) -> Rpc<BulkResults> {
    use crate::model::directory::Bulk;
    use crate::server::service::{directory, session};
    let (server, viewer, origin) = asked_from()?;
    let results = answer(directory::bulk(&server, &viewer, &origin, Bulk { ids, action }).await)?;
    let (done, failed) = results.counts();
    let back = session::safe_next(back.as_deref().or(Some("/admin/users")));
    let mark = if back.contains('?') { '&' } else { '?' };
    leptos_axum::redirect(&format!("{back}{mark}done={done}&failed={failed}"));
    Ok(results)
}

/// Makes an account; answers its id.
#[server(endpoint = "directory/create", output = crate::rpc::Wire)]
pub async fn create(
    email: String,
    name: Option<String>,
    role: Option<Role>,
    password: Option<String>,
    email_verified: Option<bool>,
) -> Rpc<Uuid> {
    use crate::model::directory::NewMember;
    use crate::server::service::directory;
    let (server, viewer, origin) = asked_from()?;
    let password = password.filter(|password| !password.is_empty());
    let email_verified = email_verified.unwrap_or(false);
    let new = NewMember { email, name: name.unwrap_or_default(), role, password, email_verified };
    let made = answer(directory::create(&server, &viewer, &origin, new).await)?;
    leptos_axum::redirect(&format!("/admin/users/{}?saved=1", made.member.id));
    Ok(made.member.id)
}

/// Changes name, address, role and whether the address is verified; a box that is not ticked is not sent.
#[server(endpoint = "directory/change", output = crate::rpc::Wire)]
pub async fn change(id: Uuid, name: String, email: String, role: Option<Role>, email_verified: Option<bool>) -> Rpc<()> {
    use crate::model::directory::MemberChange;
    use crate::server::service::directory;
    let (server, viewer, origin) = asked_from()?;
    let verified = Some(email_verified.unwrap_or(false));
    let change = MemberChange { name: Some(name), email: Some(email), role, email_verified: verified };
    answer(directory::update(&server, &viewer, &origin, id, change).await)?;
    leptos_axum::redirect(&format!("/admin/users/{id}?saved=1"));
    Ok(())
}
