//! The list of conversations, by days, with a way to begin a new one and the user's menu. On a phone it is a popover.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::A;
use leptos_router::hooks::{use_location, use_navigate};
use uuid::Uuid;

use super::account::Account;
use super::icon::{Glyph, Icon, Seal};
use super::slice::slice;
use crate::app::browser::{self, AppKey};
use crate::app::state::chats::{Age, Chats, load};
use crate::app::state::opened::Opened;
use crate::app::state::toast::Toasts;
use crate::i18n::{Texts, use_texts};
use crate::model::chat::{Chat, TITLE_MAX};
use crate::model::error::Code;
use crate::model::shelf::FolderLink;
use crate::rpc;

/// The popover's id, for the button that opens it.
pub const ID: &str = "sidebar";

/// The column on the left.
#[component]
pub fn Sidebar() -> impl IntoView {
    let texts = use_texts();
    let mac = RwSignal::new(false);
    Effect::new(move || mac.set(browser::is_mac()));
    let path = use_location().pathname;
    // Going somewhere closes the popover.
    Effect::new(move || {
        path.track();
        browser::hide_popover(ID);
    });
    let (chats, opened) = (expect_context::<Chats>(), expect_context::<Opened>());
    let first = Resource::new_blocking(|| (), |()| load(None));
    view! {
        <aside id=ID class="sidebar" popover="auto" aria-label=texts.sidebar.label>
            <A href="/" exact=true attr:class="brand"><Seal/>"Liao"</A>
            <div class="new-row">
                <A href="/" exact=true attr:class="new-chat">
                    <span>{texts.sidebar.new_chat}</span>
                    <kbd>{move || if mac.get() { "⌘ J" } else { "Ctrl J" }}</kbd>
                </A>
                // A page of its own, without the program: it is loaded whole.
                <a class="new-temporary" href="/temporary" rel="external" title=texts.sidebar.temporary aria-label=texts.sidebar.temporary>
                    <Icon glyph=Glyph::Dashed/>
                </a>
            </div>
            <ul class="side-links">
                <li><a href="/search">{texts.sidebar.search}</a></li>
                <li><a href="/chats">{texts.sidebar.all}</a></li>
                <li class="needs-script">
                    <button type="button" title=texts.sidebar.go_to aria-label=texts.sidebar.go_to on:click=move |_| opened.by_key(AppKey::Palette)>
                        <kbd>{move || if mac.get() { "⌘ K" } else { "Ctrl K" }}</kbd>
                    </button>
                </li>
            </ul>
            <nav class="chats" aria-label=texts.sidebar.label>
                <Suspense>
                    {move || Suspend::new(async move {
                        match first.await {
                            Ok(listing) => {
                                chats.fill(listing);
                                let list = move || view! { <FolderList/><ChatList/><data id="unread" hidden value=move || chats.unread.get().to_string()></data> };
                                view! { <div class="whole">{slice(list)}</div> }.into_any()
                            }
                            // The page says what to do first.
                            Err(error) if error.code == Code::FactorMissing => ().into_any(),
                            Err(_) => view! { <p class="chats-empty">{texts.common.problem}</p> }.into_any(),
                        }
                    })}
                </Suspense>
            </nav>
            <Account/>
        </aside>
    }
}

/// The folders, each indented below the one that it stands in.
#[component]
fn FolderList() -> impl IntoView {
    let texts = use_texts();
    let folders = expect_context::<Chats>().folders;
    let rows = move || {
        let row = |folder: FolderLink| {
            let FolderLink { id, name, depth } = folder;
            let style = format!("--depth:{depth}");
            view! { <li style=style><a href=format!("/chats?folder={id}")><Icon glyph=Glyph::Folder/><span class="chat-title">{name}</span></a></li> }
        };
        folders.get().into_iter().map(row).collect_view()
    };
    view! {
        <section class="side-folders" hidden=move || folders.read().is_empty()>
            <h2>{texts.sidebar.folders}</h2>
            <ul>{rows}</ul>
        </section>
    }
}

#[component]
fn ChatList() -> impl IntoView {
    let texts = use_texts();
    let (chats, toasts) = (expect_context::<Chats>(), expect_context::<Toasts>());
    Effect::new(move || chats.use_local_days());
    let groups = Memo::new(move |_| chats.groups());
    let of_age = move |age: Age| groups.read().iter().find(|(a, _)| *a == age).map(|(_, chats)| chats.clone()).unwrap_or_default();
    let ages = move || -> Vec<Age> { groups.read().iter().map(|(age, _)| *age).collect() };
    let more = move |_| {
        spawn_local(async move {
            if let Err(error) = chats.more().await {
                toasts.fail(&error);
            }
        });
    };
    view! {
        <For
            each=ages
            key=|age| *age
            children=move |age| view! {
                <section>
                    <h2>{age_label(texts, age)}</h2>
                    <ul>
                        <For
                            each=move || of_age(age)
                            key=|chat| (chat.id, chat.title.clone(), chat.running, chat.unread)
                            children=|chat| view! { <Row chat/> }
                        />
                    </ul>
                </section>
            }
        />
        {move || chats.is_empty().then(|| view! { <p class="chats-empty">{texts.sidebar.empty}</p> })}
        {move || chats.has_more().then(|| view! { <button type="button" class="chats-more needs-script" on:click=more>{texts.sidebar.more}</button> })}
    }
}

fn age_label(texts: &'static Texts, age: Age) -> &'static str {
    match age {
        Age::Pinned => texts.sidebar.pinned,
        Age::Today => texts.sidebar.today,
        Age::Yesterday => texts.sidebar.yesterday,
        Age::Week => texts.sidebar.week,
        Age::Older => texts.sidebar.older,
    }
}

/// One conversation: a link, and on hover what can be done with it.
#[component]
fn Row(chat: Chat) -> impl IntoView {
    let texts = use_texts();
    let editing = RwSignal::new(false);
    let id = chat.id;
    let title = texts.titled(chat.title.clone());
    let mark = match (chat.running, chat.unread) {
        (true, _) => Some(("running", texts.sidebar.running)),
        (false, true) => Some(("unread", texts.sidebar.unread)),
        _ => None,
    };
    let dot = mark.map(|(class, label)| view! { <span class=class role="img" aria-label=label></span> });
    let delete = delete_action();
    view! {
        <li class="chat-row">
            {move || {
                let title = title.clone();
                match editing.get() {
                    true => view! { <Rename id title editing/> }.into_any(),
                    false => view! {
                        <A href=format!("/chat/{id}")><span class="chat-title">{title}</span></A>
                        <span class="chat-tools">
                            <button type="button" class="needs-script" aria-label=texts.sidebar.rename title=texts.sidebar.rename on:click=move |_| editing.set(true)>
                                <Icon glyph=Glyph::Pencil/>
                            </button>
                            <button type="button" class="needs-script" aria-label=texts.sidebar.delete title=texts.sidebar.delete on:click=move |_| delete.run(id)>
                                <Icon glyph=Glyph::Trash/>
                            </button>
                            <a href=format!("/chats/edit/{id}") aria-label=texts.sidebar.organise title=texts.sidebar.organise><Icon glyph=Glyph::More/></a>
                        </span>
                    }.into_any(),
                }
            }}
            {dot}
        </li>
    }
}

/// The title as an input: Enter keeps the new one, Escape and leaving keep the old.
#[component]
fn Rename(id: Uuid, title: String, editing: RwSignal<bool>) -> impl IntoView {
    let texts = use_texts();
    let input = NodeRef::<leptos::html::Input>::new();
    let rename = rename_action();
    input.on_load(|input| {
        browser::focus(&input);
        input.select();
    });
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if let Some(input) = input.get_untracked() {
            rename.run((id, input.value()));
        }
        editing.set(false);
    };
    let key = move |event: leptos::ev::KeyboardEvent| {
        if event.key() == "Escape" {
            editing.set(false);
        }
    };
    view! {
        <form class="chat-rename" on:submit=submit>
            <input node_ref=input value=title maxlength=TITLE_MAX.to_string() aria-label=texts.sidebar.title on:keydown=key on:blur=move |_| editing.set(false)/>
        </form>
    }
}

/// Renames a conversation; an empty title changes nothing.
pub fn rename_action() -> Callback<(Uuid, String)> {
    let (chats, toasts) = (expect_context::<Chats>(), expect_context::<Toasts>());
    Callback::new(move |(id, title): (Uuid, String)| {
        if title.trim().is_empty() {
            return;
        }
        spawn_local(async move {
            match rpc::chat::rename(id, title).await {
                Ok(chat) => chats.put(chat),
                Err(error) => toasts.fail(&error),
            }
        });
    })
}

/// Deletes a conversation and offers to undo it.
pub fn delete_action() -> Callback<Uuid> {
    let texts = use_texts();
    let (chats, toasts) = (expect_context::<Chats>(), expect_context::<Toasts>());
    let (navigate, path) = (use_navigate(), use_location().pathname);
    Callback::new(move |id: Uuid| {
        let navigate = navigate.clone();
        spawn_local(async move {
            if let Err(error) = rpc::chat::delete(id).await {
                return toasts.fail(&error);
            }
            chats.remove(id);
            if path.get_untracked() == format!("/chat/{id}") {
                navigate("/", Default::default());
            }
            toasts.say(texts.sidebar.deleted, Some((texts.common.undo, Callback::new(move |()| restore(chats, toasts, id)))));
        });
    })
}

/// Brings a deleted conversation back. Its row is gone by now, and with it everything that belonged to the row.
fn restore(chats: Chats, toasts: Toasts, id: Uuid) {
    spawn_local(async move {
        match rpc::chat::restore(id).await {
            Ok(chat) => chats.put(chat),
            Err(error) => toasts.fail(&error),
        }
    });
}
