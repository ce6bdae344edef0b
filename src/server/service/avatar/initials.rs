//! The picture of who has none: initials on one of a few tints of the paper's family.

use uuid::Uuid;

use crate::model::avatar::{fnv, initials};

/// Hues around the wheel, without the seal's red: that means something.
const HUES: [u16; 8] = [65, 95, 130, 165, 200, 240, 280, 320];

/// A square picture. White on these tints has a contrast of more than 4.5:1, in light and in dark.
pub fn svg(id: Uuid, name: &str) -> String {
    let hue = HUES[fnv(&id.to_string()) as usize % HUES.len()];
    let letters = initials(name);
    let drawn = if letters.is_empty() {
        // Somebody without a letter: a head and shoulders.
        r##"<path fill="#fff" d="M24 12a7.500 7.500 0 1 1 0 15 7.500 7.500 0 0 1 0-15Zm0 18c8 0 14 4 14 9v9H10v-9c0-5 6-9 14-9Z"/>"##
            .to_owned()
    } else {
        let size = if letters.chars().count() > 1 { 18 } else { 22 };
        format!(
            r##"<text x="24" y="24" dy=".36em" fill="#fff" font-family="system-ui,-apple-system,'PingFang SC','Noto Sans SC',sans-serif" font-size="{size}" font-weight="600" text-anchor="middle">{letters}</text>"##
        )
    };
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48" width="48" height="48"><rect width="48" height="48" fill="oklch(0.5 0.065 {hue})"/>{drawn}</svg>"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_person_always_looks_the_same_and_a_name_is_no_markup() {
        let id = Uuid::from_u128(7);
        assert_eq!(svg(id, "Ada Lovelace"), svg(id, "Ada Lovelace"));
        assert!(svg(id, "Ada Lovelace").contains(">AL</text>"));
        assert!(svg(id, "王小明").contains(">明</text>"));
        for name in ["<script>alert(1)</script>", "& <", "\"><x", "王<"] {
            let drawn = svg(id, name);
            assert!(!drawn.contains("script") && drawn.matches('<').count() <= 5, "{drawn}");
        }
        assert!(svg(id, "").contains("<path"));
    }

    #[test]
    fn people_have_different_tints() {
        let tints: std::collections::HashSet<_> = (0..200).map(|i| svg(Uuid::from_u128(i), "x")).collect();
        assert_eq!(tints.len(), HUES.len());
    }
}
