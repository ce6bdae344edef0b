//! `/settings/prompts`: texts that are used again. What is being edited, deleted or used stands in the address.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::components::A;
use leptos_router::hooks::{use_navigate, use_query_map};
use uuid::Uuid;

use crate::app::component::area::{Area, escaped};
use crate::app::component::asking::Asking;
use crate::app::component::door::DoorError;
use crate::app::component::field::Field;
use crate::app::component::kept_row::KeptRow;
use crate::app::component::problem::failed;
use crate::app::component::provider_frame::{Call, EntryForm};
use crate::app::component::sending::sending;
use crate::app::component::subnav::SettingsPage;
use crate::app::state::session::Me;
use crate::app::state::toast::Toasts;
use crate::i18n::use_texts;
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
    let navigate = use_navigate();
    let done = Callback::new(move |()| {
        navigate(LIST, Default::default());
        list.refetch();
    });
    view! {
        <SettingsPage title=texts.kept().prompts>
            <p class="lead">{texts.kept().prompts_lead}</p>
            <Transition fallback=move || view! { <p class="lead">{texts.common.loading}</p> }>
                {move || Suspend::new(async move {
                    let admin = me.await.ok().flatten().is_some_and(|user| user.role == Role::Admin);
                    match list.await {
                        Ok(prompts) => view! { <Editing prompts=prompts.clone() admin done/><List prompts admin/> }.into_any(),
                        Err(error) => failed(error),
                    }
                })}
            </Transition>
        </SettingsPage>
    }
}

/// The form or the question that the address asks for.
#[component]
fn Editing(prompts: Vec<Prompt>, admin: bool, done: Callback<()>) -> impl IntoView {
    let texts = use_texts();
    let query = use_query_map();
    let wanted = Memo::new(move |_| {
        let query = query.read();
        let find = |name: &str| query.get(name).and_then(|id| prompts.iter().find(|one| one.id.to_string() == id).cloned());
        (query.get("add").is_some(), find("edit"), find("delete"), find("use"))
    });
    let delete = |id: Uuid| Box::pin(rpc::prompt::delete(id)) as Call<()>;
    move || match wanted.get() {
        (_, _, _, Some(prompt)) => view! { <Places prompt/> }.into_any(),
        (_, _, Some(Prompt { id, title, .. }), _) => {
            view! { <Asking title=(texts.kept().delete_one)(&title) url=Delete::url() id list=LIST delete done/> }.into_any()
        }
        (true, ..) => view! { <Form prompt=None admin done/> }.into_any(),
        (_, Some(prompt), ..) => view! { <Form prompt=Some(prompt) admin done/> }.into_any(),
        _ => view! { <p><A href="/settings/prompts?add=1" attr:class="button">{texts.kept().add_prompt}</A></p> }.into_any(),
    }
}

#[component]
fn Form(prompt: Option<Prompt>, admin: bool, done: Callback<()>) -> impl IntoView {
    let texts = use_texts();
    let toasts = expect_context::<Toasts>();
    let saved = Callback::new(move |_| {
        toasts.say(texts.kept().saved, None);
        done.run(());
    });
    let (error, submit) = sending(|form: Save| rpc::prompt::save(form.id, form.title, form.command, form.body, form.shared), saved);
    let wrong = Signal::from(error);
    let title = if prompt.is_some() { texts.kept().edit_prompt } else { texts.kept().add_prompt };
    let id = prompt.as_ref().map(|one| one.id);
    let (name, command, body, shared) = prompt.map(|one| (one.title, one.command, one.body, one.shared)).unwrap_or_default();
    view! {
        <EntryForm list=LIST action=Save::url() title=title.to_owned() id submit>
            {move || view! { <DoorError error=error.get()/> }}
            <Field name="title" label=texts.kept().title value=name required=true max=TITLE_MAX error=wrong/>
            <Field name="command" label=texts.kept().command value=command hint=texts.kept().command_hint required=true max=COMMAND_MAX error=wrong/>
            <Area name="body" label=texts.kept().body value=body hint=texts.kept().body_hint max=BODY_MAX error=wrong/>
            {admin.then(|| view! { <label class="check"><input type="checkbox" name="shared" value="true" checked=shared/>{texts.kept().shared}</label> })}
        </EntryForm>
    }
}

/// The places of a prompt; the filled text opens in the composer.
#[component]
fn Places(prompt: Prompt) -> impl IntoView {
    let texts = use_texts();
    let fields = prompt.variables.into_iter().enumerate().map(|(index, place)| {
        let (id, name) = (format!("place-{index}"), format!("v{index}"));
        let input = match place.lines {
            true => view! { <textarea id=id.clone() name=name rows="4" inner_html=escaped(&place.default)></textarea> }.into_any(),
            false => view! { <input id=id.clone() name=name type="text" autocomplete="off" value=place.default/> }.into_any(),
        };
        view! { <div class="field"><label for=id>{place.name}</label>{input}</div> }
    });
    view! {
        <form method="get" action="/" class="panel">
            <h2>{prompt.title}</h2>
            <input type="hidden" name="prompt" value=prompt.id.to_string()/>
            {fields.collect_view()}
            <div class="panel-actions">
                <A href=LIST attr:class="button quiet">{texts.common.cancel}</A>
                <button type="submit" class="button seal-button">{texts.setup().insert}</button>
            </div>
        </form>
    }
}

#[component]
fn List(prompts: Vec<Prompt>, admin: bool) -> impl IntoView {
    let texts = use_texts();
    let empty = prompts.is_empty().then(|| view! { <p class="lead">{texts.kept().no_prompts}</p> });
    let rows = prompts.into_iter().map(|prompt| {
        let Prompt { id, title, command, shared, mine, variables, .. } = prompt;
        let used = if variables.is_empty() { format!("/?prompt={id}") } else { format!("{LIST}?use={id}") };
        let head = view! { <h2>{title}</h2><code>{format!("/{command}")}</code> }.into_any();
        view! { <KeptRow head shared used list=LIST id changeable=mine || admin/> }
    });
    view! {
        {empty}
        <ul class="kept-list">{rows.collect_view()}</ul>
    }
}
