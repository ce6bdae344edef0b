//! `liao extract`: what the server starts to read the text of a file. It is not for people.

use std::process::ExitCode;

use crate::server::extract::child;

pub const EXAMPLES: &str = "Example:
  liao extract text/plain < notes.txt        write the text of a file, within limits of memory and time";

/// Reads a file of this media type from the standard input.
pub fn run(media_type: &str) -> ExitCode {
    ExitCode::from(u8::try_from(child::main(media_type)).unwrap_or(1))
}
