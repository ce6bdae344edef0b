//! The charts of the dashboard, each with its table.

use leptos::prelude::*;
use leptos_router::components::A;

use super::{CALLS, milliseconds};
use crate::app::state::address::Figures as Asked;
use crate::i18n::usage::{count, money};
use crate::i18n::use_texts;
use crate::model::statistics::{Charts, Figures, Point, Range, Statistics};

/// A column of a table: its name, and what it says of a step.
type Column = (&'static str, fn(&Figures) -> String);

fn cost(of: &Figures) -> String {
    of.sum.cost.map_or_else(|| "–".to_owned(), money)
}

fn waited(of: Option<u64>) -> String {
    of.map_or_else(|| "–".to_owned(), milliseconds)
}

/// All charts, side by side where there is room.
#[component]
pub fn ChartList(report: Statistics, charts: Charts, asked: Asked) -> impl IntoView {
    let texts = use_texts();
    let t = texts.statistics();
    let rows: Vec<(String, String, Figures)> =
        report.points.iter().map(|point| (when(point), calls_of(&asked, point), point.figures)).collect();
    let rows = StoredValue::new(rows);
    let calls: Vec<Column> = vec![(t.calls, |of| count(of.sum.calls)), (t.failed, |of| count(of.failed))];
    let tokens: Vec<Column> =
        vec![(texts.usage.input, |of| count(of.sum.input_tokens)), (texts.usage.output, |of| count(of.sum.output_tokens))];
    let waits: Vec<Column> =
        vec![(t.p50, |of| waited(of.wait.map(|wait| wait.p50_ms))), (t.p95, |of| waited(of.wait.map(|wait| wait.p95_ms)))];
    let hours = report.hours.iter().enumerate().map(|(hour, of)| (format!("{hour:02}:00"), String::new(), *of)).collect();
    let hours = StoredValue::new(hours);
    view! {
        <div class="charts">
            <Chart title=t.chart_calls svg=charts.calls keys=vec![t.answered, t.failed] columns=calls.clone() rows step=t.time/>
            <Chart title=t.chart_tokens svg=charts.tokens keys=vec![texts.usage.input, texts.usage.output] columns=tokens rows step=t.time/>
            <Chart title=t.chart_cost svg=charts.cost keys=vec![] columns=vec![(texts.usage.cost, cost as fn(&Figures) -> String)] rows step=t.time/>
            <Chart title=t.chart_wait svg=charts.wait keys=vec![t.p50, t.p95] columns=waits rows step=t.time/>
            <Chart title=t.chart_hours svg=charts.hours keys=vec![t.answered, t.failed] columns=calls rows=hours step=t.hour/>
        </div>
    }
}

/// A step in words, in UTC: the day, or the hour.
fn when(point: &Point) -> String {
    let hourly = (point.until - point.from).num_hours() <= 1;
    // A day of another zone begins at some hour of UTC's.
    let form = if hourly || point.from.format("%H").to_string() != "00" { "%Y-%m-%d %H:%M UTC" } else { "%Y-%m-%d" };
    point.from.format(form).to_string()
}

/// The calls of one step.
fn calls_of(asked: &Asked, point: &Point) -> String {
    let moment = |at: chrono::DateTime<chrono::Utc>| Some(at.format("%Y-%m-%dT%H:%M:%SZ").to_string());
    let at = asked.with(|query| (query.range, query.from, query.to) = (Range::Custom, moment(point.from), moment(point.until)));
    at.at(CALLS, &[])
}

#[component]
fn Chart(
    title: &'static str,
    svg: String,
    /// What the colours mean, where there are two.
    keys: Vec<&'static str>,
    columns: Vec<Column>,
    /// When, the address of its calls, and its figures.
    rows: StoredValue<Vec<(String, String, Figures)>>,
    step: &'static str,
) -> impl IntoView {
    let t = use_texts().statistics();
    let keys = keys.into_iter().enumerate().map(|(series, key)| view! { <span data-series=series.to_string()>{key}</span> }).collect_view();
    let heads = columns.iter().map(|(name, _)| view! { <th scope="col">{*name}</th> }).collect_view();
    let row = |(when, href, of): (String, String, Figures)| {
        let cells = columns.iter().map(|(_, value)| view! { <td>{value(&of)}</td> }).collect_view();
        let linked = !href.is_empty() && of.sum.calls > 0;
        let when = if linked { view! { <A href=href>{when}</A> }.into_any() } else { when.into_any() };
        view! { <tr><th scope="row">{when}</th>{cells}</tr> }
    };
    let rows = rows.get_value().into_iter().map(row).collect_view();
    view! {
        <figure class="chart panel">
            <figcaption><h2>{title}</h2><span class="chart-keys" aria-hidden="true">{keys}</span></figcaption>
            <div class="chart-drawing" aria-hidden="true" inner_html=svg></div>
            <details>
                <summary>{t.table}</summary>
                <div class="usage-scroll" role="region" aria-label=title tabindex="0">
                    <table class="usage-table">
                        <caption class="visually-hidden">{title}</caption>
                        <thead><tr><th scope="col">{step}</th>{heads}</tr></thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
            </details>
        </figure>
    }
}
