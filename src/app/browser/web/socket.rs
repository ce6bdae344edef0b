//! The page's WebSocket: opened once, kept alive by heartbeats, opened anew after growing, uneven pauses when it is lost.

use std::cell::RefCell;
use std::time::Duration;

use js_sys::Reflect;
use leptos::leptos_dom::helpers::{TimeoutHandle, set_timeout_with_handle};
use leptos::prelude::{Callable, Callback};
use wasm_bindgen::prelude::*;
use web_sys::{CloseEvent, Event, MessageEvent, WebSocket};

use super::{document, window};
use crate::app::browser::Heard;
use crate::model::presence::{FromPage, What};

/// The first pause before the socket is opened anew, and the longest.
const PAUSE: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(60);
/// An answer to a heartbeat that takes longer than this does not come.
const PATIENCE: Duration = Duration::from_secs(10);

thread_local! {
    static LINE: RefCell<Option<Line>> = const { RefCell::new(None) };
}

/// The page's one line to the server.
struct Line {
    socket: Option<WebSocket>,
    /// What the socket calls; kept as long as the page.
    _listeners: Vec<Closure<dyn Fn(Event)>>,
    tell: Callback<Heard>,
    /// Attempts since it was open last.
    attempts: u32,
    heartbeat: Duration,
    timer: Option<TimeoutHandle>,
}

/// Opens the line for the life of the page. `tell` hears what the server says, and when the line is lost.
pub fn connect(tell: Callback<Heard>) {
    let fresh = LINE.with(|line| {
        let mut line = line.borrow_mut();
        if let Some(line) = line.as_mut() {
            line.tell = tell;
            return false;
        }
        let (heartbeat, timer) = (Duration::from_secs(25), None);
        *line = Some(Line { socket: None, _listeners: Vec::new(), tell, attempts: 0, heartbeat, timer });
        true
    });
    if !fresh {
        return;
    }
    open();
    // Back from sleep, or back in a network: no need to wait for the next attempt.
    let wake = Closure::<dyn Fn(Event)>::new(|_| {
        let visible = document().is_some_and(|document| !document.hidden());
        let lost = LINE.with(|line| line.borrow().as_ref().is_some_and(|line| line.socket.is_none()));
        if visible && lost {
            open();
        }
    });
    if let (Some(window), Some(document)) = (window(), document()) {
        let _ = window.add_event_listener_with_callback("online", wake.as_ref().unchecked_ref());
        let _ = document.add_event_listener_with_callback("visibilitychange", wake.as_ref().unchecked_ref());
    }
    wake.forget();
}

/// Says something; while the line is lost it is not said.
pub fn say(word: FromPage) {
    let Ok(text) = serde_json::to_string(&word) else { return };
    LINE.with(|line| {
        if let Some(socket) = line.borrow().as_ref().and_then(|line| line.socket.as_ref())
            && socket.ready_state() == WebSocket::OPEN
        {
            let _ = socket.send_with_str(&text);
        }
    });
}

fn open() {
    clear_timer();
    let Some(location) = window().map(|window| window.location()) else { return };
    let (Ok(protocol), Ok(host)) = (location.protocol(), location.host()) else { return };
    let scheme = if protocol == "https:" { "wss" } else { "ws" };
    let Ok(socket) = WebSocket::new(&format!("{scheme}://{host}/ws")) else { return wait() };
    let message = listener(|event| {
        let text = event.dyn_ref::<MessageEvent>().and_then(|message| message.data().as_string()).unwrap_or_default();
        heard(text);
    });
    let closed = listener(|event| {
        let code = event.dyn_ref::<CloseEvent>().map_or(0, CloseEvent::code);
        lost(code);
    });
    socket.set_onmessage(Some(message.as_ref().unchecked_ref()));
    socket.set_onclose(Some(closed.as_ref().unchecked_ref()));
    with(|line| {
        line.socket = Some(socket);
        line._listeners = vec![message, closed];
    });
}

fn listener(then: impl Fn(Event) + 'static) -> Closure<dyn Fn(Event)> {
    Closure::new(then)
}

fn heard(text: String) {
    let Ok(word) = js_sys::JSON::parse(&text) else { return };
    // The scripts of `public/` hear all of it.
    if let Some(window) = window() {
        let origin = window.location().origin().unwrap_or_default();
        let _ = window.post_message(&word, &origin);
    }
    let part = |name: &str| Reflect::get(&word, &name.into()).unwrap_or_default();
    match part("type").as_string().as_deref() {
        Some("hello") => {
            let heartbeat = part("heartbeat").as_f64().unwrap_or_default().max(1.0);
            with(|line| {
                line.attempts = 0;
                line.heartbeat = Duration::from_millis((heartbeat * 1000.0) as u64);
            });
            rest();
            tell(Heard::Open);
        }
        Some("pong") => rest(),
        Some("changed") => match part("what").as_string().as_deref() {
            Some("profile") => tell(Heard::Changed(What::Profile)),
            Some("export") => tell(Heard::Changed(What::Export)),
            _ => {}
        },
        Some("chats") => tell(Heard::Chats),
        Some("online") => tell(Heard::Online(text)),
        // A newer server may say what this page does not know.
        _ => {}
    }
}

/// Nothing is said until the next heartbeat.
fn rest() {
    let heartbeat = LINE.with(|line| line.borrow().as_ref().map_or(PAUSE, |line| line.heartbeat));
    timer(heartbeat, beat);
}

/// Says that the page is still here, and takes the line for lost if nothing comes back.
fn beat() {
    say(FromPage::Ping);
    timer(PATIENCE, || {
        LINE.with(|line| {
            if let Some(socket) = line.borrow().as_ref().and_then(|line| line.socket.clone()) {
                // Its `close` event may be long in coming on a dead network.
                socket.set_onclose(None);
                let _ = socket.close();
            }
        });
        lost(0);
    });
}

/// The line is lost: it is opened anew after a pause, unless the session is over.
fn lost(code: u16) {
    with(|line| line.socket = None);
    tell(Heard::Lost);
    // 1008: the server does not want this page (signed out, or not understood).
    if code != 1008 {
        wait();
    }
}

/// Pauses double, and are uneven, so that the pages of a server that comes back do not all come at once.
fn wait() {
    let attempts = LINE.with(|line| {
        let mut line = line.borrow_mut();
        line.as_mut().map_or(0, |line| {
            line.attempts += 1;
            line.attempts
        })
    });
    let pause = PAUSE.saturating_mul(1 << attempts.saturating_sub(1).min(10)).min(PAUSE_MAX);
    timer(pause.mul_f64(0.5 + js_sys::Math::random()), open);
}

fn timer(after: Duration, then: impl FnOnce() + 'static) {
    clear_timer();
    let handle = set_timeout_with_handle(then, after).ok();
    with(|line| line.timer = handle);
}

fn clear_timer() {
    with(|line| {
        if let Some(timer) = line.timer.take() {
            timer.clear();
        }
    });
}

fn tell(heard: Heard) {
    let tell = LINE.with(|line| line.borrow().as_ref().map(|line| line.tell));
    if let Some(tell) = tell {
        let _ = tell.try_run(heard);
    }
}

fn with(change: impl FnOnce(&mut Line)) {
    LINE.with(|line| {
        if let Some(line) = line.borrow_mut().as_mut() {
            change(line);
        }
    });
}
