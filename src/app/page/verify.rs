//! `/verify`: the link of a letter. The page shows a button, and the button uses the link up: programs that look into mails follow
//! links, but press no buttons. No script is needed.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_query_map;

use crate::app::component::door::{Door, DoorError};
use crate::app::state::session::form_error;
use crate::i18n::use_texts;
use crate::model::error::Code;
use crate::rpc::verification::Redeem;

#[component]
pub fn Verify() -> impl IntoView {
    let texts = use_texts();
    let query = use_query_map().get_untracked();
    let error = form_error().filter(|(path, _)| path == Redeem::PATH).map(|(_, error)| error);
    if query.get("done").is_some() && error.is_none() {
        return view! {
            <Door title=texts.door().verified_title lead=texts.door().verified_lead>
                <p class="door-next"><a class="button seal-button wide" href="/" rel="external">{texts.door().go_on}</a></p>
            </Door>
        }
        .into_any();
    }
    let gone = error.as_ref().is_some_and(|error| error.field("token").is_some() || error.code == Code::NotFound);
    let Some(token) = query.get("token").filter(|_| !gone) else {
        return view! {
            <Door title=texts.door().verify_title lead=texts.door().link_gone>
                <p class="door-next"><a class="button wide" href="/settings/security" rel="external">{texts.door().go_on}</a></p>
            </Door>
        }
        .into_any();
    };
    // What is wrong with a field stands above: there is no field here.
    let error = error.map(|error| crate::model::error::ApiError { fields: Vec::new(), ..error });
    view! {
        <Door title=texts.door().verify_title lead=texts.door().verify_lead>
            <form method="post" action=Redeem::url() class="door-form">
                <DoorError error/>
                <input type="hidden" name="token" value=token/>
                <button type="submit" class="button seal-button wide">{texts.door().verify_button}</button>
            </form>
        </Door>
    }
    .into_any()
}
