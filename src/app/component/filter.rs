//! Filters of a list: a plain form that leads to another address, in which what was asked for stands. With a script the page stays.

use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::use_navigate;
use serde::Serialize;

use crate::app::browser;
use crate::app::state::address::name;
use crate::i18n::use_texts;

/// The form around the filters of the list at `path`.
#[component]
pub fn FilterForm(
    path: &'static str,
    /// Days are those of UTC, which is said.
    #[prop(optional)]
    days: bool,
    children: Children,
) -> impl IntoView {
    let texts = use_texts();
    let navigate = use_navigate();
    let submit = move |event: leptos::ev::SubmitEvent| {
        if let Some(query) = browser::form_query(&event) {
            event.prevent_default();
            navigate(&format!("{path}?{query}"), Default::default());
        }
    };
    view! {
        <form method="get" action=path class="filters" role="search" aria-label=texts.directory().filters on:submit=submit>
            {children()}
            <div class="filters-actions">
                <button type="submit" class="button small">{texts.directory().apply}</button>
                <A href=path attr:class="button quiet small">{texts.directory().clear}</A>
                {days.then(|| view! { <span class="hint">{texts.activity().utc}</span> })}
            </div>
        </form>
    }
}

/// A filter that is typed; `kind` is the input's.
#[component]
pub fn LineFilter(
    name: &'static str,
    label: &'static str,
    #[prop(default = "text")] kind: &'static str,
    value: Option<String>,
    #[prop(optional)] hint: &'static str,
) -> impl IntoView {
    // As a property too: what was typed into a field does not follow its attribute any more.
    let typed = value.unwrap_or_default();
    view! {
        <label class="filter">
            <span>{label}</span>
            <input type=kind name=name value=typed.clone() prop:value=typed placeholder=hint autocomplete="off" spellcheck="false"/>
        </label>
    }
}

/// The words of these values, and what they mean.
pub fn options<T: Serialize + Copy>(values: impl IntoIterator<Item = T>, label: fn(T) -> &'static str) -> Vec<(String, &'static str)> {
    values.into_iter().map(|value| (name(&value), label(value))).collect()
}

/// One choice of a filter; what is chosen holds at once where there is a script.
#[component]
pub fn Filter(
    name: &'static str,
    label: &'static str,
    options: Vec<(String, &'static str)>,
    chosen: Option<String>,
    /// There is no choice of everything.
    #[prop(optional)]
    required: bool,
) -> impl IntoView {
    let texts = use_texts();
    let nothing = chosen.is_none();
    let any = (!required).then(|| view! { <option value="" selected=nothing>{texts.directory().any}</option> });
    let options = options.into_iter().map(|(value, label)| {
        let selected = chosen.as_ref() == Some(&value);
        view! { <option value=value selected=selected>{label}</option> }
    });
    let options = options.collect_view();
    view! {
        <label class="filter">
            <span>{label}</span>
            <select name=name prop:value=chosen.unwrap_or_default() on:change=move |event| browser::submit_form_around(&event)>
                {any}
                {options}
            </select>
        </label>
    }
}
