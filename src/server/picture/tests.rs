//! Pictures as people send them, and as people send them who mean no good.

mod fuzz;

use std::io::Write;

use image::codecs::gif::GifEncoder;
use image::codecs::jpeg::JpegEncoder;
use image::{Frame, GenericImageView, ImageEncoder, Rgb, RgbImage, Rgba, RgbaImage};

use super::*;
use crate::model::error::ApiError;

const SIDES: &[u32] = &[512, 128, 48];

/// Left half red, right half blue.
fn halves(width: u32, height: u32) -> DynamicImage {
    RgbImage::from_fn(width, height, |x, _| if x < width / 2 { Rgb([220, 10, 10]) } else { Rgb([10, 10, 220]) }).into()
}

fn file(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn jpeg_with_orientation(picture: &DynamicImage, orientation: u8) -> Vec<u8> {
    let mut exif = b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
    exif.extend(b"GPS 31.2304 N");
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new(&mut bytes);
    encoder.set_exif_metadata(exif).unwrap();
    encoder.write_image(picture.as_bytes(), picture.width(), picture.height(), image::ExtendedColorType::Rgb8).unwrap();
    bytes
}

fn error(file: &[u8]) -> ApiError {
    squares(file, SIDES).map(|_| "accepted").unwrap_err().into_api()
}

fn rule(file: &[u8]) -> Option<Rule> {
    error(file).field("avatar").map(|field| field.rule.clone())
}

#[test]
fn every_format_becomes_webp_squares_of_the_middle() {
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP, ImageFormat::Gif] {
        let files = squares(&file(&halves(1200, 600), format), SIDES).unwrap();
        for (webp, side) in files.iter().zip(SIDES) {
            assert_eq!(image::guess_format(webp).unwrap(), ImageFormat::WebP);
            let picture = image::load_from_memory(webp).unwrap();
            assert_eq!(picture.dimensions(), (*side, *side), "{format:?}");
            let (left, right) = (picture.get_pixel(side / 8, side / 2), picture.get_pixel(side - side / 8, side / 2));
            assert!(left[0] > 150 && left[2] < 90 && right[2] > 150 && right[0] < 90, "{format:?}: {left:?} {right:?}");
        }
    }
}

#[test]
fn a_small_picture_is_made_larger_and_transparency_is_kept() {
    let clear = RgbaImage::from_pixel(10, 30, Rgba([0, 200, 0, 0]));
    let files = squares(&file(&clear.into(), ImageFormat::Png), SIDES).unwrap();
    let picture = image::load_from_memory(&files[0]).unwrap();
    assert_eq!((picture.dimensions(), picture.get_pixel(5, 5)[3]), ((512, 512), 0));
}

#[test]
fn the_orientation_is_applied_and_the_metadata_is_gone() {
    // 6: the camera lay on its side; turned by a quarter, left becomes the top.
    let sent = jpeg_with_orientation(&halves(400, 400), 6);
    assert!(sent.windows(4).any(|bytes| bytes == b"GPS "), "the test's file holds a place");
    let files = squares(&sent, SIDES).unwrap();
    let picture = image::load_from_memory(&files[1]).unwrap();
    assert!(picture.get_pixel(64, 10)[0] > 150, "red at the top: {:?}", picture.get_pixel(64, 10));
    assert!(picture.get_pixel(64, 118)[2] > 150, "blue at the bottom");
    assert!(files.iter().all(|webp| !webp.windows(4).any(|bytes| bytes == b"GPS " || bytes == b"EXIF")));
}

#[test]
fn what_is_no_picture_is_refused_by_its_content() {
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
    let bmp = [b"BM".as_slice(), &[0; 60]].concat();
    for file in [b"".as_slice(), b"hello", svg, b"%PDF-1.7", &bmp] {
        assert_eq!(error(file).code, Code::UnsupportedMediaType, "{:?}", String::from_utf8_lossy(file));
    }
}

#[test]
fn a_file_that_is_cut_off_or_bent_is_refused() {
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP, ImageFormat::Gif] {
        let whole = file(&halves(300, 200), format);
        for part in [10, 3] {
            let cut = &whole[..whole.len() - whole.len() / part];
            assert_eq!(rule(cut), Some(Rule::Unreadable), "{format:?} without its last {part}th");
        }
    }
}

#[test]
fn a_picture_that_moves_is_refused() {
    let mut gif = Vec::new();
    let mut encoder = GifEncoder::new(&mut gif);
    for red in [0, 255] {
        encoder.encode_frame(Frame::new(RgbaImage::from_pixel(8, 8, Rgba([red, 0, 0, 255])))).unwrap();
    }
    drop(encoder);
    assert_eq!(rule(&gif), Some(Rule::Animated));
    // An animated PNG says so by an `acTL` chunk before its pixels.
    let png = file(&halves(8, 8), ImageFormat::Png);
    let head = 8 + 25;
    let animation = [0u32.to_be_bytes(), 0u32.to_be_bytes()].concat();
    let chunk = [b"acTL".as_slice(), &[0, 0, 0, 2], &animation[..4]].concat();
    let chunk = [8u32.to_be_bytes().as_slice(), &chunk, &crc(&chunk).to_be_bytes()].concat();
    assert_eq!(rule(&[&png[..head], &chunk, &png[head..]].concat()), Some(Rule::Animated));
    // An animated WebP says so in its extended header.
    let mut webp = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0\x07\0\0\x07\0\0ANIM\x06\0\0\0\0\0\0\0\0\0".to_vec();
    let size = webp.len() as u32 - 8;
    webp[4..8].copy_from_slice(&size.to_le_bytes());
    assert!(matches!(rule(&webp), Some(Rule::Animated | Rule::Unreadable)), "{:?}", rule(&webp));
}

/// CRC-32 as PNG uses it.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 })
    })
}

#[test]
fn a_bomb_is_refused_before_it_goes_off() {
    // A PNG of 30,000 × 30,000 pixels in some hundred bytes: only the head is needed to see it.
    let mut wide = file(&halves(8, 8), ImageFormat::Png);
    wide[16..20].copy_from_slice(&30_000u32.to_be_bytes());
    wide[20..24].copy_from_slice(&30_000u32.to_be_bytes());
    let sum = crc(&wide[12..29]);
    wide[29..33].copy_from_slice(&sum.to_be_bytes());
    assert_eq!(rule(&wide), Some(Rule::Pixels(SIDE_MAX)));
    // Sides within the limit, but more memory than is given: 8,192 × 8,192 in 200 KB.
    let mut white = Vec::new();
    let encoder = image::codecs::png::PngEncoder::new(&mut white);
    encoder.write_image(&vec![255u8; 8192 * 8192 * 4], 8192, 8192, image::ExtendedColorType::Rgba8).unwrap();
    assert!(white.len() < 2_000_000, "{}", white.len());
    assert_eq!(rule(&white), Some(Rule::Pixels(SIDE_MAX)));
    // A zip bomb is no picture.
    let mut zip = Vec::from(*b"PK\x03\x04");
    zip.write_all(&[0; 1000]).unwrap();
    assert_eq!(error(&zip).code, Code::UnsupportedMediaType);
}

#[tokio::test]
async fn more_than_the_queue_holds_are_turned_away() {
    let pictures = Arc::new(Pictures::default());
    let sent = file(&halves(900, 900), ImageFormat::Png);
    let all = (0..QUEUE + 4).map(|_| {
        let (pictures, sent) = (pictures.clone(), sent.clone());
        async move { pictures.squares(sent, SIDES).await.is_ok() }
    });
    let done = futures::future::join_all(all).await;
    assert_eq!(done.iter().filter(|ok| **ok).count(), QUEUE);
}
