//! One line of a list of what people keep: what names it, whether it is shared, and what can be done with it.

use leptos::prelude::*;
use leptos_router::components::A;
use uuid::Uuid;

use crate::i18n::use_texts;

/// `head` names it; `used` is the address that uses it; it is changed and deleted at `list`.
#[component]
pub fn KeptRow(head: AnyView, shared: bool, used: String, list: &'static str, id: Uuid, changeable: bool) -> impl IntoView {
    let t = use_texts().kept();
    let change = changeable.then(|| {
        view! {
            <A href=format!("{list}?edit={id}") attr:class="button quiet small">{t.edit}</A>
            <A href=format!("{list}?delete={id}") attr:class="button quiet small">{t.delete}</A>
        }
    });
    view! {
        <li class="kept">
            <div class="kept-head">
                {head}
                {shared.then(|| view! { <span class="tag">{t.shared_tag}</span> })}
            </div>
            <div class="provider-actions">
                <A href=used attr:class="button small">{t.use_it}</A>
                {change}
            </div>
        </li>
    }
}
