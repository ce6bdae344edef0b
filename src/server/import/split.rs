//! A JSON file in pieces: the elements of its list one after the other, whatever stands in them. What is larger than the bound is passed
//! over without being held.

use std::io::{self, BufRead};

use super::VALUES_MAX;

/// An element of the file.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Its bytes: JSON, as far as its brackets tell.
    Whole(&'a [u8]),
    TooLarge,
    /// The file ends in it, or before its list does.
    Cut,
}

/// The elements of a list, or values one after the other.
pub struct Elements<R> {
    reader: R,
    /// The element that is being read.
    buffer: Vec<u8>,
    /// Largest element, in bytes.
    most: usize,
    within: bool,
}

impl<R: BufRead> Elements<R> {
    /// The elements of what is read, each at most so many bytes.
    pub fn new(reader: R, most: usize) -> Self {
        Self { reader, buffer: Vec::new(), most, within: false }
    }

    /// The next one.
    pub fn element(&mut self) -> io::Result<Option<Piece<'_>>> {
        if self.seek()? {
            return self.gather().map(Some);
        }
        // The end of the file where the list's should be.
        Ok(std::mem::take(&mut self.within).then_some(Piece::Cut))
    }

    /// Goes on to where a value begins. False: there is none any more.
    fn seek(&mut self) -> io::Result<bool> {
        loop {
            let Some(byte) = self.reader.fill_buf()?.first().copied() else { return Ok(false) };
            match byte {
                b'[' if !self.within => self.within = true,
                b']' => self.within = false,
                // The last three: the mark of UTF-8, with which some files begin.
                b',' | b' ' | b'\n' | b'\r' | b'\t' | 0xef | 0xbb | 0xbf => {}
                _ => return Ok(true),
            }
            self.reader.consume(1);
        }
    }

    fn gather(&mut self) -> io::Result<Piece<'_>> {
        self.buffer.clear();
        let (mut scan, mut over) = (Scan::default(), false);
        loop {
            let some = self.reader.fill_buf()?;
            if some.is_empty() {
                self.within = false;
                return Ok(if scan.depth == 0 && !scan.string && !over { Piece::Whole(&self.buffer) } else { Piece::Cut });
            }
            let (length, ended) = scan.over(some);
            over |= self.buffer.len() + length > self.most || scan.values > VALUES_MAX;
            if !over {
                // Exactly: doubled, it might become twice as large as the bound.
                self.buffer.reserve_exact((self.buffer.len() + length).next_power_of_two().min(self.most) - self.buffer.len());
                self.buffer.extend_from_slice(&some[..length]);
            }
            self.reader.consume(length);
            if ended {
                return Ok(if over { Piece::TooLarge } else { Piece::Whole(&self.buffer) });
            }
        }
    }

    /// How much memory the element takes that is being read, in bytes.
    #[cfg(test)]
    pub fn held(&self) -> usize {
        self.buffer.capacity()
    }
}

/// How far into a value a reader is.
#[derive(Default)]
struct Scan {
    depth: usize,
    /// Values in it: what stands between brackets and commas.
    values: usize,
    string: bool,
    escaped: bool,
    begun: bool,
}

impl Scan {
    /// How many of these bytes belong to the value, and whether it ends there.
    fn over(&mut self, bytes: &[u8]) -> (usize, bool) {
        for (at, byte) in bytes.iter().enumerate() {
            if self.string {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => {
                        self.string = false;
                        if self.depth == 0 {
                            return (at + 1, true);
                        }
                    }
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => self.string = true,
                b'{' | b'[' => (self.depth, self.values) = (self.depth + 1, self.values + 1),
                // The list's own end, after a number say.
                b'}' | b']' if self.depth == 0 && self.begun => return (at, true),
                b'}' | b']' if self.depth <= 1 => return (at + 1, true),
                b'}' | b']' => self.depth -= 1,
                b',' | b' ' | b'\n' | b'\r' | b'\t' if self.depth == 0 => return (at, true),
                b',' => self.values += 1,
                _ => {}
            }
            self.begun = true;
        }
        (bytes.len(), false)
    }
}
