//! `/settings/prompts`: texts that are used again. What is being edited, deleted or used stands in the address.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::components::A;
use leptos_router::hooks::use_query_map;

use crate::app::component::area::Area;
use crate::app::component::asking::Asking;
use crate::app::component::door::DoorError;
use crate::app::component::field::Field;
use crate::app::component::problem::Problem;
use crate::app::component::subnav::SettingsPage;
use crate::app::state::session::{Me, form_error, leave_if_signed_out};
use crate::i18n::use_texts;
use crate::model::error::ApiError;
use crate::model::prompt::{BODY_MAX, COMMAND_MAX, Prompt, TITLE_MAX};
use crate::model::user::Role;
use crate::rpc;
use crate::rpc::prompt::{Delete, Save};

const LIST: &str = "/settings/prompts";

#[component]
pub fn PromptsPage() -> impl IntoView {
    let texts = use_texts();
    let Me(me) = expect_context();
    let list = Resource::new_blocking(|| (), |()| rpc::prompt::list());
    view! {
        <SettingsPage title=texts.request.prompts>
            <p class="lead">{texts.request.prompts_lead}</p>
            <Suspense>
                {move || Suspend::new(async move {
                    let admin = me.await.ok().flatten().is_some_and(|user| user.role == Role::Admin);
                    match list.await {
                        Ok(prompts) => view! { <Editing prompts=prompts.clone() admin/><List prompts admin/> }.into_any(),
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
fn Editing(prompts: Vec<Prompt>, admin: bool) -> impl IntoView {
    let texts = use_texts();
    let query = use_query_map();
    move || {
        let query = query.read();
        let find = |name: &str| query.get(name).and_then(|id| prompts.iter().find(|one| one.id.to_string() == id).cloned());
        if let Some(prompt) = find("use") {
            return view! { <Places prompt/> }.into_any();
        }
        if let Some(Prompt { id, title, .. }) = find("delete") {
            let title = (texts.request.delete_one)(&title);
            return view! { <Asking title text="" url=Delete::url() id=id.to_string() back=LIST/> }.into_any();
        }
        match find("edit") {
            None if query.get("add").is_none() => {
                view! { <p><A href="/settings/prompts?add=1" attr:class="button">{texts.request.add_prompt}</A></p> }.into_any()
            }
            prompt => view! { <Form prompt admin/> }.into_any(),
        }
    }
}

#[component]
fn Form(prompt: Option<Prompt>, admin: bool) -> impl IntoView {
    let texts = use_texts();
    let error: Option<ApiError> = form_error().filter(|(path, _)| path == Save::PATH).map(|(_, error)| error);
    let wrong = Signal::stored(error.clone());
    let title = if prompt.is_some() { texts.request.edit_prompt } else { texts.request.add_prompt };
    let id = prompt.as_ref().map(|one| view! { <input type="hidden" name="id" value=one.id.to_string()/> });
    let (name, command, body, shared) = prompt.map(|one| (one.title, one.command, one.body, one.shared)).unwrap_or_default();
    view! {
        <form method="post" action=Save::url() class="panel">
            <h2>{title}</h2>
            <DoorError error/>
            {id}
            <Field name="title" label=texts.request.title value=name required=true max=TITLE_MAX error=wrong/>
            <Field name="command" label=texts.request.command value=command hint=texts.request.command_hint required=true max=COMMAND_MAX error=wrong/>
            <Area name="body" label=texts.request.body value=body hint=texts.request.body_hint max=BODY_MAX error=wrong/>
            {admin.then(|| view! { <label class="check"><input type="checkbox" name="shared" value="true" checked=shared/>{texts.request.shared}</label> })}
            <div class="panel-actions">
                <A href=LIST attr:class="button quiet">{texts.common.cancel}</A>
                <button type="submit" class="button seal-button">{texts.common.save}</button>
            </div>
        </form>
    }
}

/// The places of a prompt; the filled text opens in the composer.
#[component]
fn Places(prompt: Prompt) -> impl IntoView {
    let texts = use_texts();
    let fields = prompt.variables.into_iter().enumerate().map(|(index, place)| {
        let (id, name) = (format!("place-{index}"), format!("v{index}"));
        let input = match place.lines {
            true => view! { <textarea id=id.clone() name=name rows="4">{place.default}</textarea> }.into_any(),
            false => view! { <input id=id.clone() name=name type="text" autocomplete="off" value=place.default/> }.into_any(),
        };
        view! { <div class="field"><label for=id>{place.name}</label>{input}</div> }
    });
    view! {
        <form method="get" action="/" class="panel" rel="external">
            <h2>{prompt.title}</h2>
            <input type="hidden" name="prompt" value=prompt.id.to_string()/>
            {fields.collect_view()}
            <div class="panel-actions">
                <A href=LIST attr:class="button quiet">{texts.common.cancel}</A>
                <button type="submit" class="button seal-button">{texts.request.insert}</button>
            </div>
        </form>
    }
}

#[component]
fn List(prompts: Vec<Prompt>, admin: bool) -> impl IntoView {
    let texts = use_texts();
    let empty = prompts.is_empty().then(|| view! { <p class="lead">{texts.request.no_prompts}</p> });
    let rows = prompts.into_iter().map(|prompt| {
        let Prompt { id, title, command, shared, mine, variables, .. } = prompt;
        let used = if variables.is_empty() { format!("/?prompt={id}") } else { format!("{LIST}?use={id}") };
        let change = (mine || admin).then(|| {
            view! {
                <A href=format!("{LIST}?edit={id}") attr:class="button quiet small">{texts.request.edit}</A>
                <A href=format!("{LIST}?delete={id}") attr:class="button quiet small">{texts.request.delete}</A>
            }
        });
        view! {
            <li class="kept">
                <div class="kept-head">
                    <h2>{title}</h2>
                    <code>{format!("/{command}")}</code>
                    {shared.then(|| view! { <span class="tag">{texts.request.shared_tag}</span> })}
                </div>
                <div class="provider-actions">
                    <A href=used attr:class="button small">{texts.request.use_it}</A>
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
