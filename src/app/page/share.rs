//! `/settings/shares`: links to conversations. `?chat=` names one that is to be shared or saved. Plain forms and links.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::components::A;
use leptos_router::hooks::use_query_map;
use uuid::Uuid;

use super::profile::Saved;
use crate::app::component::choose::Choose;
use crate::app::component::door::DoorError;
use crate::app::component::moment::Moment;
use crate::app::component::problem::failed;
use crate::app::component::question::CopyAction;
use crate::app::component::subnav::SettingsPage;
use crate::app::state::session::form_error;
use crate::i18n::use_texts;
use crate::model::chat::Chat;
use crate::model::share::{Format, Share};
use crate::rpc;
use crate::rpc::share::{Create, Revoke};

/// The lives of a link that are offered, in days.
const DAYS: [u32; 5] = [1, 7, 30, 90, 365];

#[component]
pub fn SharesPage() -> impl IntoView {
    let texts = use_texts();
    let query = use_query_map();
    let wanted = Memo::new(move |_| query.read().get("chat").and_then(|id| Uuid::parse_str(&id).ok()));
    let list = Resource::new_blocking(move || wanted.get(), rpc::share::list);
    view! {
        <SettingsPage title=texts.share().title>
            <Transition fallback=move || view! { <p class="lead">{texts.common.loading}</p> }>
                {move || Suspend::new(async move {
                    match list.await {
                        Ok((chat, shares)) => view! { <Body chat shares/> }.into_any(),
                        Err(error) => failed(error),
                    }
                })}
            </Transition>
        </SettingsPage>
    }
}

#[component]
fn Body(chat: Option<Chat>, shares: Vec<Share>) -> impl IntoView {
    let t = use_texts().share();
    let of = chat.as_ref().map(|chat| chat.id);
    let lead = of.is_none().then(|| view! { <p class="lead">{t.lead}</p> });
    let empty = shares.is_empty().then(|| view! { <p class="lead">{t.none}</p> });
    let rows = shares.into_iter().map(|share| view! { <Row share of/> });
    view! {
        {lead}
        {chat.map(|chat| view! { <New chat/> })}
        <section aria-labelledby="links">
            <h2 id="links">{t.links}</h2>
            {empty}
            <ul class="kept-list">{rows.collect_view()}</ul>
        </section>
    }
}

/// What makes a link, and what saves a file.
#[component]
fn New(chat: Chat) -> impl IntoView {
    let texts = use_texts();
    let t = texts.share();
    let error = form_error().filter(|(path, _)| path == Create::PATH).map(|(_, error)| error);
    let title = texts.titled(chat.title);
    let days = DAYS.map(|days| (days.to_string(), (t.after)(days))).to_vec();
    let box_of = |name: &'static str, label: &'static str| {
        view! { <label class="check"><input type="checkbox" name=name value="true"/>{label}</label> }
    };
    let files = Format::ALL.into_iter().zip(t.formats).map(|(format, label)| {
        let href = format!("/chat/{}/export?format={}", chat.id, format.name());
        view! { <li><a class="button quiet small" href=href download="" rel="external">{label}</a></li> }
    });
    view! {
        <form method="post" action=Create::url() class="panel" id="share">
            <h2>{(t.share)(&title)}</h2>
            <p class="lead">{t.share_lead}</p>
            <Saved/>
            <DoorError error/>
            <input type="hidden" name="chat_id" value=chat.id.to_string()/>
            <fieldset class="checks">
                <legend class="visually-hidden">{t.menu}</legend>
                {box_of("live", t.live)}
                {box_of("sign_in", t.sign_in)}
                {box_of("files", t.files)}
                {box_of("indexed", t.indexed)}
            </fieldset>
            <Choose name="days" label=t.days none=t.never options=days chosen=None/>
            <div class="panel-actions">
                <A href=format!("/chat/{}", chat.id) attr:class="button quiet">{t.back}</A>
                <button type="submit" class="button seal-button">{t.make}</button>
            </div>
        </form>
        <section class="panel" aria-labelledby="save">
            <h2 id="save">{t.export}</h2>
            <ul class="share-files">{files.collect_view()}</ul>
        </section>
    }
}

#[component]
fn Row(share: Share, of: Option<Uuid>) -> impl IntoView {
    let texts = use_texts();
    let t = texts.share();
    let title = texts.titled(share.title);
    let tags = [
        (share.live, t.is_live),
        (!share.live, t.is_snapshot),
        (share.sign_in, t.sign_in),
        (share.files, t.files),
        (share.indexed, t.indexed),
    ];
    let tags = tags.into_iter().filter(|(set, _)| *set).map(|(_, word)| view! { <span class="tag">{word}</span> });
    let (url, label) = (share.url.clone(), (t.link)(&title));
    view! {
        <li class="kept">
            <div class="kept-head">
                <h3><A href=format!("/chat/{}", share.session_id)>{title}</A></h3>
                {tags.collect_view()}
            </div>
            <div class="share-link">
                <input type="text" readonly aria-label=label value=share.url.clone()/>
                <CopyAction text=move || { let url = url.clone(); async move { Ok(url) } }/>
            </div>
            <p class="hint">
                <Moment at=share.created_at/>" · "{(t.views)(share.views)}
                {share.expires_at.map(|at| view! { " · "{t.until}" "<Moment at/> })}
            </p>
            <div class="provider-actions">
                <a class="button small" href=share.url rel="external" target="_blank">{t.open}</a>
                <form method="post" action=Revoke::url()>
                    <input type="hidden" name="id" value=share.id.to_string()/>
                    {of.map(|chat| view! { <input type="hidden" name="back" value=chat.to_string()/> })}
                    <button type="submit" class="button quiet small">{t.revoke}</button>
                </form>
            </div>
        </li>
    }
}
