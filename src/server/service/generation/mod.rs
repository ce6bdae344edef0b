//! Runs of models: start, stop, follow. (Replaced by the generation slice.)

use uuid::Uuid;

use super::viewer::Viewer;
use crate::model::chat::{Ask, Started};
use crate::server::Server;
use crate::server::error::{Error, Result};

/// The runs of this node.
#[derive(Default)]
pub struct Generations {}

impl Generations {
    /// Ends every run of this node honestly, within this time.
    pub async fn shutdown(&self, _server: &Server, _within: std::time::Duration) {}
}

pub async fn send(_server: &Server, _viewer: &Viewer, _ask: Ask) -> Result<Started> {
    Err(Error::internal("not built"))
}

pub async fn regenerate(
    _server: &Server,
    _viewer: &Viewer,
    _message_id: Uuid,
    _model: Option<String>,
    _request_id: Option<String>,
) -> Result<Started> {
    Err(Error::internal("not built"))
}

pub async fn resume(_server: &Server, _viewer: &Viewer, _message_id: Uuid, _request_id: Option<String>) -> Result<Started> {
    Err(Error::internal("not built"))
}

pub async fn stop(_server: &Server, _viewer: &Viewer, _generation_id: Uuid) -> Result<Uuid> {
    Err(Error::internal("not built"))
}
