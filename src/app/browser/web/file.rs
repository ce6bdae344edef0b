//! Files that the reader chooses, drops on the page or pastes. They wait here for what sends them (`upload.rs`).

use std::cell::RefCell;

use leptos::prelude::Callable;
use leptos::prelude::Callback;
use wasm_bindgen::prelude::*;
use web_sys::{ClipboardEvent, DataTransfer, DragEvent, Event, File, FileList, HtmlInputElement};

use super::{document, root};

thread_local! {
    static PICKED: RefCell<Vec<File>> = const { RefCell::new(Vec::new()) };
    /// Who hears of dropped and pasted files; the page's listener is made once.
    static TOLD: RefCell<Option<Callback<()>>> = const { RefCell::new(None) };
}

/// Takes over the files that were chosen there, and says whether there are any.
pub fn pick_files(input: &HtmlInputElement) -> bool {
    let any = input.files().is_some_and(|files| keep(&files));
    // The same file may be chosen again, and the form does not take it along.
    input.set_value("");
    any
}

/// Tells of files that are dropped on a page with a composer, or pasted there. While they are over the page, `data-drop` says so.
pub fn on_files(picked: Callback<()>) {
    let listening = TOLD.with(|told| told.borrow_mut().replace(picked)).is_some();
    let Some(document) = document().filter(|_| !listening) else { return };
    let listener = Closure::<dyn Fn(Event)>::new(|event: Event| _ = heard(&event));
    for name in ["dragover", "dragleave", "drop", "paste"] {
        let _ = document.add_event_listener_with_callback(name, listener.as_ref().unchecked_ref());
    }
    listener.forget();
}

fn heard(event: &Event) -> Option<()> {
    document()?.get_element_by_id("attach")?;
    let drag = event.dyn_ref::<DragEvent>();
    let data = match drag {
        Some(drag) => drag.data_transfer(),
        None => event.dyn_ref::<ClipboardEvent>()?.clipboard_data(),
    }?;
    let has = |kind: &str| data.types().includes(&kind.into(), 0);
    // A piece of a document is pasted as text, though it comes with its picture.
    if !has("Files") || (drag.is_none() && has("text/plain")) {
        return None;
    }
    let kind = event.type_();
    if kind == "dragleave" {
        // Only out of the window; not from one element to another.
        return drag?.related_target().is_none().then(|| mark(false));
    }
    event.prevent_default();
    mark(kind == "dragover");
    if kind != "dragover" && picked(&data) {
        TOLD.with(|told| *told.borrow())?.try_run(())?;
    }
    Some(())
}

fn picked(data: &DataTransfer) -> bool {
    data.files().is_some_and(|files| keep(&files))
}

fn mark(over: bool) {
    if let Some(root) = root() {
        // Fails for an invalid attribute name only.
        let _ = if over { root.set_attribute("data-drop", "") } else { root.remove_attribute("data-drop") };
    }
}

fn keep(files: &FileList) -> bool {
    let found = (0..files.length()).filter_map(|at| files.get(at));
    PICKED.with(|picked| picked.borrow_mut().extend(found));
    files.length() > 0
}

/// The files that wait.
pub(super) fn take() -> Vec<File> {
    PICKED.with(|picked| picked.take())
}
