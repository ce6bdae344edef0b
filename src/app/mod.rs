//! SHOW: the Leptos UI. Pages are made of components, components share state through contexts, and only `browser` knows the DOM.

pub mod browser;
mod chunk;
mod component;
mod page;
mod shell;
pub mod state;

pub use chunk::Files;
pub use component::log_row::row as log_row;
pub use shell::{BOOT_SCRIPT, FollowUps, Notices, Off, ROOT, shell, temporary_shell};

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::SsrMode;
use leptos_router::components::{ParentRoute, Redirect, Route, Router, Routes};
use leptos_router::path;

use chunk::{Admin, Compare, Context, Door, File, Framed, Home, Oversee, Searching, Settings, Shelves};
use page::{chat::ChatPage, not_found::NotFound};

/// The window's name while it shows a page of this title, or a name that it has already.
fn named(title: String) -> String {
    match title.as_str() {
        "" => "Liao".to_owned(),
        // With or without the count before it.
        name if name == "Liao" || name.ends_with(" · Liao") || name.ends_with(") Liao") => title,
        title => format!("{title} · Liao"),
    }
}

/// Between two pages, and until the code of the first is there, the window is called what it was called: the library empties its name when
/// it begins.
#[component]
fn WindowName() -> impl IntoView {
    // In the browser `public/desk.js` counts.
    let unread = state::reader::reader().map(|reader| reader.unread).filter(|count| *count > 0);
    let named = move |title| match unread {
        Some(count) => format!("({count}) {}", named(title)),
        None => named(title),
    };
    let first = browser::title();
    let called = move || match browser::title() {
        name if name.is_empty() => first.clone(),
        name => name,
    };
    view! { <Title formatter=named text=called/> }
}

/// What every page can reach.
fn contexts() {
    provide_meta_context();
    provide_context(state::preference::locale());
    provide_context(state::preference::Appearance::of_page());
}

/// The whole page body.
#[component]
pub fn App() -> impl IntoView {
    contexts();
    view! {
        <WindowName/>
        <Router>
            <Routes fallback=NotFound>
                <Route path=path!("/login") view=Door::Login ssr=SsrMode::Async/>
                <Route path=path!("/register") view=Door::Register ssr=SsrMode::Async/>
                <Route path=path!("/welcome") view=Door::Welcome ssr=SsrMode::Async/>
                <Route path=path!("/verify") view=Door::Verify ssr=SsrMode::Async/>
                <Route path=path!("/reset") view=Door::Reset ssr=SsrMode::Async/>
                <Route path=path!("/reset/confirm") view=Door::NewPassword ssr=SsrMode::Async/>
                <Route path=path!("/login/factor") view=Door::Factor ssr=SsrMode::Async/>
                <Route path=path!("/confirm") view=Door::Confirm ssr=SsrMode::Async/>
                <Route path=path!("/login/complete") view=Door::Complete ssr=SsrMode::Async/>
                <Route path=path!("/share/:token") view=Door::Shared ssr=SsrMode::Async/>
                <ParentRoute path=path!("") view=Framed ssr=SsrMode::Async>
                    <Route path=path!("/") view=Home::New ssr=SsrMode::Async/>
                    <Route path=path!("/chat/:id") view=ChatPage ssr=SsrMode::Async/>
                    <Route path=path!("/chats") view=Shelves::All ssr=SsrMode::Async/>
                    <Route path=path!("/chats/archived") view=Shelves::Archived ssr=SsrMode::Async/>
                    <Route path=path!("/chats/folders") view=Shelves::Folders ssr=SsrMode::Async/>
                    <Route path=path!("/chats/edit/:id") view=Shelves::Order ssr=SsrMode::Async/>
                    <Route path=path!("/chats/tree/:id") view=Shelves::Tree ssr=SsrMode::Async/>
                    <Route path=path!("/search") view=Searching::All ssr=SsrMode::Async/>
                    <Route path=path!("/compare/:id") view=Compare::Page ssr=SsrMode::Async/>
                    <Route path=path!("/context/:id") view=Context::Page ssr=SsrMode::Async/>
                    <Route path=path!("/files/:id") view=File::Page ssr=SsrMode::Async/>
                    <Route path=path!("/settings") view=|| view! { <Redirect path="/settings/profile"/> }/>
                    <Route path=path!("/settings/profile") view=Settings::Profile ssr=SsrMode::Async/>
                    <Route path=path!("/settings/preferences") view=Settings::Preferences ssr=SsrMode::Async/>
                    <Route path=path!("/settings/prompts") view=Settings::Prompts ssr=SsrMode::Async/>
                    <Route path=path!("/settings/assistants") view=Settings::Assistants ssr=SsrMode::Async/>
                    <Route path=path!("/settings/shares") view=Settings::Shares ssr=SsrMode::Async/>
                    <Route path=path!("/settings/security") view=Settings::Security ssr=SsrMode::Async/>
                    <Route path=path!("/settings/activity") view=Settings::Activity ssr=SsrMode::Async/>
                    <Route path=path!("/settings/usage") view=Settings::Usage ssr=SsrMode::Async/>
                    <Route path=path!("/settings/files") view=Settings::Files ssr=SsrMode::Async/>
                    <Route path=path!("/settings/data") view=Settings::Data ssr=SsrMode::Async/>
                    <Route path=path!("/settings/import") view=Settings::Import ssr=SsrMode::Async/>
                    <Route path=path!("/settings/report") view=Settings::Report ssr=SsrMode::Async/>
                    <Route path=path!("/admin") view=|| view! { <Redirect path="/admin/dashboard"/> }/>
                    <Route path=path!("/admin/dashboard") view=Admin::Dashboard ssr=SsrMode::Async/>
                    <Route path=path!("/admin/system") view=Admin::System ssr=SsrMode::Async/>
                    <Route path=path!("/admin/calls") view=Admin::Calls ssr=SsrMode::Async/>
                    <Route path=path!("/admin/users") view=Admin::People ssr=SsrMode::Async/>
                    <Route path=path!("/admin/users/new") view=Admin::NewPerson ssr=SsrMode::Async/>
                    <Route path=path!("/admin/users/:id") view=Admin::Person ssr=SsrMode::Async/>
                    <Route path=path!("/admin/activity") view=Admin::Activity ssr=SsrMode::Async/>
                    <Route path=path!("/admin/online") view=Admin::Online ssr=SsrMode::Async/>
                    <Route path=path!("/admin/providers") view=Admin::Providers ssr=SsrMode::Async/>
                    <Route path=path!("/admin/models") view=Admin::Models ssr=SsrMode::Async/>
                    <Route path=path!("/admin/settings/registration") view=Admin::Registration ssr=SsrMode::Async/>
                    <Route path=path!("/admin/settings/mail") view=Admin::Mail ssr=SsrMode::Async/>
                    <Route path=path!("/admin/settings/security") view=Admin::Security ssr=SsrMode::Async/>
                    <Route path=path!("/admin/settings/oauth") view=Admin::Oauth ssr=SsrMode::Async/>
                    <Route path=path!("/admin/messages") view=Admin::Overseen(Oversee::Messages) ssr=SsrMode::Async/>
                    <Route path=path!("/admin/messages/:id") view=Admin::Overseen(Oversee::Conversation) ssr=SsrMode::Async/>
                    <Route path=path!("/admin/reports") view=Admin::Overseen(Oversee::Reports) ssr=SsrMode::Async/>
                    <Route path=path!("/admin/feedback") view=Admin::Overseen(Oversee::Feedback) ssr=SsrMode::Async/>
                    <Route path=path!("/admin/alerts") view=Admin::Overseen(Oversee::Alerts) ssr=SsrMode::Async/>
                    <Route path=path!("/admin/operation") view=Admin::Overseen(Oversee::Operation) ssr=SsrMode::Async/>
                    <Route path=path!("/admin/logs") view=Admin::Overseen(Oversee::Logs) ssr=SsrMode::Async/>
                    <Route path=path!("/admin/traces/:id") view=Admin::Overseen(Oversee::Trace) ssr=SsrMode::Async/>
                </ParentRoute>
            </Routes>
        </Router>
    }
}
