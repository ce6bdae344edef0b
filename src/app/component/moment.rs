//! A time that people read: in UTC as the server writes it, then as their browser does, in the time zone of their choice.

use chrono::{DateTime, Utc};
use leptos::html;
use leptos::prelude::*;

use crate::app::browser;
use crate::app::state::session::Me;
use crate::i18n::use_texts;

/// The time, to the minute.
#[component]
pub fn Moment(at: DateTime<Utc>) -> impl IntoView {
    let texts = use_texts();
    let Me(me) = expect_context();
    let node = NodeRef::<html::Time>::new();
    let iso = at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let written = at.format("%Y-%m-%d %H:%M UTC").to_string();
    Effect::new({
        let iso = iso.clone();
        move || {
            let zone = me.get_untracked().and_then(Result::ok).flatten().and_then(|user| user.time_zone);
            if let (Some(node), Some(local)) = (node.get(), browser::local_time(&iso, texts.tag, zone.as_deref())) {
                node.set_inner_text(&local);
            }
        }
    });
    view! { <time node_ref=node datetime=iso>{written}</time> }
}
