//! Where alerts are told: the list of channels, and the form that adds or changes one.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::components::A;

use super::{Act, Editing, PAGE};
use crate::app::component::door::DoorError;
use crate::app::component::field::Field;
use crate::app::state::address::name;
use crate::app::state::session::form_error;
use crate::i18n::{Locale, use_texts};
use crate::model::alert::{AlertChannel, ChannelKind, NAME_MAX, SECRET_MAX, TARGET_MAX};
use crate::rpc::alert::{DeleteChannel, SaveChannel, TestChannel};

#[component]
pub fn Channels(channels: Vec<AlertChannel>, editing: Memo<(Option<Editing>, Option<Editing>)>) -> impl IntoView {
    let t = use_texts().alerting();
    let empty = channels.is_empty().then(|| view! { <p class="lead">{t.no_channels}</p> });
    let known = channels.clone();
    let form = move || {
        let channel = match editing.get().1? {
            Editing::New => None,
            Editing::One(id) => Some(known.iter().find(|channel| channel.id == id)?.clone()),
        };
        Some(view! { <Form channel/> })
    };
    let rows = channels.into_iter().map(|channel| view! { <Row channel/> });
    view! {
        <section class="panel" aria-labelledby="alert-channels">
            <h2 id="alert-channels">{t.channels}</h2>
            {form}
            {empty}
            <ul class="kept-list">{rows.collect_view()}</ul>
            <div class="panel-actions"><A href=format!("{PAGE}?channel=new") attr:class="button">{t.add_channel}</A></div>
        </section>
    }
}

#[component]
fn Row(channel: AlertChannel) -> impl IntoView {
    let t = use_texts().alerting();
    let id = channel.id;
    let label = |word: &str| format!("{word}: {}", channel.name);
    let off = (!channel.enabled).then(|| view! { <span class="tag">{t.off}</span> });
    let signed = channel.has_secret.then(|| view! { <span class="tag">{t.signed}</span> });
    view! {
        <li class="kept">
            <div class="kept-head"><h3>{channel.name.clone()}</h3><span class="tag">{(t.makers)(channel.kind)}</span>{signed}{off}</div>
            <p class="hint alert-target">{channel.target.clone()}</p>
            <div class="provider-actions">
                <A href=format!("{PAGE}?channel={id}") attr:class="button small">{t.edit}</A>
                <Act url=TestChannel::PATH id word=t.test label=label(t.test)/>
                <Act url=DeleteChannel::PATH id word=t.delete label=label(t.delete)/>
            </div>
        </li>
    }
}

#[component]
fn Form(channel: Option<AlertChannel>) -> impl IntoView {
    let texts = use_texts();
    let t = texts.alerting();
    let error = form_error().filter(|(path, _)| path == SaveChannel::PATH).map(|(_, error)| error);
    let wrong = Signal::stored(error.clone());
    let chosen = channel.as_ref().map_or(ChannelKind::Mail, |channel| channel.kind);
    let kinds = ChannelKind::ALL.map(|kind| view! { <option value=name(&kind) selected=kind == chosen>{(t.makers)(kind)}</option> });
    let language = channel.as_ref().map_or(texts.tag, |channel| if channel.language == "en" { "en" } else { "zh-CN" });
    let languages = Locale::ALL.map(|locale| {
        view! { <option value=locale.tag() selected=locale.tag() == language>{locale.texts().language}</option> }
    });
    let shown =
        channel.as_ref().filter(|channel| channel.kind == ChannelKind::Mail).map(|channel| channel.target.clone()).unwrap_or_default();
    let hint = if channel.is_some() { format!("{} {}", t.target_hint, t.target_keep) } else { t.target_hint.to_owned() };
    let id = channel.as_ref().map(|channel| view! { <input type="hidden" name="id" value=channel.id.to_string()/> });
    let (private, enabled) =
        (channel.as_ref().is_some_and(|channel| channel.private), channel.as_ref().is_none_or(|channel| channel.enabled));
    let called = channel.map(|channel| channel.name).unwrap_or_default();
    view! {
        <form method="post" action=SaveChannel::url() class="alert-form">
            <DoorError error/>
            {id}
            <div class="field">
                <label for="channel-kind">{t.channels}</label>
                <select id="channel-kind" name="kind">{kinds.into_iter().collect_view()}</select>
            </div>
            <Field name="name" label=t.name value=called required=true max=NAME_MAX autocomplete="off" error=wrong/>
            <Field name="target" label=t.target hint=hint value=shown max=TARGET_MAX autocomplete="off" error=wrong/>
            <Field name="secret" kind="password" label=t.secret hint=t.secret_hint max=SECRET_MAX autocomplete="off" error=wrong/>
            <div class="field">
                <label for="channel-language">{t.language}</label>
                <select id="channel-language" name="language">{languages.into_iter().collect_view()}</select>
            </div>
            <label class="check"><input type="checkbox" name="private" value="true" checked=private/>{t.private}</label>
            <label class="check"><input type="checkbox" name="enabled" value="true" checked=enabled/>{t.enabled}</label>
            <div class="panel-actions">
                <A href=PAGE attr:class="button quiet">{t.cancel}</A>
                <button type="submit" class="button seal-button">{texts.common.save}</button>
            </div>
        </form>
    }
}
