//! Conversations. (Replaced by the chat slice.)

use uuid::Uuid;

use super::viewer::Viewer;
use crate::model::Page;
use crate::model::chat::{Chat, Conversation};
use crate::server::Server;
use crate::server::error::{Error, Result};

pub async fn list(_server: &Server, _viewer: &Viewer, _after: Option<&str>, _limit: Option<u32>) -> Result<Page<Chat>> {
    Err(Error::internal("not built"))
}

pub async fn open(_server: &Server, _viewer: &Viewer, _id: Uuid, _before: Option<Uuid>) -> Result<Conversation> {
    Err(Error::internal("not built"))
}

pub async fn select(_server: &Server, _viewer: &Viewer, _message_id: Uuid) -> Result<Conversation> {
    Err(Error::internal("not built"))
}

pub async fn rename(_server: &Server, _viewer: &Viewer, _id: Uuid, _title: &str) -> Result<Chat> {
    Err(Error::internal("not built"))
}

pub async fn delete(_server: &Server, _viewer: &Viewer, _id: Uuid) -> Result<()> {
    Err(Error::internal("not built"))
}

pub async fn restore(_server: &Server, _viewer: &Viewer, _id: Uuid) -> Result<Chat> {
    Err(Error::internal("not built"))
}
