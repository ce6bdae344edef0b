//! A labelled input with its hint and what is wrong with it.

use leptos::prelude::*;

use crate::i18n::{field_sentence, use_texts};
use crate::model::error::ApiError;

/// One line of input.
#[component]
pub fn Field(
    name: &'static str,
    label: &'static str,
    #[prop(default = "text")] kind: &'static str,
    #[prop(optional, into)] value: String,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(optional)] autocomplete: &'static str,
    #[prop(optional)] placeholder: &'static str,
    #[prop(optional)] required: bool,
    #[prop(optional)] min: Option<usize>,
    #[prop(optional)] max: Option<usize>,
    /// What the form came back with.
    #[prop(optional, into)]
    error: Signal<Option<ApiError>>,
    #[prop(optional)] focused: bool,
    /// It can be read, not changed.
    #[prop(optional)]
    fixed: bool,
    /// The id of a list of what can be typed.
    #[prop(optional, into)]
    list: Option<&'static str>,
) -> impl IntoView {
    let texts = use_texts();
    let hint = hint.filter(|hint| !hint.is_empty());
    let wrong = Memo::new(move |_| error.read().as_ref().and_then(|e| e.field(name)).map(|field| field_sentence(texts, field)));
    let described = {
        let hinted = hint.is_some();
        move || match (wrong.read().is_some(), hinted) {
            (true, _) => Some(format!("{name}-error")),
            (false, true) => Some(format!("{name}-hint")),
            (false, false) => None,
        }
    };
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <input
                id=name
                name=name
                type=kind
                value=value
                autocomplete=autocomplete
                placeholder=(!placeholder.is_empty()).then_some(placeholder)
                required=required
                minlength=min.map(|n| n.to_string())
                maxlength=max.map(|n| n.to_string())
                autofocus=focused
                readonly=fixed
                list=list
                spellcheck="false"
                autocapitalize="none"
                aria-invalid=move || wrong.read().is_some().then_some("true")
                aria-describedby=described
            />
            {hint.map(|hint| view! { <p class="hint" id=format!("{name}-hint")>{hint}</p> })}
            {move || wrong.get().map(|text| view! { <p class="wrong" id=format!("{name}-error")>{text}</p> })}
        </div>
    }
}
