//! What only a browser can do, and the only place that touches `web_sys`. In the server's build every function is a stub
//! that does nothing: effects and event handlers, the only callers, never run there.

#[cfg(feature = "hydrate")]
mod web;
#[cfg(feature = "hydrate")]
pub use web::*;

#[cfg(not(feature = "hydrate"))]
mod stub;
#[cfg(not(feature = "hydrate"))]
pub use stub::*;

use serde::Deserialize;
use uuid::Uuid;

pub use leptos::web_sys::{
    DragEvent, Element, Event, HtmlCanvasElement, HtmlDialogElement, HtmlElement, HtmlInputElement, HtmlTextAreaElement, KeyboardEvent,
    Node, PointerEvent, SubmitEvent, WheelEvent,
};

use crate::model::chat::Chat;
use crate::model::generation::{Failure, Notice, Status};
use crate::model::presence::What;
use crate::model::usage::{Sum, Used};

/// What the stream of an answer tells the page besides the patches of its text.
#[derive(Clone, Debug)]
pub enum Signal {
    /// The first reasoning arrived.
    Reasoning,
    /// The first word of the answer arrived.
    Content,
    /// Blocks were changed on the page, in this animation frame.
    Painted,
    Notice(Notice),
    /// Nothing more will come.
    End(Box<End>),
}

/// The last event of a stream.
#[derive(Clone, Debug, Deserialize)]
pub struct End {
    pub status: Status,
    #[serde(default)]
    pub error: Option<Failure>,
    #[serde(default)]
    pub usage: Option<Used>,
    #[serde(default)]
    pub chat: Option<Chat>,
    /// What the whole conversation used.
    #[serde(default)]
    pub used: Option<Sum>,
}

/// What the page hears of its line to the server: a [`crate::model::presence::ToPage`], of which the chat page reads only what it is
/// about. (The reader of a whole list of people would be 29 KB of its WASM.)
#[derive(Clone, Debug)]
pub enum Heard {
    /// The line is open.
    Open,
    Changed(What),
    /// Some conversations are not as they were. What exactly is for the scripts beside the WASM.
    Chats,
    /// Who is online, as it came: JSON, for the page that shows it.
    Online(String),
    /// It is opened anew by itself.
    Lost,
}

/// A key that works on every page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppKey {
    /// Ctrl J, ⌘ J: a new chat.
    New,
    /// Ctrl K, ⌘ K: the command palette.
    Palette,
    /// ?: the sheet of shortcuts.
    Help,
}

/// A file that was chosen, dropped or pasted; its bytes stay with the browser.
#[derive(Clone, Debug, PartialEq)]
pub struct Picked {
    pub key: Uuid,
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// What the browser takes it for.
    pub media_type: String,
    /// The address of a picture in this browser.
    pub preview: Option<String>,
}

/// A file that is on the server now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    pub id: Uuid,
    /// It was not there before.
    pub fresh: bool,
}

/// A mouse, a pen or a finger over an element.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pointer {
    pub id: i32,
    /// From the element's centre, in sides of the element.
    pub x: f64,
    pub y: f64,
}
