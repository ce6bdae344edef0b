//! A letter as it looks: each kind in both languages, and one of the outbox.

use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::use_query_map;
use uuid::Uuid;

use super::moment::Moment;
use super::problem::failed;
use crate::app::page::mail::PATH;
use crate::i18n::{Locale, use_texts};
use crate::model::mail::{LetterKind, MailBody, OpenMail};
use crate::rpc;

/// Every letter, to be looked at.
#[component]
pub fn Letters() -> impl IntoView {
    let texts = use_texts();
    let query = use_query_map();
    let here = use_context::<Locale>().unwrap_or_default();
    let wanted = Memo::new(move |_| {
        let query = query.read();
        let kind = query.get("letter").and_then(|name| LetterKind::from_name(&name))?;
        Some((kind, query.get("language").and_then(|tag| Locale::from_tag(&tag)).unwrap_or(here)))
    });
    let found = Resource::new_blocking(
        move || wanted.get(),
        |wanted| async move {
            let (kind, locale) = wanted?;
            rpc::mail::preview(kind, locale.tag().to_owned()).await.ok()
        },
    );
    view! {
        <section class="panel" id="letters">
            <h2>{texts.mail().letters}</h2>
            <p class="lead">{texts.mail().letters_lead}</p>
            <Choice wanted=wanted.into()/>
            <Transition>
                {move || Suspend::new(async move {
                    found.await.map(|(subject, body)| view! { <p class="letter-subject">{subject}</p><Body body/> })
                })}
            </Transition>
        </section>
    }
}

/// Which one: a form that asks the address for it.
#[component]
fn Choice(wanted: Signal<Option<(LetterKind, Locale)>>) -> impl IntoView {
    let texts = use_texts();
    let here = use_context::<Locale>().unwrap_or_default();
    let (chosen, language) = wanted.get_untracked().map_or((None, here), |(kind, locale)| (Some(kind), locale));
    let kinds = LetterKind::ALL.map(|kind| {
        view! { <option value=kind.name() selected=Some(kind) == chosen>{(texts.mail().letter)(kind)}</option> }
    });
    let languages = Locale::ALL.map(|locale| {
        view! { <option value=locale.tag() selected=locale == language>{locale.texts().language}</option> }
    });
    view! {
        <form method="get" action=format!("{PATH}#letters") class="letter-choice">
            <div class="field"><label for="letter">{texts.mail().letters}</label><select id="letter" name="letter">{kinds.into_iter().collect_view()}</select></div>
            <div class="field"><label for="language">{texts.common.language}</label><select id="language" name="language">{languages.into_iter().collect_view()}</select></div>
            <button type="submit" class="button">{texts.mail().show}</button>
        </form>
    }
}

/// The HTML in a frame that runs nothing and reaches nothing, and the text.
#[component]
fn Body(body: MailBody) -> impl IntoView {
    let texts = use_texts();
    view! {
        <iframe class="letter" sandbox="" srcdoc=body.html title=texts.mail().letters></iframe>
        <details class="words"><summary>{texts.mail().as_text}</summary><pre class="letter-text">{body.text}</pre></details>
    }
}

/// One mail of the outbox.
#[component]
pub fn Opened(id: Uuid) -> impl IntoView {
    let texts = use_texts();
    let found = Resource::new_blocking(|| (), move |()| rpc::mail::open(id));
    view! {
        <p><A href=format!("{PATH}#outbox") attr:class="button quiet small">{texts.mail().back}</A></p>
        <Suspense>
            {move || Suspend::new(async move {
                match found.await {
                    Ok(mail) => view! { <Whole mail/> }.into_any(),
                    Err(error) => failed(error),
                }
            })}
        </Suspense>
    }
}

#[component]
fn Whole(mail: OpenMail) -> impl IntoView {
    let texts = use_texts();
    let OpenMail { mail, body } = mail;
    let body = match body {
        Some(body) => view! { <Body body/> }.into_any(),
        None => view! { <p class="hint">{texts.mail().gone}</p> }.into_any(),
    };
    view! {
        <section class="panel">
            <h2>{mail.subject}</h2>
            <p class="mail-facts">
                <span class=format!("tag {}", mail.state.name())>{(texts.mail().state)(mail.state)}</span>
                <span>{mail.recipient}</span>
                <Moment at=mail.created_at/>
            </p>
            {mail.error.map(|words| view! { <blockquote class="mail-error">{words}</blockquote> })}
            {body}
        </section>
    }
}
