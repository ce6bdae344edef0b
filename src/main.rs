//! The `liao` program: the allocator, the site, and the command line.

use std::process::ExitCode;

/// Many small, short-lived allocations on many threads are what it is good at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What cargo-leptos built of the browser's part, the style and `public/`.
#[derive(rust_embed::RustEmbed)]
#[folder = "target/site"]
#[allow_missing = true]
struct Site;

/// Tells cargo that the folder above has other files: scripts/build.sh says what is in it.
const _: Option<&str> = option_env!("LIAO_SITE");

unsafe extern "C" {
    /// mimalloc's own: frees what it holds back; with `force` all of it, now.
    fn mi_collect(force: bool);
    /// The system's: what new files and folders may not be opened by. It always succeeds.
    #[cfg(unix)]
    fn umask(mask: std::ffi::c_uint) -> std::ffi::c_uint;
    /// The system's: a property of this process.
    #[cfg(target_os = "linux")]
    fn prctl(option: std::ffi::c_int, ...) -> std::ffi::c_int;
    #[cfg(target_os = "linux")]
    fn madvise(address: *mut std::ffi::c_void, length: usize, advice: std::ffi::c_int) -> std::ffi::c_int;
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

fn give_back_the_start() {
    give_back();
    #[cfg(target_os = "linux")]
    let_go_of_code();
}

/// Lets go of the pages of the program's own code, most of which ran once: the making of routes and of the API's document. The
/// system keeps them in its cache of files, and what runs again is mapped again at once. `MADV_DONTNEED`, see madvise(2).
#[cfg(target_os = "linux")]
fn let_go_of_code() {
    const MADV_DONTNEED: std::ffi::c_int = 4;
    let here = give_back_the_start as *const () as usize;
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let range = maps.lines().filter(|line| line.contains(" r-xp ")).find_map(|line| {
        let (from, to) = line.split_once(' ')?.0.split_once('-')?;
        let (from, to) = (usize::from_str_radix(from, 16).ok()?, usize::from_str_radix(to, 16).ok()?);
        (from..to).contains(&here).then_some((from, to - from))
    });
    if let Some((from, length)) = range {
        // SAFETY: the range is one mapping of the program's file that cannot be written, so every page of it is read again from the
        // file as it was, also the one that this very function stands on.
        let _ = unsafe { madvise(from as *mut std::ffi::c_void, length, MADV_DONTNEED) };
    }
}

/// Everything that this program writes is its owner's alone: databases, journals, backups, keys. See umask(2).
#[cfg(unix)]
fn keep_to_itself() {
    const OTHERS: std::ffi::c_uint = 0o077;
    // SAFETY: the call takes a number, touches no memory of ours and cannot fail; no other thread runs yet.
    let _ = unsafe { umask(OTHERS) };
}

fn main() -> ExitCode {
    #[cfg(unix)]
    keep_to_itself();
    #[cfg(target_os = "linux")]
    refuse_huge_pages();
    let ways = liao::server::memory::Ways { free: give_back, start: give_back_the_start };
    liao::server::memory::give_back_by(ways);
    liao::server::http::assets::embed::<Site>();
    liao::server::command::main()
}
