//! How many threads the built-in model computes with.

/// Keeps candle to one thread, unless the environment says otherwise (`CANDLE_NUM_THREADS`, `RAYON_NUM_THREADS`).
///
/// Its threads spin while they wait for each other. On a machine that does something else too (this server, for one) they
/// wait for threads that are not running: measured on two busy cores, a token took 270 ms with two threads and 27 ms with one.
/// Call it first in `main`: it does nothing where another thread runs already, or where that cannot be told.
pub fn limit() {
    let alone = std::fs::read_dir("/proc/self/task").is_ok_and(|threads| threads.count() == 1);
    if !alone {
        return tracing::debug!("the number of the model's threads is left as it is");
    }
    for name in ["CANDLE_NUM_THREADS", "RAYON_NUM_THREADS"] {
        set(name);
    }
}

#[allow(clippy::disallowed_methods, reason = "candle reads it there and nowhere else")]
fn set(name: &str) {
    if std::env::var_os(name).is_none() {
        // SAFETY: this is the only thread of the process (checked by the caller), so nobody reads the environment meanwhile.
        unsafe { std::env::set_var(name, "1") };
    }
}
