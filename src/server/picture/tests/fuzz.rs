//! Pictures bent and cut at random: every one is refused, or becomes small pictures of ours. They are read in the server's own process, so
//! none may panic. A bounded number of cases, so that it is a test like the others.

use proptest::prelude::*;

use super::*;

/// Bytes that mean something in the heads of pictures, or in what is compressed.
const BENT: [u8; 12] = [0, 1, 2, 0x10, 0x40, 0x7f, 0x80, 0xc0, 0xd9, 0xda, 0xfe, 0xff];

fn files() -> Vec<Vec<u8>> {
    let small = halves(24, 16);
    let clear: DynamicImage = RgbaImage::from_pixel(9, 13, Rgba([0, 200, 0, 100])).into();
    let formats = [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP, ImageFormat::Gif];
    let all = formats.iter().map(|format| file(&small, *format));
    all.chain([file(&clear, ImageFormat::Png), jpeg_with_orientation(&small, 6)]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn a_bent_picture_is_refused_or_becomes_small_ones_of_ours(
        which in 0..6_usize,
        bends in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(&BENT[..])), 0..8),
        // Heads are what readers believe.
        heads in prop::collection::vec((0..40_usize, any::<u8>()), 0..3),
        cut in prop::option::weighted(0.2, any::<prop::sample::Index>()),
    ) {
        let mut sent = files().swap_remove(which);
        for (place, byte) in bends {
            let place = place.index(sent.len());
            sent[place] = byte;
        }
        for (place, byte) in heads {
            let place = place % sent.len();
            sent[place] = byte;
        }
        if let Some(cut) = cut {
            sent.truncate(cut.index(sent.len()));
        }
        if let Ok(seen) = view(&sent, 64) {
            let seen = image::load_from_memory(&seen).expect("what we write can be read");
            prop_assert!(seen.width() <= 64 && seen.height() <= 64);
        }
        match squares(&sent, &[48]) {
            Ok(files) => {
                let seen = image::load_from_memory(&files[0]).expect("what we write can be read");
                prop_assert_eq!((image::guess_format(&files[0]).unwrap(), seen.dimensions()), (ImageFormat::WebP, (48, 48)));
            }
            Err(error) => {
                let code = error.into_api().code;
                prop_assert!(matches!(code, Code::UnsupportedMediaType | Code::Invalid | Code::TooLarge), "{code:?}");
            }
        }
    }
}
