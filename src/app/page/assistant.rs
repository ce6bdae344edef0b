//! `/settings/assistants`: models with instructions under a name. What is being edited or deleted stands in the address.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::components::A;
use leptos_router::hooks::use_query_map;

use crate::app::component::area::Area;
use crate::app::component::asking::Asking;
use crate::app::component::choose::Choose;
use crate::app::component::door::DoorError;
use crate::app::component::field::Field;
use crate::app::component::problem::Problem;
use crate::app::component::setup_fields::SetupFields;
use crate::app::component::subnav::SettingsPage;
use crate::app::state::session::{Me, Models, form_error, leave_if_signed_out};
use crate::i18n::use_texts;
use crate::model::assistant::{Assistant, AssistantForm, GREETING_MAX, ICON_MAX, NAME_MAX, STARTER_MAX, STARTERS_MAX};
use crate::model::error::ApiError;
use crate::model::provider::Model;
use crate::model::user::Role;
use crate::rpc;
use crate::rpc::assistant::{Delete, Save};

const LIST: &str = "/settings/assistants";

#[component]
pub fn AssistantsPage() -> impl IntoView {
    let texts = use_texts();
    let (Me(me), Models(models)) = (expect_context(), expect_context());
    let list = Resource::new_blocking(|| (), |()| rpc::assistant::list());
    view! {
        <SettingsPage title=texts.request.assistants>
            <p class="lead">{texts.request.assistants_lead}</p>
            <Suspense>
                {move || Suspend::new(async move {
                    let admin = me.await.ok().flatten().is_some_and(|user| user.role == Role::Admin);
                    let models = models.await.unwrap_or_default();
                    match list.await {
                        Ok(all) => view! { <Editing all=all.clone() models admin/><List all admin/> }.into_any(),
                        Err(error) => {
                            leave_if_signed_out(&error);
                            view! { <Problem error/> }.into_any()
                        }
                    }
                })}
            </Suspense>
        </SettingsPage>
    }
}

/// The form or the question that the address asks for.
#[component]
fn Editing(all: Vec<Assistant>, models: Vec<Model>, admin: bool) -> impl IntoView {
    let texts = use_texts();
    let query = use_query_map();
    move || {
        let query = query.read();
        let find = |name: &str| query.get(name).and_then(|id| all.iter().find(|one| one.id.to_string() == id).cloned());
        if let Some(Assistant { id, form, .. }) = find("delete") {
            let title = (texts.request.delete_one)(&form.name);
            return view! { <Asking title text=texts.request.delete_text url=Delete::url() id=id.to_string() back=LIST/> }.into_any();
        }
        match find("edit") {
            None if query.get("add").is_none() => {
                view! { <p><A href="/settings/assistants?add=1" attr:class="button">{texts.request.add_assistant}</A></p> }.into_any()
            }
            assistant => view! { <Form assistant models=models.clone() admin/> }.into_any(),
        }
    }
}

#[component]
fn Form(assistant: Option<Assistant>, models: Vec<Model>, admin: bool) -> impl IntoView {
    let texts = use_texts();
    let error: Option<ApiError> = form_error().filter(|(path, _)| path == Save::PATH).map(|(_, error)| error);
    let wrong = Signal::stored(error.clone());
    let title = if assistant.is_some() { texts.request.edit_assistant } else { texts.request.add_assistant };
    let id = assistant.as_ref().map(|one| view! { <input type="hidden" name="id" value=one.id.to_string()/> });
    let AssistantForm { name, icon, model, greeting, starters, shared, setup } = assistant.map(|one| one.form).unwrap_or_default();
    let ignores = models.iter().find(|one| Some(&one.id) == model.as_ref()).map(|one| one.ignores.clone()).unwrap_or_default();
    let gone = model.clone().filter(|id| !models.iter().any(|model| model.id == *id)).map(|id| (id.clone(), id));
    let options = models.into_iter().map(|model| (model.id, format!("{} · {}", model.name, model.provider))).chain(gone).collect();
    view! {
        <form method="post" action=Save::url() class="panel">
            <h2>{title}</h2>
            <DoorError error/>
            {id}
            <Field name="name" label=texts.request.name value=name required=true max=NAME_MAX error=wrong/>
            <Field name="icon" label=texts.request.icon value=icon hint=texts.request.icon_hint max=ICON_MAX error=wrong/>
            <Choose name="model" label=texts.request.model none=texts.request.model_usual options chosen=model/>
            <SetupFields typed=RwSignal::new(setup.into()) ignores=Signal::stored(ignores) error=wrong/>
            <Area name="greeting" label=texts.request.greeting value=greeting hint=texts.request.greeting_hint max=GREETING_MAX error=wrong/>
            <Area
                name="starters"
                label=texts.request.starters
                value=starters.join("\n")
                hint=texts.request.starters_hint
                max=(STARTER_MAX + 2) * STARTERS_MAX
                error=wrong
            />
            {admin.then(|| view! { <label class="check"><input type="checkbox" name="shared" value="true" checked=shared/>{texts.request.shared}</label> })}
            <div class="panel-actions">
                <A href=LIST attr:class="button quiet">{texts.common.cancel}</A>
                <button type="submit" class="button seal-button">{texts.common.save}</button>
            </div>
        </form>
    }
}

#[component]
fn List(all: Vec<Assistant>, admin: bool) -> impl IntoView {
    let texts = use_texts();
    let empty = all.is_empty().then(|| view! { <p class="lead">{texts.request.no_assistants}</p> });
    let rows = all.into_iter().map(|assistant| {
        let Assistant { id, mine, form, .. } = assistant;
        let change = (mine || admin).then(|| {
            view! {
                <A href=format!("{LIST}?edit={id}") attr:class="button quiet small">{texts.request.edit}</A>
                <A href=format!("{LIST}?delete={id}") attr:class="button quiet small">{texts.request.delete}</A>
            }
        });
        view! {
            <li class="kept">
                <div class="kept-head">
                    <span class="badge" aria-hidden="true">{form.icon}</span>
                    <h2>{form.name}</h2>
                    {form.shared.then(|| view! { <span class="tag">{texts.request.shared_tag}</span> })}
                </div>
                <div class="provider-actions">
                    <A href=format!("/?assistant={id}") attr:class="button small">{texts.request.use_it}</A>
                    {change}
                </div>
            </li>
        }
    });
    view! {
        {empty}
        <ul class="kept-list">{rows.collect_view()}</ul>
    }
}
