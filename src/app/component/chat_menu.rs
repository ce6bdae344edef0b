//! What can be done with a conversation as a whole, in a popover of its header.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::components::A;

use super::icon::{Glyph, Icon};
use super::plain_form::PlainForm;
use super::sidebar::{delete_action, rename_action};
use super::used::UsedInAll;
use crate::app::browser;
use crate::app::state::thread::Thread;
use crate::i18n::{share_word, use_texts};
use crate::model::chat::TITLE_MAX;
use crate::rpc::chat::{Delete, Rename};

/// The popover's id.
pub const ID: &str = "chat-menu";

/// What stands in the popover. Of a chat that does not exist yet, nothing.
#[component]
pub fn ChatMenu() -> impl IntoView {
    let texts = use_texts();
    let thread = expect_context::<Thread>();
    let (rename, delete) = (rename_action(), delete_action());
    let input = NodeRef::<leptos::html::Input>::new();
    thread.id().map(move |id| {
        let submit = move |event: leptos::ev::SubmitEvent| {
            event.prevent_default();
            if let Some(input) = input.get_untracked() {
                rename.run((id, input.value()));
            }
            browser::hide_popover(ID);
        };
        view! {
            <form method="post" action=Rename::url() class="menu-form" on:submit=submit>
                <input type="hidden" name="id" value=id.to_string()/>
                <label for="chat-title">{texts.sidebar.title}</label>
                <input id="chat-title" name="title" node_ref=input value=move || texts.titled(thread.title()) maxlength=TITLE_MAX.to_string() required=true/>
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
        }
    })
}
