//! The `liao` program: the allocator, and the command line.

use std::process::ExitCode;

/// Many small, short-lived allocations on many threads are what it is good at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    liao::server::command::main()
}
