//! The files of a message: pictures small, documents by their names. All of them lead to their pages; with a script, pictures are looked
//! at in place.

use leptos::prelude::*;

use super::icon::{Glyph, Icon};
use crate::app::state::thread::Thread;
use crate::i18n::file::size;
use crate::i18n::use_texts;
use crate::model::file::Attachment;

/// The files of one message.
#[component]
pub fn Attachments(files: Vec<Attachment>) -> impl IntoView {
    let texts = use_texts();
    let looked_at = expect_context::<Thread>().files.looked_at;
    let files = files.into_iter().map(|file| {
        let (id, href) = (file.id, format!("/files/{}", file.id));
        if !file.is_picture() {
            return view! {
                <li><a class="file-link" href=href>
                    <Icon glyph=Glyph::File/>
                    <span class="file-name">{file.name}</span>
                    <small>{size(file.size)}</small>
                </a></li>
            }
            .into_any();
        }
        let look = move |event: leptos::ev::MouseEvent| {
            if !(event.ctrl_key() || event.meta_key() || event.shift_key()) {
                event.prevent_default();
                looked_at.set(Some(id));
            }
        };
        view! {
            <li><a class="file-picture" href=href on:click=look>
                // Its place is as large before it is there.
                <img src=view_of(id) alt=file.name width="176" height="132" loading="lazy" decoding="async"/>
            </a></li>
        }
        .into_any()
    });
    view! { <ul class="message-files" aria-label=texts.chat.files>{files.collect_view()}</ul> }
}

/// Where a picture is, as it is shown.
pub fn view_of(id: uuid::Uuid) -> String {
    format!("/api/files/{id}/view/")
}
