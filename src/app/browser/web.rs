//! The browser's side of [`super`].

mod file;
mod list;
mod picture;
mod socket;
mod stream;
mod turn;
mod upload;

pub use file::{on_files, pick_files};
pub use list::{check_all, count_checked, form_query, is_composing, list_key, submit_form_around};
pub use picture::{
    draw_picture, hold_pointer, on_paste_picture, open_chosen_picture, open_dropped_picture, pointer, send_picture, wheel_place,
};
pub use socket::{connect, say};
pub use stream::{follow, unfollow};
pub use turn::in_turn;
pub use upload::{let_go, pause, send_file, take_picked};

use chrono::{DateTime, Utc};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Document, Storage, Window};

use uuid::Uuid;

use super::{AppKey, Element, HtmlDialogElement, HtmlElement, HtmlTextAreaElement, KeyboardEvent, Node};
use crate::model::preference::SendKey;

/// Within so many pixels of the end, the reader is taken to be at the end.
const NEAR_END: i32 = 40;

fn window() -> Option<Window> {
    web_sys::window()
}

fn document() -> Option<Document> {
    window()?.document()
}

fn root() -> Option<Element> {
    document()?.document_element()
}

/// The language that the server wrote the page in.
pub fn language() -> Option<String> {
    root()?.get_attribute("lang")
}

/// The theme that the server wrote into the page.
pub fn theme() -> Option<String> {
    root()?.get_attribute("data-theme")
}

/// Shows the page in this theme at once.
pub fn show_theme(name: &str) {
    if let Some(root) = root() {
        // Fails for an invalid attribute name only.
        let _ = root.set_attribute("data-theme", name);
    }
}

/// The browser's time.
#[allow(clippy::disallowed_methods, reason = "the browser's clock has no other place")]
pub fn now() -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_millis(js_sys::Date::now() as i64)
}

/// An ISO 8601 time as people of this language write it, in this time zone or the browser's.
pub fn local_time(iso: &str, language: &str, zone: Option<&str>) -> Option<String> {
    let options = js_sys::Object::new();
    for (name, value) in [("dateStyle", "medium"), ("timeStyle", "short")].into_iter().chain(zone.map(|zone| ("timeZone", zone))) {
        js_sys::Reflect::set(&options, &name.into(), &value.into()).ok()?;
    }
    let date = js_sys::Date::new(&iso.into());
    // A browser that does not know the zone throws.
    let format = js_sys::Reflect::get(&date, &"toLocaleString".into()).ok()?.dyn_into::<js_sys::Function>().ok()?;
    format.call2(&date, &language.into(), &options).ok()?.as_string()
}

/// The browser's distance from UTC, in minutes east.
pub fn utc_offset() -> i32 {
    -(js_sys::Date::new_0().get_timezone_offset() as i32)
}

/// Tells the server the distance from UTC with the next page, so that "Today" is the reader's.
pub fn remember_offset(minutes: i32) {
    let Some(document) = document().and_then(|d| d.dyn_into::<web_sys::HtmlDocument>().ok()) else { return };
    let cookie =
        format!("{}={minutes}; Path=/; Max-Age={}; SameSite=Lax", crate::model::preference::OFFSET_COOKIE, crate::rpc::preference::YEAR);
    // A browser that keeps no cookies shows UTC's days.
    let _ = document.set_cookie(&cookie);
}

/// Whether shortcuts are made with ⌘.
pub fn is_mac() -> bool {
    window().and_then(|w| w.navigator().user_agent().ok()).is_some_and(|agent| agent.contains("Mac OS"))
}

/// Loads a script of ours, once.
pub fn load_script(path: &str) {
    let Some(document) = document() else { return };
    if document.query_selector(&format!("script[src=\"{path}\"]")).ok().flatten().is_some() {
        return;
    }
    let Ok(script) = document.create_element("script") else { return };
    // Both fail for invalid names only.
    let _ = script.set_attribute("src", path);
    let _ = document.body().map(|body| body.append_child(&script));
}

/// Loads another page, without the router.
pub fn leave_for(path: &str) {
    if let Some(window) = window() {
        let _ = window.location().assign(path);
    }
}

/// Loads this page again.
pub fn reload() {
    if let Some(window) = window() {
        let _ = window.location().reload();
    }
}

/// What the window is called.
pub fn title() -> String {
    document().map(|document| document.title()).unwrap_or_default()
}

/// The element with this id.
pub fn element(id: &str) -> Option<HtmlElement> {
    document()?.get_element_by_id(id)?.dyn_into().ok()
}

/// This page's path and query.
pub fn here() -> String {
    let Some(location) = window().map(|w| w.location()) else { return "/".into() };
    format!("{}{}", location.pathname().unwrap_or_default(), location.search().unwrap_or_default())
}

fn storage() -> Option<Storage> {
    window()?.local_storage().ok()?
}

/// What is kept in this browser under a key.
pub fn stored(key: &str) -> Option<String> {
    storage()?.get_item(key).ok()?
}

/// Keeps a value in this browser; one that has no room or forbids it keeps nothing.
pub fn store(key: &str, value: &str) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(key, value);
    }
}

/// Forgets what [`store`] kept.
pub fn forget(key: &str) {
    if let Some(storage) = storage() {
        let _ = storage.remove_item(key);
    }
}

/// A new random id, for idempotent requests.
#[allow(clippy::disallowed_methods, reason = "the browser's randomness has no other place")]
pub fn new_id() -> Uuid {
    Uuid::new_v4()
}

/// Puts text on the clipboard; false when the browser does not allow it.
pub async fn copy(text: String) -> bool {
    let Some(window) = window() else { return false };
    // The clipboard is absent where the page was not loaded over a secure connection.
    let clipboard = js_sys::Reflect::get(&window.navigator(), &"clipboard".into()).is_ok_and(|c| !c.is_undefined());
    if clipboard && JsFuture::from(window.navigator().clipboard().write_text(&text)).await.is_ok() {
        return true;
    }
    copy_by_selection(&text).unwrap_or(false)
}

/// The old way to copy, for pages without a secure connection.
fn copy_by_selection(text: &str) -> Option<bool> {
    let document = document()?;
    let area: HtmlTextAreaElement = document.create_element("textarea").ok()?.dyn_into().ok()?;
    area.set_value(text);
    area.set_class_name("visually-hidden");
    document.body()?.append_child(&area).ok()?;
    area.select();
    let done = document.dyn_into::<web_sys::HtmlDocument>().ok()?.exec_command("copy").unwrap_or(false);
    area.remove();
    Some(done)
}

/// The last node of an element before the mark that ends its children.
pub fn last_before_end(element: &Element) -> Option<Node> {
    element.last_child()?.previous_sibling()
}

/// Empties an element up to the mark that ends its children, and answers that.
pub fn clear(element: &Element) -> Option<Node> {
    while let Some(node) = last_before_end(element) {
        let _ = element.remove_child(&node);
    }
    element.last_child()
}

/// Makes the copy buttons of code blocks work, those that a stream adds later too.
pub fn copy_code_on_click(label: &'static str, copied: &'static str) {
    let Some(document) = document() else { return };
    // The renderer knows no language, so the style sheet writes the label.
    if let Some(body) = document.body() {
        let _ = body.style().set_property("--copy-label", &format!("\"{label}\""));
    }
    let listener = Closure::<dyn Fn(web_sys::Event)>::new(move |event: web_sys::Event| {
        let button = event.target().and_then(|t| t.dyn_into::<Element>().ok()).and_then(|e| e.closest(".copy[data-copy]").ok().flatten());
        let Some(button) = button else { return };
        let code = button.closest("figure").ok().flatten().and_then(|f| f.query_selector("code").ok().flatten());
        let Some(text) = code.and_then(|c| c.text_content()) else { return };
        wasm_bindgen_futures::spawn_local(async move {
            if copy(text).await {
                let _ = button.set_attribute("data-copied", copied);
                leptos::prelude::set_timeout(move || drop(button.remove_attribute("data-copied")), std::time::Duration::from_secs(2));
            }
        });
    });
    let _ = document.add_event_listener_with_callback("click", listener.as_ref().unchecked_ref());
    listener.forget();
}

/// Calls `then` on the keys that work on every page, for the life of the page.
pub fn on_app_key(then: impl Fn(AppKey) + 'static) {
    let Some(document) = document() else { return };
    let listener = Closure::<dyn Fn(KeyboardEvent)>::new(move |event: KeyboardEvent| {
        let command = (event.ctrl_key() || event.meta_key()) && !event.alt_key() && !event.shift_key();
        let key = match event.key().as_str() {
            "j" | "J" if command => AppKey::New,
            "k" | "K" if command => AppKey::Palette,
            "?" if !event.ctrl_key() && !event.meta_key() && !list::is_typing(&event) => AppKey::Help,
            _ => return,
        };
        event.prevent_default();
        then(key);
    });
    let _ = document.add_event_listener_with_callback("keydown", listener.as_ref().unchecked_ref());
    listener.forget();
}

/// Closes a dialog; the focus goes back to where it was.
pub fn close(dialog: &HtmlDialogElement) {
    dialog.close();
}

/// Scrolls the element with this id into view.
pub fn show_in_view(id: &str) {
    if let Some(element) = document().and_then(|document| document.get_element_by_id(id)) {
        element.scroll_into_view_with_bool(false);
    }
}

/// Only the server makes HTML.
pub fn html<E>(_view: impl Future<Output = Result<leptos::prelude::AnyView, E>>) -> String {
    String::new()
}

/// The popover with this id, if it is open.
fn open_popover(id: &str) -> Option<HtmlElement> {
    let element = document()?.get_element_by_id(id)?.dyn_into::<HtmlElement>().ok()?;
    element.matches(":popover-open").unwrap_or(false).then_some(element)
}

/// Whether the popover with this id is open.
pub fn is_open(id: &str) -> bool {
    open_popover(id).is_some()
}

/// Closes the popover with this id, if it is open.
pub fn hide_popover(id: &str) {
    if let Some(element) = open_popover(id) {
        let _ = element.hide_popover();
    }
}

/// Opens the popover with this id, if it is closed.
pub fn show_popover(id: &str) {
    let element = document().and_then(|d| d.get_element_by_id(id)).and_then(|e| e.dyn_into::<HtmlElement>().ok());
    if let Some(element) = element {
        // An open one refuses.
        let _ = element.show_popover();
    }
}

/// Makes an open dialog modal, so that the page behind it is out of reach.
pub fn show_modal(dialog: &HtmlDialogElement) {
    // A dialog that the server sent open has to be closed before it can become modal.
    let _ = dialog.remove_attribute("open");
    let _ = dialog.show_modal();
}

/// Puts the caret there.
pub fn focus(element: &HtmlElement) {
    let _ = element.focus();
}

/// Puts the caret there, unless that would bring up a keyboard on the screen.
pub fn focus_unless_touch(element: &HtmlElement) {
    let fine = window().and_then(|w| w.match_media("(pointer: fine)").ok().flatten()).is_some_and(|query| query.matches());
    if fine {
        focus(element);
    }
}

/// The key that sends, and not the Enter that ends an input method's composition.
pub fn is_send_key(event: &KeyboardEvent, key: SendKey) -> bool {
    let command = event.ctrl_key() || event.meta_key();
    let meant = match key {
        SendKey::Enter => !event.ctrl_key(),
        SendKey::CtrlEnter => command,
    };
    // 229 is what Safari reports for the Enter that commits a composition.
    meant && event.key() == "Enter" && !event.shift_key() && !event.alt_key() && !event.is_composing() && event.key_code() != 229
}

/// Fits a text area's height to its text, where `field-sizing: content` is not known.
pub fn grow(area: &HtmlTextAreaElement) {
    let style = area.style();
    let known = style.get_property_value("field-sizing").is_ok_and(|v| v == "content")
        || js_sys::Reflect::has(&style, &"fieldSizing".into()).unwrap_or(false);
    if !known {
        let _ = style.set_property("height", "auto");
        let _ = style.set_property("height", &format!("{}px", area.scroll_height()));
    }
}

/// Submits the form that the text area stands in, as if its button had been pressed.
pub fn submit_form_of(area: &HtmlTextAreaElement) {
    if let Some(form) = area.form() {
        let _ = form.request_submit();
    }
}

/// Whether the reader is at the end of what scrolls. Only scrolling up leaves the end: a scroll event comes a frame later, and
/// what scrolls may have grown by then. `before` is where the reader was, and whether at the end; the answer replaces it.
pub fn is_at_end(scroller: &Element, before: (i32, bool)) -> (i32, bool) {
    let top = scroller.scroll_top();
    let below = scroller.scroll_height() - top - scroller.client_height();
    let at_end = if top < before.0 { below <= 1 } else { before.1 || below < NEAR_END };
    (top, at_end)
}

/// Shows the end at once, and says where that is.
pub fn scroll_to_end(scroller: &Element) -> i32 {
    scroller.set_scroll_top(scroller.scroll_height());
    scroller.scroll_top()
}

/// Shows the element with this id and marks it, and says where that is.
pub fn scroll_to(scroller: &Element, id: &str) -> Option<i32> {
    let element = document()?.get_element_by_id(id)?;
    let _ = element.class_list().add_1("found");
    element.scroll_into_view();
    Some(scroller.scroll_top())
}

/// What is on the page of a message: the blocks of its reasoning and of its text.
pub fn blocks_of(id: &str) -> Option<[Vec<String>; 2]> {
    let parts = document()?.get_element_by_id(id)?.get_elements_by_class_name("blocks");
    let blocks = |at: u32| {
        let children = parts.item(at)?.children();
        Some((0..children.length()).filter_map(|at| children.item(at)).map(|block| block.inner_html()).collect())
    };
    Some([blocks(0)?, blocks(1)?])
}

/// The height of everything that scrolls, in pixels.
pub fn scroll_height(scroller: &Element) -> i32 {
    scroller.scroll_height()
}

/// After something was put above: what the reader looked at stays where it was.
pub fn keep_place(scroller: &Element, height_before: i32) {
    scroller.set_scroll_top(scroller.scroll_top() + scroller.scroll_height() - height_before);
}
