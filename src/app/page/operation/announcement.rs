//! What everybody is told: the list, and the form that adds or changes one.

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::components::A;
use leptos_router::hooks::use_query_map;

use super::{PAGE, local};
use crate::app::component::area::Area;
use crate::app::component::door::DoorError;
use crate::app::component::field::Field;
use crate::app::component::moment::Moment;
use crate::app::state::address::{name, text};
use crate::app::state::session::form_error;
use crate::i18n::use_texts;
use crate::model::announcement::{Announcement, AnnouncementLevel, TEXT_MAX, text_for};
use crate::rpc::operation::{Announce, Remove};

#[component]
pub fn Announcements(announcements: Vec<Announcement>, now: DateTime<Utc>) -> impl IntoView {
    let t = use_texts().operation();
    let query = use_query_map();
    let empty = announcements.is_empty().then(|| view! { <p class="lead">{t.none}</p> });
    let known = announcements.clone();
    let form = move || {
        let asked = text(&query.read(), "announcement")?;
        let one = known.iter().find(|of| of.id.to_string() == asked).cloned();
        (asked == "new" || one.is_some()).then(|| view! { <Form one/> })
    };
    let refused = form_error().filter(|(path, _)| path == Remove::PATH).map(|(_, error)| error);
    let rows = announcements.into_iter().map(|of| view! { <Row of now/> });
    view! {
        <section class="panel" aria-labelledby="announcements">
            <h2 id="announcements">{t.announcements}</h2>
            <p class="hint">{t.announcements_lead}</p>
            <DoorError error=refused/>
            {form}
            {empty}
            <ul class="kept-list">{rows.collect_view()}</ul>
            <div class="panel-actions"><A href=format!("{PAGE}?announcement=new") attr:class="button">{t.add}</A></div>
        </section>
    }
}

#[component]
fn Row(of: Announcement, now: DateTime<Utc>) -> impl IntoView {
    let texts = use_texts();
    let t = texts.operation();
    let told = text_for(&of.texts, texts.tag).unwrap_or_default().to_owned();
    let state = match () {
        () if of.is_shown(now) => t.is_shown,
        () if now < of.starts_at => t.is_planned,
        () => t.is_over,
    };
    let short: String = told.chars().take(60).collect();
    let until = of.ends_at.map(|at| view! { " "{t.to}" "<Moment at/> });
    view! {
        <li class="kept">
            <div class="kept-head"><span class="tag">{(t.levels)(of.level)}</span><span class="tag">{state}</span></div>
            <p class="announced">{told}</p>
            <p class="hint">{t.from}" "<Moment at=of.starts_at/>{until}</p>
            <div class="provider-actions">
                <A href=format!("{PAGE}?announcement={}", of.id) attr:class="button small" attr:aria-label=format!("{}: {short}", t.edit)>{t.edit}</A>
                <form method="post" action=Remove::url()>
                    <input type="hidden" name="id" value=of.id.to_string()/>
                    <button type="submit" class="button quiet small" aria-label=format!("{}: {short}", t.remove)>{t.remove}</button>
                </form>
            </div>
        </li>
    }
}

#[component]
fn Form(one: Option<Announcement>) -> impl IntoView {
    let texts = use_texts();
    let t = texts.operation();
    let error = form_error().filter(|(path, _)| path == Announce::PATH).map(|(_, error)| error);
    let wrong = Signal::stored(error.clone());
    let chosen = one.as_ref().map(|of| of.level).unwrap_or_default();
    let levels =
        AnnouncementLevel::ALL.map(|level| view! { <option value=name(&level) selected=level == chosen>{(t.levels)(level)}</option> });
    let said = |language: &str| one.as_ref().and_then(|of| of.texts.get(language).cloned()).unwrap_or_default();
    let (en, zh) = (said("en"), said("zh-CN"));
    let dismissible = one.as_ref().is_none_or(|of| of.dismissible);
    let (starts, ends) = (local(one.as_ref().map(|of| of.starts_at)), local(one.as_ref().and_then(|of| of.ends_at)));
    let id = one.map(|of| view! { <input type="hidden" name="id" value=of.id.to_string()/> });
    view! {
        <form method="post" action=Announce::url() class="alert-form">
            <DoorError error/>
            {id}
            <div class="field">
                <label for="announcement-level">{t.level}</label>
                <select id="announcement-level" name="level">{levels.into_iter().collect_view()}</select>
            </div>
            <Area name="text_en" label=t.text_en value=en hint=t.text_hint max=TEXT_MAX error=wrong/>
            <Area name="text_zh_cn" label=t.text_zh value=zh hint=t.text_hint max=TEXT_MAX error=wrong/>
            <Field name="starts_at" kind="datetime-local" label=t.starts hint=t.starts_hint value=starts error=wrong/>
            <Field name="ends_at" kind="datetime-local" label=t.ends hint=t.ends_hint value=ends error=wrong/>
            <label class="check"><input type="checkbox" name="dismissible" value="true" checked=dismissible/>{t.dismissible}</label>
            <div class="panel-actions">
                <A href=PAGE attr:class="button quiet">{texts.common.cancel}</A>
                <button type="submit" class="button seal-button">{texts.common.save}</button>
            </div>
        </form>
    }
}
