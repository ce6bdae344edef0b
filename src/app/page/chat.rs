//! A conversation: what the page of one and the empty page of a new one (`home.rs`) have in common.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_navigate, use_params_map, use_query_map};
use uuid::Uuid;

use crate::app::browser;
use crate::app::component::composer::Composer;
use crate::app::component::header::{ChatHeader, OpenSidebar};
use crate::app::component::log::Log;
use crate::app::component::problem::Problem;
use crate::app::state::session::leave_if_signed_out;
use crate::app::state::thread::{Beginning, Handoff, Thread};
use crate::i18n::use_texts;
use crate::model::chat::Conversation;
use crate::rpc;

/// `/chat/{id}`: the first HTML holds the conversation.
#[component]
pub fn ChatPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.read().get("id").and_then(|id| Uuid::parse_str(&id).ok()));
    let query = use_query_map();
    let before = Memo::new(move |_| query.read().get("before").and_then(|id| Uuid::parse_str(&id).ok()));
    let at = Memo::new(move |_| query.read().get("at").and_then(|id| Uuid::parse_str(&id).ok()));
    let handoff = expect_context::<Handoff>();
    let opened = Resource::new_blocking(
        move || (id.get(), before.get(), at.get()),
        move |(id, before, at)| async move {
            // What is no id is the id of nothing: the server answers that, with its status.
            let id = id.unwrap_or_default();
            match (handoff.take(id), before) {
                (Some(conversation), _) => Ok(conversation),
                (None, Some(before)) => rpc::chat::earlier(id, before).await,
                (None, None) => rpc::chat::open(id, at).await,
            }
        },
    );
    view! {
        <Transition fallback=|| view! { <Waiting/> }>
            {move || Suspend::new(async move {
                match opened.await {
                    // The key gives every conversation elements of its own.
                    Ok(conversation) => view! {
                        <For each=move || [conversation.clone()] key=move |c| (c.chat.id, at.get_untracked()) children=|conversation| view! { <View conversation/> }/>
                    }.into_any(),
                    Err(error) => {
                        leave_if_signed_out(&error);
                        view! { <header class="chat-header"><OpenSidebar/></header><Problem error/> }.into_any()
                    }
                }
            })}
        </Transition>
    }
}

/// The page's outline while the conversation is on its way.
#[component]
pub fn Waiting() -> impl IntoView {
    let texts = use_texts();
    view! {
        <header class="chat-header"><OpenSidebar/></header>
        <div class="scroll" aria-busy="true"><p class="visually-hidden">{texts.common.loading}</p></div>
    }
}

/// The conversation, or a new one that begins like that. Its type says nothing of what is in it: so both pages share its code.
#[component]
pub fn View(#[prop(optional, into)] conversation: Option<Conversation>, #[prop(optional)] beginning: Beginning) -> AnyView {
    let navigate = use_navigate();
    let go = Callback::new(move |path: String| navigate(&path, Default::default()));
    let named = conversation.as_ref().map(|conversation| conversation.chat.title.clone()).unwrap_or_default();
    let thread = Thread::new(conversation, beginning, go, use_texts());
    provide_context(thread);
    // The server writes the document's head outside of this page's reactive values: what it would find by their keys may be gone, or
    // belong to another page, of somebody else. So there the title is plain text.
    let changes = browser::now().is_some();
    let title = move || if changes && !thread.sending.is_disposed() { thread.title() } else { named.clone() };
    view! {
        <Title text=title/>
        <div class="chat">
            <ChatHeader/>
            <Log/>
            <Composer/>
        </div>
    }
    .into_any()
}
