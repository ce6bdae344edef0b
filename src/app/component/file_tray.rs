//! The files beside the message that is being written: sent as soon as they are picked, followed until they are read, kept for a reload.

use leptos::prelude::*;
use leptos::task::spawn_local;
use uuid::Uuid;

use super::composer::files_key;
use super::file_chip::FileChip;
use super::icon::{Glyph, Icon};
use crate::app::browser::{self, Picked};
use crate::app::state::file::{Attached, Files, Now, Step};
use crate::app::state::session::Models;
use crate::app::state::thread::Thread;
use crate::app::state::toast::Toasts;
use crate::i18n::use_texts;
use crate::model::error::Code;
use crate::model::file::{ATTACHED_MAX, Attachment, FileState};
use crate::model::provider::Model;
use crate::rpc;

/// Milliseconds between looks at a file that is being read, at first and at most.
const LOOK: u64 = 300;
const LOOK_MAX: u64 = 3_000;

/// Everything about them, above the text.
#[component]
pub fn FileTray() -> impl IntoView {
    let texts = use_texts();
    let (thread, toasts) = (expect_context::<Thread>(), expect_context::<Toasts>());
    let files = thread.files;
    restore(thread);
    Effect::new(move || {
        files.picked.track();
        let room = ATTACHED_MAX.saturating_sub(files.list.read_untracked().len());
        let picked = browser::take_picked();
        if picked.len() > room {
            toasts.say((texts.file().too_many)(ATTACHED_MAX), None);
        }
        for (at, one) in picked.into_iter().enumerate() {
            if at < room { add(files, one) } else { browser::let_go(one.key) }
        }
    });
    keep(thread);
    send_when_ready(thread);
    on_cleanup(move || {
        let held = files.list.try_get_untracked().unwrap_or_default();
        held.iter().for_each(|one| browser::let_go(one.key));
    });
    let stuck = Memo::new(move |_| files.list.read().iter().any(|one| one.now.read().step.is_failed()));
    let note = move || match (files.waits.get(), stuck.get()) {
        (_, true) => Some(texts.file().stuck),
        (true, false) => Some(texts.file().waits),
        (false, false) => None,
    };
    view! {
        <ul class="tray" aria-label=texts.chat.files hidden=move || files.is_empty()>
            <For each=move || files.list.get() key=|one| one.key children=move |one| view! { <FileChip files one/> }/>
        </ul>
        <Blind files/>
        <p class="tray-note" role="status">{note}</p>
    }
}

/// Puts a picked file beside the message, and sends it.
fn add(files: Files, picked: Picked) {
    let Picked { key, name, size, media_type, preview } = picked;
    let file = Attachment { id: Uuid::nil(), name, size, media_type };
    let one = Attached::new(key, Now { file, step: Step::Sending(0), preview, fresh: false });
    files.list.update(|list| list.push(one.clone()));
    send(files, one);
}

/// Sends a file, and follows it until it has been read.
pub fn send(files: Files, one: Attached) {
    one.now.update(|now| now.step = Step::Sending(0));
    spawn_local(async move {
        let told = one.now.clone();
        let tell =
            move |bytes, broken: bool| told.update(|now| now.step = if broken { Step::Waiting(bytes) } else { Step::Sending(bytes) });
        match browser::send_file(one.key, tell).await {
            None => {}
            Some(Err(error)) => one.now.update(|now| now.step = Step::Refused(error)),
            Some(Ok(sent)) => {
                one.now.update(|now| {
                    (now.file.id, now.fresh, now.step) = (sent.id, sent.fresh, Step::Reading);
                });
                follow(files, one).await;
            }
        }
    });
}

/// Looks at a file until it has been read, as long as it stands beside the message.
async fn follow(files: Files, one: Attached) {
    let id = one.now.read_untracked().file.id;
    let mut pause = LOOK;
    while files.list.try_with_untracked(|list| list.iter().any(|other| other.key == one.key)) == Some(true) {
        match rpc::file::find(id).await {
            Ok(file) => {
                let step = match (file.state, file.error.as_ref()) {
                    (FileState::Ready, _) => Step::Ready,
                    (FileState::Failed, Some(error)) => Step::Unread(error.code),
                    _ => Step::Reading,
                };
                let over = step != Step::Reading;
                one.now.update(|now| (now.file, now.step) = (file.into(), step));
                if over {
                    return;
                }
            }
            // Forgotten meanwhile, on another page say.
            Err(error) if error.code == Code::NotFound => return remove(files, one.key),
            Err(_) => {}
        }
        browser::pause(pause).await;
        pause = (pause * 3 / 2).min(LOOK_MAX);
    }
}

/// Takes a file out.
pub fn remove(files: Files, key: Uuid) {
    browser::let_go(key);
    let _ = files.list.try_update(|list| list.retain(|one| one.key != key));
}

/// The files that this browser kept from before the page was loaded.
fn restore(thread: Thread) {
    let kept = browser::stored(&files_key(thread)).and_then(|text| serde_json::from_str::<Vec<Attachment>>(&text).ok());
    for file in kept.unwrap_or_default().into_iter().take(ATTACHED_MAX) {
        let one = Attached::new(browser::new_id(), Now { file, step: Step::Reading, preview: None, fresh: false });
        thread.files.list.update(|list| list.push(one.clone()));
        spawn_local(follow(thread.files, one));
    }
}

/// Keeps those that are on the server, so that they are there after a reload.
fn keep(thread: Thread) {
    Effect::new(move || {
        let list = thread.files.list.read();
        let now = list.iter().map(|one| one.now.get()).filter(|now| !now.file.id.is_nil());
        let kept: Vec<Attachment> = now.map(|now| now.file).collect();
        match serde_json::to_string(&kept).ok().filter(|_| !kept.is_empty()) {
            Some(text) => browser::store(&files_key(thread), &text),
            None => browser::forget(&files_key(thread)),
        }
    });
}

/// A message that waits for its files goes when they are ready; if one cannot come, the reader decides.
fn send_when_ready(thread: Thread) {
    let files = thread.files;
    Effect::new(move || {
        if !files.waits.get() {
            return;
        }
        let steps: Vec<Step> = files.list.read().iter().map(|one| one.now.read().step.clone()).collect();
        let failed = steps.iter().any(Step::is_failed);
        let ready = steps.iter().all(|step| *step == Step::Ready);
        if failed || ready {
            files.waits.set(false);
        }
        if let Some(area) = thread.area.get_untracked().filter(|_| ready) {
            browser::submit_form_of(&area);
        }
    });
}

/// Says before sending that the model sees no pictures, and what can be done about it.
#[component]
fn Blind(files: Files) -> impl IntoView {
    let texts = use_texts();
    let thread = expect_context::<Thread>();
    let Models(models) = expect_context();
    let models = Memo::new(move |_| models.get().and_then(Result::ok).unwrap_or_default());
    Effect::new(move || {
        let pictures = files.list.read().iter().any(|one| one.now.read().file.is_picture());
        let (chosen, models) = (thread.model.read(), models.read());
        let blind = chosen_of(&models, chosen.as_deref()).is_some_and(|model| model.abilities.vision == Some(false));
        let blind = pictures && blind;
        if blind != files.blind.get_untracked() {
            files.blind.set(blind);
        }
    });
    let take_out = move |_| {
        let pictures = files.list.get_untracked().into_iter().filter(|one| one.now.read_untracked().file.is_picture());
        pictures.for_each(|one| remove(files, one.key));
    };
    // The one that administrators chose for it, else the first that sees.
    let other =
        move || models.read().iter().filter(|m| m.pictures || m.abilities.vision == Some(true)).min_by_key(|m| !m.pictures).cloned();
    let switch = move |Model { id, name, .. }: Model| {
        view! { <button type="button" class="button small" on:click=move |_| thread.model.set(Some(id.clone()))>{(texts.file().blind_switch)(&name)}</button> }
    };
    move || {
        files.blind.get().then(|| {
            view! {
                <div class="tray-warning" role="alert">
                    <Icon glyph=Glyph::Alert/>
                    <span>{texts.file().blind}</span>
                    {other().map(switch)}
                    <button type="button" class="button quiet small" on:click=take_out>{texts.file().blind_remove}</button>
                </div>
            }
        })
    }
}

/// The model that is asked next.
fn chosen_of<'a>(models: &'a [Model], chosen: Option<&str>) -> Option<&'a Model> {
    models.iter().find(|model| chosen.map_or(model.default, |id| model.id == id))
}
