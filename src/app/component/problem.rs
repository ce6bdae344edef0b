//! What stands where something should have been: what went wrong, and what to do about it.

use leptos::prelude::*;

use super::icon::{Glyph, Icon};
use crate::app::browser;
use crate::i18n::{sentence, use_texts};
use crate::model::error::{ApiError, Code};

/// A page's worth of error.
#[component]
pub fn Problem(error: ApiError) -> impl IntoView {
    let texts = use_texts();
    let missing = error.code == Code::NotFound;
    let (title, text) = match missing {
        true => (texts.common.not_found, texts.common.not_found_text.to_owned()),
        false => (texts.common.problem, sentence(texts, &error)),
    };
    // A link to this page: without JavaScript it loads it again just as well.
    let again = (!missing).then(|| {
        view! { <a class="button" href="" rel="external" on:click=move |event| { event.prevent_default(); browser::reload(); }>{texts.common.retry}</a> }
    });
    view! {
        <section class="problem">
            <Icon glyph=Glyph::Alert/>
            <h1>{title}</h1>
            <p>{text}</p>
            <p class="problem-actions">{again} <a class="button quiet" href="/">{texts.common.home}</a></p>
        </section>
    }
}
