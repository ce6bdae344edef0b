//! A ZIP file that is written piece by piece on a thread of its own, so that neither its size nor its slowness is felt.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use zip::ZipWriter;
use zip::result::ZipResult;
use zip::write::SimpleFileOptions;

use crate::server::error::{Error, Result};

/// Pieces that wait for the thread.
const PIECES: usize = 8;

/// A ZIP file in the making.
pub struct Archive {
    pieces: mpsc::Sender<Piece>,
    written: JoinHandle<ZipResult<()>>,
}

enum Piece {
    Begin(String),
    More(Vec<u8>),
    End,
}

impl Archive {
    /// Begins a ZIP file there, in the place of one that is there.
    pub fn create(path: &Path) -> Result<Self> {
        let file = File::create(path).map_err(Error::internal)?;
        let (pieces, taken) = mpsc::channel(PIECES);
        Ok(Self { pieces, written: tokio::task::spawn_blocking(move || write(file, taken)) })
    }

    /// Adds a file; what is [`Archive::write`]n next is in it.
    pub async fn begin(&mut self, name: impl Into<String>) -> Result<()> {
        self.send(Piece::Begin(name.into())).await
    }

    /// Adds bytes to the file that was begun last.
    pub async fn write(&mut self, bytes: impl Into<Vec<u8>>) -> Result<()> {
        self.send(Piece::More(bytes.into())).await
    }

    /// A whole file at once.
    pub async fn add(&mut self, name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Result<()> {
        self.begin(name).await?;
        self.write(bytes).await
    }

    /// Writes the table of contents. Without it the file is none.
    pub async fn finish(mut self) -> Result<()> {
        self.send(Piece::End).await?;
        self.written.await.map_err(Error::internal)?.map_err(Error::internal)
    }

    async fn send(&mut self, piece: Piece) -> Result<()> {
        // The thread ends early only when it cannot write; why, it says at the end.
        if self.pieces.send(piece).await.is_ok() {
            return Ok(());
        }
        let ended = (&mut self.written).await.map_err(Error::internal)?;
        Err(ended.err().map_or_else(|| Error::internal("an archive ended early"), Error::internal))
    }
}

fn write(file: File, mut pieces: mpsc::Receiver<Piece>) -> ZipResult<()> {
    let mut zip = ZipWriter::new(BufWriter::new(file));
    while let Some(piece) = pieces.blocking_recv() {
        match piece {
            // A conversation may be larger than the four gigabytes that the plain format knows.
            Piece::Begin(name) => zip.start_file(name, SimpleFileOptions::default().large_file(true))?,
            Piece::More(bytes) => zip.write_all(&bytes)?,
            Piece::End => {
                zip.finish()?.flush()?;
                return Ok(());
            }
        }
    }
    // Given up: what is there is of no use to anybody.
    Ok(())
}
