//! How pages look: a plain form, which `public/desk.js` sends at every choice, so that it holds at once.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::choose::Choose;
use super::door::DoorError;
use crate::app::state::session::form_error;
use crate::i18n::use_texts;
use crate::model::look::{ChatWidth, CodeTheme, Contrast, Density, Look, TextSize};
use crate::model::preference::Theme;
use crate::rpc::profile::SaveLook;

/// A choice's name, and whether it is the one that holds.
type Offer = (&'static str, bool);

/// Theme, contrast, size of text, density, colours of code, width of chats.
#[component]
pub fn LookForm(theme: Option<Theme>, look: Look) -> impl IntoView {
    let texts = use_texts();
    let words = texts.look();
    let error = form_error().filter(|(path, _)| path == SaveLook::PATH).map(|(_, error)| error);
    let labels = [texts.common.theme_system, texts.common.theme_light, texts.common.theme_dark];
    let themes = Theme::ALL.into_iter().zip(labels).map(|(theme, label)| (theme.name().to_owned(), label.to_owned()));
    let contrast = Contrast::ALL.iter().map(|it| (it.name(), *it == look.contrast)).collect();
    let text = TextSize::ALL.iter().map(|it| (it.name(), *it == look.text)).collect();
    let density = Density::ALL.iter().map(|it| (it.name(), *it == look.density)).collect();
    let code = CodeTheme::ALL.iter().map(|it| (it.name(), *it == look.code)).collect();
    let width = ChatWidth::ALL.iter().map(|it| (it.name(), *it == look.width)).collect();
    view! {
        <form method="post" action=SaveLook::url() class="panel look-form" data-look="" data-failed=words.failed>
            <h2>{words.title}</h2>
            <p class="hint">{words.lead}</p>
            <DoorError error/>
            <Choose name="theme" label=texts.common.theme none=texts.person().theme_auto options=themes.collect() chosen=theme.map(|t| t.name().to_owned())/>
            <One name="contrast" label=words.contrast labels=&words.contrasts offers=contrast/>
            <One name="text_size" label=words.text_size labels=&words.text_sizes offers=text/>
            <One name="density" label=words.density labels=&words.densities offers=density/>
            <One name="chat_width" label=words.chat_width labels=&words.chat_widths offers=width/>
            <One name="code_theme" label=words.code_theme labels=&words.code_themes offers=code/>
            <Sample label=words.sample/>
            <div class="panel-actions needs-no-script"><button type="submit" class="button seal-button">{texts.common.save}</button></div>
        </form>
    }
}

/// One of several, of which one always holds.
#[component]
fn One(name: &'static str, label: &'static str, labels: &'static [&'static str], offers: Vec<Offer>) -> impl IntoView {
    let id = format!("look-{name}");
    let options = offers.into_iter().zip(labels).map(|((value, selected), label)| {
        view! { <option value=value selected=selected>{*label}</option> }
    });
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <select id=id name=name>{options.collect_view()}</select>
        </div>
    }
}

/// A few lines of code, to choose colours by.
#[component]
fn Sample(label: &'static str) -> impl IntoView {
    let html = "<span class=\"c\">// 聊</span>\n<span class=\"k\">fn</span> <span class=\"f\">greet</span>(name: &amp;<span class=\"t\">str</span>) {\n    \
        <span class=\"f\">println!</span>(<span class=\"s\">\"Hello, {name}\"</span>, <span class=\"n\">42</span>);\n}";
    view! {
        <figure class="code" aria-label=label>
            <figcaption>"rust"</figcaption>
            <pre tabindex="0"><code inner_html=html></code></pre>
        </figure>
    }
}
