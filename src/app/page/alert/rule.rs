//! Rules of alerts: their list, and the form that adds or changes one.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::components::A;
use uuid::Uuid;

use super::{Act, Editing, PAGE};
use crate::app::component::door::DoorError;
use crate::app::component::field::Field;
use crate::app::component::moment::Moment;
use crate::app::state::address::name;
use crate::app::state::session::form_error;
use crate::i18n::use_texts;
use crate::model::alert::{AlertChannel, AlertKind, AlertRule};
use crate::rpc::alert::{DeleteRule, SaveRule, Silence};

/// Hours of silence that are offered.
const HOURS: [u32; 5] = [1, 4, 24, 72, 168];

#[component]
pub fn Rules(rules: Vec<AlertRule>, channels: Vec<AlertChannel>, editing: Memo<(Option<Editing>, Option<Editing>)>) -> impl IntoView {
    let t = use_texts().alerting();
    let empty = rules.is_empty().then(|| view! { <p class="lead">{t.no_rules}</p> });
    let known = rules.clone();
    let form = move || {
        let rule = match editing.get().0? {
            Editing::New => None,
            Editing::One(id) => Some(known.iter().find(|rule| rule.id == id)?.clone()),
        };
        Some(view! { <Form rule channels=channels.clone()/> })
    };
    let rows = rules.into_iter().map(|rule| view! { <Row rule/> });
    view! {
        <section class="panel" aria-labelledby="alert-rules">
            <h2 id="alert-rules">{t.rules}</h2>
            {form}
            {empty}
            <ul class="kept-list">{rows.collect_view()}</ul>
            <div class="panel-actions"><A href=format!("{PAGE}?rule=new") attr:class="button">{t.add_rule}</A></div>
        </section>
    }
}

#[component]
fn Row(rule: AlertRule) -> impl IntoView {
    let t = use_texts().alerting();
    let (id, kind) = (rule.id, (t.kinds)(rule.kind));
    let off = (!rule.enabled).then(|| view! { <span class="tag">{t.off}</span> });
    let silent = rule.silenced_until.map(|until| view! { <span class="tag">{t.silent_until}" "<Moment at=until/></span> });
    let silence = match rule.silenced_until {
        Some(_) => {
            view! { <Act url=Silence::PATH id word=t.speak label=format!("{}: {kind}", t.speak) fields=vec![("hours", "0".to_owned())]/> }
                .into_any()
        }
        None => view! { <Quiet id kind/> }.into_any(),
    };
    view! {
        <li class="kept">
            <div class="kept-head"><h3>{kind}</h3>{off}{silent}</div>
            <p class="hint">{(t.over_at)(rule.kind, rule.threshold, rule.minutes)}</p>
            <div class="provider-actions">
                <A href=format!("{PAGE}?rule={id}") attr:class="button small">{t.edit}</A>
                {silence}
                <Act url=DeleteRule::PATH id word=t.delete label=format!("{}: {kind}", t.delete)/>
            </div>
        </li>
    }
}

/// For how long nothing is told.
#[component]
fn Quiet(id: Uuid, kind: &'static str) -> impl IntoView {
    let t = use_texts().alerting();
    let hours = HOURS.map(|hours| view! { <option value=hours.to_string()>{(t.hours)(hours)}</option> });
    view! {
        <form method="post" action=Silence::url() class="alert-quiet">
            <input type="hidden" name="id" value=id.to_string()/>
            <select name="hours" aria-label=format!("{}: {kind}", t.silence)>{hours.into_iter().collect_view()}</select>
            <button type="submit" class="button quiet small">{t.silence}</button>
        </form>
    }
}

#[component]
fn Form(rule: Option<AlertRule>, channels: Vec<AlertChannel>) -> impl IntoView {
    let texts = use_texts();
    let t = texts.alerting();
    let error = form_error().filter(|(path, _)| path == SaveRule::PATH).map(|(_, error)| error);
    let wrong = Signal::stored(error.clone());
    let chosen = rule.as_ref().map_or(AlertKind::ErrorRate, |rule| rule.kind);
    let kinds = AlertKind::ALL.map(|kind| view! { <option value=name(&kind) selected=kind == chosen>{(t.kinds)(kind)}</option> });
    let (threshold, minutes) = rule.as_ref().map_or(chosen.usual(), |rule| (rule.threshold, rule.minutes));
    let told = rule.as_ref().map(|rule| rule.channels.clone()).unwrap_or_default();
    let ticks = channels.into_iter().map(|channel| {
        let ticked = told.contains(&channel.id);
        view! { <label class="check"><input type="checkbox" name="channels[]" value=channel.id.to_string() checked=ticked/>{channel.name}</label> }
    });
    let id = rule.as_ref().map(|rule| view! { <input type="hidden" name="id" value=rule.id.to_string()/> });
    let enabled = rule.as_ref().is_none_or(|rule| rule.enabled);
    view! {
        <form method="post" action=SaveRule::url() class="alert-form">
            <DoorError error/>
            {id}
            <div class="field">
                <label for="alert-kind">{t.kind}</label>
                <select id="alert-kind" name="kind">{kinds.into_iter().collect_view()}</select>
            </div>
            <Field name="threshold" kind="number" label=t.threshold hint=t.threshold_hint value=threshold.to_string() required=true error=wrong/>
            <Field name="minutes" kind="number" label=t.minutes hint=t.minutes_hint value=minutes.to_string() error=wrong/>
            <fieldset class="checks">
                <legend>{t.told_to}</legend>
                {ticks.collect_view()}
                <p class="hint">{t.told_to_hint}</p>
            </fieldset>
            <label class="check"><input type="checkbox" name="enabled" value="true" checked=enabled/>{t.enabled}</label>
            <div class="panel-actions">
                <A href=PAGE attr:class="button quiet">{t.cancel}</A>
                <button type="submit" class="button seal-button">{texts.common.save}</button>
            </div>
        </form>
    }
}
