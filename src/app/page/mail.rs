//! `/admin/settings/mail`: the mail server, a test, every letter, and the outbox. What is shown stands in the address, and the forms are
//! plain, so it all works without a script.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use uuid::Uuid;

use crate::app::component::mail_letter::{Letters, Opened};
use crate::app::component::mail_outbox::Outbox;
use crate::app::component::mail_setup::{Setup, Test};
use crate::app::component::problem::failed;
use crate::app::component::subnav::AdminPage;
use crate::i18n::use_texts;
use crate::rpc;

/// The page's address.
pub const PATH: &str = "/admin/settings/mail";

#[component]
pub fn MailPage() -> impl IntoView {
    let texts = use_texts();
    let query = use_query_map();
    let open = Memo::new(move |_| query.read().get("open").and_then(|id| Uuid::parse_str(&id).ok()));
    view! {
        <AdminPage title=texts.mail().title>
            {move || match open.get() {
                Some(id) => view! { <Opened id/> }.into_any(),
                None => view! { <Everything/> }.into_any(),
            }}
        </AdminPage>
    }
}

#[component]
fn Everything() -> impl IntoView {
    let texts = use_texts();
    let setup = Resource::new_blocking(|| (), |()| rpc::mail::setup());
    view! {
        <p class="lead">{texts.mail().lead}</p>
        <Suspense>
            {move || Suspend::new(async move {
                match setup.await {
                    Ok(setup) => {
                        let there = setup.fixed || !setup.settings.host.is_empty();
                        view! {
                            <Setup setup/>
                            {there.then(|| view! { <Test/> })}
                            <Letters/>
                            <Outbox there/>
                        }
                        .into_any()
                    }
                    Err(error) => failed(error),
                }
            })}
        </Suspense>
    }
}
