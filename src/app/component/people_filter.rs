//! The form that searches, filters and sorts the list of people: a plain one that leads to another address.

use leptos::prelude::*;

use super::filter::{Filter, FilterForm, options};
use crate::app::state::address::{People, name};
use crate::i18n::use_texts;
use crate::model::directory::{Query, SEARCH_MAX, Sort, State};
use crate::model::user::Role;

const LIST: &str = "/admin/users";

/// The form, filled with what the address asks for.
#[component]
pub fn PeopleFilter(asked: Memo<People>) -> impl IntoView {
    view! { <FilterForm path=LIST>{move || view! { <Inputs query=asked.get().query/> }}</FilterForm> }
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
