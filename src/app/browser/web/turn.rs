//! Work that the page does in several tasks, so that what the reader does comes between.

use std::cell::RefCell;
use std::collections::VecDeque;

use super::pause;

/// So long a task may take before another one goes on, in milliseconds. One piece of work is never divided.
const TASK: f64 = 8.0;

type Work = Box<dyn FnOnce()>;

#[derive(Default)]
struct Turns {
    waiting: VecDeque<Work>,
    /// What is to be done when nothing waits.
    after: Vec<Work>,
}

thread_local! {
    static TURNS: RefCell<Turns> = RefCell::default();
}

/// Does it soon, after all that was to be done soon before.
pub fn in_turn(work: impl FnOnce() + 'static) {
    let first = TURNS.with_borrow_mut(|turns| {
        turns.waiting.push_back(Box::new(work));
        turns.waiting.len() == 1
    });
    if first {
        wasm_bindgen_futures::spawn_local(take_turns());
    }
}

/// Does it when nothing waits for its turn.
pub fn after_turns(work: impl FnOnce() + 'static) {
    let work = TURNS.with_borrow_mut(|turns| {
        if turns.waiting.is_empty() {
            return Some(Box::new(work) as Work);
        }
        turns.after.push(Box::new(work));
        None
    });
    work.into_iter().for_each(|work| work());
}

async fn take_turns() {
    loop {
        pause(0).await;
        let began = js_sys::Date::now();
        while js_sys::Date::now() - began <= TASK {
            // It stays in the queue while it is done: what comes meanwhile waits behind it.
            let Some(work) = TURNS.with_borrow_mut(|turns| turns.waiting.front_mut().map(|work| std::mem::replace(work, Box::new(|| ()))))
            else {
                return;
            };
            work();
            let after = TURNS.with_borrow_mut(|turns| {
                turns.waiting.pop_front();
                if turns.waiting.is_empty() { std::mem::take(&mut turns.after) } else { Vec::new() }
            });
            after.into_iter().for_each(|work| work());
        }
    }
}
