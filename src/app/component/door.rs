//! The frame of the pages before sign-in: the seal, one small form, and the choices of language and theme.

use leptos::prelude::*;
use leptos_meta::Title;

use super::icon::{Glyph, Icon, Seal};
use super::preference::{LanguageChoice, ThemeChoice};
use crate::i18n::{sentence, use_texts};
use crate::model::error::{ApiError, Code};

/// A quiet page around a form.
#[component]
pub fn Door(title: &'static str, lead: &'static str, children: Children) -> impl IntoView {
    view! {
        <Title text=title/>
        <main class="door">
            <div class="door-card">
                <Seal/>
                <h1>{title}</h1>
                {(!lead.is_empty()).then(|| view! { <p class="lead">{lead}</p> })}
                {children()}
            </div>
            <footer class="door-foot">
                <LanguageChoice/>
                <ThemeChoice/>
            </footer>
        </main>
    }
}

/// What the form came back with, above its fields, unless every word of it stands under a field.
#[component]
pub fn DoorError(error: Option<ApiError>) -> impl IntoView {
    let texts = use_texts();
    error.filter(|error| error.code != Code::Invalid || error.fields.is_empty()).map(|error| {
        view! {
            <p class="alert" role="alert">
                <Icon glyph=Glyph::Alert/>
                <span>{sentence(texts, &error)}</span>
            </p>
        }
    })
}
