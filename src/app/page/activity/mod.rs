//! The security log: `/settings/activity` for everybody about themselves, `/admin/activity` for administrators.

mod own;

use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::use_query_map;
pub use own::OwnActivityPage;

use crate::app::component::activity_log::ActivityLog;
use crate::app::component::filter::{Filter, FilterForm, LineFilter, options};
use crate::app::component::problem::failed_list;
use crate::app::component::subnav::AdminPage;
use crate::app::state::address::{Log, name};
use crate::i18n::use_texts;
use crate::model::activity::{Action, ActivityQuery, Outcome};
use crate::model::sheet::SheetFormat;
use crate::rpc;

const LOG: &str = "/admin/activity";

#[component]
pub fn ActivityPage() -> impl IntoView {
    let texts = use_texts();
    let query = use_query_map();
    let asked = Memo::new(move |_| Log::of(&query.read()));
    let list = Resource::new_blocking(move || asked.get(), |asked| rpc::activity::list(asked.query, asked.after));
    view! {
        <AdminPage title=texts.activity().title wide=true>
            <p class="lead">{texts.activity().lead}</p>
            <LogFilter asked/>
            <Transition fallback=move || view! { <p class="lead">{texts.common.loading}</p> }>
                {move || Suspend::new(async move {
                    match list.await {
                        Ok(page) => view! { <ActivityLog entries=page.items about=true/><Pager next=page.next asked=asked.get_untracked()/> }.into_any(),
                        Err(error) => failed_list(error),
                    }
                })}
            </Transition>
        </AdminPage>
    }
}

#[component]
fn LogFilter(asked: Memo<Log>) -> impl IntoView {
    view! { <FilterForm path=LOG days=true>{move || view! { <Inputs query=asked.get().query/> }}</FilterForm> }
}

#[component]
fn Inputs(query: ActivityQuery) -> impl IntoView {
    let texts = use_texts();
    let t = texts.activity();
    let ActivityQuery { action, result, user, actor, ip, from, to } = query;
    let outcomes = [Outcome::Done, Outcome::Refused].map(|outcome| (name(&outcome), t.outcome(outcome)));
    view! {
        <Filter name="action" label=t.what options=options(Action::ALL.iter().copied(), t.actions) chosen=action.as_ref().map(name)/>
        <Filter name="result" label=t.result options=outcomes.into() chosen=result.as_ref().map(name)/>
        <LineFilter name="user" label=t.user value=user hint=t.person_hint/>
        <LineFilter name="actor" label=t.actor value=actor hint=t.person_hint/>
        <LineFilter name="ip" label=t.ip value=ip hint="192.0.2.1"/>
        <LineFilter name="from" label=t.from kind="date" value=from/>
        <LineFilter name="to" label=t.to kind="date" value=to/>
    }
}

#[component]
fn Pager(next: Option<String>, asked: Log) -> impl IntoView {
    let texts = use_texts();
    let t = texts.activity();
    let first = asked.after.is_some().then(|| view! { <A href=asked.at(LOG, &[]) attr:class="button quiet small">{t.newest}</A> });
    let next = next.map(|next| view! { <A href=asked.at(LOG, &[("after", Some(next))]) attr:class="button small">{t.older}</A> });
    let files = SheetFormat::ALL.map(|format| {
        let href = asked.at("/api/activity/export/", &[("format", Some(format.name().to_owned()))]);
        view! { <a href=href rel="external" download=format!("liao-activity.{}", format.name())>{format.name().to_uppercase()}</a> }
    });
    view! {
        <div class="pager">
            {first}
            {next}
            <span class="spacer"></span>
            <span class="pager-files">{texts.directory().export}": "{files.into_iter().collect_view()}</span>
        </div>
    }
}
