//! The server's side of [`super`]: nothing happens.

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use uuid::Uuid;

use super::{Element, HtmlDialogElement, HtmlElement, HtmlTextAreaElement, KeyboardEvent, Signal};

pub fn language() -> Option<String> {
    None
}

pub fn theme() -> Option<String> {
    None
}

pub fn show_theme(_name: &str) {}

pub fn now() -> Option<DateTime<Utc>> {
    None
}

pub fn utc_offset() -> i32 {
    0
}

pub fn remember_offset(_minutes: i32) {}

pub fn is_mac() -> bool {
    false
}

pub fn leave_for(_path: &str) {}

pub fn reload() {}

pub fn here() -> String {
    String::new()
}

pub fn stored(_key: &str) -> Option<String> {
    None
}

pub fn store(_key: &str, _value: &str) {}

pub fn forget(_key: &str) {}

pub fn new_id() -> Uuid {
    Uuid::nil()
}

pub async fn copy(_text: String) -> bool {
    false
}

pub fn copy_code_on_click(_label: &'static str, _copied: &'static str) {}

pub fn on_new_chat_key(_then: impl Fn() + 'static) {}

pub fn hide_popover(_id: &str) {}

pub fn show_modal(_dialog: &HtmlDialogElement) {}

pub fn focus_unless_touch(_element: &HtmlElement) {}

pub fn focus(_element: &HtmlElement) {}

pub fn is_send_key(_event: &KeyboardEvent) -> bool {
    false
}

pub fn grow(_area: &HtmlTextAreaElement) {}

pub fn submit_form_of(_area: &HtmlTextAreaElement) {}

pub fn is_at_end(_scroller: &Element, before: (i32, bool)) -> (i32, bool) {
    before
}

pub fn scroll_to_end(_scroller: &Element) -> i32 {
    0
}

pub fn scroll_height(_scroller: &Element) -> i32 {
    0
}

pub fn keep_place(_scroller: &Element, _height_before: i32) {}

pub fn follow(_generation: Uuid, _content: &Element, _reasoning: &Element, _tell: Callback<Signal>) {}

pub fn unfollow(_generation: Uuid) {}
