//! A person's picture, or the initials that stand in for it.

use leptos::prelude::*;

use crate::i18n::{online_word, use_texts};
use crate::model::avatar::Avatar;
use crate::model::user::User;

/// The picture of a user whose name stands beside it.
#[component]
pub fn AvatarPicture(user: User, #[prop(default = "avatar")] class: &'static str) -> impl IntoView {
    let Avatar { small, medium, large } = Avatar::of(&user);
    // A vector picture needs no choice.
    let set = user.avatar.is_some().then(|| format!("{small} 48w, {medium} 128w, {large} 512w"));
    let sizes = if class == "avatar" { "2rem" } else { "6rem" };
    view! { <img class=class src=medium srcset=set sizes=sizes alt="" width="128" height="128" decoding="async"/> }
}

/// Says that somebody is online.
#[component]
pub fn PresenceDot(#[prop(into)] shown: Signal<bool>) -> impl IntoView {
    let texts = use_texts();
    move || shown.get().then(|| view! { <span class="presence" role="img" aria-label=online_word(texts) title=online_word(texts)></span> })
}
