//! Liao (聊): a self-hosted, multi-user LLM chat platform in one binary. The module list; see `docs/ARCHITECTURE.md`.
#![recursion_limit = "256"]

pub mod app;
pub mod i18n;
pub mod model;
pub mod rpc;
#[cfg(feature = "ssr")]
pub mod server;

/// Entry point of the WASM client: takes over the HTML that the server sent.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    // Server functions answer plain forms with a redirect. Hydrated pages decide themselves where to go, so they ignore it;
    // the hook can be set only once, and the router would set its own.
    let _ = leptos::server_fn::redirect::set_redirect_hook(|_| {});
    // Lazily: the first page may be one whose code is in a chunk of its own. Not the whole body: above the app stands what is the server's.
    let Some(root) = app::browser::element(app::ROOT) else { return };
    wasm_bindgen_futures::spawn_local(async move {
        // The browser has just worked to make the program run: the page comes first.
        app::browser::pause(0).await;
        leptos::mount::hydrate_from_async(root, app::App).await.forget();
    });
}
