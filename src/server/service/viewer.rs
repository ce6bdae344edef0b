//! Who is asking. Made once per request by `http::viewer` and looked up by; authorization is scoped lookup.

use uuid::Uuid;

use crate::model::user::User;
use crate::server::error::{Error, Result};

/// A signed-in user, and how they proved it.
#[derive(Clone, Debug)]
pub struct Viewer {
    pub user: User,
    pub via: Via,
}

/// How the viewer was recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// A browser's cookie session.
    Session,
    /// A bearer token of this family.
    Token { family: Uuid },
}

impl Viewer {
    /// An error unless the viewer administers this server.
    pub fn require_admin(&self) -> Result<()> {
        if self.user.is_admin() { Ok(()) } else { Err(Error::forbidden()) }
    }
}
