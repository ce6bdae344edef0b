//! The server's side of [`super`]: nothing happens.

use chrono::{DateTime, Utc};
use futures::FutureExt;
use leptos::prelude::*;
use uuid::Uuid;

use super::{
    AppKey, DragEvent, Element, Event, Heard, HtmlCanvasElement, HtmlDialogElement, HtmlElement, HtmlInputElement, HtmlTextAreaElement,
    KeyboardEvent, Node, Picked, Pointer, PointerEvent, Sent, Signal, SubmitEvent, WheelEvent,
};
use crate::app::state::crop::Crop;
use crate::model::error::{ApiError, Code};
use crate::model::preference::SendKey;
use crate::model::presence::FromPage;

/// A view as HTML, if it is ready.
pub fn html<E>(view: impl Future<Output = Result<AnyView, E>>) -> String {
    view.now_or_never().and_then(Result::ok).map(|view| view.to_html()).unwrap_or_default()
}

pub fn in_turn(_work: impl FnOnce() + 'static) {}

pub fn last_before_end(_element: &Element) -> Option<Node> {
    None
}

pub fn clear(_element: &Element) -> Option<Node> {
    None
}

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

pub fn load_script(_path: &str) {}

pub fn leave_for(_path: &str) {}

pub fn reload() {}

pub fn title() -> String {
    String::new()
}

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

pub fn on_app_key(_then: impl Fn(AppKey) + 'static) {}

pub fn close(_dialog: &HtmlDialogElement) {}

pub fn show_in_view(_id: &str) {}

pub fn is_open(_id: &str) -> bool {
    false
}

pub fn hide_popover(_id: &str) {}

pub fn show_popover(_id: &str) {}

pub fn show_modal(_dialog: &HtmlDialogElement) {}

pub fn focus_unless_touch(_element: &HtmlElement) {}

pub fn focus(_element: &HtmlElement) {}

pub fn is_send_key(_event: &KeyboardEvent, _key: SendKey) -> bool {
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

pub fn blocks_of(_id: &str) -> Option<[Vec<String>; 2]> {
    None
}

pub fn scroll_to(_scroller: &Element, _id: &str) -> Option<i32> {
    None
}

pub fn scroll_height(_scroller: &Element) -> i32 {
    0
}

pub fn keep_place(_scroller: &Element, _height_before: i32) {}

pub fn follow(_generation: Uuid, _content: &Element, _reasoning: &Element, _tell: Callback<Signal>) {}

pub fn unfollow(_generation: Uuid) {}

pub fn open_chosen_picture(_input: &HtmlInputElement, _opened: Callback<Option<(f64, f64)>>) {}

pub fn open_dropped_picture(_event: &DragEvent, _opened: Callback<Option<(f64, f64)>>) {}

pub fn on_paste_picture(_opened: Callback<Option<(f64, f64)>>) {}

pub fn draw_picture(_canvas: &HtmlCanvasElement, _crop: Crop) {}

pub async fn send_picture(_crop: Crop) -> Result<(), ApiError> {
    Err(ApiError::new(Code::Internal, "There is no browser here."))
}

pub fn pick_files(_input: &HtmlInputElement) -> bool {
    false
}

pub fn on_files(_picked: Callback<()>) {}

pub fn take_picked() -> Vec<Picked> {
    Vec::new()
}

pub async fn send_file(_key: Uuid, _tell: impl Fn(u64, bool)) -> Option<Result<Sent, ApiError>> {
    None
}

pub fn let_go(_key: Uuid) {}

pub async fn pause(_millis: u64) {}

pub fn pointer(_event: &PointerEvent) -> Pointer {
    Pointer { id: 0, x: 0.0, y: 0.0 }
}

pub fn wheel_place(_event: &WheelEvent) -> (f64, f64) {
    (0.0, 0.0)
}

pub fn hold_pointer(_event: &PointerEvent) {}

pub fn connect(_tell: Callback<Heard>) {}

pub fn say(_word: FromPage) {}

pub fn local_time(_iso: &str, _language: &str, _zone: Option<&str>) -> Option<String> {
    None
}

pub fn list_key(_event: &KeyboardEvent) {}

pub fn form_query(_event: &SubmitEvent) -> Option<String> {
    None
}

pub fn submit_form_around(_event: &Event) {}

pub fn is_composing(_event: &Event) -> bool {
    false
}

pub fn check_all(_event: &Event) {}

pub fn count_checked(_event: &Event) -> usize {
    0
}
