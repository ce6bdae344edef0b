//! The pages that are not the chat. Their code is WASM of its own, a file for each enum here, which loads when the first of its
//! pages is shown: the chat page pays nothing for them. Adding a page is a variant, its view, and a route in [`super::App`].
//!
//! A chunk's name (the first argument of `wasm_split`) is the first part of its pages' path, `home` for `/`, or what `chunk/path.rs` says: so
//! the server knows which files a page needs, and the browser fetches them together with the rest.

mod compare;
mod file;
mod oversee;
mod path;

pub use compare::Compare;
pub use file::{File, file_part};
use leptos::prelude::*;
use leptos::wasm_split::{SplitLoaderError, wasm_split};
use leptos_router::ChooseView;
use leptos_router::hooks::use_url;
pub use oversee::Oversee;
pub use path::{Files, LOADER, files_of};

use super::browser;
use super::component::budget::BudgetBar;
use super::component::chat_menu::ChatMenu;
use super::component::frame::Frame;
use super::component::palette::{Palette, Shortcuts};
use super::component::setup_panel::SetupPanel;
use super::component::slash_menu::SlashMenu;
use super::page::activity::{ActivityPage, OwnActivityPage};
use super::page::assistant::AssistantsPage;
use super::page::complete::CompletePage;
use super::page::confirm::ConfirmPage;
use super::page::context::ContextPage;
use super::page::data::DataPage;
use super::page::directory::{DirectoryPage, NewPersonPage, PersonPage};
use super::page::factor::FactorPage;
use super::page::file_list::FilesPage;
use super::page::home::NewChat;
use super::page::identity::IdentityProvidersPage;
use super::page::import::ImportPage;
use super::page::login::Login;
use super::page::mail::MailPage;
use super::page::model::ModelsPage;
use super::page::online::OnlinePage;
use super::page::preference::PreferencesPage;
use super::page::profile::ProfilePage;
use super::page::prompt::PromptsPage;
use super::page::provider::Providers;
use super::page::register::Register;
use super::page::registration::RegistrationPage;
use super::page::report::ReportPage;
use super::page::reset::{Reset, ResetConfirm};
use super::page::search::SearchPage;
use super::page::security::SecurityPage;
use super::page::security_setting::SecuritySettingsPage;
use super::page::share::SharesPage;
use super::page::shared::SharedPage;
use super::page::shelf::{ArchivedPage, ChatsPage, FoldersPage, OrderPage, TreePage};
use super::page::statistics::{CallsPage, DashboardPage};
use super::page::system::SystemPage;
use super::page::usage::UsagePage;
use super::page::verify::Verify;
use super::page::welcome::Welcome;

/// The frame of all that comes after signing in. It is part of the main program; but finding the route and taking the frame over are
/// two tasks of the browser (src/app/component/slice.rs says why), and here the library waits.
#[derive(Clone, Copy)]
pub struct Framed;

impl ChooseView for Framed {
    async fn choose(self) -> AnyView {
        view! { <Frame/> }.into_any()
    }

    async fn preload(&self) {
        browser::pause(0).await;
    }
}

/// A page of the administrators.
#[derive(Clone, Copy)]
pub enum Admin {
    Dashboard,
    Calls,
    System,
    People,
    Person,
    NewPerson,
    Online,
    Activity,
    Providers,
    Models,
    Registration,
    Mail,
    Security,
    Oauth,
    /// A page of another chunk: one more kind of page would cost the main WASM more.
    Overseen(Oversee),
}

#[wasm_split(admin, wasm_split_path = leptos::wasm_split, preload(load_admin), fallible)]
fn admin(page: Admin) -> Result<AnyView, SplitLoaderError> {
    Ok(match page {
        Admin::Dashboard => view! { <DashboardPage/> }.into_any(),
        Admin::Calls => view! { <CallsPage/> }.into_any(),
        Admin::System => view! { <SystemPage/> }.into_any(),
        Admin::People => view! { <DirectoryPage/> }.into_any(),
        Admin::Person => view! { <PersonPage/> }.into_any(),
        Admin::NewPerson => view! { <NewPersonPage/> }.into_any(),
        Admin::Activity => view! { <ActivityPage/> }.into_any(),
        Admin::Online => view! { <OnlinePage/> }.into_any(),
        Admin::Providers => view! { <Providers/> }.into_any(),
        Admin::Models => view! { <ModelsPage/> }.into_any(),
        Admin::Registration => view! { <RegistrationPage/> }.into_any(),
        Admin::Mail => view! { <MailPage/> }.into_any(),
        Admin::Security => view! { <SecuritySettingsPage/> }.into_any(),
        Admin::Oauth => view! { <IdentityProvidersPage/> }.into_any(),
        // Its own chunk is asked for it.
        Admin::Overseen(_) => ().into_any(),
    })
}

impl ChooseView for Admin {
    async fn choose(self) -> AnyView {
        match self {
            Self::Overseen(page) => here(oversee::oversee(page)).await,
            page => here(admin(page)).await,
        }
    }

    async fn preload(&self) {
        match self {
            Self::Overseen(_) => here(oversee::load_oversee()).await,
            _ => here(load_admin()).await,
        }
    }
}

/// A page of what people set about themselves.
#[derive(Clone, Copy)]
pub enum Settings {
    Profile,
    Preferences,
    Prompts,
    Assistants,
    Shares,
    Security,
    Activity,
    Usage,
    Files,
    Data,
    Import,
    Report,
}

#[wasm_split(settings, wasm_split_path = leptos::wasm_split, preload(load_settings), fallible)]
fn settings(page: Settings) -> Result<AnyView, SplitLoaderError> {
    Ok(match page {
        Settings::Profile => view! { <ProfilePage/> }.into_any(),
        Settings::Preferences => view! { <PreferencesPage/> }.into_any(),
        Settings::Prompts => view! { <PromptsPage/> }.into_any(),
        Settings::Assistants => view! { <AssistantsPage/> }.into_any(),
        Settings::Shares => view! { <SharesPage/> }.into_any(),
        Settings::Security => view! { <SecurityPage/> }.into_any(),
        Settings::Activity => view! { <OwnActivityPage/> }.into_any(),
        Settings::Usage => view! { <UsagePage/> }.into_any(),
        Settings::Files => view! { <FilesPage/> }.into_any(),
        Settings::Data => view! { <DataPage/> }.into_any(),
        Settings::Import => view! { <ImportPage/> }.into_any(),
        Settings::Report => view! { <ReportPage/> }.into_any(),
    })
}

impl ChooseView for Settings {
    async fn choose(self) -> AnyView {
        here(settings(self)).await
    }

    async fn preload(&self) {
        here(load_settings()).await
    }
}

/// A page that is a plain form and loads no script: its code is a chunk so that no other page carries it.
#[derive(Clone, Copy)]
pub enum Door {
    Login,
    Factor,
    /// Naming an address after another service did not.
    Complete,
    Register,
    Welcome,
    Verify,
    Reset,
    /// Where a reset's link leads.
    NewPassword,
    Confirm,
    /// A conversation for who has its link.
    Shared,
}

#[wasm_split(door, wasm_split_path = leptos::wasm_split, preload(load_door), fallible)]
fn door(page: Door) -> Result<AnyView, SplitLoaderError> {
    Ok(match page {
        Door::Login => view! { <Login/> }.into_any(),
        Door::Factor => view! { <FactorPage/> }.into_any(),
        Door::Complete => view! { <CompletePage/> }.into_any(),
        Door::Register => view! { <Register/> }.into_any(),
        Door::Welcome => view! { <Welcome/> }.into_any(),
        Door::Verify => view! { <Verify/> }.into_any(),
        Door::Reset => view! { <Reset/> }.into_any(),
        Door::NewPassword => view! { <ResetConfirm/> }.into_any(),
        Door::Confirm => view! { <ConfirmPage/> }.into_any(),
        Door::Shared => view! { <SharedPage/> }.into_any(),
    })
}

impl ChooseView for Door {
    async fn choose(self) -> AnyView {
        here(door(self)).await
    }

    async fn preload(&self) {
        here(load_door()).await
    }
}

/// What a model is shown of a conversation.
#[derive(Clone, Copy)]
pub enum Context {
    Page,
    /// The composer's bar.
    Bar,
}

#[wasm_split(context, wasm_split_path = leptos::wasm_split, preload(load_context), fallible)]
fn context(view: Context) -> Result<AnyView, SplitLoaderError> {
    Ok(match view {
        Context::Page => view! { <ContextPage/> }.into_any(),
        Context::Bar => view! { <BudgetBar/> }.into_any(),
    })
}

impl ChooseView for Context {
    async fn choose(self) -> AnyView {
        here(context(self)).await
    }

    async fn preload(&self) {
        here(load_context()).await
    }
}

/// The composer's bar as soon as its code is here; nothing where that cannot be had.
pub fn budget_bar() -> impl IntoView {
    view! { <Suspense>{move || Suspend::new(async move { context(Context::Bar).await.ok() })}</Suspense> }
}

/// Where a new conversation begins.
#[derive(Clone, Copy)]
pub enum Home {
    New,
}

#[wasm_split(home, wasm_split_path = leptos::wasm_split, preload(load_home), fallible)]
fn home(page: Home) -> Result<AnyView, SplitLoaderError> {
    Ok(match page {
        Home::New => view! { <NewChat/> }.into_any(),
    })
}

impl ChooseView for Home {
    async fn choose(self) -> AnyView {
        here(home(self)).await
    }

    async fn preload(&self) {
        here(load_home()).await
    }
}

/// A page about conversations in order.
#[derive(Clone, Copy)]
pub enum Shelves {
    All,
    Archived,
    Folders,
    /// Where one conversation stands, and its branches.
    Order,
    Tree,
}

#[wasm_split(chats, wasm_split_path = leptos::wasm_split, preload(load_chats), fallible)]
fn chats(page: Shelves) -> Result<AnyView, SplitLoaderError> {
    Ok(match page {
        Shelves::All => view! { <ChatsPage/> }.into_any(),
        Shelves::Archived => view! { <ArchivedPage/> }.into_any(),
        Shelves::Folders => view! { <FoldersPage/> }.into_any(),
        Shelves::Order => view! { <OrderPage/> }.into_any(),
        Shelves::Tree => view! { <TreePage/> }.into_any(),
    })
}

impl ChooseView for Shelves {
    async fn choose(self) -> AnyView {
        here(chats(self)).await
    }

    async fn preload(&self) {
        here(load_chats()).await
    }
}

/// The search.
#[derive(Clone, Copy)]
pub enum Searching {
    All,
}

#[wasm_split(search, wasm_split_path = leptos::wasm_split, preload(load_search), fallible)]
fn search(page: Searching) -> Result<AnyView, SplitLoaderError> {
    Ok(match page {
        Searching::All => view! { <SearchPage/> }.into_any(),
    })
}

impl ChooseView for Searching {
    async fn choose(self) -> AnyView {
        here(search(self)).await
    }

    async fn preload(&self) {
        here(load_search()).await
    }
}

/// A part of the chat page, or of every page, that is not there until somebody wants it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The settings of the chat.
    Setup,
    /// What can be done with it as a whole.
    Menu,
    /// The prompts that a slash offers.
    Slash,
    /// The command palette.
    Palette,
    /// The sheet of shortcuts.
    Keys,
}

#[wasm_split(part, wasm_split_path = leptos::wasm_split, fallible)]
fn part(part: Part) -> Result<AnyView, SplitLoaderError> {
    Ok(match part {
        Part::Setup => view! { <SetupPanel/> }.into_any(),
        Part::Menu => view! { <ChatMenu/> }.into_any(),
        Part::Slash => view! { <SlashMenu/> }.into_any(),
        Part::Palette => view! { <Palette/> }.into_any(),
        Part::Keys => view! { <Shortcuts/> }.into_any(),
    })
}

/// The part as soon as its code is here; nothing where that cannot be had.
pub fn later(wanted: Part) -> AnyView {
    Suspend::new(async move { part(wanted).await.ok() }).into_any()
}

/// The part as HTML, for who has no JavaScript: on the server, where all code is at hand. In the browser it is empty, and fetches nothing.
pub fn plain(wanted: Part) -> String {
    browser::html(part(wanted))
}

/// What a chunk gives, as soon as it is here. One that cannot be had is of an older server, or the network is gone: a page that
/// came as a whole stays what it is without scripts; instead of going to another one, the browser loads it whole.
async fn here<T>(chunk: impl Future<Output = Result<T, SplitLoaderError>>) -> T {
    if let Ok(loaded) = chunk.await {
        return loaded;
    }
    let hydrating = Owner::current_shared_context().is_some_and(|context| context.during_hydration());
    if !hydrating {
        let url = use_url().get_untracked();
        let query = if url.search().is_empty() { String::new() } else { format!("?{}", url.search()) };
        browser::leave_for(&format!("{}{query}", url.path()));
    }
    std::future::pending().await
}
