//! The devices that are told of finished answers while no page is open, each with its way out.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::door::DoorError;
use super::moment::Moment;
use crate::app::state::session::form_error;
use crate::i18n::use_texts;
use crate::model::push::PushDevice;
use crate::rpc;
use crate::rpc::push::RemoveDevice;

/// Nothing, where there is none.
#[component]
pub fn PushPanel() -> impl IntoView {
    let texts = use_texts();
    let list = Resource::new_blocking(|| (), |()| rpc::push::devices());
    let error = form_error().filter(|(path, _)| path == RemoveDevice::PATH).map(|(_, error)| error);
    view! {
        <Suspense>
            {move || {
                let error = error.clone();
                Suspend::new(async move {
                    let devices = list.await.map(|list| list.items).unwrap_or_default();
                    (!devices.is_empty() || error.is_some()).then(|| view! {
                        <section class="panel" id="devices">
                            <h2>{texts.person().devices}</h2>
                            <p class="lead">{texts.person().devices_lead}</p>
                            <DoorError error/>
                            <ul class="entries">{devices.into_iter().map(|device| view! { <Row device/> }).collect_view()}</ul>
                        </section>
                    })
                })
            }}
        </Suspense>
    }
}

#[component]
fn Row(device: PushDevice) -> impl IntoView {
    let texts = use_texts();
    let browser = device.browser.unwrap_or_else(|| texts.security().session_unknown.to_owned());
    let name = device.system.map_or_else(|| browser.clone(), |system| format!("{browser} · {system}"));
    let label = format!("{}: {name}", texts.person().device_remove);
    let told = device.told_at.map(|at| view! { " · "{texts.person().device_told}" "<Moment at/> });
    view! {
        <li class="entry">
            <div class="entry-name">
                <span>{name}</span>
                <small>{texts.security().session_since}" "<Moment at=device.created_at/>{told}</small>
            </div>
            <form method="post" action=RemoveDevice::url()>
                <input type="hidden" name="id" value=device.id.to_string()/>
                <button type="submit" class="button quiet small" aria-label=label>{texts.person().device_remove}</button>
            </form>
        </li>
    }
}
