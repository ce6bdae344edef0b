//! `/admin/users`: everybody, searched, filtered, sorted and changed. What is asked for stands in the address.

mod create;
mod person;

pub use create::NewPersonPage;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::components::A;
use leptos_router::hooks::use_query_map;
pub use person::PersonPage;

use crate::app::browser;
use crate::app::component::icon::{Glyph, Icon};
use crate::app::component::people_filter::PeopleFilter;
use crate::app::component::people_table::PeopleTable;
use crate::app::component::problem::failed;
use crate::app::component::subnav::AdminPage;
use crate::app::state::address::{People, text};
use crate::app::state::session::form_error;
use crate::i18n::{sentence, use_texts};
use crate::model::error::Code;
use crate::rpc;
use crate::rpc::directory::Bulk;

/// Where the list is.
pub const LIST: &str = "/admin/users";

#[component]
pub fn DirectoryPage() -> impl IntoView {
    let texts = use_texts();
    let query = use_query_map();
    let asked = Memo::new(move |_| People::of(&query.read()));
    let turn = RwSignal::new(0_u32);
    let list = Resource::new_blocking(move || (asked.get(), turn.get()), |(asked, _)| rpc::directory::list(asked.query, asked.after));
    let changed = Callback::new(move |()| turn.update(|n| *n += 1));
    use_list_keys();
    view! {
        <AdminPage title=texts.directory().title wide=true>
            <div class="people-head">
                <p class="lead">{texts.directory().lead}" "<span class="hint needs-script keys">{texts.directory().keys}</span></p>
                <A href="/admin/users/new" attr:class="button">{texts.directory().new}</A>
            </div>
            <Outcome/>
            <PeopleFilter asked/>
            <Transition fallback=move || view! { <p class="lead">{texts.common.loading}</p> }>
                {move || Suspend::new(async move {
                    match list.await {
                        Ok(page) => view! { <PeopleTable page asked=asked.get_untracked() changed/> }.into_any(),
                        Err(error) => failed(error),
                    }
                })}
            </Transition>
        </AdminPage>
    }
}

/// Keys that move through the rows, as long as the page is shown.
pub fn use_list_keys() {
    Effect::new(move || {
        let listening = window_event_listener(leptos::ev::keydown, |event| browser::list_key(&event));
        on_cleanup(move || listening.remove());
    });
}

/// What came of the last bulk action.
#[component]
fn Outcome() -> impl IntoView {
    let texts = use_texts();
    let query = use_query_map();
    let counts = Memo::new(move |_| {
        let query = query.read();
        let number = |name| text(&query, name).and_then(|n| n.parse::<usize>().ok());
        Some((number("done")?, number("failed")?))
    });
    let refused = form_error().filter(|(path, _)| path == Bulk::PATH).map(|(_, error)| match error.code {
        Code::Invalid if error.field("ids").is_some() => texts.directory().none_selected.to_owned(),
        _ => sentence(texts, &error),
    });
    view! {
        {refused.map(|text| view! { <p class="alert" role="alert"><Icon glyph=Glyph::Alert/><span>{text}</span></p> })}
        <div role="status">
            {move || counts.get().map(|(done, failed)| view! {
                <p class=if failed == 0 { "saved" } else { "notice" }><Icon glyph=if failed == 0 { Glyph::Check } else { Glyph::Alert }/>{(texts.directory().done)(done, failed)}</p>
            })}
        </div>
    }
}
