//! Liao (聊): a self-hosted, multi-user LLM chat platform in one binary. The module list; see `docs/ARCHITECTURE.md`.
#![recursion_limit = "256"]

pub mod app;
pub mod i18n;
pub mod model;
pub mod rpc;
#[cfg(feature = "ssr")]
pub mod server;

#[cfg(feature = "hydrate")]
use {
    hydration_context::HydrateSharedContext, leptos::prelude::*, leptos::reactive::computed::ScopedFuture,
    leptos::tachys::hydration::Cursor, leptos::tachys::view::PositionState, std::sync::Arc,
};

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
    // What the library's `hydrate_from_async` does, but what the server sent is at hand until the last slice of the page was taken over: it
    // would be asked for again.
    let _ = any_spawner::Executor::init_wasm_bindgen();
    let owner = Owner::new_root(Some(Arc::new(HydrateSharedContext::new())));
    wasm_bindgen_futures::spawn_local(async move {
        // The browser has just worked to make the program run: the page comes first.
        app::browser::pause(0).await;
        // All routes, and then the one that it is.
        let app = owner.with(|| app::App().into_view());
        app::browser::pause(0).await;
        let page = async move { app.hydrate_async(&Cursor::new(root.into()), &PositionState::default()).await };
        let state = owner.with(|| ScopedFuture::new(page)).await;
        app::browser::at_last(move || {
            if let Some(sent) = owner.shared_context() {
                sent.hydration_complete();
            }
            // They live as long as the window.
            std::mem::forget((owner, state));
        });
    });
}
