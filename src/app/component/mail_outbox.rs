//! The outbox: what waits, was sent, failed or is held.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::components::A;
use leptos_router::hooks::use_query_map;
use uuid::Uuid;

use super::door::DoorError;
use super::moment::Moment;
use super::problem::failed;
use crate::app::page::mail::PATH;
use crate::app::state::session::form_error;
use crate::i18n::use_texts;
use crate::model::Page;
use crate::model::mail::{Mail, MailState};
use crate::rpc;
use crate::rpc::mail::Retry;

/// The list, a page of it. `there`: there is a mail server.
#[component]
pub fn Outbox(there: bool) -> impl IntoView {
    let texts = use_texts();
    let query = use_query_map();
    let state = Memo::new(move |_| {
        let name = query.read().get("state")?;
        MailState::ALL.into_iter().find(|state| state.name() == name)
    });
    let after = Memo::new(move |_| query.read().get("after").and_then(|id| Uuid::parse_str(&id).ok()));
    let list = Resource::new_blocking(move || (state.get(), after.get()), |(state, after)| rpc::mail::outbox(state, after));
    let refused = form_error().filter(|(path, _)| path == Retry::PATH).map(|(_, error)| error);
    view! {
        <section class="panel" id="outbox">
            <h2>{texts.mail().outbox}</h2>
            <p class="lead">{texts.mail().outbox_lead}</p>
            <DoorError error=refused/>
            <States chosen=state.into()/>
            <Transition>
                {move || Suspend::new(async move {
                    match list.await {
                        Ok(page) => view! { <List page state=state.get_untracked() past=after.get_untracked().is_some() there/> }.into_any(),
                        Err(error) => failed(error),
                    }
                })}
            </Transition>
        </section>
    }
}

/// The address of the mails in a state.
fn path(state: Option<MailState>, after: Option<&str>) -> String {
    let state = state.map(|state| format!("state={}", state.name()));
    let after = after.map(|after| format!("after={after}"));
    let query: Vec<_> = state.into_iter().chain(after).collect();
    let mark = if query.is_empty() { "" } else { "?" };
    format!("{PATH}{mark}{}#outbox", query.join("&"))
}

#[component]
fn States(chosen: Signal<Option<MailState>>) -> impl IntoView {
    let texts = use_texts();
    let all = std::iter::once(None).chain(MailState::ALL.map(Some));
    let links = all.map(|state| {
        let label = state.map_or(texts.mail().all, texts.mail().state);
        view! { <a href=path(state, None) class="pick" aria-current=move || (chosen.get() == state).then_some("true")>{label}</a> }
    });
    view! { <p class="picks">{links.collect_view()}</p> }
}

#[component]
fn List(page: Page<Mail>, state: Option<MailState>, past: bool, there: bool) -> impl IntoView {
    let texts = use_texts();
    let empty = page.items.is_empty().then(|| view! { <p class="hint">{texts.mail().empty}</p> });
    let rows = page.items.into_iter().map(|mail| view! { <Row mail there/> }).collect_view();
    view! {
        {empty}
        <ul class="mails">{rows}</ul>
        <p class="picks">
            {past.then(|| view! { <A href=path(state, None) attr:class="button quiet small">{texts.mail().newest}</A> })}
            {page.next.map(|next| view! { <A href=path(state, Some(&next)) attr:class="button quiet small">{texts.mail().older}</A> })}
        </p>
    }
}

#[component]
fn Row(mail: Mail, there: bool) -> impl IntoView {
    let texts = use_texts();
    let again = there && matches!(mail.state, MailState::Failed | MailState::Held);
    let id = mail.id.to_string();
    let attempts = (mail.attempts > 0).then(|| view! { <span>{(texts.mail().attempts)(mail.attempts)}</span> });
    view! {
        <li class="mail">
            <p class="mail-head">
                <A href=format!("{PATH}?open={id}") attr:class="mail-subject">{mail.subject}</A>
                <span class=format!("tag {}", mail.state.name())>{(texts.mail().state)(mail.state)}</span>
            </p>
            <p class="mail-facts"><span>{mail.recipient}</span><Moment at=mail.created_at/>{attempts}</p>
            {mail.error.map(|words| view! { <p class="mail-error">{words}</p> })}
            {again.then(|| view! {
                <form method="post" action=Retry::url() class="plain">
                    <input type="hidden" name="id" value=id/>
                    <button type="submit" class="button small">{texts.mail().retry}</button>
                </form>
            })}
        </li>
    }
}
