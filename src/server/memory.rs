//! Giving memory back to the system. The allocator keeps what was freed and returns it when it is next asked for some: a server
//! that idles after a sign-in would hold argon2's blocks (19 MiB each) for ever.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Silence after a piece of work with much memory before it is given back, so that a burst of them reuses it.
const SILENCE: Duration = Duration::from_secs(2);

/// How the allocator is told; absent where it is not ours (tests).
static GIVE_BACK: OnceLock<fn()> = OnceLock::new();
static WORK: AtomicU64 = AtomicU64::new(0);

/// Says how to have the allocator give back what is free. The program does, which chose the allocator.
pub fn give_back_by(how: fn()) {
    // A second allocator there cannot be, so a second call would say the same.
    let _ = GIVE_BACK.set(how);
}

/// Call after work that took much memory for a short time: what is free a little later, when no more of it followed, goes back.
pub fn freed() {
    let Some(give_back) = GIVE_BACK.get() else { return };
    let this = WORK.fetch_add(1, Ordering::Relaxed) + 1;
    tokio::spawn(async move {
        tokio::time::sleep(SILENCE).await;
        if WORK.load(Ordering::Relaxed) == this {
            // It takes about a millisecond of system calls.
            let _ = tokio::task::spawn_blocking(give_back).await;
        }
    });
}
