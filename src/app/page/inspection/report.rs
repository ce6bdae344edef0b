//! `/admin/reports`: what was reported as abuse, and what became of it. Plain forms and links.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::components::A;
use leptos_router::hooks::use_query_map;
use uuid::Uuid;

use super::{LIST, REPORTS};
use crate::app::component::door::DoorError;
use crate::app::component::moment::Moment;
use crate::app::component::problem::failed_list;
use crate::app::component::subnav::AdminPage;
use crate::app::state::address::{address, name, word};
use crate::app::state::session::form_error;
use crate::i18n::use_texts;
use crate::model::Page;
use crate::model::report::{Report, ReportState, Ruling};
use crate::rpc;
use crate::rpc::report::Resolve;

#[component]
pub fn ReportsPage() -> impl IntoView {
    let texts = use_texts();
    let t = texts.oversight();
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        let query = query.read();
        (word::<ReportState>(&query, "state"), query.get("after").and_then(|id| Uuid::parse_str(&id).ok()))
    });
    let list = Resource::new_blocking(move || asked.get(), |(state, after)| rpc::report::list(state, after));
    let refused = form_error().filter(|(path, _)| path == Resolve::PATH).map(|(_, error)| error);
    view! {
        <AdminPage title=t.reports wide=true>
            <div class="people-head">
                <p class="lead">{t.reports_lead}</p>
                <A href=LIST attr:class="button quiet">{t.back}</A>
            </div>
            <DoorError error=refused/>
            {move || view! { <States chosen=asked.get().0/> }}
            <Transition fallback=move || view! { <p class="lead">{texts.common.loading}</p> }>
                {move || Suspend::new(async move {
                    match list.await {
                        Ok(page) => view! { <Rows page state=asked.get_untracked().0/> }.into_any(),
                        Err(error) => failed_list(error),
                    }
                })}
            </Transition>
        </AdminPage>
    }
}

/// Which reports are shown: links.
#[component]
fn States(chosen: Option<ReportState>) -> impl IntoView {
    let texts = use_texts();
    let t = texts.oversight();
    let states = ReportState::ALL.map(|state| (Some(state), (t.states)(state))).into_iter().chain([(None, texts.directory().any)]);
    let links = states.map(|(state, label)| {
        let href = address(REPORTS, &[("state", state.as_ref().map(name))]);
        view! { <a class="tag-chip" href=href aria-current=(state == chosen).then_some("true")>{label}</a> }
    });
    view! { <p class="tag-chips">{links.collect_view()}</p> }
}

#[component]
fn Rows(page: Page<Report>, state: Option<ReportState>) -> impl IntoView {
    let texts = use_texts();
    let t = texts.oversight();
    let Page { items, next } = page;
    if items.is_empty() {
        return view! { <p class="lead">{t.no_reports}</p> }.into_any();
    }
    let next = next.map(|next| {
        let href = address(REPORTS, &[("state", state.as_ref().map(name)), ("after", Some(next))]);
        view! { <A href=href attr:class="button small">{texts.activity().older}</A> }
    });
    let rows = items.into_iter().map(|report| view! { <Row report/> }).collect_view();
    view! {
        <table class="log-table">
            <thead>
                <tr>
                    <th scope="col">{texts.activity().when}</th>
                    <th scope="col">{t.what}</th>
                    <th scope="col">{t.by}</th>
                    <th scope="col">{t.about}</th>
                    <th scope="col">{t.state}</th>
                    <th scope="col"><span class="visually-hidden">{t.look}</span></th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
        <div class="pager">{next}</div>
    }
    .into_any()
}

#[component]
fn Row(report: Report) -> impl IntoView {
    let texts = use_texts();
    let t = texts.oversight();
    let of = report.report;
    let person = |id: Uuid, name: String| view! { <A href=format!("/admin/users/{id}")>{name}</A> };
    let open = of.state == ReportState::Open;
    let look = match report.session_id {
        Some(chat) => {
            let at = of.message_id.map(|id| format!("?at={id}")).unwrap_or_default();
            let label = (t.look_at)(&report.owner_name);
            view! { <a class="button small" href=format!("{LIST}/{chat}{at}") aria-label=label>{t.look}</a> }.into_any()
        }
        None => view! { <span class="hint">{t.deleted}</span> }.into_any(),
    };
    let ruling = |ruling: Ruling, label: &'static str| {
        view! {
            <form method="post" action=Resolve::url()>
                <input type="hidden" name="id" value=of.id.to_string()/>
                <button type="submit" name="ruling" value=name(&ruling) class="button quiet small">{label}</button>
            </form>
        }
    };
    let rulings = open.then(|| view! { {ruling(Ruling::Upheld, t.uphold)}{ruling(Ruling::Dismissed, t.dismiss)} });
    let resolved = report.resolved_name.map(|name| view! { <small>{(t.resolved_by)(&name)}</small> });
    view! {
        <tr>
            <td data-label=texts.activity().when><Moment at=of.created_at/></td>
            <td class="log-what">{(t.reasons)(of.reason)}<small dir="auto">{of.note}</small></td>
            <td data-label=t.by>{person(report.reporter_id, report.reporter_name)}</td>
            <td data-label=t.about>{person(report.owner_id, report.owner_name)}{report.shared.then(|| view! { <small>{t.by_link}</small> })}</td>
            <td data-label=t.state><span class=if open { "tag warn" } else { "tag" }>{(t.states)(of.state)}</span>{resolved}</td>
            <td><div class="provider-actions">{look}{rulings}</div></td>
        </tr>
    }
}
