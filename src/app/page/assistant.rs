//! `/settings/assistants`: models with instructions under a name. What is being edited or deleted stands in the address.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::components::A;
use leptos_router::hooks::{use_navigate, use_query_map};
use uuid::Uuid;

use crate::app::component::area::Area;
use crate::app::component::asking::Asking;
use crate::app::component::choose::Choose;
use crate::app::component::door::DoorError;
use crate::app::component::field::Field;
use crate::app::component::kept_row::KeptRow;
use crate::app::component::problem::failed;
use crate::app::component::provider_frame::{Call, EntryForm};
use crate::app::component::sending::sending;
use crate::app::component::setup_fields::SetupFields;
use crate::app::component::subnav::SettingsPage;
use crate::app::state::session::{Me, Models};
use crate::app::state::toast::Toasts;
use crate::i18n::use_texts;
use crate::model::assistant::{Assistant, AssistantForm, GREETING_MAX, ICON_MAX, NAME_MAX, STARTER_MAX, STARTERS_MAX};
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
    let navigate = use_navigate();
    let done = Callback::new(move |()| {
        navigate(LIST, Default::default());
        list.refetch();
    });
    view! {
        <SettingsPage title=texts.chat.assistants>
            <p class="lead">{texts.kept().assistants_lead}</p>
            <Transition fallback=move || view! { <p class="lead">{texts.common.loading}</p> }>
                {move || Suspend::new(async move {
                    let admin = me.await.ok().flatten().is_some_and(|user| user.role == Role::Admin);
                    let models = models.await.unwrap_or_default();
                    match list.await {
                        Ok(all) => view! { <Editing all=all.clone() models admin done/><List all admin/> }.into_any(),
                        Err(error) => failed(error),
                    }
                })}
            </Transition>
        </SettingsPage>
    }
}

/// The form or the question that the address asks for.
#[component]
fn Editing(all: Vec<Assistant>, models: Vec<Model>, admin: bool, done: Callback<()>) -> impl IntoView {
    let texts = use_texts();
    let query = use_query_map();
    let wanted = Memo::new(move |_| {
        let query = query.read();
        let find = |name: &str| query.get(name).and_then(|id| all.iter().find(|one| one.id.to_string() == id).cloned());
        (query.get("add").is_some(), find("edit"), find("delete"))
    });
    let delete = |id: Uuid| Box::pin(rpc::assistant::delete(id)) as Call<()>;
    move || match wanted.get() {
        (_, _, Some(Assistant { id, form, .. })) => {
            let title = (texts.kept().delete_one)(&form.name);
            view! { <Asking title text=texts.kept().delete_text url=Delete::url() id list=LIST delete done/> }.into_any()
        }
        (true, ..) => view! { <Form assistant=None models=models.clone() admin done/> }.into_any(),
        (_, Some(assistant), _) => view! { <Form assistant=Some(assistant) models=models.clone() admin done/> }.into_any(),
        _ => view! { <p><A href="/settings/assistants?add=1" attr:class="button">{texts.kept().add_assistant}</A></p> }.into_any(),
    }
}

#[component]
fn Form(assistant: Option<Assistant>, models: Vec<Model>, admin: bool, done: Callback<()>) -> impl IntoView {
    let texts = use_texts();
    let toasts = expect_context::<Toasts>();
    let saved = Callback::new(move |_| {
        toasts.say(texts.kept().saved, None);
        done.run(());
    });
    let save = |form: Save| {
        let Save { id, name, icon, model, greeting, starters, shared, setup } = form;
        rpc::assistant::save(id, name, icon, model, greeting, starters, shared, setup)
    };
    let (error, submit) = sending(save, saved);
    let wrong = Signal::from(error);
    let title = if assistant.is_some() { texts.kept().edit_assistant } else { texts.kept().add_assistant };
    let id = assistant.as_ref().map(|one| one.id);
    let AssistantForm { name, icon, model, greeting, starters, shared, setup } = assistant.map(|one| one.form).unwrap_or_default();
    let ignores = models.iter().find(|one| Some(&one.id) == model.as_ref()).map(|one| one.ignores.clone()).unwrap_or_default();
    let gone = model.clone().filter(|id| !models.iter().any(|model| model.id == *id)).map(|id| (id.clone(), id));
    let options = models.into_iter().map(|model| (model.id, format!("{} · {}", model.name, model.provider))).chain(gone).collect();
    view! {
        <EntryForm list=LIST action=Save::url() title=title.to_owned() id submit>
            {move || view! { <DoorError error=error.get()/> }}
            <Field name="name" label=texts.kept().name value=name required=true max=NAME_MAX error=wrong/>
            <Field name="icon" label=texts.kept().icon value=icon hint=texts.kept().icon_hint max=ICON_MAX error=wrong/>
            <Choose name="model" label=texts.kept().model none=texts.kept().model_usual options chosen=model/>
            <SetupFields typed=RwSignal::new(setup.into()) ignores=Signal::stored(ignores) error=wrong/>
            <Area name="greeting" label=texts.kept().greeting value=greeting hint=texts.kept().greeting_hint max=GREETING_MAX error=wrong/>
            <Area
                name="starters"
                label=texts.kept().starters
                value=starters.join("\n")
                hint=texts.kept().starters_hint
                max=(STARTER_MAX + 2) * STARTERS_MAX
                error=wrong
            />
            {admin.then(|| view! { <label class="check"><input type="checkbox" name="shared" value="true" checked=shared/>{texts.kept().shared}</label> })}
        </EntryForm>
    }
}

#[component]
fn List(all: Vec<Assistant>, admin: bool) -> impl IntoView {
    let texts = use_texts();
    let empty = all.is_empty().then(|| view! { <p class="lead">{texts.kept().no_assistants}</p> });
    let rows = all.into_iter().map(|assistant| {
        let Assistant { id, mine, form, .. } = assistant;
        let head = view! { <span class="badge" aria-hidden="true">{form.icon}</span><h2>{form.name}</h2> }.into_any();
        view! { <KeptRow head shared=form.shared used=format!("/?assistant={id}") list=LIST id changeable=mine || admin/> }
    });
    view! {
        {empty}
        <ul class="kept-list">{rows.collect_view()}</ul>
    }
}
