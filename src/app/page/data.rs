//! `/settings/data`: the export of one's data with its progress, and the end of one's account. Plain forms; the progress moves
//! by itself where there is a script.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use crate::app::component::door::DoorError;
use crate::app::component::field::Field;
use crate::app::component::icon::{Glyph, Icon};
use crate::app::component::moment::Moment;
use crate::app::component::problem::failed;
use crate::app::component::subnav::SettingsPage;
use crate::app::state::live::Live;
use crate::app::state::session::form_error;
use crate::i18n::{sentence, use_texts};
use crate::model::error::Code;
use crate::model::export::{Export, ExportState};
use crate::rpc;
use crate::rpc::data::{Farewell, Start};

/// How often the progress is asked for, in case the line to the server is lost.
const ASK_EVERY: std::time::Duration = std::time::Duration::from_secs(3);

#[component]
pub fn DataPage() -> impl IntoView {
    let texts = use_texts();
    let state = Resource::new_blocking(|| (), |()| rpc::data::state());
    let live = expect_context::<Live>();
    Effect::new(move |first: Option<()>| {
        live.export.track();
        if first.is_some() {
            state.refetch();
        }
    });
    Effect::new(move || {
        let running = matches!(state.get(), Some(Ok((export, _))) if export.state == ExportState::Running);
        if running {
            set_timeout(move || state.refetch(), ASK_EVERY);
        }
    });
    view! {
        <SettingsPage title=texts.person().data>
            <Transition>
                {move || Suspend::new(async move {
                    match state.await {
                        Ok((export, days)) => view! { <ExportPanel export/><ImportPanel/><DeletePanel days/> }.into_any(),
                        Err(error) => failed(error),
                    }
                })}
            </Transition>
        </SettingsPage>
    }
}

#[component]
fn ExportPanel(export: Export) -> impl IntoView {
    let texts = use_texts();
    let refused = form_error().filter(|(path, _)| path == Start::PATH).map(|(_, error)| sentence(texts, &error));
    let running = export.state == ExportState::Running;
    let label = if export.state == ExportState::Ready { texts.data().again } else { texts.data().start };
    let class = if export.state == ExportState::Ready { "button quiet" } else { "button" };
    view! {
        <section class="panel">
            <h2>{texts.data().export_title}</h2>
            <p class="lead">{texts.data().export_lead}</p>
            {refused.map(|text| view! { <p class="alert" role="alert"><Icon glyph=Glyph::Alert/><span>{text}</span></p> })}
            <State export/>
            {(!running).then(|| view! {
                <form method="post" action=Start::url() class="panel-actions">
                    <button type="submit" class=class>{label}</button>
                </form>
            })}
        </section>
    }
}

/// How far it is.
#[component]
fn State(export: Export) -> impl IntoView {
    let texts = use_texts();
    match export.state {
        ExportState::None => ().into_any(),
        ExportState::Running => view! {
            <div class="progress" role="status">
                <label for="export-progress">{(texts.data().running)(export.progress)}</label>
                <progress id="export-progress" max="100" value=export.progress.to_string()></progress>
                <p class="hint needs-no-script">{texts.data().running_plain}</p>
            </div>
        }
        .into_any(),
        ExportState::Ready => view! {
            <p class="saved" role="status"><Icon glyph=Glyph::Check/>{texts.data().ready}</p>
            <p><a class="button" href=export.url rel="external" download="liao-export.zip">{(texts.data().download)(export.size.unwrap_or_default())}</a></p>
            {export.expires_at.map(|at| view! { <p class="hint">{texts.data().until}" "<Moment at/></p> })}
        }
        .into_any(),
        ExportState::Failed => view! { <p class="alert" role="alert"><Icon glyph=Glyph::Alert/><span>{texts.data().failed}</span></p> }.into_any(),
    }
}

/// The way to the page where conversations come in.
#[component]
fn ImportPanel() -> impl IntoView {
    let texts = use_texts();
    view! {
        <section class="panel">
            <h2>{texts.import().title}</h2>
            <p class="lead">{texts.import().link}</p>
            <p class="panel-actions"><a class="button quiet" href="/settings/import">{texts.import().title}</a></p>
        </section>
    }
}

#[component]
fn DeletePanel(days: u32) -> impl IntoView {
    let texts = use_texts();
    let error = form_error().filter(|(path, _)| path == Farewell::PATH).map(|(_, error)| error);
    let wrong = error.as_ref().is_some_and(|error| error.code == Code::BadCredentials);
    let (shown, open) = (error.clone().filter(|_| !wrong), error.is_some());
    view! {
        <section class="panel">
            <h2>{texts.data().delete_title}</h2>
            <p class="lead">{(texts.data().delete_lead)(days)}</p>
            <details class="farewell" open=open>
                <summary class="button quiet">{texts.data().delete}</summary>
                <form method="post" action=Farewell::url() class="farewell-form">
                    <DoorError error=shown/>
                    {wrong.then(|| view! { <p class="wrong" role="alert">{texts.data().wrong_password}</p> })}
                    <Field name="password" label=texts.data().password kind="password" hint=texts.security().password_or_proof autocomplete="current-password"/>
                    <div class="panel-actions"><button type="submit" class="button seal-button">{texts.data().delete}</button></div>
                </form>
            </details>
        </section>
    }
}
