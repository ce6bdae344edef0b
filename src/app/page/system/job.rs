//! Background jobs on the page about the server: those that run and wait, those that were given up, and what may be done about them.
//! Plain forms.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::components::A;

use crate::app::component::door::DoorError;
use crate::app::component::moment::Moment;
use crate::app::state::session::form_error;
use crate::i18n::usage::count;
use crate::i18n::use_texts;
use crate::model::error::Code;
use crate::model::job::{JobEntry, JobState};
use crate::model::system::JobCounts;
use crate::rpc::system::{CancelJob, RetryJob};

#[component]
pub fn Jobs(counts: JobCounts, open: Vec<JobEntry>, failed: Vec<JobEntry>) -> impl IntoView {
    let t = use_texts().system();
    let refused = form_error().filter(|(path, _)| path == RetryJob::PATH || path == CancelJob::PATH).map(|(_, error)| error);
    let prove = refused.as_ref().is_some_and(|error| error.code == Code::StepUp).then(|| {
        view! { <p><a class="button small" href="/confirm?next=/admin/system" rel="external">{t.prove}</a></p> }
    });
    view! {
        <h2 id="jobs">{t.jobs}</h2>
        <p>{(t.job_counts)(counts.queued, counts.running, counts.failed)}</p>
        <DoorError error=refused/>
        {prove}
        {(!open.is_empty()).then(|| view! { <Table caption=t.open_jobs jobs=open/> })}
        {(!failed.is_empty()).then(|| view! { <Table caption=t.failed_jobs jobs=failed/> })}
    }
}

#[component]
fn Table(caption: &'static str, jobs: Vec<JobEntry>) -> impl IntoView {
    let t = use_texts().system();
    let rows = jobs.into_iter().map(|job| view! { <Row job/> });
    view! {
        <table class="log-table">
            <caption class="visually-hidden">{caption}</caption>
            <thead><tr>
                <th scope="col">{t.when}</th>
                <th scope="col">{t.job}</th>
                <th scope="col">{t.state}</th>
                <th scope="col">{t.attempts}</th>
                <th scope="col"><span class="visually-hidden">{t.act}</span></th>
            </tr></thead>
            <tbody>{rows.collect_view()}</tbody>
        </table>
    }
}

#[component]
fn Row(job: JobEntry) -> impl IntoView {
    let t = use_texts().system();
    let (kind, at) = ((t.kinds)(job.kind), job.finished_at.unwrap_or(job.run_at));
    let person = job.user_id.map(|id| {
        let name = job.user_name.clone().unwrap_or_else(|| t.erased.to_owned());
        view! { <small><A href=format!("/admin/users/{id}")>{name}</A></small> }
    });
    let state = match job.state {
        JobState::Running => format!("{} ({} %)", (t.job_state)(job.state), job.progress),
        state => (t.job_state)(state).to_owned(),
    };
    let class = if job.state == JobState::Failed { "tag warn" } else { "tag" };
    let form = |url: &'static str, word: &'static str, label: String| {
        view! {
            <form method="post" action=url>
                <input type="hidden" name="job_id" value=job.id.to_string()/>
                <button type="submit" class="button quiet small" aria-label=label>{word}</button>
            </form>
        }
    };
    view! {
        <tr>
            <td data-label=t.when><Moment at/></td>
            <td class="log-what">{kind}{person}<small class="log-details">{job.error.clone()}</small></td>
            <td data-label=t.state><span class=class>{state}</span></td>
            <td data-label=t.attempts>{count(job.attempts)}</td>
            <td>
                <div class="provider-actions">
                    {job.can_retry.then(|| form(RetryJob::PATH, t.retry, (t.retry_job)(kind)))}
                    {job.can_cancel.then(|| form(CancelJob::PATH, t.cancel, (t.cancel_job)(kind)))}
                </div>
            </td>
        </tr>
    }
}
