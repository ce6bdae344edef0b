//! Pictures that people send: read within limits on a bounded number of threads, and written anew, so that nothing of the
//! file that was sent is kept: no place, no camera, no hidden rest.

mod jpeg;
#[cfg(test)]
mod tests;

use std::io::Cursor;
use std::sync::Arc;

use image::codecs::gif::GifDecoder;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::imageops::FilterType;
use image::metadata::Orientation;
use image::{AnimationDecoder, DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};
use tokio::sync::Semaphore;

use super::error::{Error, Result};
use crate::model::avatar::SIDE_MAX;
use crate::model::error::{Code, Rule};

/// Most bytes that reading one picture may take in memory: one of 50 million pixels fits.
const MEMORY_MAX: u64 = 160 * 1024 * 1024;
/// How good a picture is that is written as JPEG, of 100.
const QUALITY: u8 = 85;
/// Pictures read at once; each takes up to [`MEMORY_MAX`] and a core.
const AT_ONCE: usize = 1;
/// Pictures read or waited for; beyond it callers are turned away.
const QUEUE: usize = 16;

/// Reads and writes pictures.
pub struct Pictures {
    threads: Arc<Semaphore>,
    queue: Semaphore,
}

impl Default for Pictures {
    fn default() -> Self {
        Self { threads: Arc::new(Semaphore::new(AT_ONCE)), queue: Semaphore::new(QUEUE) }
    }
}

impl Pictures {
    /// The middle of the picture as squares with these sides, largest first, each a WebP file.
    /// Errors: `UnsupportedMediaType`, `Invalid` (field `avatar`), `Unavailable` (too many at once).
    pub async fn squares(&self, file: Vec<u8>, sides: &'static [u32]) -> Result<Vec<Vec<u8>>> {
        self.run(move || squares(&file, sides)).await
    }

    /// The picture with sides of at most so many pixels and nothing else of the file: JPEG, or PNG where one sees through it. Of
    /// one that moves, how it begins. Errors: as of [`Pictures::squares`].
    pub async fn view(&self, file: Vec<u8>, side: u32) -> Result<Vec<u8>> {
        self.run(move || view(&file, side)).await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        let busy = || Error::new(Code::Unavailable, "Too many pictures are being read at once. Try again in a moment.");
        let _place = self.queue.try_acquire().map_err(|_| busy())?;
        let turn = self.threads.clone().acquire_owned().await.map_err(Error::internal)?;
        let work = move || {
            // Held to the end of the work, also when nobody waits for it any more.
            let _turn = turn;
            work()
        };
        tokio::task::spawn_blocking(work).await.map_err(Error::internal)?
    }
}

fn view(file: &[u8], side: u32) -> Result<Vec<u8>> {
    let picture = read(file, true)?;
    let fits = picture.width().max(picture.height()) <= side;
    let picture = if fits { picture } else { picture.resize(side, side, FilterType::CatmullRom) };
    let mut written = Cursor::new(Vec::new());
    let done = if picture.has_alpha() {
        DynamicImage::from(picture.into_rgba8()).write_to(&mut written, ImageFormat::Png)
    } else {
        picture.into_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut written, QUALITY))
    };
    done.map_err(Error::internal)?;
    Ok(written.into_inner())
}

fn squares(file: &[u8], sides: &[u32]) -> Result<Vec<Vec<u8>>> {
    let mut picture = middle(read(file, false)?);
    let mut files = Vec::with_capacity(sides.len());
    for &side in sides {
        picture = shrunk(&picture, side);
        let mut webp = Cursor::new(Vec::new());
        picture.write_to(&mut webp, ImageFormat::WebP).map_err(Error::internal)?;
        files.push(webp.into_inner());
    }
    Ok(files)
}

/// The picture as it is meant to be seen; one that `moves` only where that is fine. What it is, its content says; a name or a media type is only somebody's word.
fn read(file: &[u8], moves: bool) -> Result<DynamicImage> {
    let format = image::guess_format(file).map_err(|_| wrong_type())?;
    let animated = match format {
        ImageFormat::Png => PngDecoder::with_limits(Cursor::new(file), limits()).and_then(|png| png.is_apng()).map_err(refused)?,
        ImageFormat::WebP => WebPDecoder::new(Cursor::new(file)).map_err(refused)?.has_animation(),
        ImageFormat::Gif => is_animated_gif(file)?,
        ImageFormat::Jpeg if jpeg::is_whole(file) => false,
        ImageFormat::Jpeg => return Err(unreadable()),
        _ => return Err(wrong_type()),
    };
    if animated && !moves {
        return Err(Error::invalid("avatar", Rule::Animated, "The picture moves; send one that stands still."));
    }
    let mut reader = ImageReader::with_format(Cursor::new(file), format);
    reader.limits(limits());
    let mut decoder = reader.into_decoder().map_err(refused)?;
    decoder.set_limits(limits()).map_err(refused)?;
    // The reader's own limit does not count the picture that comes out of it.
    if decoder.total_bytes() > MEMORY_MAX {
        return Err(too_many_pixels());
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(refused)?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

/// Whether there is a second frame. The frames are not read: only the first one is, and the next one's head.
fn is_animated_gif(file: &[u8]) -> Result<bool> {
    let mut gif = GifDecoder::new(Cursor::new(file)).map_err(refused)?;
    gif.set_limits(limits()).map_err(refused)?;
    let mut frames = gif.into_frames();
    frames.next().ok_or_else(unreadable)?.map_err(refused)?;
    // What comes after a good frame and cannot be read is a cut-off second one.
    Ok(frames.next().is_some())
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE_MAX);
    limits.max_image_height = Some(SIDE_MAX);
    limits.max_alloc = Some(MEMORY_MAX);
    limits
}

/// The largest square in the middle, in eight bits a channel.
fn middle(picture: DynamicImage) -> DynamicImage {
    let (width, height) = (picture.width(), picture.height());
    let side = width.min(height);
    let square = picture.crop_imm((width - side) / 2, (height - side) / 2, side, side);
    if square.has_alpha() { square.into_rgba8().into() } else { square.into_rgb8().into() }
}

/// A square of this side. A much larger one is first made smaller in the fast way.
fn shrunk(square: &DynamicImage, side: u32) -> DynamicImage {
    match square.width() {
        width if width == side => square.clone(),
        width if width > 4 * side => square.thumbnail_exact(2 * side, 2 * side).resize_exact(side, side, FilterType::Lanczos3),
        _ => square.resize_exact(side, side, FilterType::Lanczos3),
    }
}

fn wrong_type() -> Error {
    Error::new(Code::UnsupportedMediaType, "Send the picture as PNG, JPEG, WebP or GIF.")
}

fn unreadable() -> Error {
    Error::invalid("avatar", Rule::Unreadable, "The picture cannot be read: it is damaged or not complete.")
}

fn too_many_pixels() -> Error {
    let message = format!("The picture may have at most {SIDE_MAX} pixels a side, and 50 million in all.");
    Error::invalid("avatar", Rule::Pixels(SIDE_MAX), message)
}

fn refused(error: ImageError) -> Error {
    match error {
        ImageError::Limits(_) => too_many_pixels(),
        ImageError::Unsupported(_) => wrong_type(),
        _ => unreadable(),
    }
}
