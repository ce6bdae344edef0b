//! WHAT: plain data, ids, validation and wire types, used by the browser and by the server.

pub mod activity;
pub mod alert;
pub mod announcement;
pub mod assistant;
pub mod avatar;
pub mod backup;
pub mod catalogue;
pub mod chat;
pub mod comparison;
pub mod context;
pub mod digest;
pub mod directory;
pub mod error;
pub mod export;
pub mod factor;
pub mod feedback;
mod field_error;
pub mod file;
pub mod folder;
pub mod generation;
pub mod identity;
pub mod import;
pub mod inspection;
pub mod instant;
pub mod job;
pub mod log;
pub mod look;
pub mod mail;
pub mod message;
pub mod operation;
pub mod passage;
pub mod passkey;
pub mod password;
pub mod preference;
pub mod presence;
pub mod prompt;
pub mod provider;
pub mod push;
pub mod queue;
pub mod report;
pub mod search;
pub mod session;
pub mod setting;
pub mod setup;
pub mod share;
pub mod sheet;
pub mod shelf;
pub mod statistics;
pub mod suggestion;
pub mod system;
pub mod temporary;
pub mod ticket;
pub mod token;
pub mod trace;
pub mod tree;
pub mod usage;
pub mod user;
pub mod voice;
pub mod wire;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One page of a list. `next` is the cursor of the page after this one, absent on the last.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}
