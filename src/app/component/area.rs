//! A labelled text of several lines, with its hint and what is wrong with it.

use leptos::prelude::*;

use crate::i18n::{field_sentence, use_texts};
use crate::model::error::ApiError;

/// Several lines of input.
#[component]
pub fn Area(
    name: &'static str,
    label: &'static str,
    value: String,
    hint: &'static str,
    max: usize,
    /// What the form came back with.
    error: Signal<Option<ApiError>>,
) -> impl IntoView {
    let texts = use_texts();
    let wrong = Memo::new(move |_| error.read().as_ref().and_then(|e| e.field(name)).map(|field| field_sentence(texts, field)));
    let described = move || if wrong.read().is_some() { format!("{name}-error") } else { format!("{name}-hint") };
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <textarea
                id=name
                name=name
                rows="4"
                maxlength=max.to_string()
                aria-describedby=described
                aria-invalid=move || wrong.read().is_some().then_some("true")
                inner_html=escaped(&value)
            ></textarea>
            <p class="hint" id=format!("{name}-hint")>{hint}</p>
            {move || wrong.get().map(|text| view! { <p class="wrong" id=format!("{name}-error")>{text}</p> })}
        </div>
    }
}

/// The text as HTML. It is not a child, because an empty child is a space in the markup, and would be one in the text.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
