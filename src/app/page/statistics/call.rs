//! `/admin/calls`: the rows behind a figure.

use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::use_query_map;

use super::{Asking, CALLS, DASHBOARD, Files, milliseconds};
use crate::app::component::moment::Moment;
use crate::app::component::problem::failed_list;
use crate::app::component::subnav::AdminPage;
use crate::app::state::address::Figures as Asked;
use crate::i18n::usage::{count, money, rate};
use crate::i18n::use_texts;
use crate::model::Page;
use crate::model::statistics::CallRow;
use crate::model::usage::Purpose;
use crate::rpc;

#[component]
pub fn CallsPage() -> impl IntoView {
    let texts = use_texts();
    let t = texts.statistics();
    let query = use_query_map();
    let asked = Memo::new(move |_| Asked::of(&query.read()));
    let calls = Resource::new_blocking(move || asked.get(), |asked| rpc::statistics::calls(asked.query, asked.after));
    view! {
        <AdminPage title=t.calls_title wide=true>
            <p class="lead">{t.calls_lead}</p>
            <Asking asked here=CALLS/>
            <Transition fallback=move || view! { <p class="lead">{texts.common.loading}</p> }>
                {move || Suspend::new(async move {
                    match calls.await {
                        Ok(page) => view! { <Rows page asked=asked.get_untracked()/> }.into_any(),
                        Err(error) => failed_list(error),
                    }
                })}
            </Transition>
        </AdminPage>
    }
}

#[component]
fn Rows(page: Page<CallRow>, asked: Asked) -> impl IntoView {
    let texts = use_texts();
    let t = texts.statistics();
    let Page { items, next } = page;
    let dashboard = asked.with(|query| (query.failure, query.key) = (None, None)).at(DASHBOARD, &[]);
    let next = next.map(|next| view! { <A href=asked.at(CALLS, &[("after", Some(next))]) attr:class="button small">{t.older}</A> });
    let newest =
        asked.after.is_some().then(|| view! { <A href=asked.at(CALLS, &[]) attr:class="button quiet small">{texts.activity().newest}</A> });
    let table = if items.is_empty() {
        view! { <p class="lead">{t.nothing}</p> }.into_any()
    } else {
        let rows = items.into_iter().map(|call| view! { <Row call asked=asked.clone()/> }).collect_view();
        view! {
            <table class="log-table calls">
                <thead>
                    <tr>
                        <th scope="col">{texts.activity().when}</th>
                        <th scope="col">{t.user}</th>
                        <th scope="col">{t.model}</th>
                        <th scope="col">{texts.usage.input}</th>
                        <th scope="col">{texts.usage.output}</th>
                        <th scope="col">{texts.usage.cost}</th>
                        <th scope="col">{texts.usage.first_token}</th>
                        <th scope="col">{t.rate}</th>
                        <th scope="col">{t.outcome}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        }
        .into_any()
    };
    view! {
        {table}
        <Files asked=asked.clone() path="/api/admin/statistics/calls/export/" file="liao-calls">
            <A href=dashboard attr:class="button quiet small">{t.back}</A>
            {newest}
            {next}
        </Files>
    }
}

#[component]
fn Row(call: CallRow, asked: Asked) -> impl IntoView {
    let texts = use_texts();
    let t = texts.statistics();
    let about = if call.estimated { "≈ " } else { "" };
    let dash = || "–".to_owned();
    let who = match (call.user_id, call.user_name) {
        (Some(id), name) => view! { <A href=format!("/admin/users/{id}")>{name.unwrap_or_else(|| id.to_string())}</A> }.into_any(),
        (None, _) => view! { <span class="hint">{t.erased}</span> }.into_any(),
    };
    let key = call.key.map(|key| {
        let here = asked.with(|query| (query.provider, query.key) = (Some(call.provider.clone()), Some(key.clone())));
        view! { <small>{t.key}": "<A href=here.at(CALLS, &[])>{key}</A></small> }
    });
    let failed = call.failure.is_some();
    let traced = matches!(call.purpose, Purpose::Chat | Purpose::Summary).then(|| {
        view! { <small><A href=format!("/admin/traces/{}", call.id)>{texts.logging().trace}</A></small> }
    });
    let outcome = call.failure.map_or_else(|| (t.outcomes)(call.outcome), t.failures);
    view! {
        <tr class:refused=failed>
            <td data-label=texts.activity().when><Moment at=call.finished_at/></td>
            <td data-label=t.user>{who}</td>
            <td class="log-what">{format!("{}/{}", call.provider, call.model)}<small>{(t.purposes)(call.purpose)}</small>{key}{traced}</td>
            <td data-label=texts.usage.input>{format!("{about}{}", count(call.input_tokens))}</td>
            <td data-label=texts.usage.output>{format!("{about}{}", count(call.output_tokens))}</td>
            <td data-label=texts.usage.cost>{call.cost.map_or_else(|| texts.usage.no_price.to_owned(), money)}</td>
            <td data-label=texts.usage.first_token>{call.first_token_ms.map_or_else(dash, milliseconds)}</td>
            <td data-label=t.rate>{call.tokens_per_second.map_or_else(dash, |of| rate(of as f32))}</td>
            <td data-label=t.outcome><span class=if failed { "tag warn" } else { "tag" }>{outcome}</span></td>
        </tr>
    }
}
