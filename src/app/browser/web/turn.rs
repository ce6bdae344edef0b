//! Work that the page does in several tasks, so that what the reader does comes between.

use std::cell::RefCell;
use std::collections::VecDeque;

use super::pause;

/// So long a task may take before another one goes on, in milliseconds. One piece of work is never divided.
const TASK: f64 = 8.0;

type Work = Box<dyn FnOnce()>;

thread_local! {
    static TURNS: RefCell<VecDeque<Work>> = RefCell::default();
}

/// Does it soon, after all that was to be done soon before.
pub fn in_turn(work: impl FnOnce() + 'static) {
    let first = TURNS.with_borrow_mut(|turns| {
        turns.push_back(Box::new(work));
        turns.len() == 1
    });
    if first {
        wasm_bindgen_futures::spawn_local(take_turns());
    }
}

async fn take_turns() {
    loop {
        pause(0).await;
        let began = js_sys::Date::now();
        while js_sys::Date::now() - began <= TASK {
            // Its place in the queue stays while it is done: what comes meanwhile waits behind it.
            let work = TURNS.with_borrow_mut(|turns| turns.front_mut().map(|work| std::mem::replace(work, Box::new(|| ()))));
            let Some(work) = work else { return };
            work();
            TURNS.with_borrow_mut(|turns| drop(turns.pop_front()));
        }
    }
}
