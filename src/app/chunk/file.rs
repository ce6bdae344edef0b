//! Files: their pages, and what of the chat page takes care of them.

use leptos::prelude::*;
use leptos::wasm_split::{SplitLoaderError, wasm_split};
use leptos_router::ChooseView;

use super::here;
use crate::app::component::file_tray::FileTray;
use crate::app::component::lightbox::Lightbox;
use crate::app::page::file::FilePage;

/// What is done with files: their pages, and what of the chat page takes care of them.
#[derive(Clone, Copy)]
pub enum File {
    /// One file.
    Page,
    /// The files beside the message that is being written.
    Tray,
    /// The pictures of messages, large.
    Lightbox,
}

#[wasm_split(files, wasm_split_path = leptos::wasm_split, preload(load_files), fallible)]
fn files(view: File) -> Result<AnyView, SplitLoaderError> {
    Ok(match view {
        File::Page => view! { <FilePage/> }.into_any(),
        File::Tray => view! { <FileTray/> }.into_any(),
        File::Lightbox => view! { <Lightbox/> }.into_any(),
    })
}

impl ChooseView for File {
    async fn choose(self) -> AnyView {
        here(files(self)).await
    }

    async fn preload(&self) {
        here(load_files()).await
    }
}

/// What takes care of files in the chat page, as soon as its code is here; nothing where that cannot be had.
pub fn file_part(wanted: File) -> AnyView {
    Suspend::new(async move { files(wanted).await.ok() }).into_any()
}
