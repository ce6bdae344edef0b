//! `/admin/feedback`: what people think of each model's answers, counted. Nobody's name, and nothing of what they wrote.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::app::component::filter::{FilterForm, LineFilter};
use crate::app::component::problem::failed_list;
use crate::app::component::subnav::AdminPage;
use crate::app::state::address::{address, text};
use crate::i18n::usage::count;
use crate::i18n::{Judging, use_texts};
use crate::model::feedback::{FeedbackCount, FeedbackQuery, Judged, judged};
use crate::model::sheet::SheetFormat;
use crate::rpc;

const PAGE: &str = "/admin/feedback";
const FILE: &str = "/api/admin/feedback/export/";

#[component]
pub fn FeedbackPage() -> impl IntoView {
    let texts = use_texts();
    let t = texts.feedback();
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        let query = query.read();
        FeedbackQuery { from: text(&query, "from"), to: text(&query, "to"), model: text(&query, "model") }
    });
    let counts = Resource::new_blocking(move || asked.get(), |asked| rpc::feedback::counts(Some(asked)));
    view! {
        <AdminPage title=t.title wide=true>
            <p class="lead">{t.lead}</p>
            <FilterForm path=PAGE days=true>
                {move || {
                    let FeedbackQuery { from, to, model } = asked.get();
                    view! {
                        <LineFilter name="from" label=t.from kind="date" value=from/>
                        <LineFilter name="to" label=t.to kind="date" value=to/>
                        <LineFilter name="model" label=t.model value=model/>
                    }
                }}
            </FilterForm>
            <Transition fallback=move || view! { <p class="lead">{texts.common.loading}</p> }>
                {move || Suspend::new(async move {
                    match counts.await {
                        Ok(counts) => view! { <Counts counts asked=asked.get_untracked()/> }.into_any(),
                        Err(error) => failed_list(error),
                    }
                })}
            </Transition>
        </AdminPage>
    }
}

/// What is asked for, at this path.
fn at(path: &str, asked: &FeedbackQuery, format: Option<SheetFormat>) -> String {
    let FeedbackQuery { from, to, model } = asked.clone();
    let format = format.map(|format| format.name().to_owned());
    address(path, &[("from", from), ("to", to), ("model", model), ("format", format)])
}

#[component]
fn Counts(counts: Vec<FeedbackCount>, asked: FeedbackQuery) -> impl IntoView {
    let texts = use_texts();
    let t = texts.feedback();
    if counts.is_empty() {
        return view! { <p class="lead">{t.none}</p> }.into_any();
    }
    let (all, models) = judged(&counts);
    let sum = (models.len() > 1).then(|| view! { <tfoot><tr>{cells(t, all, t.all.into_any())}</tr></tfoot> });
    let rows = models.into_iter().map(|of| {
        let name = match of.model.clone() {
            Some(model) => {
                let href = at(PAGE, &FeedbackQuery { model: Some(model.clone()), ..asked.clone() }, None);
                view! { <a href=href>{model}</a> }.into_any()
            }
            None => t.unknown.into_any(),
        };
        view! { <tr>{cells(t, of, name)}</tr> }
    });
    let files = SheetFormat::ALL.map(|format| {
        let file = format!("liao-feedback.{}", format.name());
        view! { <a href=at(FILE, &asked, Some(format)) rel="external" download=file>{format.name().to_uppercase()}</a> }
    });
    view! {
        <table class="log-table judged">
            <thead>
                <tr>
                    <th scope="col">{t.model}</th>
                    <th scope="col">{t.share}</th>
                    <th scope="col">{t.good}</th>
                    <th scope="col">{t.bad}</th>
                    <th scope="col">{t.why}</th>
                </tr>
            </thead>
            <tbody>{rows.collect_view()}</tbody>
            {sum}
        </table>
        <p class="hint">{t.privacy}</p>
        <div class="pager">
            <span class="spacer"></span>
            <span class="pager-files">{texts.directory().export}": "{files.into_iter().collect_view()}</span>
        </div>
    }
    .into_any()
}

/// A row: of whom, how many of a hundred found it good, how many did and did not, and why.
fn cells(t: &'static Judging, of: Judged, name: AnyView) -> impl IntoView {
    let number = |n: i64| count(n.unsigned_abs());
    let share = of.share();
    let reasons = of.reasons.iter().map(|(reason, n)| {
        view! { <li>{(t.reasons)(*reason)}" "<b>{number(*n)}</b></li> }
    });
    view! {
        <th scope="row" class="log-what">{name}</th>
        <td data-label=t.share><span class="share"><meter min="0" max="100" value=share.to_string() aria-hidden="true"></meter>{format!("{share} %")}</span></td>
        <td data-label=t.good>{number(of.good)}</td>
        <td data-label=t.bad>{number(of.bad)}</td>
        <td data-label=t.why><ul class="judged-why">{reasons.collect_view()}</ul></td>
    }
}
