//! Above every page while the address has to be proved before chatting: why, and the link once more.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::icon::{Glyph, Icon};
use crate::i18n::{banner_words, use_texts};
use crate::rpc;
use crate::rpc::verification::Resend;

#[component]
pub fn VerifyBanner() -> impl IntoView {
    let missing = Resource::new_blocking(|| (), |()| rpc::verification::missing());
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                missing.await.ok().flatten().map(|email| view! { <Banner email/> })
            })}
        </Suspense>
    }
}

#[component]
fn Banner(email: String) -> impl IntoView {
    let (sentence, resend) = banner_words(use_texts());
    view! {
        <div class="banner" role="status">
            <Icon glyph=Glyph::Alert/>
            <span>{sentence(&email)}</span>
            <form method="post" action=Resend::url() class="plain">
                <button type="submit" class="button small">{resend}</button>
            </form>
        </div>
    }
}
