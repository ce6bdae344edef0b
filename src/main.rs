//! The `liao` program: the allocator, and the command line.

use std::process::ExitCode;

/// Many small, short-lived allocations on many threads are what it is good at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

unsafe extern "C" {
    /// mimalloc's own: frees what it holds back; with `force` all of it, now.
    fn mi_collect(force: bool);
}

fn give_back() {
    // SAFETY: the allocator above is linked into this program, and this function of it may be called at any time, on any thread.
    unsafe { mi_collect(true) };
}

fn main() -> ExitCode {
    liao::server::memory::give_back_by(give_back);
    liao::server::command::main()
}
