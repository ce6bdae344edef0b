//! The frame of the pages of conversations in order.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::A;

use crate::app::component::header::OpenSidebar;
use crate::i18n::use_texts;

/// The head, the links to the neighbours, and what the page is about.
#[component]
pub fn ShelfPage(title: &'static str, children: Children) -> impl IntoView {
    let texts = use_texts();
    let t = texts.shelf();
    let links = [("/chats", t.all), ("/chats/archived", t.archived), ("/chats/folders", t.folders), ("/search", texts.sidebar.search)];
    let links = links.map(|(href, label)| view! { <li><A href=href exact=true>{label}</A></li> });
    view! {
        <Title text=title/>
        <header class="chat-header"><OpenSidebar/><h1>{title}</h1></header>
        <div class="scroll">
            <div class="sheet">
                <nav class="subnav" aria-label=t.nav><ul class="subnav-links">{links.into_iter().collect_view()}</ul></nav>
                {children()}
            </div>
        </div>
    }
}
