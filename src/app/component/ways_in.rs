//! The buttons of other services on the pages before sign-in, and what came of the last try. Plain links: no script, and no form,
//! because a form may not lead to another site.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::brand::Brand;
use super::icon::{Glyph, Icon};
use crate::app::page::register::with_next;
use crate::i18n::use_texts;
use crate::model::identity::{OfferedProvider, Refusal};
use crate::rpc;

/// The services that are offered.
pub type Offered = Resource<rpc::Rpc<Vec<OfferedProvider>>>;

/// Asks for them, once for a page.
pub fn offered() -> Offered {
    Resource::new_blocking(|| (), |()| rpc::identity::offered())
}

/// A button for each service; nothing where there is none. An invitation travels along.
#[component]
pub fn WaysIn(offered: Offered, next: Option<String>, #[prop(optional_no_strip)] invitation: Option<String>) -> impl IntoView {
    let texts = use_texts();
    // Only a plain token goes into a link; any other is none of ours.
    let invitation = invitation.filter(|token| token.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')));
    view! {
        <Suspense>
            {move || {
                let (next, invitation) = (next.clone(), invitation.clone());
                Suspend::new(async move {
                    let all = offered.await.unwrap_or_default();
                    (!all.is_empty()).then(|| {
                        let links = all.into_iter().map(|service| {
                            let href = with_next(&format!("/oauth/{}/start", service.slug), next.as_deref());
                            let href = match &invitation {
                                Some(token) => format!("{href}{}invitation={token}", if href.contains('?') { '&' } else { '?' }),
                                None => href,
                            };
                            view! {
                                <li>
                                    <a class="button wide" href=href rel="external nofollow">
                                        <Brand kind=service.kind/>
                                        {(texts.identity().continue_with)(&service.name)}
                                    </a>
                                </li>
                            }
                        });
                        view! {
                            <div class="ways">
                                <p class="ways-or"><span>{texts.identity().or}</span></p>
                                <ul class="ways-list">{links.collect_view()}</ul>
                            </div>
                        }
                    })
                })
            }}
        </Suspense>
    }
}

/// Why the last try did not come about, where the address says so.
#[component]
pub fn Refused(offered: Offered) -> impl IntoView {
    let texts = use_texts();
    let (reason, slug) = asked();
    reason.map(|reason| {
        view! {
            <Suspense>
                {move || {
                    let slug = slug.clone();
                    Suspend::new(async move {
                        let all = offered.await.unwrap_or_default();
                        let name = all.into_iter().find(|service| slug.as_ref() == Some(&service.slug)).map(|service| service.name);
                        let name = name.unwrap_or_else(|| texts.identity().the_service.to_owned());
                        view! {
                            <p class="alert" role="alert"><Icon glyph=Glyph::Alert/><span>{(texts.identity().refusal)(reason, &name)}</span></p>
                        }
                    })
                }}
            </Suspense>
        }
    })
}

/// The reason and the service that the address names. What is not known is not shown: anybody may write an address.
pub fn asked() -> (Option<Refusal>, Option<String>) {
    let query = use_query_map().get_untracked();
    (query.get("oauth").and_then(|name| Refusal::from_name(&name)), query.get("provider"))
}
