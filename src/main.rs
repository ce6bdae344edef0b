//! The `liao` program: the allocator, and the command line.

use std::process::ExitCode;

/// Many small, short-lived allocations on many threads are what it is good at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

unsafe extern "C" {
    /// mimalloc's own: frees what it holds back; with `force` all of it, now.
    fn mi_collect(force: bool);
    /// The system's: a property of this process.
    #[cfg(target_os = "linux")]
    fn prctl(option: std::ffi::c_int, ...) -> std::ffi::c_int;
}

/// No huge pages of memory: mimalloc asks for them, and a server whose data are 12 MiB then holds 30, as the first byte of every
/// 2 MiB takes all of them. `PR_SET_THP_DISABLE`, see prctl(2).
#[cfg(target_os = "linux")]
fn refuse_huge_pages() {
    const PR_SET_THP_DISABLE: std::ffi::c_int = 41;
    let (on, none) = (1 as std::ffi::c_ulong, 0 as std::ffi::c_ulong);
    // SAFETY: this option takes one number and three zeros and touches no memory of ours. If it fails, nothing changes.
    let _ = unsafe { prctl(PR_SET_THP_DISABLE, on, none, none, none) };
}

fn give_back() {
    // SAFETY: the allocator above is linked into this program, and this function of it may be called at any time, on any thread.
    unsafe { mi_collect(true) };
}

fn main() -> ExitCode {
    #[cfg(target_os = "linux")]
    refuse_huge_pages();
    liao::server::memory::give_back_by(give_back);
    liao::server::command::main()
}
