//! Where the reader writes. What is typed survives a reload, and a message that could not be sent comes back.

use leptos::html;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::area::escaped;
use super::attach::Attach;
use super::icon::{Glyph, Icon};
use super::slice::slice;
use crate::app::browser;
use crate::app::chunk::{File, Part, budget_bar, file_part, later};
use crate::app::state::queue::waiting;
use crate::app::state::returned::returned;
use crate::app::state::session::{Me, form_error, send_key};
use crate::app::state::thread::{Thread, in_front};
use crate::i18n::{Texts, keys_hint, sentence, use_texts};
use crate::model::context::estimate_tokens;
use crate::model::file::FORM;
use crate::model::message::MESSAGE_MAX;
use crate::model::preference::SendKey;
use crate::rpc::chat::{SetUp, Stop};

/// The form at the foot of a conversation.
#[component]
pub fn Composer() -> impl IntoView {
    let texts = use_texts();
    let thread = expect_context::<Thread>();
    let area = thread.area;
    let running = thread.running;
    keep_draft(thread, area);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let Some(area) = area.get_untracked() else { return };
        let (text, none) = (area.value(), thread.files.list.read_untracked().is_empty());
        if (none && text.trim().is_empty()) || thread.sending.get_untracked() || running.get_untracked().is_some() || !thread.files.may_go()
        {
            return;
        }
        area.set_value("");
        thread.draft.set(0);
        browser::grow(&area);
        browser::forget(&thread.draft_key());
        thread.ask(text, None);
    };
    let chat = thread.id().map(|id| view! { <input type="hidden" name="chat_id" value=id.to_string()/> });
    let assistant = thread.badge().filter(|_| thread.id().is_none());
    let assistant = assistant.map(|badge| view! { <input type="hidden" name="assistant" value=badge.id.to_string()/> });
    let offers = Memo::new(move |_| thread.slash.read().is_some());
    let tray = Memo::new(move |_| *thread.files.picked.read() > 0);
    let waiting = waiting();
    // Without JavaScript the page is loaded again until the answer is complete.
    let plain = waiting.as_ref().map_or_else(|| r#"<meta http-equiv="refresh" content="2">"#.to_owned(), |waiting| waiting.plain.clone());
    view! {
        <div class="dock">
            {slice(move || view! {
                <Refused/>
                // Of an element that HTML does not know, `inner_html` would be an attribute.
                <queue-list><div inner_html=waiting.as_ref().map(|waiting| waiting.list.clone())></div></queue-list>
                {move || offers.get().then(|| later(Part::Slash))}
                // A plain form takes the files along.
                <form id="composer" class="composer" method="post" action=FORM enctype="multipart/form-data" on:submit=submit>
                    {chat}
                    {assistant}
                    {move || tray.get().then(|| file_part(File::Tray))}
                    <Area area/>
                    <div class="composer-row">
                        <Attach/>
                        <span class="needs-script"><voice-mic></voice-mic></span>
                        <BudgetPlace/>
                        <Hint/>
                        <SendOrStop running/>
                    </div>
                </form>
                <form id="stop-run" method="post" action=Stop::url() on:submit=move |event| { event.prevent_default(); thread.stop(); }>
                    <input type="hidden" name="generation_id" value=move || running.get().map(|id| id.to_string())/>
                </form>
                <p class="disclaimer">{texts.chat.disclaimer}</p>
            })}
        </div>
        {move || running.get().map(|_| view! { <noscript inner_html=plain.clone()></noscript> })}
    }
}

/// Where this browser keeps the files beside what is being written.
pub fn files_key(thread: Thread) -> String {
    format!("{}.files", thread.draft_key())
}

/// How much of the model's window the next question would take: its code comes when the page is there. Without scripts, a link.
#[component]
fn BudgetPlace() -> impl IntoView {
    let texts = use_texts();
    let thread = expect_context::<Thread>();
    let ready = RwSignal::new(false);
    // It is of interest to who writes, and after an answer; a page that is only read does not fetch it.
    Effect::new(move || {
        let wanted = thread.draft.get() > 0 || thread.changes.get() > 0;
        if wanted && !ready.get_untracked() {
            ready.set(true);
        }
    });
    let link = thread.id().map(|id| {
        view! { <noscript inner_html=format!("<a class=\"budget-link\" href=\"/context/{id}\">{}</a>", texts.chat.context)></noscript> }
    });
    view! { <span class="spacer budget">{link}{move || ready.get().then(budget_bar)}</span> }
}

/// Which key sends.
#[component]
fn Hint() -> impl IntoView {
    let texts = use_texts();
    let Me(me) = expect_context();
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                let key = me.await.ok().flatten().map(|user| user.preferences.send_key).unwrap_or_default();
                let hint = if key == SendKey::Enter { texts.chat.hint } else { keys_hint(texts) };
                view! { <span class="composer-hint" aria-hidden="true">{hint}</span> }
            })}
        </Suspense>
    }
}

#[component]
fn Area(area: NodeRef<html::Textarea>) -> impl IntoView {
    let texts = use_texts();
    let (thread, me) = (expect_context::<Thread>(), expect_context::<Me>());
    let input = move |_| {
        let Some(area) = area.get_untracked() else { return };
        browser::grow(&area);
        let text = area.value();
        browser::store(&thread.draft_key(), &text);
        thread.draft.set(estimate_tokens(&text));
        // A first word that begins with a slash, while it is being typed.
        let slash = text.strip_prefix('/').filter(|word| !word.contains(char::is_whitespace)).map(str::to_owned);
        if slash != thread.slash.get_untracked() {
            thread.slash.set(slash);
        }
    };
    let key = move |event: leptos::ev::KeyboardEvent| {
        if thread.slash_key.get_value().is_some_and(|take| take.run(event.clone())) {
            return event.prevent_default();
        }
        if browser::is_send_key(&event, send_key(me))
            && let Some(area) = area.get_untracked()
        {
            event.prevent_default();
            browser::submit_form_of(&area);
        }
    };
    view! {
        <textarea
            name="text"
            node_ref=area
            rows="1"
            required=move || thread.files.is_empty()
            maxlength=MESSAGE_MAX.to_string()
            aria-label=texts.chat.message
            placeholder=move || placeholder(texts, thread)
            aria-controls=move || thread.slash.read().is_some().then_some("slash")
            aria-activedescendant=move || thread.active.get()
            inner_html=returned(None).or_else(|| thread.beginning.with_value(|beginning| beginning.text.clone())).as_deref().map(escaped)
            on:input=input
            on:keydown=key
        ></textarea>
    }
}

fn placeholder(texts: &'static Texts, thread: Thread) -> &'static str {
    match (thread.running.get().is_some(), thread.entries.read().is_empty()) {
        (true, _) => texts.chat.running_placeholder,
        (false, true) => texts.chat.placeholder,
        (false, false) => texts.chat.follow_up,
    }
}

/// One place for both, so that nothing moves: while an answer is written the button stops it.
#[component]
fn SendOrStop(running: Memo<Option<uuid::Uuid>>) -> impl IntoView {
    let texts = use_texts();
    let thread = expect_context::<Thread>();
    let stoppable = Memo::new(move |_| running.get().is_some());
    move || match stoppable.get() {
        true => view! {
            <button type="submit" form="stop-run" class="button seal-button">
                <Icon glyph=Glyph::Stop/>
                {texts.chat.stop}
            </button>
        }
        .into_any(),
        false => view! {
            <button type="submit" class="button seal-button" aria-busy=move || thread.sending.get().to_string()>
                <Icon glyph=Glyph::Send/>
                {texts.chat.send}
            </button>
        }
        .into_any(),
    }
}

/// Why the last thing did not work: what this page tried, or what a plain form came back with.
#[component]
fn Refused() -> impl IntoView {
    let texts = use_texts();
    let thread = expect_context::<Thread>();
    if let Some((_, error)) = form_error().filter(|(path, _)| path != SetUp::PATH) {
        thread.error.set(Some(error));
    }
    move || {
        thread.error.get().map(|error| {
            let close = move |_| thread.error.set(None);
            view! {
                <div class="alert" role="alert">
                    <Icon glyph=Glyph::Alert/>
                    <span><strong>{texts.chat.not_sent}</strong>" "{sentence(texts, &error)}</span>
                    <button type="button" class="link needs-script" on:click=close>{texts.common.close}</button>
                </div>
            }
        })
    }
}

/// Puts back what was typed before a reload, if nothing stands there, and what could not be sent, in front of what stands there.
fn keep_draft(thread: Thread, area: NodeRef<html::Textarea>) {
    let fill = move |text: String| {
        let Some(area) = area.get_untracked() else { return };
        let text = in_front(text, Some(area.value()));
        area.set_value(&text);
        browser::grow(&area);
        browser::store(&thread.draft_key(), &text);
        thread.draft.set(estimate_tokens(&text));
    };
    Effect::new(move || {
        let Some(element) = area.get() else { return };
        browser::focus_unless_touch(&element);
        if let Some(draft) = browser::stored(&thread.draft_key()).filter(|_| element.value().is_empty()) {
            fill(draft);
        }
    });
    Effect::new(move || {
        if let Some(text) = thread.returned.get() {
            fill(text);
        }
    });
}
