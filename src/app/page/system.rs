//! `/admin/system`: the server about itself, kept up to date where there is a script.

mod backup;
mod job;
mod node;

use std::time::Duration;

use backup::Backups;
use job::Jobs;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::components::A;
use node::Nodes;

use crate::app::component::moment::Moment;
use crate::app::component::plain_form::PlainForm;
use crate::app::component::problem::failed;
use crate::app::component::subnav::AdminPage;
use crate::i18n::usage::count;
use crate::i18n::use_texts;
use crate::model::provider::Circuit;
use crate::model::system::{ProviderStanding, System, Writing};
use crate::rpc;

/// How often the page looks again.
const LOOK: Duration = Duration::from_secs(4);

#[component]
pub fn SystemPage() -> impl IntoView {
    let texts = use_texts();
    let t = texts.system();
    let turn = RwSignal::new(0_u32);
    let again = Callback::new(move |()| turn.update(|n| *n += 1));
    let system = Resource::new_blocking(move || turn.get(), |_| rpc::system::look());
    Effect::new(move || {
        if let Ok(timer) = set_interval_with_handle(move || again.run(()), LOOK) {
            on_cleanup(move || timer.clear());
        }
    });
    view! {
        <AdminPage title=t.title wide=true>
            <p class="lead">{t.lead}" "<span class="hint needs-script">{t.live}</span></p>
            <Transition fallback=move || view! { <p class="lead">{texts.common.loading}</p> }>
                {move || Suspend::new(async move {
                    match system.await {
                        Ok(system) => view! { <Shown system again/> }.into_any(),
                        Err(error) => failed(error),
                    }
                })}
            </Transition>
        </AdminPage>
    }
}

/// Bytes as people read them.
fn bytes(n: u64) -> String {
    let tenths = |unit: u64, name: &str| format!("{}.{} {name}", n / unit, n % unit * 10 / unit);
    match n {
        0..1024 => format!("{n} B"),
        1024..1_048_576 => tenths(1024, "KiB"),
        1_048_576..1_073_741_824 => tenths(1_048_576, "MiB"),
        _ => tenths(1_073_741_824, "GiB"),
    }
}

#[component]
fn Shown(system: System, again: Callback<()>) -> impl IntoView {
    let t = use_texts().system();
    let System { jobs, backup, open_jobs, failed_jobs, writing, providers, nodes, line, node, .. } = system.clone();
    view! {
        <section class="panel"><Facts system/></section>
        <Nodes nodes line here=node/>
        <section class="panel">
            <h2>{t.writing}</h2>
            {if writing.is_empty() { view! { <p class="hint">{t.nobody_writes}</p> }.into_any() } else { view! { <Running writing again/> }.into_any() }}
        </section>
        <section class="panel"><Providers providers/></section>
        <section class="panel"><Backups standing=backup/></section>
        <section class="panel"><Jobs counts=jobs open=open_jobs failed=failed_jobs/></section>
    }
}

#[component]
fn Facts(system: System) -> impl IntoView {
    let t = use_texts().system();
    let fact = |name: &'static str, value: AnyView| view! { <div><dt>{name}</dt><dd>{value}</dd></div> };
    let (word, standings) = (t.words, system.standings);
    let free = system.disk_free_bytes.map_or_else(|| "–".to_owned(), bytes);
    let migrated = format!("{} ({})", (t.migrated)(system.schema, system.known_schema), word(&standings.migrations));
    view! {
        <dl class="facts">
            {fact(t.version, system.version.into_any())}
            {fact(t.since, view! { <Moment at=system.started_at/> }.into_any())}
            {fact(t.database, format!("{} ({})", system.engine, word(&standings.database)).into_any())}
            {fact(t.database_size, bytes(system.database_bytes).into_any())}
            {fact(t.files_size, bytes(system.files_bytes).into_any())}
            {fact(t.disk_free, format!("{free} ({})", word(&standings.disk)).into_any())}
            {fact(t.migrations, migrated.into_any())}
            {fact(t.metrics, if system.metrics { t.metrics_on } else { t.metrics_off }.into_any())}
            {fact(t.online, view! { <A href="/admin/online">{count(system.online)}</A> }.into_any())}
            {fact(t.mails, view! { <A href="/admin/settings/mail">{count(system.mails_waiting)}</A> }.into_any())}
            {fact(t.node, view! { <code>{system.node}</code> }.into_any())}
        </dl>
    }
}

#[component]
fn Running(writing: Vec<Writing>, again: Callback<()>) -> impl IntoView {
    let texts = use_texts();
    let t = texts.system();
    let rows = writing.into_iter().map(move |of| {
        let name = of.user_name.unwrap_or_else(|| t.erased.to_owned());
        let (id, label) = (of.generation_id, (t.stop)(&name));
        let run = Callback::new(move |()| {
            leptos::task::spawn_local(async move {
                // One that has ended meanwhile is what was wanted.
                let _ = rpc::system::stop(id).await;
                again.run(());
            });
        });
        view! {
            <tr>
                <th scope="row"><A href=format!("/admin/users/{}", of.user_id)>{name}</A></th>
                <td><A href=format!("/admin/traces/{}", of.generation_id)>{of.model}</A></td>
                <td><Moment at=of.since/></td>
                <td><PlainForm url=rpc::system::Stop::PATH name="generation_id" value=id.to_string() class="button small" label run>{texts.chat.stop}</PlainForm></td>
            </tr>
        }
    });
    view! {
        <div class="usage-scroll" role="region" aria-label=t.writing tabindex="0">
            <table class="usage-table">
                <caption class="visually-hidden">{t.writing}</caption>
                <thead><tr><th scope="col">{t.person}</th><th scope="col">{t.model}</th><th scope="col">{t.begun}</th><th scope="col"><span class="visually-hidden">{texts.chat.stop}</span></th></tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    }
}

#[component]
fn Providers(providers: Vec<ProviderStanding>) -> impl IntoView {
    let texts = use_texts();
    let t = texts.system();
    let rows = providers.into_iter().map(|of| {
        let troubled = of.health.circuit != Circuit::Closed;
        view! {
            <tr>
                <th scope="row"><A href="/admin/providers">{of.provider}</A></th>
                <td><span class=if troubled { "tag warn" } else { "tag" }>{(texts.provider().health)(&of.health)}</span></td>
                <td>{count(of.health.running.into())}</td>
                <td>{count(of.health.waiting.into())}</td>
            </tr>
        }
    });
    view! {
        <div class="usage-scroll" role="region" aria-label=t.providers tabindex="0">
            <table class="usage-table">
                <caption>{t.providers}</caption>
                <thead><tr><th scope="col">{t.provider}</th><th scope="col">{t.state}</th><th scope="col">{t.running}</th><th scope="col">{t.waiting}</th></tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    }
}
