//! `/admin/settings/oauth`: the services that people may sign in with. What is being added, edited or deleted stands in the
//! address, so that it works without JavaScript too.

use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::{use_navigate, use_query_map};
use uuid::Uuid;

use crate::app::component::brand::Brand;
use crate::app::component::identity_form::{IdentityForm, PRESETS};
use crate::app::component::identity_row::{IdentityRow, LIST, ways};
use crate::app::component::problem::failed;
use crate::app::component::provider_frame::ConfirmDelete;
use crate::app::component::subnav::AdminPage;
use crate::app::state::session::form_error;
use crate::i18n::{sentence, use_texts};
use crate::model::error::Code;
use crate::model::identity::IdentityProvider;
use crate::rpc;

#[component]
pub fn IdentityProvidersPage() -> impl IntoView {
    let texts = use_texts();
    let list = Resource::new_blocking(|| (), |()| rpc::identity_provider::list());
    let navigate = use_navigate();
    let changed = Callback::new(move |()| list.refetch());
    let done = Callback::new(move |()| {
        navigate(LIST, Default::default());
        list.refetch();
    });
    let refused = form_error().filter(|(_, error)| error.code != Code::Invalid).map(|(_, error)| sentence(texts, &error));
    view! {
        <AdminPage title=texts.identity().title>
                <p class="lead">{texts.identity().lead}</p>
                {refused.map(|text| view! { <p class="alert" role="alert">{text}</p> })}
                <Transition fallback=move || view! { <p class="lead">{texts.common.loading}</p> }>
                    {move || Suspend::new(async move {
                        match list.await {
                            Ok(services) => view! { <Editing services=services.clone() done/><List services changed/> }.into_any(),
                            Err(error) => failed(error),
                        }
                    })}
                </Transition>
        </AdminPage>
    }
}

/// The form or the question that the address asks for.
#[component]
fn Editing(services: Vec<IdentityProvider>, done: Callback<()>) -> impl IntoView {
    let texts = use_texts();
    let query = use_query_map();
    let wanted = Memo::new(move |_| {
        let query = query.read();
        let find = |name: &str| {
            query.get(name).and_then(|id| Uuid::parse_str(&id).ok()).and_then(|id| services.iter().find(|s| s.id == id).cloned())
        };
        (query.get("add"), find("edit"), find("delete"))
    });
    move || match wanted.get() {
        (Some(preset), ..) => view! { <IdentityForm preset service=None done/> }.into_any(),
        (_, Some(service), _) => view! { <IdentityForm preset=String::new() service=Some(service) done/> }.into_any(),
        (_, _, Some(service)) => {
            let (title, text) = ((texts.admin.delete_one)(&service.name), (texts.identity().delete_text)(service.linked));
            view! { <ConfirmDelete ways=ways(texts) id=service.id title text deleted=texts.identity().deleted done/> }.into_any()
        }
        _ => view! { <Presets/> }.into_any(),
    }
}

/// What can be added.
#[component]
fn Presets() -> impl IntoView {
    let texts = use_texts();
    let links = PRESETS.iter().map(|preset| {
        let title = preset.title(texts);
        let label = if title.is_empty() { (texts.identity().kind)(preset.kind) } else { title };
        view! { <A href=format!("{LIST}?add={}", preset.slug) attr:class="button"><Brand kind=preset.kind/>{label}</A> }
    });
    view! { <div class="add-service"><span>{texts.identity().add}":"</span>{links.collect_view()}</div> }
}

#[component]
fn List(services: Vec<IdentityProvider>, changed: Callback<()>) -> impl IntoView {
    let texts = use_texts();
    let empty = services.is_empty().then(|| view! { <p class="lead">{texts.identity().empty}</p> });
    let rows = services.into_iter().map(|service| view! { <IdentityRow service changed/> }).collect_view();
    view! {
        {empty}
        <ul class="providers">{rows}</ul>
    }
}
