//! The choice of the model for the next answer: the browser's own list, which the composer's form posts along.

use leptos::prelude::*;

use super::icon::{Glyph, Icon};
use crate::app::browser;
use crate::app::state::session::{Me, Models};
use crate::app::state::thread::Thread;
use crate::i18n::use_texts;
use crate::model::provider::Model;

/// Where the browser keeps the model that was chosen last.
const KEPT: &str = "liao.model";

/// The pill in the header.
#[component]
pub fn ModelPicker() -> impl IntoView {
    let (Models(models), Me(me)) = (expect_context(), expect_context());
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                let settled = me.await.ok().flatten().is_some_and(|user| user.preferences.model.is_some());
                view! { <Picker models=models.await.unwrap_or_default() settled/> }
            })}
        </Suspense>
    }
}

#[component]
fn Picker(
    mut models: Vec<Model>,
    /// The reader has chosen a model for all new conversations, so the one chosen last here does not count.
    settled: bool,
) -> impl IntoView {
    let texts = use_texts();
    let thread = expect_context::<Thread>();
    let chosen = thread.model;
    let settled = settled || chosen.get_untracked().is_some();
    let alone = models.len() < 2;
    match chosen.get_untracked() {
        // A model that no list has: the provider may know it all the same, and if not, it says so. Another one that nobody chose
        // would answer in its name.
        Some(own) if models.iter().all(|model| model.id != own) => models.push(unlisted(own)),
        Some(_) => {}
        None => chosen.set(models.iter().find(|model| model.default).or(models.first()).map(|model| model.id.clone())),
    }
    let ids: Vec<String> = models.iter().map(|model| model.id.clone()).collect();
    Effect::new(move || {
        // A new conversation begins with the model that this reader chose last.
        let kept = browser::stored(KEPT).filter(|id| !settled && thread.id().is_none() && ids.contains(id));
        if let Some(id) = kept {
            chosen.set(Some(id));
        }
    });
    let change = move |event: leptos::ev::Event| {
        let id = event_target_value(&event);
        browser::store(KEPT, &id);
        chosen.set(Some(id));
    };
    let empty = models.is_empty().then(|| view! { <option value="" disabled=true selected=true>{texts.chat.no_models}</option> });
    view! {
        <span class="picker">
            <span class="picker-list">
                <select name="model" form="composer" aria-label=texts.chat.model prop:value=move || chosen.get().unwrap_or_default() on:change=change>
                    {empty}
                    {by_provider(models).into_iter().map(|(provider, models)| view! {
                        <optgroup label=provider>
                            {models.into_iter().map(|model| {
                                let id = model.id.clone();
                                let name = model.icon.map(|icon| format!("{icon} {}", model.name)).unwrap_or(model.name);
                                view! { <option value=model.id selected=move || chosen.read().as_deref() == Some(&*id)>{name}</option> }
                            }).collect_view()}
                        </optgroup>
                    }).collect_view()}
                </select>
            </span>
            <a class="icon-button" href=compare(thread) hidden=alone title=texts.chat.compare aria-label=texts.chat.compare><Icon glyph=Glyph::Columns/></a>
        </span>
    }
}

/// Where several models are asked at once: in this conversation, or in one that begins like this.
fn compare(thread: Thread) -> String {
    let mut path = "/compare/new?".to_owned();
    let parts = [("chat", thread.id()), ("assistant", thread.badge().map(|badge| badge.id)), ("folder", thread.folder())];
    for (name, id) in parts {
        if let Some(id) = id {
            path += &format!("{name}={id}&");
        }
    }
    path
}

fn unlisted(id: String) -> Model {
    let (provider, name) = id.split_once('/').unwrap_or(("", &id));
    let (provider, name) = (provider.to_owned(), name.to_owned());
    Model {
        id,
        name,
        icon: None,
        provider,
        context: None,
        output: None,
        price: None,
        abilities: Default::default(),
        ignores: Vec::new(),
        default: false,
        pictures: false,
    }
}

/// Neighbours of one provider together, in the server's order.
pub fn by_provider(models: Vec<Model>) -> Vec<(String, Vec<Model>)> {
    let mut groups: Vec<(String, Vec<Model>)> = Vec::new();
    for model in models {
        match groups.iter_mut().find(|(provider, _)| *provider == model.provider) {
            Some((_, group)) => group.push(model),
            None => groups.push((model.provider.clone(), vec![model])),
        }
    }
    groups
}
