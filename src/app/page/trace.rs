//! `/admin/traces/{id}`: how one answer came about, as a waterfall with its table, and what was asked upstream, in numbers.

use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::use_params_map;
use uuid::Uuid;

use crate::app::component::moment::Moment;
use crate::app::component::problem::failed;
use crate::app::component::subnav::AdminPage;
use crate::app::state::address::name;
use crate::i18n::usage::count;
use crate::i18n::use_texts;
use crate::model::trace::{AskedUpstream, Shape, Stage, Trace, TracedRun};
use crate::rpc;

#[component]
pub fn TracePage() -> impl IntoView {
    let texts = use_texts();
    let t = texts.trace();
    let params = use_params_map();
    let id = Memo::new(move |_| params.read().get("id").and_then(|id| Uuid::parse_str(&id).ok()).unwrap_or_default());
    let run = Resource::new_blocking(move || id.get(), rpc::trace::find);
    view! {
        <AdminPage title=t.title wide=true>
            <p class="lead">{t.lead}</p>
            <Transition fallback=move || view! { <p class="lead">{texts.common.loading}</p> }>
                {move || Suspend::new(async move {
                    match run.await {
                        Ok(run) => view! { <Run run/> }.into_any(),
                        Err(error) => failed(error),
                    }
                })}
            </Transition>
        </AdminPage>
    }
}

#[component]
fn Run(run: TracedRun) -> impl IntoView {
    let texts = use_texts();
    let (t, words) = (texts.trace(), texts.statistics());
    let fact = |name: &'static str, value: AnyView| view! { <div><dt>{name}</dt><dd>{value}</dd></div> };
    let state = run.failure.map_or_else(|| (words.outcomes)(run.status), words.failures);
    let lines = format!("/admin/logs?generation={}", run.generation_id);
    let trace = match run.trace {
        Some(trace) => view! { <Waterfall trace=trace.clone()/><Upstream trace/> }.into_any(),
        None => view! { <p class="lead">{t.no_trace}</p> }.into_any(),
    };
    view! {
        <section class="panel">
            <dl class="facts">
                {fact(t.person, view! { <A href=format!("/admin/users/{}", run.user_id)>{run.user_name}</A> }.into_any())}
                {fact(t.model, run.model.into_any())}
                {fact(t.state, state.into_any())}
                {fact(t.begun, view! { <Moment at=run.started_at/> }.into_any())}
                {fact(t.lines, view! { <A href=lines>{texts.logging().title}</A> }.into_any())}
            </dl>
        </section>
        {trace}
    }
}

/// Microseconds as people read them.
fn time(micros: u64) -> String {
    match micros {
        0..10_000 => format!("{}.{:02} ms", micros / 1000, micros % 1000 / 10),
        10_000..10_000_000 => format!("{} ms", count(micros / 1000)),
        _ => format!("{}.{} s", micros / 1_000_000, micros % 1_000_000 / 100_000),
    }
}

#[component]
fn Waterfall(trace: Trace) -> impl IntoView {
    let t = use_texts().trace();
    let length = trace.length().max(1);
    let row = move |word: &'static str, after: String, took: u64, bar: (u64, u64)| {
        let share = |of: u64| of as f64 * 100.0 / length as f64;
        // What takes next to nothing is seen, too.
        let style = format!("margin-inline-start: {:.2}%; width: max(2px, {:.2}%)", share(bar.0), share(bar.1));
        view! {
            <tr>
                <th scope="row">{word}</th>
                <td class="number">{after}</td>
                <td class="number">{time(took)}</td>
                <td class="trace-line" aria-hidden="true"><div class="trace-bar" style=style></div></td>
            </tr>
        }
    };
    let stages: Vec<_> =
        trace.stages.iter().map(|Stage { kind, from, to }| row((t.stages)(*kind), time(*from), to - from, (*from, to - from))).collect();
    let spoken = trace.stages.iter().find(|stage| stage.kind == crate::model::trace::StageKind::Answer).map_or(0, |stage| stage.from);
    let whiles =
        [(t.render, trace.render), (t.flush, trace.flush)].map(|(word, took)| row(word, t.in_all.to_owned(), took, (spoken, took)));
    view! {
        <section class="panel" aria-labelledby="waterfall">
            <h2 id="waterfall">{t.waterfall}</h2>
            <div class="usage-scroll" role="region" aria-labelledby="waterfall" tabindex="0">
                <table class="usage-table trace">
                    <thead><tr>
                        <th scope="col">{t.stage}</th>
                        <th scope="col">{t.after}</th>
                        <th scope="col">{t.took}</th>
                        <th aria-hidden="true"></th>
                    </tr></thead>
                    <tbody>{stages.into_iter().collect_view()}{whiles.into_iter().collect_view()}</tbody>
                </table>
            </div>
            <p class="hint">{t.answer}": "{(t.said)(trace.reads, trace.characters)}</p>
        </section>
    }
}

#[component]
fn Upstream(trace: Trace) -> impl IntoView {
    let t = use_texts().trace();
    let asked = trace.asked.into_iter().map(|asked| view! { <li class="kept"><Asked asked/></li> });
    view! {
        <section class="panel" aria-labelledby="upstream">
            <h2 id="upstream">{t.asked}</h2>
            <ul class="kept-list">{asked.collect_view()}</ul>
        </section>
    }
}

#[component]
fn Asked(asked: AskedUpstream) -> impl IntoView {
    let texts = use_texts();
    let t = texts.trace();
    let Shape { questions, answers, pictures, characters, system_characters, tokens, .. } = asked.shape;
    let parameters = parameters(&asked.shape);
    let headers: String = asked.headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
    let failure = asked.failure.map(|kind| (texts.statistics().failures)(kind).to_owned());
    let bytes = asked.bytes.map(|bytes| format!("{} B", count(bytes)));
    let facts = [
        (t.to, Some(asked.address.unwrap_or_else(|| t.locally.to_owned()))),
        (t.key, asked.key),
        (t.status, asked.status.map(|status| status.to_string())),
        (t.failure, failure),
        (t.size, bytes),
        (t.shape, Some(format!("{}; {}", (t.turns)(questions, answers, pictures), (t.length)(characters, system_characters, tokens)))),
        (t.parameters, Some(parameters).filter(|text| !text.is_empty())),
    ];
    let facts = facts.into_iter().filter_map(|(name, value)| Some(view! { <div><dt>{name}</dt><dd>{value?}</dd></div> }));
    let headers =
        (!headers.is_empty()).then(|| view! { <p class="hint">{t.headers}</p><pre class="trace-headers"><code>{headers}</code></pre> });
    view! {
        <h3>{asked.model}</h3>
        <dl class="facts">{facts.collect_view()}</dl>
        {headers}
    }
}

fn parameters(shape: &Shape) -> String {
    let said = [
        shape.max_tokens.map(|n| format!("max_tokens {n}")),
        shape.temperature.map(|n| format!("temperature {n}")),
        shape.top_p.map(|n| format!("top_p {n}")),
        shape.effort.map(|effort| format!("effort {}", name(&effort))),
        (shape.stop > 0).then(|| format!("stop {}", shape.stop)),
    ];
    said.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
