//! Several models that answer one question: the page where they are asked, and their answers side by side.

use leptos::prelude::*;
use leptos::wasm_split::{SplitLoaderError, wasm_split};
use leptos_router::ChooseView;

use super::here;
use crate::app::page::comparison::ComparisonPage;

/// The page of a comparison.
#[derive(Clone, Copy)]
pub enum Compare {
    Page,
}

#[wasm_split(compare, wasm_split_path = leptos::wasm_split, preload(load_compare), fallible)]
fn compare(page: Compare) -> Result<AnyView, SplitLoaderError> {
    Ok(match page {
        Compare::Page => view! { <ComparisonPage/> }.into_any(),
    })
}

impl ChooseView for Compare {
    async fn choose(self) -> AnyView {
        here(compare(self)).await
    }

    async fn preload(&self) {
        here(load_compare()).await
    }
}
