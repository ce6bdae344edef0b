//! A labelled choice of one of many.

use leptos::prelude::*;

/// The browser's own list. `options` are values and their labels; `none` is the label of choosing nothing.
#[component]
pub fn Choose(
    name: &'static str,
    label: &'static str,
    #[prop(into)] none: String,
    options: Vec<(String, String)>,
    chosen: Option<String>,
) -> impl IntoView {
    let nothing = chosen.is_none();
    let options = options.into_iter().map(|(value, label)| {
        let selected = chosen.as_ref() == Some(&value);
        view! { <option value=value selected=selected>{label}</option> }
    });
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <select id=name name=name>
                <option value="" selected=nothing>{none}</option>
                {options.collect_view()}
            </select>
        </div>
    }
}
