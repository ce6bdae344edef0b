//! Providers and the models that a viewer may use. (Replaced by the models slice.)

use uuid::Uuid;

use super::viewer::Viewer;
use crate::model::provider::{Model, Provider, ProviderForm, ProviderTest};
use crate::server::Server;
use crate::server::error::{Error, Result};

pub async fn models(_server: &Server, _viewer: &Viewer) -> Result<Vec<Model>> {
    Err(Error::internal("not built"))
}

pub async fn list(_server: &Server, _viewer: &Viewer) -> Result<Vec<Provider>> {
    Err(Error::internal("not built"))
}

pub async fn save(_server: &Server, _viewer: &Viewer, _id: Option<Uuid>, _form: ProviderForm) -> Result<Provider> {
    Err(Error::internal("not built"))
}

pub async fn enable(_server: &Server, _viewer: &Viewer, _id: Uuid, _enabled: bool) -> Result<Provider> {
    Err(Error::internal("not built"))
}

pub async fn delete(_server: &Server, _viewer: &Viewer, _id: Uuid) -> Result<()> {
    Err(Error::internal("not built"))
}

pub async fn test(_server: &Server, _viewer: &Viewer, _id: Uuid) -> Result<ProviderTest> {
    Err(Error::internal("not built"))
}

/// STUB until the models slice has landed.
pub async fn start(_server: &Server) -> Result<()> {
    Ok(())
}
