//! The head of a conversation: its title, the model, and what can be done with the whole of it.

use leptos::prelude::*;

use super::chat_menu;
use super::icon::{Glyph, Icon};
use super::model_picker::ModelPicker;
use super::setup_panel;
use super::sidebar;
use super::slice::slice;
use crate::app::browser;
use crate::app::chunk::{Part, later, plain};
use crate::app::state::thread::Thread;
use crate::i18n::use_texts;

/// The line above the messages.
#[component]
pub fn ChatHeader() -> impl IntoView {
    let texts = use_texts();
    let thread = expect_context::<Thread>();
    let title = Memo::new(move |_| texts.titled(thread.title()));
    view! {
        <header class="chat-header">
            {slice(move || view! {
                <OpenSidebar/>
                <h1>
                    {thread.badge().map(|badge| view! { <span class="badge" title=badge.name.clone() role="img" aria-label=badge.name.clone()>{badge.icon}</span> })}
                    {title}
                </h1>
                <ModelPicker/>
                <span class="spacer"></span>
                <Panel id=setup_panel::ID class="menu chat-menu chat-setup" label=texts.chat.setup glyph=Glyph::Sliders part=Part::Setup headed=true/>
                {thread.id().map(|_| view! { <Panel id=chat_menu::ID class="menu chat-menu" label=texts.chat.menu glyph=Glyph::More part=Part::Menu/> })}
            })}
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

/// A button of the header and its popover, whose content's code comes when it is opened. Without scripts it is all there.
#[component]
fn Panel(
    id: &'static str,
    class: &'static str,
    label: &'static str,
    glyph: Glyph,
    part: Part,
    /// Whether what it is called stands above it.
    #[prop(optional)]
    headed: bool,
) -> impl IntoView {
    let opened = RwSignal::new(false);
    // Closing is told, too, and must not make the content anew.
    let open = move || {
        if !opened.get_untracked() {
            opened.set(true);
        }
    };
    // Somebody was quicker than the program.
    Effect::new(move || {
        if browser::is_open(id) {
            open();
        }
    });
    view! {
        <button type="button" class="icon-button" popovertarget=id aria-label=label>
            <Icon glyph/>
        </button>
        <div id=id class=class popover="auto" on:toggle=move |_| open()>
            {headed.then(|| view! { <h2>{label}</h2> })}
            <noscript inner_html=plain(part)></noscript>
            {move || opened.get().then(|| later(part))}
        </div>
    }
}
