//! `/admin/messages`: everybody's conversations by what is known of them; `/admin/messages/{id}`: one of them, opened with a reason;
//! `/admin/reports`: what was reported as abuse. What is asked for stands in the address.

mod one;
mod report;

use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::use_query_map;
pub use one::InspectedPage;
pub use report::ReportsPage;

use super::profile::Saved;
use crate::app::component::filter::{Filter, FilterForm, LineFilter};
use crate::app::component::moment::Moment;
use crate::app::component::problem::failed_list;
use crate::app::component::subnav::AdminPage;
use crate::app::state::address::Conversations;
use crate::i18n::usage::count;
use crate::i18n::use_texts;
use crate::model::Page;
use crate::model::inspection::{InspectionQuery, MESSAGES_MAX, Metadata};
use crate::rpc;

const LIST: &str = "/admin/messages";
const REPORTS: &str = "/admin/reports";

#[component]
pub fn InspectionsPage() -> impl IntoView {
    let texts = use_texts();
    let t = texts.oversight();
    let query = use_query_map();
    let asked = Memo::new(move |_| Conversations::of(&query.read()));
    let list = Resource::new_blocking(move || asked.get(), |asked| rpc::inspection::list(asked.query, asked.after));
    view! {
        <AdminPage title=t.title wide=true>
            <div class="people-head">
                <p class="lead">{t.lead}</p>
                <A href=format!("{REPORTS}?state=open") attr:class="button">{t.reports}</A>
            </div>
            <Saved/>
            <Filters asked/>
            <Transition fallback=move || view! { <p class="lead">{texts.common.loading}</p> }>
                {move || Suspend::new(async move {
                    match list.await {
                        Ok(page) => view! { <Rows page asked=asked.get_untracked()/> }.into_any(),
                        Err(error) => failed_list(error),
                    }
                })}
            </Transition>
        </AdminPage>
    }
}

#[component]
fn Filters(asked: Memo<Conversations>) -> impl IntoView {
    view! { <FilterForm path=LIST days=true>{move || view! { <Inputs query=asked.get().query/> }}</FilterForm> }
}

#[component]
fn Inputs(query: InspectionQuery) -> impl IntoView {
    let texts = use_texts();
    let t = texts.oversight();
    let InspectionQuery { owner, model, from, to, messages, reported } = query;
    let truths = vec![("true".to_owned(), t.is_reported), ("false".to_owned(), t.not_reported)];
    view! {
        <LineFilter name="owner" label=t.owner value=owner hint=texts.activity().person_hint/>
        <LineFilter name="model" label=t.model value=model hint="openai/gpt-5"/>
        <LineFilter name="from" label=texts.activity().from kind="date" value=from/>
        <LineFilter name="to" label=texts.activity().to kind="date" value=to/>
        <label class="filter">
            <span>{t.least}</span>
            <input type="number" name="messages" min="1" max=MESSAGES_MAX.to_string() value=messages.map(|n| n.to_string()).unwrap_or_default()/>
        </label>
        <Filter name="reported" label=t.reported options=truths chosen=reported.map(|truth| truth.to_string())/>
    }
}

#[component]
fn Rows(page: Page<Metadata>, asked: Conversations) -> impl IntoView {
    let texts = use_texts();
    let t = texts.oversight();
    let Page { items, next } = page;
    let newest =
        asked.after.is_some().then(|| view! { <A href=asked.at(LIST, &[]) attr:class="button quiet small">{texts.activity().newest}</A> });
    let next =
        next.map(|next| view! { <A href=asked.at(LIST, &[("after", Some(next))]) attr:class="button small">{texts.activity().older}</A> });
    let table = if items.is_empty() {
        view! { <p class="lead">{t.nothing}</p> }.into_any()
    } else {
        let rows = items.into_iter().map(|of| view! { <Row of/> }).collect_view();
        view! {
            <table class="log-table">
                <thead>
                    <tr>
                        <th scope="col">{t.written}</th>
                        <th scope="col">{t.owner}</th>
                        <th scope="col">{t.model}</th>
                        <th scope="col">{t.messages}</th>
                        <th scope="col">{t.characters}</th>
                        <th scope="col">{t.links}</th>
                        <th scope="col">{t.reported}</th>
                        <th scope="col"><span class="visually-hidden">{t.look}</span></th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        }
        .into_any()
    };
    view! { {table} <div class="pager">{newest}{next}</div> }
}

#[component]
fn Row(of: Metadata) -> impl IntoView {
    let t = use_texts().oversight();
    let reports = (of.reports > 0).then(|| view! { <span class="tag warn">{count(of.reports)}</span> });
    let label = (t.look_at)(&of.owner_name);
    view! {
        <tr>
            <td data-label=t.written><Moment at=of.updated_at/></td>
            <td class="log-what"><A href=format!("/admin/users/{}", of.owner_id)>{of.owner_name}</A></td>
            <td data-label=t.model>{of.model.unwrap_or_else(|| "–".to_owned())}</td>
            <td data-label=t.messages>{count(of.messages)}</td>
            <td data-label=t.characters>{count(of.characters)}</td>
            <td data-label=t.links>{count(of.links)}</td>
            <td data-label=t.reported>{reports}</td>
            <td><a class="button quiet small" href=format!("{LIST}/{}", of.id) aria-label=label>{t.look}</a></td>
        </tr>
    }
}
