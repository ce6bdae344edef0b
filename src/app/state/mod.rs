//! What several components share: signals in contexts, and what changes them.

pub mod chat_action;
pub mod chats;
pub mod preference;
pub mod session;
pub mod thread;
pub mod toast;
