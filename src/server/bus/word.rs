//! The words themselves. A node ignores those that it does not know: they are of a newer one.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::model::log::LogQuery;
use crate::model::presence::{Happened, Person, ToPage};
use crate::model::user::User;

/// What one node tells the others.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "word", rename_all = "snake_case")]
pub enum Word {
    /// The log of these runs has more, or their end.
    Grown {
        runs: Vec<Uuid>,
    },
    /// A run has begun that a worker has to take.
    Waiting,
    /// End this run as stopped.
    Stop {
        run: Uuid,
    },
    /// The same of what is being written in a conversation, and of all that is written for somebody.
    StopIn {
        chat: Uuid,
    },
    StopOf {
        user: Uuid,
    },
    /// Something that an administrator has set is not as it was: settings, providers, models.
    Reload,
    /// There is a background job to do.
    Job,
    /// A word for somebody's open pages.
    Tell {
        user: Uuid,
        said: ToPage,
    },
    /// Something happened to a conversation of somebody's; null: to several.
    News {
        user: Uuid,
        chat: Option<Uuid>,
        what: Happened,
    },
    /// Somebody is now this one.
    Update {
        user: Box<User>,
    },
    /// Close somebody's open pages.
    Dismiss {
        user: Uuid,
    },
    /// Who has pages open on the node that says this: all of them, in place of what it said before.
    Here {
        people: Vec<Distant>,
    },
    /// Asks one node for lines of its log; it leaves the answer in Redis.
    Logs {
        node: String,
        ask: Uuid,
        query: Box<LogQuery>,
        look: Look,
    },
    /// Say who is there: the node that asks has just come.
    Who,
}

/// Somebody with pages open on another node.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Distant {
    pub person: Person,
    /// Whether others may see it.
    pub shown: bool,
}

/// What is asked of a log.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(tag = "look", rename_all = "snake_case")]
pub enum Look {
    /// So many lines below this number, the newest first.
    Page { before: Option<u64>, limit: u32 },
    /// What came after this one, the oldest first; none: only which is the newest.
    Newer { after: Option<u64> },
}
