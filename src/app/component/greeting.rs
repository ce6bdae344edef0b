//! The empty conversation: a calm word, a few things to begin with, and the assistants to choose from.

use leptos::prelude::*;

use super::icon::{Glyph, Icon, Seal};
use crate::app::state::session::Me;
use crate::app::state::thread::Thread;
use crate::i18n::use_texts;
use crate::model::assistant::{Around, Chosen};
use crate::model::chat::Badge;

/// What stands where the messages will be.
#[component]
pub fn Greeting(cards: Vec<Badge>, chosen: Option<Chosen>, folder: Option<Around>) -> impl IntoView {
    let texts = use_texts();
    let thread = expect_context::<Thread>();
    let Me(me) = expect_context();
    let here = chosen.as_ref().map(|chosen| chosen.badge.id);
    let prompts = match &chosen {
        Some(chosen) => chosen.starters.clone(),
        None => texts.chat.prompts.map(str::to_owned).to_vec(),
    };
    let prompts = prompts.into_iter().map(|prompt| {
        let asked = prompt.clone();
        view! { <li><button type="button" on:click=move |_| _ = thread.ask(asked.clone(), None)>{prompt}</button></li> }
    });
    let head = match chosen {
        Some(chosen) => view! {
            <span class="badge large" aria-hidden="true">{chosen.badge.icon}</span>
            <h2>{chosen.badge.name}</h2>
            {(!chosen.greeting.is_empty()).then(|| view! { <p class="greeting-words">{chosen.greeting}</p> })}
        }
        .into_any(),
        None => view! {
            <Seal/>
            <h2>
                <Suspense>
                    {move || Suspend::new(async move {
                        let name = me.await.ok().flatten().map(|user| user.name).unwrap_or_default();
                        (texts.chat.greeting)(&name)
                    })}
                </Suspense>
            </h2>
            <p>{texts.chat.greeting_lead}</p>
        }
        .into_any(),
    };
    let within = folder.as_ref().map(|folder| folder.id);
    let cards = cards.into_iter().map(|card| {
        let chosen = here == Some(card.id);
        // Chosen again, it is let go.
        let assistant = (!chosen).then(|| format!("assistant={}", card.id));
        let place = within.map(|id| format!("folder={id}"));
        let query: Vec<String> = assistant.into_iter().chain(place).collect();
        let to = if query.is_empty() { "/".to_owned() } else { format!("/?{}", query.join("&")) };
        view! { <a href=to class="card" aria-current=chosen.then_some("true")><span class="badge" aria-hidden="true">{card.icon}</span>{card.name}</a> }
    });
    view! {
        <section class="greeting">
            {folder.map(|folder| view! {
                <p class="greeting-folder">
                    <Icon glyph=Glyph::Folder/>
                    <a href=format!("/chats?folder={}", folder.id)>{folder.name}</a>
                    <input type="hidden" name="folder" value=folder.id.to_string() form="composer"/>
                </p>
            })}
            {head}
            <ul class="needs-script">{prompts.collect_view()}</ul>
            <nav class="cards" aria-label=texts.chat.assistants>{cards.collect_view()}</nav>
        </section>
    }
}
