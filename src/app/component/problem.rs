//! What stands where something should have been: what went wrong, and what to do about it.

use leptos::prelude::*;
use leptos_meta::Title;

use super::icon::{Glyph, Icon, Seal};
use crate::app::browser;
use crate::app::state::session::leave_if_signed_out;
use crate::i18n::{sentence, use_texts};
use crate::model::error::{ApiError, Code};

/// A page's worth of error.
#[component]
pub fn Problem(error: ApiError) -> impl IntoView {
    let texts = use_texts();
    if error.code == Code::NotFound {
        return view! { <Missing/> }.into_any();
    }
    view! {
        <section class="problem">
            <Icon glyph=Glyph::Alert/>
            <h1>{texts.common.problem}</h1>
            <p>{sentence(texts, &error)}</p>
            <p class="problem-actions">
                // A link to this page: without JavaScript it loads it again just as well.
                <a class="button" href="" rel="external" on:click=move |event| { event.prevent_default(); browser::reload(); }>{texts.common.retry}</a>
                <a class="button quiet" href="/">{texts.common.home}</a>
            </p>
        </section>
    }
    .into_any()
}

/// What a page that cannot be made shows, unless another page is where it helps (to sign in, to prove who one is).
pub fn failed(error: ApiError) -> AnyView {
    leave_if_signed_out(&error);
    view! { <Problem error/> }.into_any()
}

/// The same of a list with filters: one that cannot be read, or that fits nobody, is no problem of the page.
pub fn failed_list(error: ApiError) -> AnyView {
    if error.code != Code::Invalid {
        return failed(error);
    }
    let text = sentence(use_texts(), &error);
    view! { <p class="alert" role="alert">{text}</p> }.into_any()
}

/// There is no such thing, whether the path is unknown or what it names.
#[component]
pub fn Missing() -> impl IntoView {
    let texts = use_texts();
    view! {
        <Title text=texts.common.not_found/>
        <section class="problem">
            <Seal/>
            <h1>{texts.common.not_found}</h1>
            <p>{texts.common.not_found_text}</p>
            <p class="problem-actions"><a class="button quiet" href="/" rel="external">{texts.common.home}</a></p>
        </section>
    }
}
