//! The head of a conversation: its title, the model, and what can be done with the whole of it.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::components::A;
use uuid::Uuid;

use super::icon::{Glyph, Icon};
use super::model_picker::ModelPicker;
use super::plain_form::PlainForm;
use super::setup_panel;
use super::sidebar::{self, delete_action, rename_action};
use super::used::UsedInAll;
use crate::app::browser;
use crate::app::chunk::{Part, later, plain};
use crate::app::state::thread::Thread;
use crate::i18n::{share_word, use_texts};
use crate::model::chat::TITLE_MAX;
use crate::rpc::chat::{Delete, Rename};

const MENU: &str = "chat-menu";

/// The line above the messages.
#[component]
pub fn ChatHeader() -> impl IntoView {
    let texts = use_texts();
    let thread = expect_context::<Thread>();
    let title = Memo::new(move |_| Some(thread.title()).filter(|t| !t.is_empty()).unwrap_or_else(|| texts.sidebar.untitled.to_owned()));
    view! {
        <header class="chat-header">
            <OpenSidebar/>
            <h1>
                {thread.badge().map(|badge| view! { <span class="badge" title=badge.name.clone() role="img" aria-label=badge.name.clone()>{badge.icon}</span> })}
                {title}
            </h1>
            <ModelPicker/>
            <span class="spacer"></span>
            <Setup/>
            {thread.id().map(|id| view! { <ChatMenu id title/> })}
        </header>
    }
}

/// Opens the list of conversations where it is not in view.
#[component]
pub fn OpenSidebar() -> impl IntoView {
    let texts = use_texts();
    view! {
        <button type="button" class="icon-button open-sidebar" popovertarget=sidebar::ID aria-label=texts.sidebar.open>
            <Icon glyph=Glyph::Menu/>
        </button>
    }
}

/// The settings of the chat, in a popover; their code comes when it is opened.
#[component]
fn Setup() -> impl IntoView {
    let texts = use_texts();
    let opened = RwSignal::new(false);
    // Closing is told, too, and must not make the panel anew.
    let open = move || {
        if !opened.get_untracked() {
            opened.set(true);
        }
    };
    view! {
        <button type="button" class="icon-button" popovertarget=setup_panel::ID aria-label=texts.chat.setup>
            <Icon glyph=Glyph::Sliders/>
        </button>
        <div id=setup_panel::ID class="menu chat-menu chat-setup" popover="auto" on:toggle=move |_| open()>
            <h2>{texts.chat.setup}</h2>
            <noscript inner_html=plain(Part::Setup)></noscript>
            {move || opened.get().then(|| later(Part::Setup))}
        </div>
    }
}

#[component]
fn ChatMenu(id: Uuid, title: Memo<String>) -> impl IntoView {
    let texts = use_texts();
    let thread = expect_context::<Thread>();
    let (rename, delete) = (rename_action(), delete_action());
    let input = NodeRef::<leptos::html::Input>::new();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if let Some(input) = input.get_untracked() {
            rename.run((id, input.value()));
        }
        browser::hide_popover(MENU);
    };
    view! {
        <button type="button" class="icon-button" popovertarget=MENU aria-label=texts.chat.menu>
            <Icon glyph=Glyph::More/>
        </button>
        <div id=MENU class="menu chat-menu" popover="auto">
            <form method="post" action=Rename::url() class="menu-form" on:submit=submit>
                <input type="hidden" name="id" value=id.to_string()/>
                <label for="chat-title">{texts.sidebar.title}</label>
                <input id="chat-title" name="title" node_ref=input value=move || title.get() maxlength=TITLE_MAX.to_string() required=true/>
                <button type="submit" class="button small">{texts.sidebar.rename}</button>
            </form>
            <hr/>
            <UsedInAll used=thread.used/>
            <A href=format!("/settings/shares?chat={id}") attr:class="menu-item"><Icon glyph=Glyph::Share/>{share_word(texts)}</A>
            <a class="menu-item" href=format!("/chats/edit/{id}")><Icon glyph=Glyph::Folder/>{texts.sidebar.organise}</a>
            <a class="menu-item" href=format!("/chats/tree/{id}")><Icon glyph=Glyph::Fork/>{texts.chat.tree}</a>
            <A href=format!("/context/{id}") attr:class="menu-item"><Icon glyph=Glyph::Pin/>{texts.chat.context}</A>
            <PlainForm url=Delete::url() name="id" value=id.to_string() class="menu-item" label=texts.sidebar.delete run=Callback::new(move |()| delete.run(id))>
                <Icon glyph=Glyph::Trash/>
                {texts.sidebar.delete}
            </PlainForm>
        </div>
    }
}
