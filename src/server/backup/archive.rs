//! Entries one after another, each with the SHA-256 of what it holds, in a sealed stream. Nothing is held in memory but a piece.

use std::io::{self, BufRead, Read, Write};

use sha2::{Digest, Sha256};

use super::seal::{Opener, Sealer};
use super::{Head, Summary};

/// Longest name, head, or piece of content, in bytes.
const PART_MAX: usize = 1024 * 1024;

/// Kinds of parts.
const HEAD: u8 = b'H';
const ENTRY: u8 = b'E';
const DATA: u8 = b'D';
const SUM: u8 = b'S';
const END: u8 = b'Z';

fn wrong(text: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text.into())
}

/// Writes an archive.
pub struct Writer<W> {
    out: Sealer<W>,
    head: Head,
    hash: Sha256,
    entries: u64,
    bytes: u64,
}

impl<W: Write> Writer<W> {
    pub fn new(out: W, passphrase: &str, head: Head) -> io::Result<Self> {
        let mut writer = Self { out: Sealer::new(out, passphrase)?, head, hash: Sha256::new(), entries: 0, bytes: 0 };
        let head = serde_json::to_vec(&writer.head)?;
        writer.part(HEAD, &head)?;
        Ok(writer)
    }

    fn part(&mut self, kind: u8, bytes: &[u8]) -> io::Result<()> {
        let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
        self.out.write(&[kind])?;
        self.out.write(&length.to_be_bytes())?;
        self.out.write(bytes)
    }

    pub fn begin(&mut self, name: &str) -> io::Result<()> {
        self.hash = Sha256::new();
        self.part(ENTRY, name.as_bytes())
    }

    pub fn data(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        bytes.chunks(PART_MAX).try_for_each(|piece| self.part(DATA, piece))
    }

    pub fn end(&mut self) -> io::Result<()> {
        let sum = std::mem::take(&mut self.hash).finalize();
        self.entries += 1;
        self.part(SUM, &sum)
    }

    /// All of a small entry.
    pub fn whole(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.begin(name)?;
        self.data(bytes)?;
        self.end()
    }

    pub fn finish(mut self) -> io::Result<(W, Summary)> {
        let count = self.entries.to_be_bytes();
        self.part(END, &count)?;
        Ok((self.out.finish()?, Summary { head: self.head, entries: self.entries, bytes: self.bytes }))
    }
}

/// What comes next in an archive.
pub enum Part {
    Begin(String),
    Data(Vec<u8>),
    /// The entry is as it was written.
    End,
    /// Everything was.
    Done(Summary),
}

/// Reads an archive. What is not as it was written is an error, at the latest at the end of its entry.
pub struct Reader<R> {
    sealed: Opener<R>,
    pub head: Head,
    hash: Sha256,
    entries: u64,
    bytes: u64,
}

impl<R: BufRead> Reader<R> {
    pub fn new(sealed: R, passphrase: &str) -> io::Result<Self> {
        let mut sealed = Opener::new(sealed, passphrase)?;
        let (kind, head) = part(&mut sealed)?;
        if kind != HEAD {
            return Err(wrong("it does not begin as a backup does"));
        }
        Ok(Self { head: serde_json::from_slice(&head)?, sealed, hash: Sha256::new(), entries: 0, bytes: 0 })
    }

    pub fn next(&mut self) -> io::Result<Part> {
        let (kind, bytes) = part(&mut self.sealed)?;
        match kind {
            ENTRY => {
                self.hash = Sha256::new();
                String::from_utf8(bytes).map(Part::Begin).map_err(|_| wrong("an entry has no name"))
            }
            DATA => {
                self.hash.update(&bytes);
                self.bytes += bytes.len() as u64;
                Ok(Part::Data(bytes))
            }
            SUM => {
                self.entries += 1;
                let sum = std::mem::take(&mut self.hash).finalize();
                if sum.as_slice() == bytes { Ok(Part::End) } else { Err(wrong("the checksum of an entry is wrong")) }
            }
            END if bytes == self.entries.to_be_bytes() => {
                let mut more = [0];
                if self.sealed.read(&mut more)? > 0 {
                    return Err(wrong("something stands behind its end"));
                }
                Ok(Part::Done(Summary { head: self.head.clone(), entries: self.entries, bytes: self.bytes }))
            }
            _ => Err(wrong("it has a part that is not known")),
        }
    }
}

fn part(sealed: &mut impl Read) -> io::Result<(u8, Vec<u8>)> {
    let mut begin = [0; 5];
    sealed.read_exact(&mut begin)?;
    let [kind, length @ ..] = begin;
    let length = u32::from_be_bytes(length) as usize;
    if length > PART_MAX {
        return Err(wrong("it has a part that is too long"));
    }
    let mut bytes = vec![0; length];
    sealed.read_exact(&mut bytes)?;
    Ok((kind, bytes))
}
