//! Encryption of a stream, so that nothing of it can be changed, left out, put elsewhere or cut off unseen: STREAM (Hoang, Reyhanitabar,
//! Rogaway, Vizár, 2015) with AES-256-GCM, the key made of the passphrase by argon2id. A file begins with what it is, a salt and the
//! beginning of every nonce; pieces of 64 KiB follow, each sealed with its number and whether it is the last.

use std::io::{self, BufRead, Read, Write};

use aes_gcm::aead::{Aead, Nonce, Payload};
use aes_gcm::{Aes256Gcm, KeyInit};
use argon2::{Algorithm, Argon2, Params, Version};

use crate::server::crypto::random;

const MAGIC: &[u8; 14] = b"liao backup 1\n";
const SALT: usize = 16;
const PREFIX: usize = 7;
const HEADER: usize = MAGIC.len() + SALT + PREFIX;
/// Plain bytes of a piece, but for the last.
const PIECE: usize = 64 * 1024;
const TAG: usize = 16;
/// Somebody who has the file can try as long as they like: more work than for a sign-in (64 MiB, 3 passes).
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;

fn wrong(text: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text)
}

/// What both directions share: the key, and which piece comes next.
struct Stream {
    cipher: Aes256Gcm,
    header: [u8; HEADER],
    piece: u32,
}

impl Stream {
    fn new(passphrase: &str, header: [u8; HEADER]) -> io::Result<Self> {
        let params = Params::new(MEMORY_KIB, PASSES, 1, Some(32)).map_err(|error| wrong(&error.to_string()))?;
        let mut key = [0; 32];
        let salt = &header[MAGIC.len()..MAGIC.len() + SALT];
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        argon.hash_password_into(passphrase.as_bytes(), salt, &mut key).map_err(|error| wrong(&error.to_string()))?;
        Ok(Self { cipher: Aes256Gcm::new(&key.into()), header, piece: 0 })
    }

    /// The nonce of the next piece.
    fn next(&mut self, last: bool) -> io::Result<[u8; 12]> {
        let mut nonce = [0; 12];
        nonce[..PREFIX].copy_from_slice(&self.header[HEADER - PREFIX..]);
        nonce[PREFIX..11].copy_from_slice(&self.piece.to_be_bytes());
        nonce[11] = last.into();
        self.piece = self.piece.checked_add(1).ok_or_else(|| wrong("a backup may have at most 256 TiB"))?;
        Ok(nonce)
    }
}

/// Encrypts what is written. Without [`Sealer::finish`] the file is one that was cut off.
pub struct Sealer<W> {
    out: W,
    stream: Stream,
    plain: Vec<u8>,
}

impl<W: Write> Sealer<W> {
    pub fn new(mut out: W, passphrase: &str) -> io::Result<Self> {
        let mut header = [0; HEADER];
        header[..MAGIC.len()].copy_from_slice(MAGIC);
        header[MAGIC.len()..MAGIC.len() + SALT].copy_from_slice(&random::<SALT>());
        header[HEADER - PREFIX..].copy_from_slice(&random::<PREFIX>());
        out.write_all(&header)?;
        Ok(Self { out, stream: Stream::new(passphrase, header)?, plain: Vec::with_capacity(PIECE) })
    }

    pub fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            // A full piece waits until it is known that another follows.
            if self.plain.len() == PIECE {
                self.seal(false)?;
            }
            let (now, later) = bytes.split_at(bytes.len().min(PIECE - self.plain.len()));
            self.plain.extend_from_slice(now);
            bytes = later;
        }
        Ok(())
    }

    fn seal(&mut self, last: bool) -> io::Result<()> {
        let nonce = Nonce::<Aes256Gcm>::from(self.stream.next(last)?);
        let payload = Payload { msg: &self.plain, aad: &self.stream.header };
        let sealed = self.stream.cipher.encrypt(&nonce, payload).map_err(|_| wrong("encryption failed"))?;
        self.plain.clear();
        self.out.write_all(&sealed)
    }

    /// The end: what was written up to here is all.
    pub fn finish(mut self) -> io::Result<W> {
        self.seal(true)?;
        self.out.flush()?;
        Ok(self.out)
    }
}

/// Decrypts, and fails at the first piece that is not as it was written.
pub struct Opener<R> {
    sealed: R,
    stream: Stream,
    plain: Vec<u8>,
    at: usize,
    ended: bool,
}

impl<R: BufRead> Opener<R> {
    pub fn new(mut sealed: R, passphrase: &str) -> io::Result<Self> {
        let mut header = [0; HEADER];
        sealed.read_exact(&mut header).map_err(|_| wrong("it is no backup of Liao's"))?;
        if !header.starts_with(MAGIC) {
            return Err(wrong("it is no backup of Liao's"));
        }
        Ok(Self { sealed, stream: Stream::new(passphrase, header)?, plain: Vec::new(), at: 0, ended: false })
    }

    fn open(&mut self) -> io::Result<()> {
        let mut piece = Vec::with_capacity(PIECE + TAG);
        (&mut self.sealed).take((PIECE + TAG) as u64).read_to_end(&mut piece)?;
        self.ended = self.sealed.fill_buf()?.is_empty();
        let first = self.stream.piece == 0;
        let nonce = Nonce::<Aes256Gcm>::from(self.stream.next(self.ended)?);
        let payload = Payload { msg: &piece, aad: &self.stream.header };
        let broken = if first { "the passphrase is another one, or the file is damaged" } else { "the file is damaged, or cut off" };
        self.plain = self.stream.cipher.decrypt(&nonce, payload).map_err(|_| wrong(broken))?;
        self.at = 0;
        Ok(())
    }
}

impl<R: BufRead> Read for Opener<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.at == self.plain.len() {
            if self.ended {
                return Ok(0);
            }
            self.open()?;
        }
        let count = into.len().min(self.plain.len() - self.at);
        into[..count].copy_from_slice(&self.plain[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}
