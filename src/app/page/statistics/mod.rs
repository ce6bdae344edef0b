//! How the server is used: `/admin/dashboard` in figures and charts, `/admin/calls` call by call. What is asked for stands in the address.

mod call;
mod chart;
mod table;

use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::use_query_map;

use self::chart::ChartList;
use self::table::Tables;
use crate::app::component::filter::{Filter, FilterForm, LineFilter, options};
use crate::app::component::problem::failed_list;
use crate::app::component::subnav::AdminPage;
use crate::app::state::address::{Figures as Asked, name};
use crate::i18n::usage::{count, duration, money, rate};
use crate::i18n::use_texts;
use crate::model::generation::FailureKind;
use crate::model::sheet::SheetFormat;
use crate::model::statistics::{Charts, Compared, ERASED, Figures, Range, Statistics};
use crate::rpc;
pub use call::CallsPage;

/// Where the dashboard is.
const DASHBOARD: &str = "/admin/dashboard";
/// Where the calls are.
const CALLS: &str = "/admin/calls";

#[component]
pub fn DashboardPage() -> impl IntoView {
    let texts = use_texts();
    let t = texts.statistics();
    let query = use_query_map();
    let asked = Memo::new(move |_| Asked::of(&query.read()));
    let report = Resource::new_blocking(move || asked.get(), |asked| rpc::statistics::report(asked.query));
    view! {
        <AdminPage title=t.title wide=true>
            <p class="lead">{t.lead}</p>
            <Asking asked here=DASHBOARD/>
            <Transition fallback=move || view! { <p class="lead">{texts.common.loading}</p> }>
                {move || Suspend::new(async move {
                    match report.await {
                        Ok((report, charts)) => view! { <Shown report charts asked=asked.get_untracked()/> }.into_any(),
                        Err(error) => failed_list(error),
                    }
                })}
            </Transition>
        </AdminPage>
    }
}

/// The times that are offered, and the form of everything else; on the page of calls with why a call failed.
#[component]
fn Asking(asked: Memo<Asked>, here: &'static str) -> impl IntoView {
    view! {
        {move || view! { <Ranges asked=asked.get() here/> }}
        <FilterForm path=here>{move || view! { <Inputs asked=asked.get() here/> }}</FilterForm>
    }
}

#[component]
fn Ranges(asked: Asked, here: &'static str) -> impl IntoView {
    let t = use_texts().statistics();
    let ranges = [Range::Day, Range::Week, Range::Month, Range::Quarter];
    // Not the router's own links: to these, every address of this path is the current one, whatever its query.
    let links = ranges.map(|range| {
        let href = asked.with(|query| (query.range, query.from, query.to) = (range, None, None)).at(here, &[]);
        let current = (asked.query.range == range).then_some("page");
        view! { <li><a href=href class="button quiet small" aria-current=current>{(t.ranges)(range)}</a></li> }
    });
    let custom = (asked.query.range == Range::Custom)
        .then(|| view! { <li><span class="button quiet small" aria-current="page">{(t.ranges)(Range::Custom)}</span></li> });
    view! { <nav class="periods" aria-label=t.range><ul>{links.into_iter().collect_view()}{custom}</ul></nav> }
}

#[component]
fn Inputs(asked: Asked, here: &'static str) -> impl IntoView {
    let texts = use_texts();
    let t = texts.statistics();
    let query = asked.query;
    // A moment of the address is the day that it is in.
    let day = |text: Option<String>| text.map(|text| text.chars().take(10).collect::<String>());
    let range = (query.range != Range::Custom && query.range != Range::default())
        .then(|| view! { <input type="hidden" name="range" value=name(&query.range)/> });
    let failures = (here == CALLS).then(|| {
        view! { <Filter name="failure" label=t.failure options=options(FailureKind::ALL, t.failures) chosen=query.failure.as_ref().map(name)/> }
    });
    view! {
        {range}
        <LineFilter name="from" label=t.from kind="date" value=day(query.from)/>
        <LineFilter name="to" label=t.to kind="date" value=day(query.to)/>
        <LineFilter name="provider" label=t.provider value=query.provider/>
        <LineFilter name="model" label=t.model value=query.model/>
        <LineFilter name="user" label=t.user value=query.user hint=texts.activity().person_hint/>
        {(here == CALLS).then(|| view! { <LineFilter name="key" label=t.key value=query.key/> })}
        {failures}
    }
}

#[component]
fn Shown(report: Statistics, charts: Charts, asked: Asked) -> impl IntoView {
    let t = use_texts().statistics();
    let hours = (report.until - report.from).num_hours();
    let counting = report.counting.then(|| view! { <p class="notice" role="status">{t.counting}</p> });
    let whose = report.user.as_ref().map(|user| format!("{} ({})", user.name, user.email));
    view! {
        {counting}
        <p class="hint">{whose.map(|whose| format!("{whose}. "))}{(t.compared)(&report.time_zone, hours)}</p>
        <section class="panel" aria-labelledby="usage-totals">
            <h2 id="usage-totals">{t.usage}</h2>
            <Totals now=report.now previous=report.previous/>
        </section>
        <section class="panel" aria-labelledby="people-totals">
            <h2 id="people-totals">{t.people}</h2>
            <People report=report.clone()/>
        </section>
        <ChartList report=report.clone() charts asked=asked.clone()/>
        <Tables report asked=asked.clone()/>
        <Files asked=asked.clone() path="/api/admin/statistics/export/" file="liao-statistics">
            <A href=asked.at(CALLS, &[]) attr:class="button small">{t.rows}</A>
            <a href="/settings/usage#reports" class="button quiet small">{t.mailed}</a>
        </Files>
    }
}

/// By how much a figure has changed, in percent; nothing where there was none before.
fn change(now: u64, before: u64) -> Option<i64> {
    let percent = (now as f64 - before as f64) / before as f64 * 100.0;
    // What grew a thousandfold is told by its figures.
    (before > 0 && percent.abs() < 1e6).then_some(percent.round() as i64)
}

/// A figure with its name, and what it was before.
#[component]
fn Figure(name: &'static str, now: String, before: Option<(Option<i64>, String)>) -> impl IntoView {
    let t = use_texts().statistics();
    let before = before.map(|(change, before)| view! { <small>{(t.before)(change, &before)}</small> });
    view! { <div><dt>{name}</dt><dd>{now}{before}</dd></div> }
}

#[component]
fn Totals(now: Figures, previous: Figures) -> impl IntoView {
    let texts = use_texts();
    let t = texts.statistics();
    let counted = |name: &'static str, now: u64, before: u64| {
        view! { <Figure name now=count(now) before=Some((change(now, before), count(before)))/> }
    };
    let waited = |name: &'static str, now: Option<u64>, before: Option<u64>| {
        let before = before.map(|before| (now.and_then(|now| change(now, before)), milliseconds(before)));
        view! { <Figure name now=now.map_or_else(|| "–".to_owned(), milliseconds) before/> }
    };
    let rates = now.tokens_per_second.map_or_else(|| "–".to_owned(), rate);
    let (cost, cost_before) = (now.sum.cost.unwrap_or_default(), previous.sum.cost.unwrap_or_default());
    let unpriced = (now.sum.unpriced > 0).then(|| view! { <p class="hint">{(texts.usage.unpriced)(now.sum.unpriced)}</p> });
    let cost_now = if now.sum.cost.is_none() && now.sum.calls > 0 { texts.usage.no_price.to_owned() } else { money(cost) };
    view! {
        <dl class="totals">
            {counted(t.calls, now.sum.calls, previous.sum.calls)}
            {counted(t.failed, now.failed, previous.failed)}
            {counted(texts.usage.input, now.sum.input_tokens, previous.sum.input_tokens)}
            {counted(texts.usage.output, now.sum.output_tokens, previous.sum.output_tokens)}
            <Figure name=texts.usage.cost now=cost_now before=Some((change(cost, cost_before), money(cost_before)))/>
            {waited(t.p50, now.wait.map(|wait| wait.p50_ms), previous.wait.map(|wait| wait.p50_ms))}
            {waited(t.p95, now.wait.map(|wait| wait.p95_ms), previous.wait.map(|wait| wait.p95_ms))}
            <Figure name=t.rate now=rates before=previous.tokens_per_second.map(|before| (None, rate(before)))/>
        </dl>
        {unpriced}
    }
}

/// A time of any length.
fn milliseconds(ms: u64) -> String {
    duration(u32::try_from(ms).unwrap_or(u32::MAX))
}

#[component]
fn People(report: Statistics) -> impl IntoView {
    let t = use_texts().statistics();
    let people = report.people;
    let compared = |name: &'static str, of: Compared| {
        view! { <Figure name now=count(of.now) before=Some((change(of.now, of.before), count(of.before)))/> }
    };
    view! {
        <dl class="totals">
            <Figure name=t.online now=count(people.online) before=None/>
            {compared(t.new_users, people.new)}
            {compared(t.active, people.active)}
            {compared(t.active_day, people.day)}
            {compared(t.active_week, people.week)}
            {compared(t.active_month, people.month)}
            {compared(t.chats, people.chats)}
            {compared(t.messages, people.messages)}
        </dl>
        <p class="hint">{t.unfiltered}</p>
    }
}

/// Links to the same as a file, after what else there is.
#[component]
fn Files(asked: Asked, path: &'static str, file: &'static str, children: Children) -> impl IntoView {
    let texts = use_texts();
    let files = SheetFormat::ALL.map(|format| {
        let href = asked.at(path, &[("format", Some(format.name().to_owned()))]);
        view! { <a href=href rel="external" download=format!("{file}.{}", format.name())>{format.name().to_uppercase()}</a> }
    });
    view! {
        <div class="pager">
            {children()}
            <span class="spacer"></span>
            <span class="pager-files">{texts.directory().export}": "{files.into_iter().collect_view()}</span>
        </div>
    }
}

/// The address of somebody's figures.
fn of_person(asked: &Asked, id: Option<uuid::Uuid>) -> Asked {
    asked.with(|query| query.user = Some(id.map_or_else(|| ERASED.to_owned(), |id| id.to_string())))
}
