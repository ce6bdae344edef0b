//! The security log: `/settings/activity` for everybody about themselves, `/admin/activity` for administrators.

mod own;

use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::{use_navigate, use_query_map};
pub use own::OwnActivityPage;

use crate::app::browser;
use crate::app::component::activity_log::ActivityLog;
use crate::app::component::people_filter::{Filter, options};
use crate::app::component::problem::Problem;
use crate::app::component::subnav::AdminPage;
use crate::app::state::address::{Log, name};
use crate::app::state::session::leave_if_signed_out;
use crate::i18n::use_texts;
use crate::model::activity::{Action, ActivityQuery, Outcome};
use crate::model::error::Code;
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
                        // A filter that fits nobody is no problem of the page.
                        Err(error) if error.code == Code::Invalid => {
                            let text = crate::i18n::sentence(texts, &error);
                            view! { <p class="alert" role="alert">{text}</p> }.into_any()
                        }
                        Err(error) => {
                            leave_if_signed_out(&error);
                            view! { <Problem error/> }.into_any()
                        }
                    }
                })}
            </Transition>
        </AdminPage>
    }
}

#[component]
fn LogFilter(asked: Memo<Log>) -> impl IntoView {
    let texts = use_texts();
    let navigate = use_navigate();
    let submit = move |event: leptos::ev::SubmitEvent| {
        if let Some(query) = browser::form_query(&event) {
            event.prevent_default();
            navigate(&format!("{LOG}?{query}"), Default::default());
        }
    };
    view! {
        <form method="get" action=LOG class="filters" role="search" aria-label=texts.directory().filters on:submit=submit>
            {move || view! { <Inputs query=asked.get().query/> }}
            <div class="filters-actions">
                <button type="submit" class="button small">{texts.directory().apply}</button>
                <A href=LOG attr:class="button quiet small">{texts.directory().clear}</A>
                <span class="hint">{texts.activity().utc}</span>
            </div>
        </form>
    }
}

#[component]
fn Inputs(query: ActivityQuery) -> impl IntoView {
    let texts = use_texts();
    let t = texts.activity();
    let ActivityQuery { action, result, user, actor, ip, from, to } = query;
    let outcomes = [Outcome::Done, Outcome::Refused].map(|outcome| (name(&outcome), t.outcome(outcome)));
    let line = |name: &'static str, label: &'static str, kind: &'static str, value: Option<String>, hint: &'static str| {
        view! {
            <label class="filter">
                <span>{label}</span>
                <input type=kind name=name value=value.unwrap_or_default() placeholder=hint autocomplete="off" spellcheck="false"/>
            </label>
        }
    };
    view! {
        <Filter name="action" label=t.what options=options(Action::ALL.iter().copied(), t.actions) chosen=action.as_ref().map(name)/>
        <Filter name="result" label=t.result options=outcomes.into() chosen=result.as_ref().map(name)/>
        {line("user", t.user, "text", user, t.person_hint)}
        {line("actor", t.actor, "text", actor, t.person_hint)}
        {line("ip", t.ip, "text", ip, "192.0.2.1")}
        {line("from", t.from, "date", from, "")}
        {line("to", t.to, "date", to, "")}
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
