//! `/admin/users/new`: an administrator makes an account.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::components::A;
use leptos_router::hooks::use_navigate;
use uuid::Uuid;

use super::LIST;
use crate::app::component::door::DoorError;
use crate::app::component::field::Field;
use crate::app::component::problem::failed;
use crate::app::component::sending::sending;
use crate::app::component::subnav::AdminPage;
use crate::i18n::use_texts;
use crate::model::error::Code;
use crate::model::user::{EMAIL_MAX, NAME_MAX, PASSWORD_MAX, PASSWORD_MIN, Role};
use crate::rpc;
use crate::rpc::directory::Create;

#[component]
pub fn NewPersonPage() -> impl IntoView {
    let texts = use_texts();
    let allowed = Resource::new_blocking(|| (), |()| rpc::directory::allowed());
    view! {
        <AdminPage title=texts.directory().new>
            <Suspense>
                {move || Suspend::new(async move {
                    match allowed.await {
                        Ok(()) => view! { <NewPerson/> }.into_any(),
                        Err(error) => failed(error),
                    }
                })}
            </Suspense>
        </AdminPage>
    }
}

#[component]
fn NewPerson() -> impl IntoView {
    let texts = use_texts();
    let t = texts.directory();
    let navigate = use_navigate();
    let made = Callback::new(move |id: Uuid| navigate(&format!("{LIST}/{id}?saved=1"), Default::default()));
    let (error, submit) =
        sending(|new: Create| rpc::directory::create(new.email, new.name, new.role, new.password, new.email_verified), made);
    let shown = error.get_untracked().filter(|error| error.code != Code::Invalid);
    view! {
        <form method="post" action=Create::url() class="panel" on:submit=move |event| submit.run(event)>
            <p class="lead">{t.new_lead}</p>
            <DoorError error=shown/>
            <Field name="email" label=texts.auth.email kind="email" required=true max=EMAIL_MAX autocomplete="off" error=error/>
            <Field name="name" label=texts.auth.name hint=texts.auth.name_hint max=NAME_MAX autocomplete="off" error=error/>
            <RoleChoice chosen=Role::User/>
            <Field name="password" label=t.password kind="password" hint=t.password_hint min=PASSWORD_MIN max=PASSWORD_MAX autocomplete="new-password" error=error/>
            <label class="check"><input type="checkbox" name="email_verified" value="true"/>{t.verified}": "{t.is_verified}</label>
            <div class="panel-actions">
                <A href=LIST attr:class="button quiet">{texts.common.cancel}</A>
                <button type="submit" class="button seal-button">{t.create}</button>
            </div>
        </form>
    }
}

/// Chooses a role.
#[component]
pub fn RoleChoice(chosen: Role, #[prop(optional)] disabled: bool) -> impl IntoView {
    let texts = use_texts();
    let t = texts.directory();
    let options = [(Role::User, "user"), (Role::Admin, "admin")].map(|(role, name)| {
        view! { <option value=name selected=role == chosen>{(t.roles)(role)}</option> }
    });
    view! {
        <div class="field">
            <label for="role">{t.role}</label>
            <select id="role" name="role" disabled=disabled>{options.into_iter().collect_view()}</select>
        </div>
    }
}
