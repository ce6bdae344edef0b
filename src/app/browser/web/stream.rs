//! Follows a running answer: patches of its HTML blocks arrive as server-sent events and go straight into the DOM, at most
//! once per animation frame. Closed blocks are never touched again, so the work per token does not grow with the answer.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use js_sys::{JsString, Reflect};
use leptos::prelude::{Callable, Callback, request_animation_frame, set_timeout};
use serde::Deserialize;
use uuid::Uuid;
use wasm_bindgen::prelude::*;
use web_sys::{EventSource, MessageEvent};

use crate::app::browser::{Element, End, Signal};
use crate::model::generation::Notice;

/// How often in a row a stream is opened anew that the server refuses. Where there is no answer at all it is tried without end.
const REFUSALS: u64 = 60;

/// Milliseconds until the next attempt. Browsers would take three to five seconds from the first one on; a server that is
/// started again is back sooner, and its reader waits for a word about the answer.
fn patience(attempt: u64) -> Duration {
    Duration::from_millis(match attempt {
        0..8 => 400,
        8..16 => 1000,
        _ => 3000,
    })
}

thread_local! {
    /// What is being followed. Kept here and not in the components, whose state has to be `Send` for the server's sake.
    static RUNS: RefCell<HashMap<Uuid, Run>> = RefCell::default();
}

/// One followed run.
struct Run {
    source: EventSource,
    _listeners: [Closure<dyn Fn(MessageEvent)>; 4],
    content: Side,
    reasoning: Side,
    queue: Vec<Patches>,
    painting: bool,
    attempt: u64,
    tell: Callback<Signal>,
}

/// What one event changes.
#[derive(Deserialize)]
struct Patches {
    #[serde(default)]
    r: Vec<Patch>,
    #[serde(default)]
    c: Vec<Patch>,
}

/// One change of one block: its HTML from `at` (in UTF-16 units) on, or more of an open code block.
#[derive(Deserialize)]
struct Patch {
    b: u32,
    #[serde(default)]
    at: u32,
    html: Option<String>,
    /// Finished lines of an open code block, and the unfinished one after them, in an element of class `tail`.
    append: Option<String>,
    #[serde(default)]
    tail: String,
}

/// The blocks of the answer or of its reasoning.
struct Side {
    root: Element,
    /// The block that was changed last, and its HTML as the server wrote it (the DOM would write it differently).
    block: u32,
    html: JsString,
    dirty: bool,
    seen: bool,
}

impl Side {
    fn new(root: &Element) -> Self {
        Self { root: root.clone(), block: 0, html: JsString::from(""), dirty: false, seen: false }
    }

    /// Blocks that will not change any more: all but the last.
    fn closed(&self) -> u32 {
        self.root.children().length().saturating_sub(1)
    }

    fn apply(&mut self, patch: &Patch) {
        if patch.b != self.block {
            self.paint();
            self.block = patch.b;
            self.html = JsString::from("");
        }
        if let Some(html) = &patch.html {
            self.html = self.html.slice(0, patch.at).concat(&JsValue::from_str(html));
            self.dirty = true;
        }
        if let Some(more) = &patch.append {
            self.paint();
            let block = self.element(patch.b);
            let code = block.as_ref().and_then(|b| b.query_selector("code").ok().flatten()).or(block);
            let Some(code) = code else { return };
            if let Ok(Some(tail)) = code.query_selector(".tail") {
                tail.remove();
            }
            let _ = code.insert_adjacent_html("beforeend", &format!("{more}{}", patch.tail));
        }
    }

    /// Writes the changed block.
    fn paint(&mut self) {
        if std::mem::take(&mut self.dirty)
            && let Some(block) = self.element(self.block)
        {
            let _ = Reflect::set(&block, &"innerHTML".into(), &self.html);
        }
    }

    /// The element of block `n`; it and those before it are made if need be.
    fn element(&self, n: u32) -> Option<Element> {
        while self.root.children().length() <= n {
            let block = self.root.owner_document()?.create_element("div").ok()?;
            block.set_class_name("b");
            self.root.append_child(&block).ok()?;
        }
        self.root.children().item(n)
    }
}

/// Follows a run into these two elements, from what they hold already, and tells what happens.
pub fn follow(generation: Uuid, content: &Element, reasoning: &Element, tell: Callback<Signal>) {
    unfollow(generation);
    open(generation, Side::new(content), Side::new(reasoning), tell, 0);
}

/// Follows it no longer.
pub fn unfollow(generation: Uuid) {
    let Some(run) = RUNS.with_borrow_mut(|runs| runs.remove(&generation)) else { return };
    run.source.close();
    // A listener may be what called this; it must outlive its own call.
    set_timeout(move || drop(run), Duration::ZERO);
}

fn open(generation: Uuid, content: Side, reasoning: Side, tell: Callback<Signal>, attempt: u64) {
    let url = format!("/events/generations/{generation}/?r={}&c={}", reasoning.closed(), content.closed());
    let Ok(source) = EventSource::new(&url) else { return };
    let listen = |name: &str, handle: fn(Uuid, &str)| {
        let listener = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            handle(generation, &event.data().as_string().unwrap_or_default());
        });
        let _ = source.add_event_listener_with_callback(name, listener.as_ref().unchecked_ref());
        listener
    };
    let listeners = [listen("patch", on_patch), listen("notice", on_notice), listen("end", on_end), listen("error", on_error)];
    let run = Run { source, _listeners: listeners, content, reasoning, queue: Vec::new(), painting: false, attempt, tell };
    RUNS.with_borrow_mut(|runs| runs.insert(generation, run));
}

fn on_patch(generation: Uuid, data: &str) {
    let Ok(patches) = serde_json::from_str::<Patches>(data) else { return };
    let idle = RUNS.with_borrow_mut(|runs| {
        let Some(run) = runs.get_mut(&generation) else { return false };
        run.queue.push(patches);
        run.attempt = 0;
        !std::mem::replace(&mut run.painting, true)
    });
    if idle {
        request_animation_frame(move || paint(generation));
    }
}

/// Brings everything that has arrived onto the page.
fn paint(generation: Uuid) {
    let told = RUNS.with_borrow_mut(|runs| {
        let run = runs.get_mut(&generation)?;
        run.painting = false;
        let mut news = Vec::new();
        for patches in std::mem::take(&mut run.queue) {
            apply(&mut run.reasoning, &patches.r, Signal::Reasoning, &mut news);
            apply(&mut run.content, &patches.c, Signal::Content, &mut news);
        }
        run.reasoning.paint();
        run.content.paint();
        news.push(Signal::Painted);
        Some((run.tell, news))
    });
    let Some((tell, news)) = told else { return };
    news.into_iter().for_each(|signal| tell.run(signal));
}

fn apply(side: &mut Side, patches: &[Patch], first: Signal, news: &mut Vec<Signal>) {
    if !patches.is_empty() && !std::mem::replace(&mut side.seen, true) {
        news.push(first);
    }
    patches.iter().for_each(|patch| side.apply(patch));
}

fn teller(generation: Uuid) -> Option<Callback<Signal>> {
    RUNS.with_borrow(|runs| runs.get(&generation).map(|run| run.tell))
}

fn on_notice(generation: Uuid, data: &str) {
    if let (Some(tell), Ok(notice)) = (teller(generation), serde_json::from_str::<Notice>(data)) {
        tell.run(Signal::Notice(notice));
    }
}

fn on_end(generation: Uuid, data: &str) {
    paint(generation);
    let Some(tell) = teller(generation) else { return };
    unfollow(generation);
    if let Ok(end) = serde_json::from_str::<End>(data) {
        tell.run(Signal::End(Box::new(end)));
    }
}

/// The connection was lost, or refused (then the browser has closed it): it is opened anew.
fn on_error(generation: Uuid, _data: &str) {
    let again = RUNS.with_borrow_mut(|runs| {
        let run = runs.get_mut(&generation)?;
        let refused = run.source.ready_state() == EventSource::CLOSED;
        // The browser must not do it as well.
        run.source.close();
        (!refused || run.attempt < REFUSALS).then(|| patience(run.attempt))
    });
    if let Some(delay) = again {
        set_timeout(move || reopen(generation), delay);
    }
}

fn reopen(generation: Uuid) {
    paint(generation);
    let Some(Run { content, reasoning, tell, attempt, .. }) = RUNS.with_borrow_mut(|runs| runs.remove(&generation)) else { return };
    open(generation, Side::new(&content.root), Side::new(&reasoning.root), tell, attempt + 1);
}
