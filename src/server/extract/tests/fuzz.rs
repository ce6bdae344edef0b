//! Files of every kind, bent and cut at random, as the others that read what strangers send: each is read by a child process as the server
//! does it, and ends with a text that can be stored or with a fault that is the file's. A bounded number of cases, so that it is a test
//! like the others; each is a process, so they are few.

use proptest::prelude::*;

use super::*;

/// Bytes that mean something to readers of ZIP, XML or PDF.
const BENT: [u8; 16] = [b'<', b'>', b'&', b';', b'/', b'(', b')', b'[', b'0', b'9', b'P', b'K', b' ', 0, 0x80, 0xff];

/// A good file of each kind; those that are ZIP also as they are inside, so that what is bent gets past the checksums.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    let body = "<w:p><w:r><w:t>Tea &amp; cups &#33590;</w:t></w:r></w:p><w:tbl><w:tr><w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc></w:tr></w:tbl>";
    let slide = b"<p:sld xmlns:p=\"p\" xmlns:a=\"a\"><a:p><a:r><a:t>two</a:t></a:r></a:p></p:sld>";
    vec![
        (DOCX, docx(body)),
        (PPTX, zipped(&[("ppt/slides/slide2.xml", slide)])),
        (XLSX, workbook()),
        (PDF, pdf(&page("Hello tea"), "")),
        ("text/plain", "Grüße\r\n你好".as_bytes().to_vec()),
    ]
}

/// What was bent in a part of a document before it was packed.
fn repacked(bends: &[(prop::sample::Index, u8)]) -> Vec<u8> {
    let mut xml =
        b"<w:document xmlns:w=\"w\"><w:body><w:p><w:r><w:t>Tea &amp; cups</w:t><w:tab/></w:r></w:p></w:body></w:document>".to_vec();
    bend(&mut xml, bends);
    zipped(&[("word/document.xml", &xml)])
}

fn bend(file: &mut [u8], bends: &[(prop::sample::Index, u8)]) {
    for (place, byte) in bends {
        let place = place.index(file.len());
        file[place] = *byte;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn a_bent_file_is_a_text_or_a_fault_of_its_own(
        which in 0..6_usize,
        bends in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(&BENT[..])), 0..10),
        cut in prop::option::weighted(0.2, any::<prop::sample::Index>()),
    ) {
        let (media_type, mut file) = match files().into_iter().nth(which) {
            Some((media_type, mut file)) => {
                bend(&mut file, &bends);
                (media_type, file)
            }
            None => (DOCX, repacked(&bends)),
        };
        if let Some(cut) = cut {
            file.truncate(cut.index(file.len()));
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        match runtime.block_on(read(media_type, file)) {
            Ok(text) => prop_assert!(text.len() <= TEXT_MAX && !text.contains('\0') && !text.trim().is_empty(), "{media_type}: {text:?}"),
            Err(fault) => prop_assert!(fault != Fault::Server, "{media_type}: the child could not do its work"),
        }
    }
}
