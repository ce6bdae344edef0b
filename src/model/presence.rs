//! Who is here, and the small words that a page and the server exchange over their WebSocket: JSON objects with a `type`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// What a page says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FromPage {
    /// I am still here; answered by [`ToPage::Pong`].
    Ping,
    /// Tell me about this now and whenever it changes.
    Watch { topic: Topic },
    /// No more of it.
    Unwatch { topic: Topic },
}

/// What the server says. A page ignores what it does not know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToPage {
    /// The first word: say [`FromPage::Ping`] every so many seconds.
    Hello {
        heartbeat: u32,
    },
    Pong,
    /// Something of this kind that the page may show is not as it was.
    Changed {
        what: What,
    },
    /// Some of the user's conversations are not as they were.
    Chats {
        news: Vec<News>,
    },
    /// Who is online, for who watches it.
    Online(Online),
    /// The page may not watch this.
    Refused {
        topic: Topic,
    },
}

/// What can be watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// Who is online; for administrators.
    Online,
}

/// What can change behind a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// The user's own name, picture or preferences.
    Profile,
    /// How far the export of their data is.
    Export,
}

/// What happened to a conversation. The page asks for what it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct News {
    /// Absent: more than one.
    pub chat: Option<Uuid>,
    pub what: Happened,
}

/// What happens to conversations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Happened {
    /// It was made, renamed, moved, pinned, archived, deleted, brought back, …
    Changed,
    /// An answer is being written.
    Began,
    /// The answer is there, or failed. One that was stopped is [`Happened::Changed`].
    Ended,
    /// What ended was looked at.
    Read,
}

/// Everybody who is online now.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Online {
    /// By the time they came, the last one first.
    pub items: Vec<Person>,
    /// How many more there are who do not show it.
    #[schema(example = 2)]
    pub hidden: usize,
}

/// Somebody who is online.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Person {
    pub id: Uuid,
    #[schema(example = "Ada Lovelace")]
    pub name: String,
    #[schema(example = "ada@example.org")]
    pub email: String,
    /// Address of the picture.
    #[schema(example = "/avatar/0c8f1b0e6a7d4c2f9b3e5d1a7c6f8e90-48.webp")]
    pub avatar: String,
    /// Open pages.
    #[schema(example = 1)]
    pub pages: usize,
    /// When the first of them was opened.
    pub since: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_small_objects() {
        let text = |word: &FromPage| serde_json::to_string(word).unwrap();
        assert_eq!(text(&FromPage::Ping), r#"{"type":"ping"}"#);
        assert_eq!(text(&FromPage::Watch { topic: Topic::Online }), r#"{"type":"watch","topic":"online"}"#);
        let hello = serde_json::to_string(&ToPage::Hello { heartbeat: 25 }).unwrap();
        assert_eq!(hello, r#"{"type":"hello","heartbeat":25}"#);
        let news = vec![News { chat: Some(Uuid::nil()), what: Happened::Ended }];
        let chats = serde_json::to_string(&ToPage::Chats { news }).unwrap();
        assert_eq!(chats, r#"{"type":"chats","news":[{"chat":"00000000-0000-0000-0000-000000000000","what":"ended"}]}"#);
        let online = serde_json::to_string(&ToPage::Online(Online::default())).unwrap();
        assert_eq!(online, r#"{"type":"online","items":[],"hidden":0}"#);
        assert!(serde_json::from_str::<FromPage>(r#"{"type":"shout"}"#).is_err());
    }
}
