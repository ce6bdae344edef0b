//! `/settings/import`: conversations from elsewhere. Plain forms: a file is sent, what is in it is shown, and taken when it is confirmed.
//! The progress moves by itself where there is a script.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use crate::app::component::icon::{Glyph, Icon};
use crate::app::component::moment::Moment;
use crate::app::component::problem::failed;
use crate::app::component::subnav::SettingsPage;
use crate::app::state::chats::Chats;
use crate::app::state::session::form_error;
use crate::i18n::{Texts, sentence, use_texts};
use crate::model::error::{ApiError, Code};
use crate::model::import::{FORM, Import, ImportState, Skipped, Tally};
use crate::rpc;
use crate::rpc::import::{Confirm, Discard};

/// How often the progress is asked for.
const ASK_EVERY: std::time::Duration = std::time::Duration::from_secs(1);

#[component]
pub fn ImportPage() -> impl IntoView {
    let texts = use_texts();
    let last = Resource::new_blocking(|| (), |()| rpc::import::last());
    let chats = expect_context::<Chats>();
    Effect::new(move |was: Option<bool>| {
        let busy = matches!(last.get(), Some(Ok(Some(import))) if import.is_busy());
        if busy {
            set_timeout(move || last.refetch(), ASK_EVERY);
        } else if was == Some(true) {
            chats.refresh();
        }
        busy
    });
    view! {
        <SettingsPage title=texts.import().title>
            <Transition>
                {move || Suspend::new(async move {
                    match last.await {
                        Ok(last) => view! { <Whole last/> }.into_any(),
                        Err(error) => failed(error),
                    }
                })}
            </Transition>
        </SettingsPage>
    }
}

#[component]
fn Whole(last: Option<Import>) -> impl IntoView {
    let texts = use_texts();
    let error = form_error().filter(|(path, _)| path == FORM || path == Confirm::PATH || path == Discard::PATH);
    let refused = error.map(|(_, error)| refusal(texts, &error));
    let (busy, first) = (last.as_ref().is_some_and(Import::is_busy), last.is_none());
    view! {
        {refused.map(|text| view! { <p class="alert" role="alert"><Icon glyph=Glyph::Alert/><span>{text}</span></p> })}
        {last.map(|import| view! { <Standing import/> })}
        {(!busy).then(|| view! { <Send first/> })}
    }
}

/// Where a file is chosen.
#[component]
fn Send(first: bool) -> impl IntoView {
    let texts = use_texts();
    let t = texts.import();
    let (title, class) = if first { (t.title, "button") } else { (t.another, "button quiet") };
    view! {
        <section class="panel">
            <h2>{title}</h2>
            <p class="lead">{t.lead}</p>
            <form method="post" action=FORM enctype="multipart/form-data" class="import-form">
                <label class="import-file">
                    <span>{t.file}</span>
                    <input type="file" name="file" required=true accept=".zip,.json,application/zip,application/json" aria-describedby="import-hint"/>
                </label>
                <p class="hint" id="import-hint">{(t.hint)()}</p>
                <div class="panel-actions"><button type="submit" class=class>{t.send}</button></div>
            </form>
        </section>
    }
}

/// How far the last file is.
#[component]
fn Standing(import: Import) -> impl IntoView {
    match import.state {
        ImportState::Reading | ImportState::Importing => view! { <Busy import/> }.into_any(),
        ImportState::Ready => view! { <Preview import/> }.into_any(),
        ImportState::Done => view! { <Report import/> }.into_any(),
        ImportState::Failed => view! { <Failed import/> }.into_any(),
    }
}

#[component]
fn Busy(import: Import) -> impl IntoView {
    let texts = use_texts();
    let t = texts.import();
    let words = if import.state == ImportState::Reading { t.reading } else { t.importing };
    view! {
        <section class="panel">
            <h2>{import.name}</h2>
            <div class="progress" role="status">
                <label for="import-progress">{words(import.progress)}</label>
                <progress id="import-progress" max="100" value=import.progress.to_string()></progress>
                <p class="hint needs-no-script">{t.plain}</p>
            </div>
            <form method="post" action=Discard::url() class="panel-actions">
                <input type="hidden" name="id" value=import.id.to_string()/>
                <button type="submit" class="button quiet">{t.stop}</button>
            </form>
        </section>
    }
}

#[component]
fn Preview(import: Import) -> impl IntoView {
    let texts = use_texts();
    let t = texts.import();
    let (id, tally) = (import.id.to_string(), import.found.unwrap_or_default());
    let count = tally.conversations;
    view! {
        <section class="panel">
            <h2>{(t.found_title)(&import.name, import.size)}</h2>
            <p class="lead">{if count == 0 { t.nothing_new } else { t.waits }}</p>
            <Counts tally/>
            <div class="panel-actions">
                {(count > 0).then(|| view! {
                    <form method="post" action=Confirm::url() class="plain">
                        <input type="hidden" name="id" value=id.clone()/>
                        <button type="submit" class="button">{(t.confirm)(count)}</button>
                    </form>
                })}
                <form method="post" action=Discard::url() class="plain">
                    <input type="hidden" name="id" value=id.clone()/>
                    <button type="submit" class="button quiet">{t.discard}</button>
                </form>
            </div>
        </section>
    }
}

#[component]
fn Report(import: Import) -> impl IntoView {
    let texts = use_texts();
    let t = texts.import();
    let tally = import.report.unwrap_or_default();
    let count = tally.conversations;
    view! {
        <section class="panel">
            <h2>{(t.done_title)(&import.name)}</h2>
            {match count {
                0 => view! { <p class="lead" role="status">{t.nothing_done}</p> }.into_any(),
                _ => view! { <p class="saved" role="status"><Icon glyph=Glyph::Check/>{(t.done)(count)}</p> }.into_any(),
            }}
            <Counts tally/>
            <p class="panel-actions"><a class="button" href="/chats">{t.open}</a></p>
        </section>
    }
}

#[component]
fn Failed(import: Import) -> impl IntoView {
    let texts = use_texts();
    let t = texts.import();
    let why = import.fault.map(|fault| (t.fault)(fault));
    view! {
        <section class="panel">
            <h2>{(t.failed_title)(&import.name)}</h2>
            <p class="alert" role="alert"><Icon glyph=Glyph::Alert/><span>{why}</span></p>
        </section>
    }
}

/// What a file holds, or what was taken of it.
#[component]
fn Counts(tally: Tally) -> impl IntoView {
    let texts = use_texts();
    let t = texts.import();
    let Tally { sources, conversations, messages, files, already, skipped, first_at, last_at, titles, reasons } = tally;
    let sources = sources.into_iter().map(|source| source.name()).collect::<Vec<_>>().join(", ");
    let word = |label: &'static str, word: String| view! { <div><dt>{label}</dt><dd>{word}</dd></div> };
    let time = |label: &'static str, at| view! { <div><dt>{label}</dt><dd><Moment at/></dd></div> };
    let more = conversations.saturating_sub(titles.len() as u64);
    view! {
        <dl class="facts">
            {(!sources.is_empty()).then(|| word(t.from, sources))}
            {word(t.conversations, conversations.to_string())}
            {word(t.messages, messages.to_string())}
            {(already > 0).then(|| word(t.already, already.to_string()))}
            {(skipped > 0).then(|| word(t.skipped, skipped.to_string()))}
            {first_at.map(|at| time(t.first, at))}
            {last_at.map(|at| time(t.last, at))}
        </dl>
        {(!titles.is_empty()).then(|| view! {
            <h3>{t.titles}</h3>
            <ul class="import-list">
                {titles.into_iter().map(|title| view! { <li dir="auto">{named(texts, title)}</li> }).collect_view()}
                {(more > 0).then(|| view! { <li class="hint">{(t.more)(more)}</li> })}
            </ul>
        })}
        {(files > 0).then(|| view! { <p class="hint">{(t.files)(files)}</p> })}
        {(!reasons.is_empty()).then(|| view! { <Reasons reasons skipped/> })}
    }
}

#[component]
fn Reasons(reasons: Vec<Skipped>, skipped: u64) -> impl IntoView {
    let texts = use_texts();
    let t = texts.import();
    let more = skipped.saturating_sub(reasons.len() as u64);
    let row = |Skipped { title, reason }: Skipped| {
        view! { <li><span dir="auto">{named(texts, title)}</span>" – "{(t.reason)(reason)}</li> }
    };
    view! {
        <details class="import-reasons">
            <summary>{t.reasons}</summary>
            <ul class="import-list">
                {reasons.into_iter().map(row).collect_view()}
                {(more > 0).then(|| view! { <li class="hint">{(t.more)(more)}</li> })}
            </ul>
        </details>
    }
}

fn named(texts: &'static Texts, title: String) -> String {
    if title.is_empty() { texts.import().untitled.to_owned() } else { title }
}

/// Why the file was refused, more plainly than in general.
fn refusal(texts: &'static Texts, error: &ApiError) -> String {
    match error.code {
        Code::TooLarge => (texts.import().too_large)(),
        Code::UnsupportedMediaType => texts.import().wrong_kind.to_owned(),
        Code::Conflict => texts.import().busy.to_owned(),
        Code::Invalid => texts.import().required.to_owned(),
        _ => sentence(texts, error),
    }
}
