//! What several components share: signals in contexts, and what changes them.

pub mod address;
pub mod chats;
pub mod crop;
pub mod file;
pub mod live;
pub mod opened;
pub mod preference;
pub mod queue;
pub mod reader;
pub mod returned;
pub mod session;
pub mod temporary;
pub mod thread;
pub mod toast;
pub mod upload;
