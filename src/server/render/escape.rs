//! Text made safe for HTML, and the addresses that may become links or pictures.

/// Appends `text` escaped for an element's content and for a double-quoted attribute alike.
pub(super) fn push_escaped(out: &mut String, text: &str) {
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        let entity = match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            _ => continue,
        };
        out.push_str(&text[from..at]);
        out.push_str(entity);
        from = at + 1;
    }
    out.push_str(&text[from..]);
}

/// Where a link may lead.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// http, https or mailto: opens beside the page and tells it nothing.
    Outside,
    /// `#heading` of this page.
    Anchor,
}

/// The allow-list of link addresses; anything else is shown as text. Only what starts plainly with a known scheme passes, so
/// the tricks with control characters, spaces and entities in front of a scheme fail without being known.
pub(super) fn link_target(url: &str) -> Option<Target> {
    let starts = |scheme: &str| url.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme));
    if url.bytes().any(|byte| byte < 0x20) {
        return None;
    }
    if ["http://", "https://", "mailto:"].into_iter().any(starts) {
        return Some(Target::Outside);
    }
    (url.starts_with('#') && url.len() > 1).then_some(Target::Anchor)
}

/// Whether an address is a picture that travels inside the text: no request leaves the reader's browser for it.
pub(super) fn is_inline_image(url: &str) -> bool {
    let Some((kind, data)) = url.strip_prefix("data:image/").and_then(|rest| rest.split_once(";base64,")) else {
        return false;
    };
    let base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    matches!(kind, "png" | "jpeg" | "gif" | "webp") && data.bytes().all(base64)
}
