//! A service in the administrators' list: what it is, and where it sends people back to.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::brand::Brand;
use super::provider_frame::{Row, Tested, Ways};
use crate::i18n::{Texts, use_texts};
use crate::model::identity::{IdentityProvider, IdentityProviderTest};
use crate::rpc::identity_provider::{self, Delete, Enable};

/// The page of the list.
pub const LIST: &str = "/admin/settings/oauth";

/// What can be done with a service.
pub fn ways(texts: &'static Texts) -> Ways {
    Ways {
        list: LIST,
        enable: |id, on| Box::pin(identity_provider::enable(id, on)),
        enable_url: Enable::url(),
        delete: |id| Box::pin(identity_provider::delete(id)),
        delete_url: Delete::url(),
        test: |id| Box::pin(async move { identity_provider::test(id).await.map(tested) }),
        test_label: texts.identity().test,
    }
}

fn tested(IdentityProviderTest { ok, message, millis }: IdentityProviderTest) -> Tested {
    Tested { ok, message, millis, models: Vec::new() }
}

/// One line of the list.
#[component]
pub fn IdentityRow(service: IdentityProvider, changed: Callback<()>) -> impl IntoView {
    let texts = use_texts();
    let secret = if service.has_secret { texts.identity().secret_set } else { texts.identity().secret_unset };
    let issuer = service.issuer.map(|issuer| view! { <div><dt>{texts.identity().issuer}</dt><dd>{issuer}</dd></div> });
    let head = view! {
        <Brand kind=service.kind/>
        <h2>{service.name.clone()}</h2>
        <span class="tag">{(texts.identity().kind)(service.kind)}</span>
    };
    view! {
        <Row ways=ways(texts) id=service.id name=service.name on=service.enabled head=head.into_any() editable=true changed>
            <dl class="provider-facts">
                {issuer}
                <div><dt>{texts.identity().client_id}</dt><dd>{service.client_id}</dd></div>
                <div><dt>{texts.identity().client_secret}</dt><dd>{secret}</dd></div>
                <div><dt>{texts.identity().linked_title}</dt><dd>{(texts.identity().linked_count)(service.linked)}</dd></div>
            </dl>
            <div class="copyable">
                <span class="hint">{texts.identity().redirect_uri}": "{texts.identity().redirect_hint}</span>
                <code>{service.redirect_uri}</code>
            </div>
        </Row>
    }
}
