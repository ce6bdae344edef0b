//! Chooses a picture, and the square of it that is kept. Without JavaScript a plain form sends the whole file.

use leptos::html;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos::task::spawn_local;

use super::avatar::AvatarPicture;
use super::cropper::Cropper;
use super::icon::{Glyph, Icon};
use crate::app::browser;
use crate::app::state::crop::Crop;
use crate::app::state::session::{Me, form_error};
use crate::app::state::toast::Toasts;
use crate::i18n::{Texts, sentence, use_texts};
use crate::model::avatar::FORM;
use crate::model::error::{ApiError, Code};
use crate::model::user::User;
use crate::rpc;
use crate::rpc::profile::RemoveAvatar;

/// The picture, and the ways to another one.
#[component]
pub fn AvatarEditor(user: User) -> impl IntoView {
    let texts = use_texts();
    let (Me(me), toasts) = (expect_context(), expect_context::<Toasts>());
    let crop = RwSignal::new(None::<Crop>);
    // Whether there is one, not which: the cropper that is there holds the fingers that are down.
    let cropping = Memo::new(move |_| crop.read().is_some());
    let over = RwSignal::new(false);
    let refused = RwSignal::new(form_error().filter(|(path, _)| path == FORM).map(|(_, error)| picture_sentence(texts, &error)));
    let opened = Callback::new(move |size: Option<(f64, f64)>| {
        over.set(false);
        refused.set(size.is_none().then(|| texts.person().not_a_picture.to_owned()));
        crop.set(size.map(|(width, height)| Crop::new(width, height)));
    });
    Effect::new(move || browser::on_paste_picture(opened));
    let done = Callback::new(move |result: Result<(), ApiError>| match result {
        Ok(()) => {
            crop.set(None);
            me.refetch();
            toasts.say(texts.person().picture_saved, None);
        }
        Err(error) => refused.set(Some(picture_sentence(texts, &error))),
    });
    let drop = move |event: leptos::ev::DragEvent| {
        event.prevent_default();
        browser::open_dropped_picture(&event, opened);
    };
    let hover = move |event: leptos::ev::DragEvent| {
        event.prevent_default();
        over.set(true);
    };
    view! {
        <section class="panel avatar-editor" class:over=move || over.get() on:drop=drop on:dragover=hover on:dragleave=move |_| over.set(false)>
            <h2>{texts.person().picture}</h2>
            {move || refused.get().map(|text| view! { <p class="alert" role="alert"><Icon glyph=Glyph::Alert/><span>{text}</span></p> })}
            {move || match cropping.get() {
                true => view! { <Cropper crop done/> }.into_any(),
                false => view! { <Current user=user.clone() opened/> }.into_any(),
            }}
        </section>
    }
}

/// The picture that is there, and the forms to replace and to remove it.
#[component]
fn Current(user: User, opened: Callback<Option<(f64, f64)>>) -> impl IntoView {
    let texts = use_texts();
    let (Me(me), toasts) = (expect_context(), expect_context::<Toasts>());
    let input = NodeRef::<html::Input>::new();
    let choose = move |_| {
        if let Some(input) = input.get_untracked() {
            browser::open_chosen_picture(&input, opened);
        }
    };
    let remove = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        spawn_local(async move {
            match rpc::profile::remove_avatar().await {
                Ok(()) => {
                    me.refetch();
                    toasts.say(texts.person().removed, None);
                }
                Err(error) => toasts.fail(&error),
            }
        });
    };
    let removable = user.avatar.is_some();
    view! {
        <div class="avatar-now">
            <AvatarPicture user class="avatar-large"/>
            <div class="avatar-ways">
                <form method="post" action=FORM enctype="multipart/form-data" class="avatar-form">
                    <label class="button needs-script" for="avatar">{texts.person().choose}</label>
                    <input node_ref=input id="avatar" class="avatar-input" type="file" name="avatar" required=true
                        accept="image/png,image/jpeg,image/webp,image/gif" aria-label=texts.person().choose on:change=choose/>
                    <button type="submit" class="button needs-no-script">{texts.person().upload}</button>
                </form>
                {removable.then(|| view! {
                    <form method="post" action=RemoveAvatar::url() class="plain" on:submit=remove>
                        <button type="submit" class="button quiet">{texts.person().remove}</button>
                    </form>
                })}
            </div>
            <p class="hint needs-script">{texts.person().picture_hint}</p>
            <p class="hint needs-no-script">{texts.person().picture_plain_hint}</p>
        </div>
    }
}

/// What is wrong with a picture, more plainly than in general.
fn picture_sentence(texts: &'static Texts, error: &ApiError) -> String {
    match error.code {
        Code::TooLarge => texts.person().too_large.to_owned(),
        Code::UnsupportedMediaType => texts.person().format_picture.to_owned(),
        _ => sentence(texts, error),
    }
}
