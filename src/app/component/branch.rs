//! ‹ 2/3 ›: the versions of a message, and the way from one to the next.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use uuid::Uuid;

use super::icon::{Glyph, Icon};
use super::plain_form::PlainForm;
use crate::app::state::thread::{Entry, Thread};
use crate::i18n::use_texts;
use crate::model::message::Author;
use crate::rpc::chat::Select;

/// The switcher; nothing where there is one version only.
#[component]
pub fn Branch(entry: Entry) -> impl IntoView {
    let texts = use_texts();
    let answer = entry.shown.read_untracked().message.role == Author::Assistant;
    let place = Memo::new(move |_| {
        let shown = entry.shown.read();
        let at = shown.siblings.iter().position(|id| *id == shown.message.id)?;
        let step = |to: Option<usize>| to.and_then(|n| shown.siblings.get(n).copied());
        let here = shown.message.id;
        let tree = || format!("/chats/tree/{}#t-{here}", shown.message.session_id);
        (shown.siblings.len() > 1).then(|| (here, at + 1, shown.siblings.len(), step(at.checked_sub(1)), step(Some(at + 1)), tree()))
    });
    move || {
        place.get().map(|(here, n, of, previous, next, tree)| {
            view! {
                <span class="branch" role="group" aria-label=(texts.chat.branch)(n, of)>
                    <Step to=previous glyph=Glyph::Left label=texts.chat.previous/>
                    <span aria-hidden="true">{n}"/"{of}</span>
                    <Step to=next glyph=Glyph::Right label=texts.chat.next/>
                    <a class="action" href=tree title=texts.chat.tree aria-label=texts.chat.tree><Icon glyph=Glyph::Fork/></a>
                    {answer.then(|| view! {
                        <a class="action" href=format!("/compare/{here}") title=texts.chat.compare aria-label=texts.chat.compare><Icon glyph=Glyph::Columns/></a>
                    })}
                </span>
            }
        })
    }
}

#[component]
fn Step(to: Option<Uuid>, glyph: Glyph, label: &'static str) -> impl IntoView {
    let thread = expect_context::<Thread>();
    let run = Callback::new(move |()| {
        if let Some(id) = to {
            thread.select(id);
        }
    });
    let value = to.map(|id| id.to_string()).unwrap_or_default();
    view! {
        <PlainForm url=Select::url() value label icon_only=true disabled=Signal::stored(to.is_none()) run>
            <Icon glyph/>
        </PlainForm>
    }
}
