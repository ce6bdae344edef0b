//! `/admin/operation`: maintenance mode, what is switched off, and what everybody is told. Plain forms and links; which announcement is
//! being written stands in the address.

mod announcement;

use announcement::Announcements;
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::profile::Saved;
use crate::app::component::area::Area;
use crate::app::component::door::DoorError;
use crate::app::component::field::Field;
use crate::app::component::problem::failed;
use crate::app::component::subnav::AdminPage;
use crate::app::state::session::form_error;
use crate::i18n::use_texts;
use crate::model::announcement::TEXT_MAX;
use crate::model::operation::{Feature, FeatureSettings, MaintenanceSettings, Operation};
use crate::rpc;
use crate::rpc::operation::{SaveFeatures, SaveMaintenance};

const PAGE: &str = "/admin/operation";

#[component]
pub fn OperationPage() -> impl IntoView {
    let texts = use_texts();
    let t = texts.operation();
    let look = Resource::new_blocking(|| (), |()| rpc::operation::look());
    view! {
        <AdminPage title=t.title>
            <p class="lead">{t.lead}</p>
            <Saved/>
            <Transition fallback=move || view! { <p class="lead">{texts.common.loading}</p> }>
                {move || Suspend::new(async move {
                    match look.await {
                        Ok(Operation { maintenance, features, announcements, now }) => {
                            view! { <Announcements announcements now/><Maintenance maintenance/><Features features/> }.into_any()
                        }
                        Err(error) => failed(error),
                    }
                })}
            </Transition>
        </AdminPage>
    }
}

/// As a field for date and time wants it.
fn local(at: Option<DateTime<Utc>>) -> String {
    at.map(|at| at.format("%Y-%m-%dT%H:%M").to_string()).unwrap_or_default()
}

#[component]
fn Maintenance(maintenance: MaintenanceSettings) -> impl IntoView {
    let texts = use_texts();
    let t = texts.operation();
    let error = form_error().filter(|(path, _)| path == SaveMaintenance::PATH).map(|(_, error)| error);
    let wrong = Signal::stored(error.clone());
    let MaintenanceSettings { on, texts: told, until } = maintenance;
    let said = |language: &str| told.get(language).cloned().unwrap_or_default();
    view! {
        <form method="post" action=SaveMaintenance::url() class="panel" id="maintenance">
            <h2>{t.maintenance}</h2>
            <p class="hint">{t.maintenance_lead}</p>
            <DoorError error/>
            <label class="check"><input type="checkbox" name="on" value="true" checked=on/>{t.maintenance_on}</label>
            <Area name="told_en" label=t.told_en value=said("en") hint=t.told_hint max=TEXT_MAX error=wrong/>
            <Area name="told_zh_cn" label=t.told_zh value=said("zh-CN") hint=t.told_hint max=TEXT_MAX error=wrong/>
            <Field name="until" kind="datetime-local" label=t.until hint=t.until_hint value=local(until) error=wrong/>
            <div class="panel-actions"><button type="submit" class="button seal-button">{texts.common.save}</button></div>
        </form>
    }
}

#[component]
fn Features(features: FeatureSettings) -> impl IntoView {
    let texts = use_texts();
    let t = texts.operation();
    let error = form_error().filter(|(path, _)| path == SaveFeatures::PATH).map(|(_, error)| error);
    let ticks = Feature::ALL.map(|feature| {
        let (word, hint) = (t.switches)(feature);
        let described = format!("{}-hint", feature.name());
        view! {
            <label class="check">
                <input type="checkbox" name="on[]" value=feature.name() checked=features.has(feature) aria-describedby=described.clone()/>
                {word}
            </label>
            <p class="hint" id=described>{hint}</p>
        }
    });
    view! {
        <form method="post" action=SaveFeatures::url() class="panel" id="features">
            <DoorError error/>
            <fieldset class="checks">
                <legend>{t.features}</legend>
                <p class="hint">{t.features_lead}</p>
                {ticks.into_iter().collect_view()}
            </fieldset>
            <div class="panel-actions"><button type="submit" class="button seal-button">{texts.common.save}</button></div>
        </form>
    }
}
