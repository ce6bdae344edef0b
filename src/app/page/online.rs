//! `/admin/online`: who is here now, live where there is a script.

use leptos::prelude::*;

use crate::app::component::moment::Moment;
use crate::app::component::problem::failed;
use crate::app::component::subnav::AdminPage;
use crate::app::state::live::Live;
use crate::i18n::use_texts;
use crate::model::presence::{Online, Person};
use crate::rpc;

#[component]
pub fn OnlinePage() -> impl IntoView {
    let texts = use_texts();
    let live = expect_context::<Live>();
    let first = Resource::new_blocking(|| (), |()| rpc::presence::who_is_online());
    Effect::new(move || live.watch());
    on_cleanup(move || live.unwatch());
    view! {
        <AdminPage title=texts.person().online_title>
            <p class="lead">{texts.person().online_lead}</p>
            <p class="hint needs-no-script">{texts.person().online_plain}</p>
            <Suspense fallback=move || view! { <p class="lead">{texts.common.loading}</p> }>
                {move || Suspend::new(async move {
                    match first.await {
                        Ok(first) => view! { <People first/> }.into_any(),
                        Err(error) => failed(error),
                    }
                })}
            </Suspense>
        </AdminPage>
    }
}

#[component]
fn People(first: Online) -> impl IntoView {
    let texts = use_texts();
    let live = expect_context::<Live>();
    let now = Memo::new(move |_| live.online.get().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_else(|| first.clone()));
    view! {
        <ul class="people" aria-live="polite">
            <For each=move || now.read().items.clone() key=|person| (person.id, person.pages, person.name.clone(), person.avatar.clone()) children=|person| view! { <Row person/> }/>
        </ul>
        {move || now.read().items.is_empty().then(|| view! { <p class="lead">{texts.person().online_empty}</p> })}
        {move || Some(now.read().hidden).filter(|n| *n > 0).map(|n| view! { <p class="hint">{(texts.person().online_hidden)(n)}</p> })}
    }
}

#[component]
fn Row(person: Person) -> impl IntoView {
    let texts = use_texts();
    view! {
        <li class="person">
            <img class="avatar" src=person.avatar alt="" width="48" height="48"/>
            <span class="person-name">{person.name}<small>{person.email}</small></span>
            <span class="person-facts">{(texts.person().online_pages)(person.pages)}", "{texts.person().online_since}" "<Moment at=person.since/></span>
        </li>
    }
}
