//! `/`: the empty page where a new conversation begins, perhaps with an assistant.

use leptos::children::ViewFn;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use leptos_router::params::ParamsMap;
use uuid::Uuid;

use super::chat::{View, Waiting};
use crate::app::component::greeting::Greeting;
use crate::app::state::thread::Beginning;
use crate::model::assistant::Start;
use crate::rpc;

/// What another app shares with this one, as `public/manifest.webmanifest` has it sent: a title, a text, an address.
fn shared(query: &ParamsMap) -> Option<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in ["title", "text", "url"].into_iter().filter_map(|name| query.get(name)) {
        // Many apps put the address into the text as well.
        if !part.trim().is_empty() && !lines.iter().any(|line| line.contains(part.trim())) {
            lines.push(part.trim().to_owned());
        }
    }
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// Nothing said yet. The address may name an assistant, a folder, a prompt with what is filled into its places (`v0`, `v1`, …), or hold
/// what another app shares.
#[component]
pub fn NewChat() -> impl IntoView {
    let query = use_query_map();
    let wanted = Memo::new(move |_| {
        let query = query.read();
        let id = |name: &str| query.get(name).and_then(|id| Uuid::parse_str(&id).ok());
        let values: Vec<String> = (0..).map_while(|index| query.get(&format!("v{index}"))).collect();
        (id("assistant"), id("prompt"), Some(values).filter(|values| !values.is_empty()), id("folder"), shared(&query))
    });
    let start = Resource::new_blocking(
        move || wanted.get(),
        |(assistant, prompt, values, folder, _)| async move {
            rpc::assistant::begin(assistant, prompt, values, folder).await.unwrap_or_default()
        },
    );
    view! {
        <Transition fallback=|| view! { <Waiting/> }>
            {move || Suspend::new(async move {
                let start = start.await;
                view! { <For each=move || [(wanted.get_untracked(), start.clone())] key=|(wanted, _)| wanted.clone() children=|(wanted, start)| view! { <View beginning=beginning(start, wanted.4)/> }/> }
            })}
        </Transition>
    }
}

/// What the conversation's page is to know of it.
fn beginning(start: Start, shared: Option<String>) -> Beginning {
    let Start { cards, chosen, text, folder } = start;
    let (named, around) = (chosen.clone(), folder.clone());
    let model = named.as_ref().and_then(|one| one.model.clone()).or_else(|| around.as_ref().and_then(|folder| folder.model.clone()));
    Beginning {
        assistant: named.as_ref().map(|one| one.badge.clone()),
        model,
        setup: named.map(|one| one.setup).unwrap_or_default(),
        text: text.or(shared),
        folder: around.map(|folder| folder.id),
        greeting: Some(ViewFn::from(move || view! { <Greeting cards=cards.clone() chosen=chosen.clone() folder=folder.clone()/> })),
    }
}
