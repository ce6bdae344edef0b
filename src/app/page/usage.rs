//! `/settings/usage`: tokens and costs of a period, by model, and a calendar of the last year. Links and tables: no script is needed.

use std::collections::HashMap;

use chrono::{Datelike, Days, NaiveDate};
use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::use_query_map;

use crate::app::component::digest_panel::DigestPanel;
use crate::app::component::problem::failed;
use crate::app::component::subnav::SettingsPage;
use crate::i18n::usage::{count, money};
use crate::i18n::use_texts;
use crate::model::usage::{OfDay, OfModel, Period, Report, Sum};
use crate::rpc;

const HERE: &str = "/settings/usage";
/// Days of the calendar.
const YEAR: u64 = 365;
/// Shades of a day on which something was used.
const SHADES: f64 = 4.0;

#[component]
pub fn UsagePage() -> impl IntoView {
    let texts = use_texts();
    let query = use_query_map();
    let period = Memo::new(move |_| query.read().get("period").and_then(|name| Period::named(&name)).unwrap_or_default());
    let report = Resource::new_blocking(move || period.get(), rpc::usage::mine);
    view! {
        <SettingsPage title=texts.usage.title>
            <p class="lead">{texts.usage_page().lead}</p>
            <Transition fallback=move || view! { <p class="lead">{texts.common.loading}</p> }>
                {move || Suspend::new(async move {
                    match report.await {
                        Ok((report, year)) => view! { <Shown report year/> }.into_any(),
                        Err(error) => failed(error),
                    }
                })}
            </Transition>
            <DigestPanel/>
        </SettingsPage>
    }
}

#[component]
fn Shown(report: Report, year: Vec<OfDay>) -> impl IntoView {
    let page = use_texts().usage_page();
    let Report { period, to, time_zone, total, models, .. } = report;
    view! {
        <section class="panel">
            <Periods period/>
            <Totals sum=total/>
            {if models.is_empty() { view! { <p class="hint">{page.nothing}</p> }.into_any() } else { view! { <Models models/> }.into_any() }}
        </section>
        <section class="panel">
            <h2 id="year">{page.year}</h2>
            <Calendar to year/>
            <p class="hint">{(page.zone)(&time_zone)}</p>
        </section>
    }
}

#[component]
fn Periods(period: Period) -> impl IntoView {
    let page = use_texts().usage_page();
    let link = move |(name, which): (&'static str, Period)| {
        let current = (which == period).then_some("page");
        view! { <li><A href=format!("{HERE}?period={}", which.name()) attr:class="button quiet small" attr:aria-current=current>{name}</A></li> }
    };
    let periods = [(page.days_30, Period::Days), (page.month, Period::Month), (page.all, Period::All)];
    view! { <nav class="periods" aria-label=page.period><ul>{periods.map(link).collect_view()}</ul></nav> }
}

#[component]
fn Totals(sum: Sum) -> impl IntoView {
    let texts = &use_texts().usage;
    let page = use_texts().usage_page();
    let with = |name: &str, n: u64| (n > 0).then(|| format!("{name}: {}", count(n)));
    let total = |name: &'static str, value: String, more: Option<String>| {
        view! { <div><dt>{name}</dt><dd>{value}{more.map(|more| view! { <small>{more}</small> })}</dd></div> }
    };
    let notes = [(sum.unpriced > 0).then(|| (texts.unpriced)(sum.unpriced)), (sum.estimated > 0).then(|| (page.estimated)(sum.estimated))];
    view! {
        <dl class="totals">
            {total(texts.cost, cost(&sum), None)}
            {total(page.calls, count(sum.calls), None)}
            {total(texts.input, count(sum.input_tokens), with(texts.cached, sum.cached_tokens))}
            {total(texts.output, count(sum.output_tokens), with(texts.reasoning, sum.reasoning_tokens))}
        </dl>
        {notes.into_iter().flatten().map(|note| view! { <p class="hint">{note}</p> }).collect_view()}
    }
}

/// The cost of a sum; where none of it has a price, that it is not known. Nothing at all costs nothing.
fn cost(sum: &Sum) -> String {
    let texts = &use_texts().usage;
    match sum.cost {
        Some(cost) => money(cost),
        None if sum.calls == 0 => money(0),
        None => texts.no_price.to_owned(),
    }
}

#[component]
fn Models(models: Vec<OfModel>) -> impl IntoView {
    let texts = &use_texts().usage;
    let page = use_texts().usage_page();
    let row = |OfModel { model, sum }: OfModel| {
        view! {
            <tr>
                <th scope="row">{if model.ends_with('/') { format!("{model}{}", page.erased_model) } else { model }}</th>
                <td>{count(sum.calls)}</td>
                <td>{count(sum.input_tokens)}</td>
                <td>{count(sum.cached_tokens)}</td>
                <td>{count(sum.output_tokens)}</td>
                <td>{cost(&sum)}</td>
            </tr>
        }
    };
    view! {
        <div class="usage-scroll" role="region" aria-label=page.by_model tabindex="0">
            <table class="usage-table">
                <caption>{page.by_model}</caption>
                <thead>
                    <tr>
                        <th scope="col">{texts.model}</th>
                        <th scope="col">{page.calls}</th>
                        <th scope="col">{texts.input}</th>
                        <th scope="col">{texts.cached}</th>
                        <th scope="col">{texts.output}</th>
                        <th scope="col">{texts.cost}</th>
                    </tr>
                </thead>
                <tbody>{models.into_iter().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
}

/// The last year: a column for each week, a row for each day of it. What a shade says is also there in words.
#[component]
fn Calendar(to: NaiveDate, year: Vec<OfDay>) -> impl IntoView {
    let page = use_texts().usage_page();
    let first = to.checked_sub_days(Days::new(YEAR - 1)).unwrap_or(to);
    let begin = first.checked_sub_days(Days::new(first.weekday().num_days_from_monday().into())).unwrap_or(first);
    let weeks: Vec<NaiveDate> = begin.iter_weeks().take_while(|monday| *monday <= to).collect();
    let most = year.iter().map(|of| of.sum.tokens()).max().unwrap_or_default();
    let used: HashMap<NaiveDate, Sum> = year.into_iter().map(|of| (of.day, of.sum)).collect();
    let months = months(&weeks).into_iter().map(|(month, span)| {
        // A month of one week has no room for its name.
        let name = if span > 1 { page.months[month] } else { "" };
        view! { <th scope="colgroup" colspan=span.to_string()>{name}</th> }
    });
    let rows = page.weekdays.into_iter().enumerate().map(|(row, name)| {
        let cells = weeks.iter().map(|monday| {
            let day = monday.checked_add_days(Days::new(row as u64)).filter(|day| *day >= first && *day <= to);
            day.map_or_else(|| view! { <td class="out"></td> }.into_any(), |day| cell(day, used.get(&day), most))
        });
        view! { <tr><th scope="row">{name}</th>{cells.collect_view()}</tr> }
    });
    view! {
        <div class="calendar-scroll" role="region" aria-labelledby="year" tabindex="0">
            <table class="calendar">
                <caption class="visually-hidden">{page.year}</caption>
                <thead><tr><th scope="col"><span class="visually-hidden">{page.weekday}</span></th>{months.collect_view()}</tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
        <p class="calendar-key" aria-hidden="true">
            {page.less}
            {["0", "1", "2", "3", "4"].map(|shade| view! { <i data-shade=shade></i> }).collect_view()}
            {page.more}
        </p>
    }
}

/// A day, in words and as a shade.
fn cell(day: NaiveDate, sum: Option<&Sum>, most: u64) -> AnyView {
    let sum = sum.copied().unwrap_or_default();
    let words = (use_texts().usage_page().day)(day, sum.calls, sum.tokens());
    let spoken = words.clone();
    // The square root, so that one large day leaves the others a shade.
    let share = if most == 0 { 0.0 } else { (sum.tokens() as f64 / most as f64).sqrt() };
    let shade = if sum.calls == 0 { 0 } else { (share * SHADES).ceil().clamp(1.0, SHADES) as u8 };
    view! { <td data-shade=shade.to_string() title=words><span class="visually-hidden">{spoken}</span></td> }.into_any()
}

/// The months of these weeks' Mondays, each with the number of its weeks.
fn months(weeks: &[NaiveDate]) -> Vec<(usize, usize)> {
    let mut months: Vec<(usize, usize)> = Vec::new();
    for monday in weeks {
        let month = monday.month0() as usize;
        match months.last_mut().filter(|(last, _)| *last == month) {
            Some((_, weeks)) => *weeks += 1,
            None => months.push((month, 1)),
        }
    }
    months
}
