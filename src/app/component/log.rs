//! The column of messages. It follows the answer only while the reader is at its end.

use leptos::children::ViewFn;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::answer::Answer;
use super::icon::{Glyph, Icon};
use super::question::Question;
use super::slice::slice;
use super::summary::SummaryBlock;
use crate::app::browser;
use crate::app::chunk::{File, file_part};
use crate::app::state::thread::{Entry, Thread};
use crate::i18n::use_texts;
use crate::model::message::Author;

/// Everything that scrolls.
#[component]
pub fn Log() -> impl IntoView {
    let texts = use_texts();
    let thread = expect_context::<Thread>();
    let scroller = thread.scroller;
    // A page that came scrolled to its end sends no event that says so.
    let top = StoredValue::new(0);
    // Who follows a link to a message comes to the message.
    let query = use_query_map().get_untracked();
    let at = query.get("at");
    Effect::new(move || {
        if let Some(scroller) = scroller.get() {
            let found = at.as_deref().and_then(|id| browser::scroll_to(&scroller, &format!("m-{id}")));
            if found.is_some() {
                thread.at_end.set(false);
            }
            top.set_value(found.unwrap_or_else(|| browser::scroll_to_end(&scroller)));
        }
    });
    let scrolled = move |_| {
        let Some(scroller) = scroller.get_untracked() else { return };
        let (now, at_end) = browser::is_at_end(&scroller, (top.get_value(), thread.at_end.get_untracked()));
        top.set_value(now);
        if at_end != thread.at_end.get_untracked() {
            thread.at_end.set(at_end);
        }
    };
    // What came before a message has an address of its own, for readers without JavaScript.
    let past = query.get("before").is_some() || query.get("at").is_some();
    // A summary of messages that are not on the page stands at its beginning.
    let above = Memo::new(move |_| {
        let summary = thread.summary.get().filter(|_| thread.earlier.read().is_some())?;
        let here = thread.entries.read().iter().any(|entry| entry.id() == summary.upto_id);
        (!here).then_some(summary)
    });
    let empty = Memo::new(move |_| thread.entries.read().is_empty());
    let looking = Memo::new(move |_| thread.files.looked_at.read().is_some());
    view! {
        <div class="scroll" node_ref=scroller on:scroll=scrolled>
            <div class="log" role="log" aria-live="off" aria-label=texts.chat.messages>
                {slice(move || view! {
                    {move || thread.earlier.get().map(|before| view! {
                        <a class="earlier" href=format!("?before={before}") on:click=move |event| { event.prevent_default(); thread.look_back(); }>{texts.chat.earlier}</a>
                    })}
                    {move || above.get().map(|summary| view! { <SummaryBlock summary/> })}
                    {move || empty.get().then(|| thread.beginning.with_value(|beginning| beginning.greeting.as_ref().map(ViewFn::run)))}
                    <For each=move || thread.entries.get() key=|entry| entry.key children=|entry| view! { <OneMessage entry/> }/>
                    {past.then(|| view! { <a class="earlier" href="?" rel="external">{texts.chat.latest}</a> })}
                })}
            </div>
        </div>
        {move || looking.get().then(|| file_part(File::Lightbox))}
        <p class="visually-hidden" role="status">{move || thread.announcement.get()}</p>
        <div class="latest">
            <button type="button" hidden=move || thread.at_end.get() on:click=move |_| thread.jump_to_end()>
                <Icon glyph=Glyph::Down/>
                {texts.chat.latest}
            </button>
        </div>
    }
}

#[component]
fn OneMessage(entry: Entry) -> impl IntoView {
    let thread = expect_context::<Thread>();
    let shown = entry.shown.clone();
    let role = shown.read_untracked().message.role;
    let below = Memo::new(move |_| thread.summary.get().filter(|summary| shown.read().message.id == summary.upto_id));
    let message = match role {
        Author::User => view! { <Question entry/> }.into_any(),
        Author::Assistant => view! { <Answer entry/> }.into_any(),
    };
    view! { {message}{move || below.get().map(|summary| view! { <SummaryBlock summary/> })} }
}
