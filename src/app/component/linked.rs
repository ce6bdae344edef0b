//! Accounts at other services: what is linked to one's account, and what could be.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::brand::Brand;
use super::door::DoorError;
use super::icon::{Glyph, Icon};
use super::moment::Moment;
use super::ways_in::asked;
use crate::app::state::session::{form_error, leave_if_signed_out};
use crate::i18n::use_texts;
use crate::model::identity::{Identity, LinkedAccounts, OfferedProvider};
use crate::rpc;
use crate::rpc::identity::Unlink;

/// The panel; nothing where no service is offered and none is linked.
#[component]
pub fn LinkedPanel() -> impl IntoView {
    let accounts = Resource::new_blocking(|| (), |()| rpc::identity::list());
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                match accounts.await {
                    Ok(accounts) => Some(view! { <Accounts accounts/> }),
                    Err(error) => {
                        leave_if_signed_out(&error);
                        None
                    }
                }
            })}
        </Suspense>
    }
}

#[component]
fn Accounts(accounts: LinkedAccounts) -> impl IntoView {
    let texts = use_texts();
    let LinkedAccounts { linked, others } = accounts;
    if linked.is_empty() && others.is_empty() {
        return ().into_any();
    }
    let error = form_error().filter(|(path, _)| path == Unlink::PATH || path == "/oauth").map(|(_, error)| error);
    let (reason, slug) = asked();
    let name_of = |slug: &str| {
        let linked = linked.iter().find(|identity| identity.provider == slug).map(|identity| identity.provider_name.clone());
        linked.or_else(|| others.iter().find(|service| service.slug == slug).map(|service| service.name.clone()))
    };
    let name = slug.and_then(|slug| name_of(&slug)).unwrap_or_else(|| texts.identity().the_service.to_owned());
    let refused = reason.map(|reason| {
        view! { <p class="alert" role="alert"><Icon glyph=Glyph::Alert/><span>{(texts.identity().refusal)(reason, &name)}</span></p> }
    });
    view! {
        <section class="panel" id="linked">
            <h2>{texts.identity().linked_title}</h2>
            <p class="lead">{texts.identity().linked_lead}</p>
            {refused}
            <DoorError error/>
            <ul class="linked">
                {linked.into_iter().map(|identity| view! { <Linked identity/> }).collect_view()}
                {others.into_iter().map(|service| view! { <Other service/> }).collect_view()}
            </ul>
        </section>
    }
    .into_any()
}

#[component]
fn Linked(identity: Identity) -> impl IntoView {
    let texts = use_texts();
    let Identity { provider, provider_name, kind, email, name, linked_at, last_used_at } = identity;
    let who = email.or(name).map(|who| view! { <span class="linked-who">{who}</span> });
    let used = last_used_at.map(|at| view! { ", "{texts.identity().last_used}" "<Moment at/> });
    view! {
        <li>
            <Brand kind/>
            <span class="linked-name">
                {provider_name.clone()}
                {who}
                <small>{texts.identity().linked_since}" "<Moment at=linked_at/>{used}</small>
            </span>
            <form method="post" action=Unlink::url() class="plain">
                <input type="hidden" name="provider" value=provider/>
                <button type="submit" class="button small" aria-label=(texts.identity().unlink_one)(&provider_name)>{texts.identity().unlink}</button>
            </form>
        </li>
    }
}

#[component]
fn Other(service: OfferedProvider) -> impl IntoView {
    let texts = use_texts();
    view! {
        <li class="off">
            <Brand kind=service.kind/>
            <span class="linked-name">{service.name.clone()}<small>{texts.identity().not_linked}</small></span>
            <a class="button small" href=format!("/oauth/{}/link", service.slug) rel="external" aria-label=(texts.identity().link_one)(&service.name)>
                {texts.identity().link}
            </a>
        </li>
    }
}
