//! The prompts that a slash offers, and the places of the one that was chosen.

use leptos::html;
use leptos::prelude::*;

use crate::app::browser;
use crate::app::state::thread::Thread;
use crate::i18n::use_texts;
use crate::model::prompt::{Prompt, fill};
use crate::rpc;

/// Most prompts that are shown at a time.
const SHOWN: usize = 8;

/// The list above the composer; it is filtered by what follows the slash.
#[component]
pub fn SlashMenu() -> impl IntoView {
    let texts = use_texts();
    let thread = expect_context::<Thread>();
    let all = RwSignal::new(None::<Vec<Prompt>>);
    let (at, filling) = (RwSignal::new(0usize), RwSignal::new(None::<Prompt>));
    leptos::task::spawn_local(async move {
        let prompts = rpc::prompt::list().await.unwrap_or_default();
        if !all.is_disposed() {
            all.set(Some(prompts));
        }
    });
    let found = Memo::new(move |_| {
        let query = thread.slash.get().unwrap_or_default().to_lowercase();
        let fits = |prompt: &&Prompt| prompt.command.starts_with(&query) || prompt.title.to_lowercase().contains(&query);
        let mut found: Vec<Prompt> = all.read().iter().flatten().filter(fits).cloned().collect();
        found.sort_by_key(|prompt| !prompt.command.starts_with(&query));
        found.truncate(SHOWN);
        found
    });
    Effect::new(move || {
        let count = found.read().len();
        at.set(0);
        thread.active.set((count > 0).then(|| option_id(0)));
    });
    let choose = move |prompt: Prompt| {
        if prompt.variables.is_empty() {
            thread.insert(prompt.body);
        } else {
            filling.set(Some(prompt));
        }
    };
    thread.slash_key.set_value(Some(Callback::new(move |event: browser::KeyboardEvent| {
        let found = found.get_untracked();
        let Some(count) = std::num::NonZero::new(found.len()).filter(|_| !event.is_composing()) else { return event.key() == "Escape" };
        let step = match event.key().as_str() {
            "ArrowDown" => 1,
            "ArrowUp" => count.get() - 1,
            "Enter" | "Tab" => {
                choose(found[at.get_untracked() % count].clone());
                return true;
            }
            "Escape" => {
                thread.slash.set(None);
                return true;
            }
            _ => return false,
        };
        at.update(|at| *at = (*at + step) % count);
        thread.active.set(Some(option_id(at.get_untracked())));
        true
    })));
    on_cleanup(move || {
        thread.slash_key.set_value(None);
        thread.active.set(None);
    });
    view! {
        <ul id="slash" class="slash" role="listbox" aria-label=texts.request.slash hidden=move || filling.read().is_some()>
            {move || found.get().into_iter().enumerate().map(|(index, prompt)| {
                let (command, title) = (format!("/{}", prompt.command), prompt.title.clone());
                // The focus stays in the composer.
                let press = move |event: leptos::ev::MouseEvent| { event.prevent_default(); choose(prompt.clone()); };
                view! {
                    <li id=option_id(index) role="option" aria-selected=move || (at.get() == index).to_string() on:mousedown=press>
                        <code>{command}</code><span>{title}</span>
                    </li>
                }
            }).collect_view()}
            {move || (all.read().is_some() && found.read().is_empty()).then(|| view! {
                <li class="hint" role="option" aria-disabled="true">{texts.request.slash_none}</li>
            })}
        </ul>
        {move || filling.get().map(|prompt| view! { <Places prompt close=Callback::new(move |()| filling.set(None))/> })}
    }
}

fn option_id(index: usize) -> String {
    format!("slash-{index}")
}

/// The form of a prompt's places.
#[component]
fn Places(prompt: Prompt, close: Callback<()>) -> impl IntoView {
    let texts = use_texts();
    let thread = expect_context::<Thread>();
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move || {
        if let Some(dialog) = dialog.get() {
            browser::show_modal(&dialog);
        }
    });
    let values = StoredValue::new(prompt.variables.iter().map(|place| place.default.clone()).collect::<Vec<_>>());
    let fields = prompt.variables.iter().enumerate().map(|(index, place)| {
        let id = format!("place-{index}");
        let typed = move |event| values.update_value(|values| values[index] = event_target_value(&event));
        let input = match place.lines {
            true => view! { <textarea id=id.clone() rows="4" on:input=typed prop:value=place.default.clone()></textarea> }.into_any(),
            false => view! { <input id=id.clone() type="text" autocomplete="off" value=place.default.clone() on:input=typed/> }.into_any(),
        };
        view! { <div class="field"><label for=id>{place.name.clone()}</label>{input}</div> }
    });
    let fields = fields.collect_view();
    let (title, body) = (prompt.title, prompt.body);
    let insert = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        thread.insert(fill(&body, &values.get_value()));
    };
    view! {
        <dialog node_ref=dialog class="dialog" aria-labelledby="places-title" on:cancel=move |_: leptos::ev::Event| close.run(())>
            <h2 id="places-title">{title}</h2>
            <form class="setup-form" on:submit=insert>
                {fields}
                <div class="panel-actions">
                    <button type="button" class="button quiet" on:click=move |_| close.run(())>{texts.common.cancel}</button>
                    <button type="submit" class="button seal-button">{texts.request.insert}</button>
                </div>
            </form>
        </dialog>
    }
}
