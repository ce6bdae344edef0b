//! The prompts that a slash offers, and the places of the one that was chosen.

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::A;

use crate::app::browser;
use crate::app::state::thread::Thread;
use crate::app::state::toast::Toasts;
use crate::i18n::use_texts;
use crate::model::prompt::{Prompt, fill};
use crate::rpc;

/// Most prompts that are shown at a time.
const SHOWN: usize = 8;

/// What is offered.
#[derive(Clone, Copy)]
struct Offer {
    thread: Thread,
    /// Every prompt, once they are here.
    all: RwSignal<Option<Vec<Prompt>>>,
    /// Those that fit what follows the slash.
    found: Memo<Vec<Prompt>>,
    /// The marked one of these.
    at: RwSignal<usize>,
    /// The one whose places are being filled in.
    filling: RwSignal<Option<Prompt>>,
}

impl Offer {
    fn new(thread: Thread) -> Self {
        let (all, at) = (RwSignal::new(None::<Vec<Prompt>>), RwSignal::new(0usize));
        let found = Memo::new(move |_| {
            let query = thread.slash.get().unwrap_or_default().to_lowercase();
            let fits = |prompt: &&Prompt| prompt.command.starts_with(&query) || prompt.title.to_lowercase().contains(&query);
            let mut found: Vec<Prompt> = all.read().iter().flatten().filter(fits).cloned().collect();
            found.sort_by_key(|prompt| !prompt.command.starts_with(&query));
            found.truncate(SHOWN);
            found
        });
        Effect::new(move || {
            let some = !found.read().is_empty();
            at.set(0);
            thread.active.set(some.then(|| option_id(0)));
        });
        Self { thread, all, found, at, filling: RwSignal::new(None) }
    }

    fn load(self) {
        let toasts = expect_context::<Toasts>();
        spawn_local(async move {
            match rpc::prompt::list().await {
                _ if self.all.is_disposed() => {}
                Ok(prompts) => self.all.set(Some(prompts)),
                Err(error) => toasts.fail(&error),
            }
        });
    }

    fn choose(self, prompt: Prompt) {
        if prompt.variables.is_empty() {
            self.thread.insert(prompt.body);
        } else {
            self.filling.set(Some(prompt));
        }
    }

    /// Takes a key of the composer, and says whether it meant the list.
    fn take(self, event: &browser::KeyboardEvent) -> bool {
        let (found, at) = (self.found.get_untracked(), self.at.get_untracked());
        let Some(chosen) = found.get(at).filter(|_| !event.is_composing()) else { return false };
        let step = match event.key().as_str() {
            "ArrowDown" => 1,
            "ArrowUp" => found.len() - 1,
            "Enter" | "Tab" if !event.shift_key() => {
                self.choose(chosen.clone());
                return true;
            }
            "Escape" => {
                self.thread.slash.set(None);
                return true;
            }
            _ => return false,
        };
        let at = (at + step) % found.len();
        self.at.set(at);
        self.thread.active.set(Some(option_id(at)));
        true
    }

    /// What is said where there is no list.
    fn none(self) -> Option<&'static str> {
        let texts = use_texts();
        match self.all.read().as_ref().map(Vec::is_empty) {
            Some(true) => Some(texts.setup().slash_empty),
            Some(false) if self.found.read().is_empty() => Some(texts.setup().slash_none),
            _ => None,
        }
    }
}

/// The list above the composer; it is filtered by what follows the slash.
#[component]
pub fn SlashMenu() -> impl IntoView {
    let texts = use_texts();
    let thread = expect_context::<Thread>();
    let offer = Offer::new(thread);
    let Offer { found, filling, .. } = offer;
    offer.load();
    thread.slash_key.set_value(Some(Callback::new(move |event: browser::KeyboardEvent| offer.take(&event))));
    on_cleanup(move || {
        thread.slash_key.set_value(None);
        thread.active.set(None);
    });
    let close = Callback::new(move |()| {
        filling.set(None);
        thread.write_on();
    });
    let none = Memo::new(move |_| offer.none());
    view! {
        <ul id="slash" class="slash" role="listbox" aria-label=texts.setup().slash hidden=move || filling.read().is_some() || found.read().is_empty()>
            {move || found.get().into_iter().enumerate().map(|(index, prompt)| view! { <OneOffer offer index prompt/> }).collect_view()}
        </ul>
        {move || none.get().map(|text| view! {
            <p class="slash slash-none" role="status">
                {text}
                <A href="/settings/prompts?add=1" attr:class="link">{texts.setup().slash_add}</A>
            </p>
        })}
        {move || filling.get().map(|prompt| view! { <Places prompt close/> })}
    }
}

#[component]
fn OneOffer(offer: Offer, index: usize, prompt: Prompt) -> impl IntoView {
    let (command, title) = (format!("/{}", prompt.command), prompt.title.clone());
    let press = move |event: leptos::ev::MouseEvent| {
        // The focus stays in the composer.
        event.prevent_default();
        offer.choose(prompt.clone());
    };
    view! {
        <li id=option_id(index) role="option" aria-selected=move || (offer.at.get() == index).to_string() on:mousedown=press>
            <code>{command}</code><span>{title}</span>
        </li>
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
            <form class="chat-setup-form" on:submit=insert>
                {fields}
                <div class="panel-actions">
                    <button type="button" class="button quiet" on:click=move |_| close.run(())>{texts.common.cancel}</button>
                    <button type="submit" class="button seal-button">{texts.setup().insert}</button>
                </div>
            </form>
        </dialog>
    }
}
