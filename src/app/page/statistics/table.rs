//! The figures by model, provider, person and reason of failure; each leads to its own figures and to its calls.

use leptos::prelude::*;
use leptos_router::components::A;

use super::{CALLS, DASHBOARD, milliseconds, of_person};
use crate::app::state::address::Figures as Asked;
use crate::i18n::usage::{count, money, rate};
use crate::i18n::use_texts;
use crate::model::statistics::{Figures, Statistics};
use crate::model::usage::Sum;

/// All tables that have a row.
#[component]
pub fn Tables(report: Statistics, asked: Asked) -> impl IntoView {
    let t = use_texts().statistics();
    if report.models.is_empty() {
        return view! { <p class="lead">{t.nothing}</p> }.into_any();
    }
    let models: Vec<_> = report
        .models
        .iter()
        .map(|of| {
            let here = asked.with(|query| {
                (query.provider, query.model) = (Some(of.provider.clone()), Some(of.model.clone()).filter(|name| !name.is_empty()))
            });
            (format!("{}/{}", of.provider, of.model), here, of.figures)
        })
        .collect();
    let providers: Vec<_> = report
        .providers
        .iter()
        .map(|of| (of.provider.clone(), asked.with(|query| query.provider = Some(of.provider.clone())), of.figures))
        .collect();
    view! {
        <Named title=t.by_model rows=models/>
        <Named title=t.by_provider rows=providers/>
        <ByPerson report=report.clone() asked=asked.clone()/>
        <Failures report asked/>
    }
    .into_any()
}

/// What a sum cost; where none of it has a price, that it is not known.
fn cost(sum: &Sum) -> String {
    sum.cost.map_or_else(|| use_texts().usage.no_price.to_owned(), money)
}

#[component]
fn Scroll(title: &'static str, children: Children) -> impl IntoView {
    view! {
        <section class="panel">
            <div class="usage-scroll" role="region" aria-label=title tabindex="0">
                <table class="usage-table">
                    <caption>{title}</caption>
                    {children()}
                </table>
            </div>
        </section>
    }
}

/// Models, or providers: with the address of each one's own figures.
#[component]
fn Named(title: &'static str, rows: Vec<(String, Asked, Figures)>) -> impl IntoView {
    let texts = use_texts();
    let t = texts.statistics();
    let rows = rows.into_iter().map(|(name, here, of)| {
        let waited = |ms: Option<u64>| ms.map_or_else(|| "–".to_owned(), milliseconds);
        view! {
            <tr>
                <th scope="row"><a href=here.at(DASHBOARD, &[])>{name}</a></th>
                <td><A href=here.at(CALLS, &[])>{count(of.sum.calls)}</A></td>
                <td>{count(of.failed)}</td>
                <td>{count(of.sum.input_tokens)}</td>
                <td>{count(of.sum.output_tokens)}</td>
                <td>{cost(&of.sum)}</td>
                <td>{waited(of.wait.map(|wait| wait.p50_ms))}</td>
                <td>{waited(of.wait.map(|wait| wait.p95_ms))}</td>
                <td>{of.tokens_per_second.map_or_else(|| "–".to_owned(), rate)}</td>
            </tr>
        }
    });
    view! {
        <Scroll title>
            <thead>
                <tr>
                    <th scope="col">{texts.usage.model}</th>
                    <th scope="col">{t.calls}</th>
                    <th scope="col">{t.failed}</th>
                    <th scope="col">{texts.usage.input}</th>
                    <th scope="col">{texts.usage.output}</th>
                    <th scope="col">{texts.usage.cost}</th>
                    <th scope="col">{t.p50}</th>
                    <th scope="col">{t.p95}</th>
                    <th scope="col">{t.rate}</th>
                </tr>
            </thead>
            <tbody>{rows.collect_view()}</tbody>
        </Scroll>
    }
}

#[component]
fn ByPerson(report: Statistics, asked: Asked) -> impl IntoView {
    let texts = use_texts();
    let t = texts.statistics();
    let rows = report.users.into_iter().map(move |of| {
        let here = of_person(&asked, of.user.as_ref().map(|user| user.id));
        let name = of.user.map_or_else(|| t.erased.to_owned(), |user| if user.name.is_empty() { user.id.to_string() } else { user.name });
        view! {
            <tr>
                <th scope="row"><a href=here.at(DASHBOARD, &[])>{name}</a></th>
                <td><A href=here.at(CALLS, &[])>{count(of.sum.calls)}</A></td>
                <td>{count(of.failed)}</td>
                <td>{count(of.sum.input_tokens)}</td>
                <td>{count(of.sum.output_tokens)}</td>
                <td>{cost(&of.sum)}</td>
            </tr>
        }
    });
    view! {
        <Scroll title=t.by_user>
            <thead>
                <tr>
                    <th scope="col">{t.user}</th>
                    <th scope="col">{t.calls}</th>
                    <th scope="col">{t.failed}</th>
                    <th scope="col">{texts.usage.input}</th>
                    <th scope="col">{texts.usage.output}</th>
                    <th scope="col">{texts.usage.cost}</th>
                </tr>
            </thead>
            <tbody>{rows.collect_view()}</tbody>
        </Scroll>
        <p class="hint">{t.by_user_note}</p>
    }
}

#[component]
fn Failures(report: Statistics, asked: Asked) -> impl IntoView {
    let t = use_texts().statistics();
    let rows: Vec<_> = report
        .failures
        .into_iter()
        .map(|of| {
            let here = asked.with(|query| query.failure = Some(of.failure));
            view! {
                <tr>
                    <th scope="row"><A href=here.at(CALLS, &[])>{(t.failures)(of.failure)}</A></th>
                    <td>{count(of.calls.now)}</td>
                    <td>{count(of.calls.before)}</td>
                </tr>
            }
        })
        .collect();
    (!rows.is_empty()).then(|| {
        view! {
            <Scroll title=t.by_failure>
                <thead><tr><th scope="col">{t.failure}</th><th scope="col">{t.calls}</th><th scope="col">{t.earlier}</th></tr></thead>
                <tbody>{rows}</tbody>
            </Scroll>
        }
    })
}
