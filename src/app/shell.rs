//! The HTML document around the app. Pages that are plain forms load no script at all.

use http::request::Parts;
use leptos::hydration::AutoReload;
use leptos::prelude::*;
use leptos_meta::MetaTags;

use super::App;
use super::chunk;
use super::component::{passkey_form, password_meter};
use super::page::temporary::Temporary;
use super::state::preference::{self, Appearance};
use super::state::reader::{Reader, reader};
use crate::i18n::Locale;

/// Shows the end of a conversation before the first paint, so that hydration does not move anything. Constant: a content
/// security policy may allow it by its hash.
pub const BOOT_SCRIPT: &str = r#"(e=>{if(e)e.scrollTop=e.scrollHeight})(document.querySelector(".chat .scroll"))"#;

/// The id of that script, the last element of a page.
const END: &str = "end";

/// The pages that are complete without WASM.
const PLAIN: [&str; 9] =
    ["/login", "/login/factor", "/login/complete", "/register", "/confirm", "/welcome", "/verify", "/reset", "/reset/confirm"];
/// Those of them that passkeys can stand in on, by a small script of their own.
const PASSKEYS: [&str; 3] = ["/login", "/login/factor", "/confirm"];
/// Those where a new password is chosen: another small script says how good it is.
const METERS: [&str; 3] = ["/register", "/welcome", "/reset/confirm"];

/// Dictation, reading aloud, and what somebody thinks of an answer; elements of their own, so that no WASM knows of them.
const ANSWER: &str = "/answer.js";
/// What can be done with a block of an answer; it works on the page's HTML, whoever wrote that.
const BLOCKS: &str = "/blocks.js";
/// The messages that wait above the composer, what is being written on other devices, and the look of the pages.
const DESK: &str = "/desk.js";
/// Whether questions that may come next are suggested here: a small script shows them when they come. The server provides it.
#[derive(Clone, Copy)]
pub struct FollowUps(pub bool);

/// What of the server is switched off: names, apart by spaces, for the style to hide. The server provides it.
#[derive(Clone)]
pub struct Off(pub String);
/// What everybody is told, above the page: HTML in the request's extensions.
#[derive(Clone)]
pub struct Notices(pub String);
/// The id of the element that the app is in. `hydrate` in `lib.rs` finds it.
pub const ROOT: &str = "liao";

/// The scripts beside the WASM, with their words: for the whole life of the page, wherever it leads, as the conversation may come later.
fn extras() -> impl IntoView {
    let texts = preference::locale().texts();
    let live = reader()
        .map(|Reader { user_id, answer_ready, .. }| serde_json::json!({ "user": user_id, "tell": answer_ready, "words": texts.live() }));
    view! {
        <script type="module" src=ANSWER data-voice=serde_json::to_string(texts.voice()).unwrap_or_default()></script>
        {blocks()}
        <script src=DESK defer data-live=live.map(|live| live.to_string())></script>
    }
}

/// What can be done with blocks, also of a conversation that is only read: that has no other script.
fn blocks() -> impl IntoView {
    let words = serde_json::to_string(preference::locale().texts().block()).unwrap_or_default();
    view! { <script src=BLOCKS defer data-blocks=words></script> }
}

/// The script of a temporary chat, and what it says by itself.
fn passing() -> impl IntoView {
    let texts = preference::locale().texts();
    let (words, chat) = (texts.temporary(), &texts.chat);
    let words = serde_json::json!({
        "interrupted": words.interrupted, "too_long": words.too_long, "offline": texts.error.offline, "problem": texts.common.problem,
        "stopped": chat.stopped, "finished": chat.finished, "reasoning": chat.reasoning, "copied": texts.common.copied,
        "copy": texts.common.copy, "title": words.kept_title,
    });
    view! { <script src="/temporary.js" defer data-words=words.to_string()></script> }
}

/// What an installed app is called, in the reader's language.
fn manifest() -> &'static str {
    match preference::locale() {
        Locale::ZhCn => "/manifest.zh-CN.webmanifest",
        Locale::En => "/manifest.webmanifest",
    }
}

/// Fetches the program and starts it, after the page was painted for the first time: what people read does not share its way with what
/// it needs to be interactive. A page that nobody sees is not painted, so it begins at once. All files come together, not each after the
/// one that names it.
const START: &str = r#"(([main, wasm, ...others]) => {
  let begun;
  const begin = () => {
    if (begun) return;
    begun = true;
    for (const href of others) {
      const link = document.createElement("link");
      const script = href.endsWith(".js");
      link.rel = script ? "modulepreload" : "preload";
      if (!script) Object.assign(link, { as: "fetch", crossOrigin: "anonymous" });
      link.href = href;
      document.head.append(link);
    }
    const file = fetch(wasm);
    import(main).then((program) => program.default({ module_or_path: file }).then(() => program.hydrate()));
  };
  if (document.hidden) return begin();
  requestAnimationFrame(() => setTimeout(begin));
  setTimeout(begin, 1000);
})"#;

/// The WASM of the page at `path`, and what loads it.
fn program(options: &LeptosOptions, path: &str) -> impl IntoView + use<> {
    let (folder, name) = (&options.site_pkg_dir, &options.output_name);
    let mut files = vec![format!("/{folder}/{name}.js"), format!("/{folder}/{name}.wasm"), format!("/{folder}/{}", chunk::LOADER)];
    files.extend(chunk::files_of(path).into_iter().map(|chunk| format!("/{folder}/{chunk}.wasm")));
    let start = format!("{START}({})", serde_json::to_string(&files).unwrap_or_default());
    view! {
        <AutoReload options=options.clone()/>
        <script type="module" nonce=leptos::nonce::use_nonce() inner_html=start></script>
    }
}

/// The document that the server sends.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    document(options, false, || view! { <App/> })
}

/// The same of a temporary chat. It loads its own small script, and nothing that keeps anything.
pub fn temporary_shell(options: LeptosOptions) -> impl IntoView {
    document(options, true, || view! { <Temporary/> })
}

fn document<V: IntoView + 'static>(options: LeptosOptions, temporary: bool, app: impl FnOnce() -> V) -> impl IntoView {
    let path = use_context::<Parts>().map(|parts| parts.uri.path().trim_end_matches('/').to_owned()).unwrap_or_default();
    let shared = path.starts_with("/share/");
    let interactive = !temporary && !PLAIN.contains(&path.as_str()) && !shared;
    if !interactive && let Some(context) = Owner::current_shared_context() {
        // Nothing will be hydrated, so no resource needs to be written into the page.
        context.set_is_hydrating(false);
    }
    let nonce = leptos::nonce::use_nonce();
    let stylesheet = format!("/{}/{}.css", options.site_pkg_dir, options.output_name);
    let scripts = interactive.then(|| program(&options, &path));
    let passkeys = PASSKEYS.contains(&path.as_str()).then(|| view! { <script src=passkey_form::SCRIPT defer></script> });
    let meter = METERS.contains(&path.as_str()).then(|| view! { <script src=password_meter::SCRIPT defer></script> });
    let follow = use_context::<FollowUps>()
        .is_some_and(|follow| interactive && follow.0)
        .then(|| view! { <script src="/follow.js" defer></script> });
    let off = use_context::<Off>().map(|off| off.0).filter(|off| !off.is_empty());
    let notices = use_context::<Parts>().and_then(|parts| parts.extensions.get::<Notices>().cloned()).map(|notices| notices.0);
    let look = preference::look();
    let boot = interactive.then(|| view! { <script id=END nonce=nonce inner_html=BOOT_SCRIPT></script> });
    // Nothing is shown of a page that is half here: it would be the beginning of a conversation, and jump to its end.
    let whole = interactive.then(|| view! { <link rel="expect" href=format!("#{END}") blocking="render"/> });
    view! {
        <!DOCTYPE html>
        <html lang=preference::locale().tag() data-theme=Appearance::of_page().untracked().name() data-contrast=look.contrast.attribute()
            data-text-size=look.text.attribute() data-density=look.density.attribute()
            data-code-theme=look.code.attribute() data-chat-width=look.width.attribute() data-off=off>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover"/>
                <meta name="color-scheme" content="light dark"/>
                <meta name="theme-color" content="#fdfcf9" media="(prefers-color-scheme: light)"/>
                <meta name="theme-color" content="#131211" media="(prefers-color-scheme: dark)"/>
                <link rel="stylesheet" href=stylesheet/>
                {whole}
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <link rel="manifest" href=manifest()/>
                <link rel="apple-touch-icon" href="/icon-192.png"/>
                {scripts}
                {passkeys}
                {meter}
                {interactive.then(extras)}
                {(shared || temporary).then(blocks)}
                {temporary.then(passing)}
                {follow}
                <MetaTags/>
            </head>
            <body>
                <div id="notices" class="notices" inner_html=notices.unwrap_or_default()></div>
                <div id=ROOT>{app()}</div>
                {boot}
            </body>
        </html>
    }
}
