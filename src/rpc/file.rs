//! Files that people send, as pages ask for them. Their bytes come and go over `/api/files/`.

use leptos::prelude::*;
use uuid::Uuid;

use super::Rpc;
#[allow(unused_imports, reason = "the bodies are compiled on the server only")]
use super::*;
use crate::model::file::{File, Kept, Look};

/// The viewer's files, newest first, and the room for them. `before` is the `next` of the page before.
#[server(endpoint = "file/list", output = crate::rpc::Wire)]
pub async fn list(before: Option<Uuid>) -> Rpc<Kept> {
    use crate::server::service::file;
    let (server, viewer) = asked()?;
    let page = answer(file::list(&server, &viewer, before, None).await)?;
    Ok(Kept { page, room: answer(file::room(&server, &viewer).await)? })
}

/// How far a file is.
#[server(endpoint = "file/find", output = crate::rpc::Wire)]
pub async fn find(id: Uuid) -> Rpc<File> {
    use crate::server::service::file;
    let (server, viewer) = asked()?;
    answer(file::find(&server, &viewer, id).await)
}

/// A file, and the beginning of its text, or a passage of it and what is around that.
#[server(endpoint = "file/show", output = crate::rpc::Wire)]
pub async fn show(id: Uuid, passage: Option<u32>) -> Rpc<Look> {
    use crate::server::service::file;
    let (server, viewer) = asked()?;
    answer(file::look(&server, &viewer, id, passage).await)
}

/// Forgets a file.
#[server(endpoint = "file/delete", output = crate::rpc::Wire)]
pub async fn delete(id: Uuid) -> Rpc<()> {
    use crate::server::service::file;
    let (server, viewer) = asked()?;
    answer(file::delete(&server, &viewer, id).await)?;
    leptos_axum::redirect("/settings/files");
    Ok(())
}
