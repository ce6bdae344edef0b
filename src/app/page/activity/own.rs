//! `/settings/activity`: what happened with one's own account.

use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::use_query_map;

use crate::app::component::activity_log::ActivityLog;
use crate::app::component::problem::failed;
use crate::app::component::subnav::SettingsPage;
use crate::app::state::address::{address, text};
use crate::i18n::use_texts;
use crate::rpc;

const HERE: &str = "/settings/activity";

#[component]
pub fn OwnActivityPage() -> impl IntoView {
    let texts = use_texts();
    let query = use_query_map();
    let after = Memo::new(move |_| text(&query.read(), "after"));
    let list = Resource::new_blocking(move || after.get(), rpc::activity::own);
    view! {
        <SettingsPage title=texts.activity().title>
            <p class="lead">{texts.activity().own_lead}</p>
            <Transition fallback=move || view! { <p class="lead">{texts.common.loading}</p> }>
                {move || Suspend::new(async move {
                    match list.await {
                        Ok(page) => view! { <ActivityLog entries=page.items about=false/><Pager next=page.next behind=after.get_untracked().is_some()/> }.into_any(),
                        Err(error) => failed(error),
                    }
                })}
            </Transition>
        </SettingsPage>
    }
}

#[component]
fn Pager(next: Option<String>, behind: bool) -> impl IntoView {
    let texts = use_texts();
    let first = behind.then(|| view! { <A href=HERE attr:class="button quiet small">{texts.activity().newest}</A> });
    let next =
        next.map(|next| view! { <A href=address(HERE, &[("after", Some(next))]) attr:class="button small">{texts.activity().older}</A> });
    view! { <div class="pager">{first}{next}</div> }
}
