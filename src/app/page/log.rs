//! `/admin/logs`: the server's own log. Filters, page and whether new lines are followed stand in the address.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::components::A;
use leptos_router::hooks::use_query_map;

use super::profile::Saved;
use crate::app::component::door::DoorError;
use crate::app::component::field::Field;
use crate::app::component::filter::{Filter, FilterForm, LineFilter, options};
use crate::app::component::log_row::row;
use crate::app::component::problem::failed_list;
use crate::app::component::subnav::AdminPage;
use crate::app::state::address::Lines;
use crate::app::state::session::form_error;
use crate::i18n::use_texts;
use crate::model::log::{LogLevel, LogNode, LogPage, LogQuery};
use crate::rpc;
use crate::rpc::log::SaveLogs;

const PAGE: &str = "/admin/logs";

#[component]
pub fn LogsPage() -> impl IntoView {
    let texts = use_texts();
    let t = texts.logging();
    let query = use_query_map();
    let asked = Memo::new(move |_| Lines::of(&query.read()));
    let list = Resource::new_blocking(move || asked.get(), |asked| rpc::log::list(asked.query, asked.after));
    view! {
        <AdminPage title=t.title wide=true>
            <p class="lead">{t.lead}</p>
            <Saved/>
            <Filters asked/>
            <Transition fallback=move || view! { <p class="lead">{texts.common.loading}</p> }>
                {move || Suspend::new(async move {
                    match list.await {
                        Ok(page) => view! { <Shown page asked=asked.get_untracked()/> }.into_any(),
                        Err(error) => failed_list(error),
                    }
                })}
            </Transition>
        </AdminPage>
    }
}

#[component]
fn Shown(page: LogPage, asked: Lines) -> impl IntoView {
    let t = use_texts().logging();
    let LogPage { lines, next, settings, bytes, dropped, nodes, away } = page;
    let nodes = view! { <Nodes nodes asked=asked.clone()/> };
    if away {
        return view! { {nodes} <p class="lead" role="status">{t.away}</p> }.into_any();
    }
    let empty = lines.is_empty().then(|| view! { <p class="lead">{t.none}</p> });
    let rows: String = lines.iter().map(|line| row(line, t, asked.query.node.as_deref())).collect();
    view! {
        {nodes}
        <Live asked=asked.clone()/>
        <table class="log-table" id="log">
            <thead><tr>
                <th scope="col">{t.when}</th>
                <th scope="col">{t.level}</th>
                <th scope="col">{t.what}</th>
                <th scope="col">{t.about}</th>
            </tr></thead>
            <tbody inner_html=rows></tbody>
        </table>
        {empty}
        <Pager next asked/>
        <Kept days=settings.days mb=settings.mb standing=(t.standing)(bytes >> 10, dropped)/>
    }
    .into_any()
}

/// Whose log it is, where there are several nodes.
#[component]
fn Nodes(nodes: Vec<LogNode>, asked: Lines) -> impl IntoView {
    let t = use_texts().system();
    if nodes.is_empty() {
        return ().into_any();
    }
    // Not the router's own links: to these, every address of this path is the current one, whatever its query.
    let link = |node: LogNode| {
        let LogNode { id, role, alive, here } = node;
        let current = asked.query.node.as_ref().map_or(here, |chosen| *chosen == id).then_some("true");
        // The end of an id tells nodes apart; the beginning is when they were made.
        let words = [Some((t.roles)(&role).to_owned()), id.rsplit('-').next().map(str::to_owned)];
        let state = [here.then_some(t.this_node), (!alive).then_some(t.dead)].into_iter().flatten();
        let name = state.fold(words.into_iter().flatten().collect::<Vec<_>>().join(" · "), |name, word| format!("{name} {word}"));
        let query = LogQuery { node: Some(id), ..asked.query.clone() };
        let href = Lines { query, ..Lines::default() }.at(PAGE, &[]);
        view! { <li><a href=href class="button quiet small" aria-current=current>{name}</a></li> }
    };
    let links = nodes.into_iter().map(link).collect_view();
    view! { <nav class="periods" aria-label=t.nodes><ul>{links}</ul></nav> }.into_any()
}

/// New lines as they come, where there is a script; else the page loads itself again.
#[component]
fn Live(asked: Lines) -> impl IntoView {
    let t = use_texts().logging();
    if asked.after.is_some() {
        return ().into_any();
    }
    if !asked.live {
        let href = asked.at(PAGE, &[("live", Some("1".into()))]);
        return view! { <p><A href=href attr:class="button small">{t.live}</A></p> }.into_any();
    }
    let plain = format!("<meta http-equiv=\"refresh\" content=\"5\"><p class=\"hint\">{}</p>", t.reloads);
    view! {
        <div class="log-live">
            <A href=asked.at(PAGE, &[]) attr:class="button quiet small">{t.stop_live}</A>
            <log-tail data-url=asked.at("/events/logs/", &[("live", Some("1".into()))])>
                <p class="hint needs-script" role="status" data-words=t.new_lines></p>
            </log-tail>
            <noscript inner_html=plain></noscript>
        </div>
    }
    .into_any()
}

#[component]
fn Filters(asked: Memo<Lines>) -> impl IntoView {
    view! { <FilterForm path=PAGE days=true>{move || view! { <Inputs query=asked.get().query/> }}</FilterForm> }
}

#[component]
fn Inputs(query: LogQuery) -> impl IntoView {
    let t = use_texts().logging();
    let LogQuery { level, target, text, user, request, generation, from, to, node } = query;
    let levels = options(LogLevel::ALL, t.levels);
    view! {
        {node.map(|node| view! { <input type="hidden" name="node" value=node/> })}
        <Filter name="level" label=t.level options=levels chosen=level.map(|level| level.name().to_owned())/>
        <LineFilter name="text" label=t.text kind="search" value=text/>
        <LineFilter name="target" label=t.target value=target hint="liao::server::http"/>
        <LineFilter name="request" label=t.request value=request hint=t.id/>
        <LineFilter name="user" label=t.user value=user hint=t.id/>
        <LineFilter name="generation" label=t.generation value=generation hint=t.id/>
        <LineFilter name="from" label=t.from kind="date" value=from/>
        <LineFilter name="to" label=t.to kind="date" value=to/>
    }
}

#[component]
fn Pager(next: Option<u64>, asked: Lines) -> impl IntoView {
    let texts = use_texts();
    let t = texts.activity();
    let first = asked.after.is_some().then(|| view! { <A href=asked.at(PAGE, &[]) attr:class="button quiet small">{t.newest}</A> });
    let next =
        next.map(|next| view! { <A href=asked.at(PAGE, &[("after", Some(next.to_string()))]) attr:class="button small">{t.older}</A> });
    view! {
        <div class="pager">
            {first}
            {next}
            <span class="spacer"></span>
            <a href=asked.at("/api/admin/logs/export/", &[]) rel="external" download="liao-log.json">{texts.logging().download}</a>
        </div>
    }
}

/// How much is kept.
#[component]
fn Kept(days: u32, mb: u32, standing: String) -> impl IntoView {
    let texts = use_texts();
    let t = texts.logging();
    let error = form_error().filter(|(path, _)| path == SaveLogs::PATH).map(|(_, error)| error);
    let wrong = Signal::stored(error.clone());
    view! {
        <form method="post" action=SaveLogs::url() class="panel">
            <h2>{t.kept}</h2>
            <p class="hint">{standing}</p>
            <DoorError error/>
            <Field name="days" kind="number" label=t.days hint=t.days_hint value=days.to_string() required=true error=wrong/>
            <Field name="mb" kind="number" label=t.mb hint=t.mb_hint value=mb.to_string() required=true error=wrong/>
            <div class="panel-actions"><button type="submit" class="button seal-button">{texts.common.save}</button></div>
        </form>
    }
}
