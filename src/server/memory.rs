//! Giving memory back to the system. The allocator keeps what was freed and returns it when it is next asked for some: a server
//! that idles after a sign-in would hold argon2's blocks (19 MiB each) for ever.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Silence after a piece of work with much memory before it is given back, so that a burst of them reuses it.
const SILENCE: Duration = Duration::from_secs(2);

/// What the program, which chose the allocator, can give back.
#[derive(Clone, Copy)]
pub struct Ways {
    /// What is free now.
    pub free: fn(),
    /// What only the start needed.
    pub start: fn(),
}

/// Absent where the allocator is not ours (tests).
static WAYS: OnceLock<Ways> = OnceLock::new();
static WORK: AtomicU64 = AtomicU64::new(0);

/// Says how memory is given back.
pub fn give_back_by(ways: Ways) {
    // A second allocator there cannot be, so a second call would say the same.
    let _ = WAYS.set(ways);
}

/// Call at the end of the start, which leaves much behind on its own thread.
pub fn started() {
    if let Some(ways) = WAYS.get() {
        (ways.start)();
    }
}

/// Call after work that took much memory for a short time: what is free a little later, when no more of it followed, goes back.
pub fn freed() {
    let Some(Ways { free, .. }) = WAYS.get() else { return };
    let this = WORK.fetch_add(1, Ordering::Relaxed) + 1;
    tokio::spawn(async move {
        tokio::time::sleep(SILENCE).await;
        if WORK.load(Ordering::Relaxed) == this {
            // It takes about a millisecond of system calls.
            let _ = tokio::task::spawn_blocking(free).await;
        }
    });
}
