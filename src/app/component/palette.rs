//! The command palette: chats, pages, actions, and words of messages, by keys. A combobox in a dialog; the focus goes back to where it
//! was when it closes.

use std::time::Duration;

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_navigate;

use crate::app::browser;
use crate::app::chunk::Part;
use crate::app::state::address::address;
use crate::app::state::chats::Chats;
use crate::app::state::opened::Opened;
use crate::app::state::session::{Me, Models};
use crate::i18n::{Texts, use_texts};
use crate::model::search::Found;
use crate::model::user::Role;
use crate::rpc;

/// Entries of a kind that are shown.
const CHATS: usize = 6;
const HITS: usize = 6;
/// As long nothing more is typed before messages are looked for.
const PAUSE: Duration = Duration::from_millis(150);

/// Where an entry leads.
#[derive(Clone, PartialEq)]
enum Way {
    Path(String),
    Keys,
}

/// A line of the list.
#[derive(Clone, PartialEq)]
struct Entry {
    label: String,
    kind: &'static str,
    way: Way,
}

/// What fits what was typed. `alone`: there is no second model to compare with.
fn entries(texts: &'static Texts, typed: &str, chats: Chats, (admin, alone): (bool, bool), found: &Found) -> Vec<Entry> {
    let t = texts.palette();
    let small = typed.trim().to_lowercase();
    let fits = |label: &str| small.split_whitespace().all(|word| label.to_lowercase().contains(word));
    let mut all: Vec<Entry> = Vec::new();
    let chat =
        |title: &str, id: uuid::Uuid| Entry { label: texts.titled(title.to_owned()), kind: t.chat, way: Way::Path(format!("/chat/{id}")) };
    all.extend(chats.all().into_iter().filter(|one| fits(&one.title)).take(CHATS).map(|one| chat(&one.title, one.id)));
    let more: Vec<Entry> = found.sessions.iter().map(|one| chat(&one.title, one.id)).filter(|one| !all.contains(one)).collect();
    all.extend(more);
    let page =
        |(path, label): (&'static str, &'static str)| Entry { label: label.to_owned(), kind: t.page, way: Way::Path(path.to_owned()) };
    let pages = t.pages.into_iter().chain(t.admin_pages.into_iter().filter(|_| admin));
    all.extend(pages.filter(|(path, label)| fits(label) && !(alone && *path == "/compare/new")).map(page));
    if fits(t.shortcuts) {
        all.push(Entry { label: t.shortcuts.to_owned(), kind: t.action, way: Way::Keys });
    }
    all.extend(found.items.iter().take(HITS).map(|hit| {
        let words: String = hit.snippet.iter().map(|piece| piece.text.as_str()).collect();
        let way = Way::Path(format!("/chat/{}?at={}", hit.session_id, hit.message_id));
        Entry { label: format!("{}: {words}", texts.titled(hit.title.clone())), kind: t.message, way }
    }));
    if !small.is_empty() {
        let way = Way::Path(address("/search", &[("q", Some(typed.trim().to_owned()))]));
        all.push(Entry { label: (t.search_for)(typed.trim()), kind: t.action, way });
    }
    all
}

/// The palette, open.
#[component]
pub fn Palette() -> impl IntoView {
    let texts = use_texts();
    let t = texts.palette();
    let (chats, opened) = (expect_context::<Chats>(), expect_context::<Opened>());
    let Me(me) = expect_context();
    let admin = me.get_untracked().and_then(Result::ok).flatten().is_some_and(|user| user.role == Role::Admin);
    let Models(models) = expect_context();
    let alone = models.get_untracked().and_then(Result::ok).is_none_or(|models| models.len() < 2);
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move || {
        if let Some(dialog) = dialog.get() {
            browser::show_modal(&dialog);
        }
    });
    let (typed, found, at) = (RwSignal::new(String::new()), RwSignal::new(Found::default()), RwSignal::new(0_usize));
    let shown = Memo::new(move |_| entries(texts, &typed.read(), chats, (admin, alone), &found.read()));
    let input = move |event| {
        let q = event_target_value(&event);
        typed.set(q.clone());
        at.set(0);
        if q.trim().is_empty() {
            found.set(Found::default());
        }
        set_timeout(move || look(q, typed, found), PAUSE);
    };
    let go = way(dialog, opened);
    let key = move |event: browser::KeyboardEvent| press(&event, shown.get_untracked(), at, go);
    let active = move || (!shown.read().is_empty()).then(|| option_id(at.get()));
    let over = over(dialog, opened);
    view! {
        <dialog node_ref=dialog class="dialog palette" aria-label=t.title on:close=move |_| over() on:cancel=move |_: leptos::ev::Event| over()>
            <input
                type="text"
                role="combobox"
                aria-expanded="true"
                aria-autocomplete="list"
                aria-controls="palette-list"
                aria-activedescendant=active
                aria-label=t.title
                placeholder=t.placeholder
                autocomplete="off"
                autofocus=true
                on:input=input
                on:keydown=key
            />
            <ul id="palette-list" role="listbox" aria-label=t.list>
                {move || shown.get().into_iter().enumerate().map(|(index, entry)| view! { <OneEntry index entry at go/> }).collect_view()}
            </ul>
            <p class="visually-hidden" role="status">{move || { let n = shown.read().len(); if n == 0 { t.none.to_owned() } else { (t.count)(n) } }}</p>
        </dialog>
    }
}

/// Closes the dialog, which gives the focus back, and takes it away at once: the browser tells that it closed some time later, and a key
/// that opens it again may come before. What it tells of a dialog that is gone means nothing.
fn over(dialog: NodeRef<html::Dialog>, opened: Opened) -> impl Fn() + Copy {
    move || {
        if let Some(dialog) = dialog.try_get_untracked().flatten() {
            browser::close(&dialog);
            opened.0.set(None);
        }
    }
}

/// Closes the palette and goes where an entry leads.
fn way(dialog: NodeRef<html::Dialog>, opened: Opened) -> Callback<Entry> {
    let navigate = use_navigate();
    let over = over(dialog, opened);
    Callback::new(move |entry: Entry| {
        over();
        match entry.way {
            // It is not a page of the program.
            Way::Path(path) if path == "/temporary" => browser::leave_for(&path),
            Way::Path(path) => navigate(&path, Default::default()),
            Way::Keys => opened.0.set(Some(Part::Keys)),
        }
    })
}

/// What a key does with the lines that are there.
fn press(event: &browser::KeyboardEvent, mut all: Vec<Entry>, at: RwSignal<usize>, go: Callback<Entry>) {
    let now = at.get_untracked();
    if now >= all.len() || event.is_composing() {
        return;
    }
    let next = moved(event, now, all.len());
    if next.is_none() && event.key() != "Enter" {
        return;
    }
    event.prevent_default();
    match next {
        Some(next) => {
            at.set(next);
            browser::show_in_view(&option_id(next));
        }
        None => go.run(all.swap_remove(now)),
    }
}

/// Looks for what was typed a moment ago, if nothing was typed since.
fn look(q: String, typed: RwSignal<String>, found: RwSignal<Found>) {
    if typed.try_get_untracked().as_ref() != Some(&q) || q.trim().is_empty() {
        return;
    }
    spawn_local(async move {
        // What fails here is found by the page of the search, which says why.
        if let Ok(answer) = rpc::search::find(q.clone(), None).await
            && typed.try_get_untracked() == Some(q)
        {
            found.set(answer);
        }
    });
}

/// Which of `len` lines a key leads to from this one.
fn moved(event: &browser::KeyboardEvent, now: usize, len: usize) -> Option<usize> {
    Some(match event.key().as_str() {
        "ArrowDown" => (now + 1) % len,
        "ArrowUp" => (now + len - 1) % len,
        "Home" if event.ctrl_key() => 0,
        "End" if event.ctrl_key() => len - 1,
        _ => return None,
    })
}

fn option_id(index: usize) -> String {
    format!("palette-{index}")
}

#[component]
fn OneEntry(index: usize, entry: Entry, at: RwSignal<usize>, go: Callback<Entry>) -> impl IntoView {
    let (label, kind) = (entry.label.clone(), entry.kind);
    let press = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        go.run(entry.clone());
    };
    view! {
        <li id=option_id(index) role="option" aria-selected=move || (at.get() == index).to_string() on:mousedown=press>
            <span>{label}</span><small>{kind}</small>
        </li>
    }
}

/// The sheet of shortcuts.
#[component]
pub fn Shortcuts() -> impl IntoView {
    let t = use_texts().palette();
    let opened = expect_context::<Opened>();
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move || {
        if let Some(dialog) = dialog.get() {
            browser::show_modal(&dialog);
        }
    });
    let command = if browser::is_mac() { "⌘" } else { "Ctrl" };
    let rows = t
        .keys
        .map(|(keys, meaning)| view! { <dt><kbd>{keys.replace("Mod", command)}</kbd></dt><dd>{meaning.replace("Mod", command)}</dd> });
    let over = over(dialog, opened);
    view! {
        <dialog
            node_ref=dialog
            class="dialog shortcuts"
            aria-labelledby="shortcuts-title"
            on:close=move |_| over()
            on:cancel=move |_: leptos::ev::Event| over()
        >
            <h2 id="shortcuts-title">{t.shortcuts}</h2>
            <dl>{rows.into_iter().collect_view()}</dl>
            <form method="dialog" class="panel-actions"><button type="submit" class="button">{t.close}</button></form>
        </dialog>
    }
}
