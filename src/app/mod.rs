//! SHOW: the Leptos UI. (Replaced by the UI slice.)

pub mod shell;

use leptos::prelude::*;
use leptos_router::components::{Route, Router, Routes};
use leptos_router::path;

/// The whole page body.
#[component]
pub fn App() -> impl IntoView {
    let page = |name: &'static str| move || view! { <main>{name}</main> };
    view! {
        <Router>
            <Routes fallback=page("There is no such page.")>
                <Route path=path!("/") view=page("Liao")/>
                <Route path=path!("/login") view=page("Sign in")/>
                <Route path=path!("/register") view=page("Register")/>
            </Routes>
        </Router>
    }
}
