//! The child's side: limits itself, reads the file from its standard input, and writes the text.

use std::io::{Read, Write};

use rlimit::Resource;

use super::{DOCX, MARK, PDF, PPTX, TEXT_MAX, XLSX, office, pdf, plain, sheet};
use crate::model::file::Fault;

/// Most memory, in bytes: addresses, not pages.
const MEMORY: u64 = 1024 * 1024 * 1024;
/// Most seconds of computing.
const SECONDS: u64 = if cfg!(test) { 2 } else { 20 };
/// Open files: the three that it was born with, and a few for what a library does.
const FILES: u64 = 16;
/// Largest file that is read, in bytes.
const FILE_MAX: u64 = 256 * 1024 * 1024;
/// The exit code of the first fault; panics and signals have others.
const CODE: i32 = 40;
const FAULTS: [Fault; 6] = [Fault::Damaged, Fault::Locked, Fault::NoText, Fault::TooLarge, Fault::TooSlow, Fault::Server];

/// The fault that this exit code stands for.
pub(super) fn fault(code: i32) -> Option<Fault> {
    FAULTS.get(usize::try_from(code - CODE).ok()?).copied()
}

/// What the process does; answers its exit code.
pub fn main(media_type: &str) -> i32 {
    let done = limit().and_then(|()| from(std::io::stdin().lock(), media_type)).and_then(|text| {
        let mut out = std::io::stdout().lock();
        let written = out.write_all(MARK).and_then(|()| out.write_all(text.as_bytes())).and_then(|()| out.flush());
        written.map_err(|_| Fault::Server)
    });
    match done {
        Ok(()) => 0,
        Err(fault) => CODE + FAULTS.iter().position(|known| *known == fault).map_or(0, |at| at as i32),
    }
}

/// What this process may not exceed, whatever it reads. A process that cannot be limited reads nothing.
fn limit() -> Result<(), Fault> {
    let limits = [
        (Resource::AS, MEMORY),
        (Resource::CPU, SECONDS),
        (Resource::NOFILE, FILES),
        // It writes no files, leaves no image of its memory, and starts nothing.
        (Resource::FSIZE, 0),
        (Resource::CORE, 0),
        #[cfg(target_os = "linux")]
        (Resource::NPROC, 0),
    ];
    for (resource, most) in limits {
        let hard = resource.get_hard().map_err(|_| Fault::Server)?;
        let most = most.min(hard);
        resource.set(most, most).map_err(|_| Fault::Server)?;
    }
    Ok(())
}

/// The text of the file.
fn from(input: impl Read, media_type: &str) -> Result<String, Fault> {
    let mut file = Vec::new();
    input.take(FILE_MAX + 1).read_to_end(&mut file).map_err(|_| Fault::Server)?;
    if file.len() as u64 > FILE_MAX {
        return Err(Fault::TooLarge);
    }
    text(&file, media_type)
}

/// The same of its bytes; empty lines and lines' ends are put in order, and what is too long is cut.
pub(super) fn text(file: &[u8], media_type: &str) -> Result<String, Fault> {
    let text = match media_type {
        PDF => pdf::text(file)?,
        DOCX => office::document(file)?,
        PPTX => office::slides(file)?,
        XLSX => sheet::text(file)?,
        #[cfg(test)]
        _ if media_type.starts_with("test/") => super::tests::misbehave(media_type),
        _ => plain::text(file)?,
    };
    let text = tidied(&text);
    if text.trim().is_empty() { Err(Fault::NoText) } else { Ok(text) }
}

fn tidied(text: &str) -> String {
    let (mut tidy, mut empty) = (String::with_capacity(text.len().min(TEXT_MAX)), 0);
    for line in text.lines() {
        let line = line.trim_end();
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if empty > 2 {
            continue;
        }
        if tidy.len() + line.len() + 1 > TEXT_MAX {
            let mut end = TEXT_MAX.saturating_sub(tidy.len() + 1).min(line.len());
            while !line.is_char_boundary(end) {
                end -= 1;
            }
            tidy.push_str(&line[..end]);
            break;
        }
        // NUL is in no text that a database keeps.
        tidy.extend(line.chars().filter(|c| *c != '\0'));
        tidy.push('\n');
    }
    tidy
}
