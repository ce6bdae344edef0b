//! The form that searches, filters and sorts the list of people: a plain one that leads to another address.

use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::use_navigate;
use serde::Serialize;

use crate::app::browser;
use crate::app::state::address::{People, name};
use crate::i18n::use_texts;
use crate::model::directory::{Query, SEARCH_MAX, Sort, State};
use crate::model::user::Role;

const LIST: &str = "/admin/users";

/// The form, filled with what the address asks for.
#[component]
pub fn PeopleFilter(asked: Memo<People>) -> impl IntoView {
    let texts = use_texts();
    let navigate = use_navigate();
    let submit = move |event: leptos::ev::SubmitEvent| {
        if let Some(query) = browser::form_query(&event) {
            event.prevent_default();
            navigate(&format!("{LIST}?{query}"), Default::default());
        }
    };
    view! {
        <form method="get" action=LIST class="filters" role="search" aria-label=texts.directory().filters on:submit=submit>
            {move || view! { <Inputs query=asked.get().query/> }}
            <div class="filters-actions">
                <button type="submit" class="button small">{texts.directory().apply}</button>
                <A href=LIST attr:class="button quiet small">{texts.directory().clear}</A>
            </div>
        </form>
    }
}

#[component]
fn Inputs(query: Query) -> impl IntoView {
    let texts = use_texts();
    let t = texts.directory();
    let Query { search, role, state, verified, online, second_factor, sort } = query;
    let truths = |yes: &'static str, no: &'static str| vec![("true".to_owned(), yes), ("false".to_owned(), no)];
    // As a property too: what was typed into a field does not follow its attribute any more.
    let typed = search.unwrap_or_default();
    let sorts = Sort::ALL.into_iter().map(|sort| (name(&sort), (t.sorts)(sort))).collect();
    view! {
        <label class="filter wide">
            <span>{t.search}</span>
            <input type="search" name="search" value=typed.clone() prop:value=typed placeholder=t.search_hint maxlength=SEARCH_MAX.to_string() autocomplete="off"/>
        </label>
        <Filter name="role" label=t.role options=options([Role::User, Role::Admin], t.roles) chosen=role.as_ref().map(name)/>
        <Filter name="state" label=t.state options=options(State::ALL, t.states) chosen=state.as_ref().map(name)/>
        <Filter name="verified" label=t.verified options=truths(t.is_verified, t.not_verified) chosen=verified.map(|truth| truth.to_string())/>
        <Filter name="second_factor" label=t.second_factor options=truths(t.has_factor, t.no_factor) chosen=second_factor.map(|truth| truth.to_string())/>
        <Filter name="online" label=t.presence options=truths(t.online, t.offline) chosen=online.map(|truth| truth.to_string())/>
        <Filter name="sort" label=t.sort options=sorts chosen=Some(name(&sort)) required=true/>
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
