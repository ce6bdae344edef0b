//! The choices of language and theme: plain forms, so that they work on pages without scripts too.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_location;

use crate::app::state::preference::{Appearance, locale};
use crate::i18n::{Locale, Texts, use_texts};
use crate::model::preference::Theme;
use crate::rpc::preference::{SetLanguage, SetTheme};

/// The page's path and query, to come back to.
fn back() -> Memo<String> {
    let location = use_location();
    Memo::new(move |_| {
        let query = location.search.get();
        let path = location.pathname.get();
        // An error that a form came back with is not shown twice.
        if query.is_empty() || query.contains("__err") { path } else { format!("{path}?{query}") }
    })
}

/// Chooses the language; the page is loaded again in it.
#[component]
pub fn LanguageChoice() -> impl IntoView {
    let (texts, now, back) = (use_texts(), locale(), back());
    let choices = Locale::ALL.map(|locale| {
        view! {
            <button type="submit" name="language" value=locale.tag() lang=locale.tag() aria-pressed=(locale == now).to_string()>
                {locale.texts().language}
            </button>
        }
    });
    view! {
        <form method="post" action=SetLanguage::url() class="plain">
            <input type="hidden" name="back" value=back/>
            <div class="choice" role="group" aria-label=texts.common.language>{choices.into_iter().collect_view()}</div>
        </form>
    }
}

/// Chooses light, dark, or what the system has.
#[component]
pub fn ThemeChoice() -> impl IntoView {
    let (texts, back) = (use_texts(), back());
    let appearance = expect_context::<Appearance>();
    let choices = Theme::ALL.map(|theme| {
        let choose = move |event: leptos::ev::MouseEvent| {
            event.prevent_default();
            appearance.choose(theme);
        };
        view! {
            <button type="submit" name="theme" value=theme.name() aria-pressed=move || (appearance.get() == theme).to_string() on:click=choose>
                {theme_label(texts, theme)}
            </button>
        }
    });
    view! {
        <form method="post" action=SetTheme::url() class="plain">
            <input type="hidden" name="back" value=back/>
            <div class="choice" role="group" aria-label=texts.common.theme>{choices.into_iter().collect_view()}</div>
        </form>
    }
}

fn theme_label(texts: &'static Texts, theme: Theme) -> &'static str {
    match theme {
        Theme::System => texts.common.theme_system,
        Theme::Light => texts.common.theme_light,
        Theme::Dark => texts.common.theme_dark,
    }
}
