//! `/admin/settings/registration`: who may make an account, and inviting somebody. Plain forms.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_query_map;

use super::profile::Saved;
use crate::app::component::area::Area;
use crate::app::component::choose::Choose;
use crate::app::component::door::DoorError;
use crate::app::component::field::Field;
use crate::app::component::icon::{Glyph, Icon};
use crate::app::component::problem::failed;
use crate::app::component::subnav::AdminPage;
use crate::app::state::session::form_error;
use crate::i18n::{Locale, use_texts};
use crate::model::setting::{RegistrationMode, RegistrationSettings};
use crate::model::user::EMAIL_MAX;
use crate::rpc;
use crate::rpc::registration::{Invite, Save};

/// Longest list of domains that the form takes, in characters.
const DOMAINS_MAX: usize = 4000;

#[component]
pub fn RegistrationPage() -> impl IntoView {
    let texts = use_texts();
    let settings = Resource::new_blocking(|| (), |()| rpc::registration::settings());
    view! {
        <AdminPage title=texts.mail().registration>
            <p class="lead">{texts.mail().registration_lead}</p>
            <Suspense>
                {move || Suspend::new(async move {
                    match settings.await {
                        Ok((settings, verification)) => {
                            let closed = settings.mode == RegistrationMode::Closed;
                            view! { <Rules settings verification/>{(!closed).then(|| view! { <InviteForm/> })} }.into_any()
                        }
                        Err(error) => failed(error),
                    }
                })}
            </Suspense>
        </AdminPage>
    }
}

#[component]
fn Rules(settings: RegistrationSettings, verification: bool) -> impl IntoView {
    let texts = use_texts();
    let error = form_error().filter(|(path, _)| path == Save::PATH).map(|(_, error)| error);
    let wrong = Signal::stored(error.clone());
    let modes = [
        (RegistrationMode::Open, "open", texts.mail().open),
        (RegistrationMode::Invitation, "invitation", texts.mail().invitation),
        (RegistrationMode::Closed, "closed", texts.mail().closed),
    ];
    let modes = modes.map(|(mode, name, label)| {
        view! { <label class="check"><input type="radio" name="mode" value=name checked=mode == settings.mode/>{label}</label> }
    });
    view! {
        <form method="post" action=Save::url() class="panel">
            <Saved/>
            <DoorError error/>
            <fieldset class="checks"><legend>{texts.mail().mode}</legend>{modes.into_iter().collect_view()}</fieldset>
            <Area name="domains" label=texts.mail().domains value=settings.domains.join("\n") hint=texts.mail().domains_hint max=DOMAINS_MAX error=wrong/>
            <fieldset class="checks">
                <legend>{texts.mail().rules}</legend>
                <label class="check"><input type="checkbox" name="approval" value="true" checked=settings.approval/>{texts.mail().approval}</label>
                <label class="check"><input type="checkbox" name="verification" value="true" checked=verification/>{texts.mail().verification}</label>
            </fieldset>
            <div class="panel-actions"><button type="submit" class="button seal-button">{texts.common.save}</button></div>
        </form>
    }
}

#[component]
fn InviteForm() -> impl IntoView {
    let texts = use_texts();
    let error = form_error().filter(|(path, _)| path == Invite::PATH).map(|(_, error)| error);
    let wrong = Signal::stored(error.clone());
    let invited = use_query_map().get_untracked().get("invited").filter(|_| error.is_none());
    let languages = Locale::ALL.map(|locale| (locale.tag().to_owned(), locale.texts().language.to_owned()));
    let here = use_context::<Locale>().unwrap_or_default().tag().to_owned();
    view! {
        <form method="post" action=Invite::url() class="panel" id="invite">
            <h2>{texts.mail().invite_title}</h2>
            <p class="lead">{texts.mail().invite_lead}</p>
            {invited.map(|email| view! { <p class="saved" role="status"><Icon glyph=Glyph::Check/>{(texts.mail().invited)(&email)}</p> })}
            <DoorError error/>
            <Field name="email" label=texts.auth.email kind="email" autocomplete="off" required=true max=EMAIL_MAX error=wrong/>
            <Choose name="language" label=texts.mail().letter_language none=texts.person().language_auto options=languages.to_vec() chosen=Some(here)/>
            <div class="panel-actions"><button type="submit" class="button seal-button">{texts.mail().invite}</button></div>
        </form>
    }
}
