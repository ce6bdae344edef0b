//! How pages look besides light and dark: contrast, size of text, density, colours of code, width of a conversation.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The cookie that remembers the look, for the pages before sign-in.
pub const LOOK_COOKIE: &str = "look";

/// Choices with a name each, the first of them what nobody has to choose.
macro_rules! choices {
    ($($(#[doc = $doc:literal])+ $name:ident { $default:ident $first:literal $(, $variant:ident $text:literal)+ })+) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            #[default]
            $default,
            $($variant),+
        }

        impl $name {
            /// Every choice, in the order in which they are offered.
            pub const ALL: &'static [Self] = &[Self::$default $(, Self::$variant)+];

            /// Its name in forms, in the cookie and in the attributes of `<html>`.
            pub fn name(self) -> &'static str {
                match self {
                    Self::$default => $first,
                    $(Self::$variant => $text),+
                }
            }

            /// The choice of this name.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|choice| choice.name() == name)
            }

            /// What `<html>` says of it; nothing where it is what nobody has to choose.
            pub fn attribute(self) -> Option<&'static str> {
                (self != Self::default()).then(|| self.name())
            }
        }
    )+};
}

choices! {
    /// More or less of it between text and paper; `system`: as the system asks for.
    Contrast { System "system", Normal "normal", High "high" }
    /// The size of all text, and of what is measured by it.
    TextSize { Medium "medium", Small "small", Large "large", Huge "huge" }
    /// How much room there is between things.
    Density { Normal "normal", Compact "compact", Roomy "roomy" }
    /// The colours of code; `night` is dark on every page, `plain` has none.
    CodeTheme { Ink "ink", Vivid "vivid", Plain "plain", Night "night" }
    /// How wide a conversation may become.
    ChatWidth { Normal "normal", Narrow "narrow", Wide "wide", Full "full" }
}

/// The look of every page of a person. Every field has a default, so that a stored one may lack new ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Look {
    pub contrast: Contrast,
    pub text: TextSize,
    pub density: Density,
    pub code: CodeTheme,
    pub width: ChatWidth,
}

/// Changes of the look: what is absent stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LookChange {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contrast: Option<Contrast>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<TextSize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub density: Option<Density>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<CodeTheme>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<ChatWidth>,
}

impl Look {
    /// This one with the changes.
    pub fn with(self, change: LookChange) -> Self {
        let LookChange { contrast, text, density, code, width } = change;
        Self {
            contrast: contrast.unwrap_or(self.contrast),
            text: text.unwrap_or(self.text),
            density: density.unwrap_or(self.density),
            code: code.unwrap_or(self.code),
            width: width.unwrap_or(self.width),
        }
    }

    /// As the cookie holds it.
    pub fn cookie(self) -> String {
        [self.contrast.name(), self.text.name(), self.density.name(), self.code.name(), self.width.name()].join(".")
    }

    /// What a cookie says; what cannot be read is as nobody chose it.
    pub fn from_cookie(text: &str) -> Self {
        let mut names = text.split('.');
        let mut next = || names.next().unwrap_or_default();
        Self {
            contrast: Contrast::from_name(next()).unwrap_or_default(),
            text: TextSize::from_name(next()).unwrap_or_default(),
            density: Density::from_name(next()).unwrap_or_default(),
            code: CodeTheme::from_name(next()).unwrap_or_default(),
            width: ChatWidth::from_name(next()).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_goes_through_its_cookie() {
        for (contrast, text) in Contrast::ALL.iter().zip(TextSize::ALL) {
            let look = Look { contrast: *contrast, text: *text, code: CodeTheme::Night, width: ChatWidth::Full, ..Look::default() };
            assert_eq!(Look::from_cookie(&look.cookie()), look);
        }
        for nonsense in ["", "....", "a.b.c", "high;large", "深"] {
            assert_eq!(Look::from_cookie(nonsense), Look::default(), "{nonsense}");
        }
        assert_eq!(Look::from_cookie("high.pink").contrast, Contrast::High);
    }

    #[test]
    fn names_are_as_serde_writes_them() {
        for width in ChatWidth::ALL {
            assert_eq!(serde_json::to_value(width).unwrap(), width.name());
        }
        for contrast in Contrast::ALL {
            assert_eq!(serde_json::to_value(contrast).unwrap(), contrast.name());
        }
    }

    #[test]
    fn what_is_absent_stays_and_what_is_unknown_is_refused() {
        let change: LookChange = serde_json::from_str(r#"{"contrast":"high"}"#).unwrap();
        let look = Look { text: TextSize::Large, ..Look::default() }.with(change);
        assert_eq!((look.contrast, look.text), (Contrast::High, TextSize::Large));
        assert!(serde_json::from_str::<LookChange>(r#"{"contrast":"pink"}"#).is_err());
        assert!(serde_json::from_str::<LookChange>(r#"{"colour":"high"}"#).is_err());
        assert_eq!(serde_json::from_str::<Look>("{}").unwrap(), Look::default());
    }
}
