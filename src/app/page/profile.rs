//! `/settings/profile`: picture, name and bio. Plain forms; the picture is cropped in the browser where there is a script.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_query_map;

use crate::app::component::area::Area;
use crate::app::component::avatar_editor::AvatarEditor;
use crate::app::component::door::DoorError;
use crate::app::component::field::Field;
use crate::app::component::icon::{Glyph, Icon};
use crate::app::component::subnav::SettingsPage;
use crate::app::state::session::{Me, form_error};
use crate::i18n::use_texts;
use crate::model::user::{BIO_MAX, NAME_MAX, User};
use crate::rpc::profile::SaveProfile;

#[component]
pub fn ProfilePage() -> impl IntoView {
    let texts = use_texts();
    let Me(me) = expect_context();
    view! {
        <SettingsPage title=texts.person().profile>
            <p class="lead">{texts.person().profile_lead}</p>
            <Transition>
                {move || Suspend::new(async move {
                    me.await.ok().flatten().map(|user| view! { <AvatarEditor user=user.clone()/><About user/> })
                })}
            </Transition>
        </SettingsPage>
    }
}

#[component]
fn About(user: User) -> impl IntoView {
    let texts = use_texts();
    let error = form_error().filter(|(path, _)| path == SaveProfile::PATH).map(|(_, error)| error);
    let wrong = Signal::stored(error.clone());
    view! {
        <form method="post" action=SaveProfile::url() class="panel">
            <h2>{texts.person().profile}</h2>
            <Saved/>
            <DoorError error/>
            <Field name="name" label=texts.auth.name value=user.name autocomplete="name" required=true max=NAME_MAX error=wrong/>
            <Area name="bio" label=texts.person().bio value=user.bio hint=texts.person().bio_hint max=BIO_MAX error=wrong/>
            <div class="panel-actions"><button type="submit" class="button seal-button">{texts.common.save}</button></div>
        </form>
    }
}

/// Says that the form was saved, where the address says so.
#[component]
pub fn Saved() -> impl IntoView {
    let texts = use_texts();
    let query = use_query_map();
    let saved = move || query.read().get("saved").is_some() && query.read().get("__err").is_none();
    move || saved().then(|| view! { <p class="saved" role="status"><Icon glyph=Glyph::Check/>{texts.person().saved}</p> })
}
