//! Icons: strokes in the ink of the text around them. They carry no meaning of their own; what they stand on has a label.

use leptos::prelude::*;

/// An icon's strokes, in a box of 24 × 24.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyph {
    Alert,
    Check,
    Clip,
    Close,
    Columns,
    Copy,
    Dashed,
    Down,
    Folder,
    Fork,
    File,
    Key,
    Left,
    Menu,
    More,
    Pencil,
    Pin,
    Refresh,
    Right,
    Send,
    Share,
    Sliders,
    Stop,
    Trash,
    TurnLeft,
}

impl Glyph {
    fn path(self) -> &'static str {
        match self {
            Self::Alert => {
                "M12 8v5m0 3.200v.100M10.300 4.200 2.600 17.500A2 2 0 0 0 4.300 20.500h15.400a2 2 0 0 0 1.700-3L13.700 4.200a2 2 0 0 0-3.400 0Z"
            }
            Self::Check => "m5 12.500 4.500 4.500L19 7.500",
            Self::Clip => {
                "m20 11.500-7.800 7.800a5 5 0 0 1-7.100-7.100l8.300-8.300a3.300 3.300 0 0 1 4.700 4.700l-8.300 8.300a1.600 1.600 0 0 1-2.300-2.300l7.500-7.500"
            }
            Self::Close => "m6.500 6.500 11 11m0-11-11 11",
            Self::Columns => "M4 5h16v14H4zM12 5v14",
            Self::Copy => "M9 9h10v11H9zM15 9V4H5v11h4",
            Self::Dashed => {
                "M9.400 4.400A8 8 0 0 1 14.600 4.400M17.200 6.000A8 8 0 0 1 19.900 10.500M19.900 13.500A8 8 0 0 1 17.200 18.000M14.600 19.600A8 8 0 0 1 9.400 19.600M6.800 18.000A8 8 0 0 1 4.100 13.500M4.100 10.500A8 8 0 0 1 6.800 6.000"
            }
            Self::Down => "M12 5v14m-6-6 6 6 6-6",
            Self::Folder => "M3.500 18.500v-13h6l2 2.500h9v10.500z",
            Self::Fork => "M7 4v16M7 13c6.500 0 10-2 10-8.500m-3.500 3.500L17 4.500l3.500 3.500",
            Self::File => "M13.500 3.500h-7v17h11v-13zm0 0v4h4M9.500 12h5m-5 4h5",
            Self::Key => "M8 19.500a4.500 4.500 0 1 0 0-9 4.500 4.500 0 0 0 0 9ZM11.300 11.700 20 3m-4.200 4.200 3 3",
            Self::Left => "m14.500 6-6 6 6 6",
            Self::Menu => "M4 7h16M4 12h16M4 17h10",
            Self::More => "M5 12h.010M12 12h.010M19 12h.010",
            Self::Pencil => {
                "M4 20l.900-3.900L16.200 4.800a1.900 1.900 0 0 1 2.700 0l.300.300a1.900 1.900 0 0 1 0 2.700L7.900 19.100 4 20ZM14.500 6.500l3 3"
            }
            Self::Pin => "M9 4h6l-1 6 3 3.500H7L10 10zM12 13.500V20",
            Self::Refresh => "M19.500 12a7.500 7.500 0 1 1-2.200-5.300L19.500 9m0-5v5h-5",
            Self::Right => "m9.500 6 6 6-6 6",
            Self::Send => "M12 19V5m-6 6 6-6 6 6",
            Self::Share => "M12 15V4m-4.500 4L12 3.500 16.500 8M5 13v6.500h14V13",
            Self::Sliders => "M4 7h9m5 0h2M4 17h3m5 0h8M15.500 4.500v5M9.500 14.500v5",
            Self::Stop => "M6.500 6.500h11v11h-11z",
            Self::TurnLeft => "M4.500 12a7.500 7.500 0 1 0 2.200-5.300L4.500 9m0-5v5h5",
            Self::Trash => "M4.500 7h15M9.500 7V4.500h5V7m-8 0 .800 13h9.400l.800-13M10.200 11v5.500m3.600-5.500v5.500",
        }
    }
}

/// One icon.
#[component]
pub fn Icon(glyph: Glyph) -> impl IntoView {
    let class = match glyph {
        Glyph::More => "icon dots",
        Glyph::Stop => "icon filled",
        _ => "icon",
    };
    view! {
        <svg class=class viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path d=glyph.path()></path>
        </svg>
    }
}

/// The product's sign: 聊, to chat, as a seal.
#[component]
pub fn Seal() -> impl IntoView {
    view! { <span class="seal" aria-hidden="true" lang="zh-CN">"聊"</span> }
}
