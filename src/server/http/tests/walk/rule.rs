//! Who may use a route: what its kind says, and the exceptions. **A new route that is refused by the walk gets a line here.**

use serde_json::json;
use uuid::Uuid;

use super::people::World;
use super::route::{Kind, Route};
use super::sample;

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Anybody,
    /// Whoever has what the request holds, a token say: the walk's is none, so everybody is sent to sign in.
    Holder,
    /// Who is not signed in; others are led home.
    Guest,
    /// The first person of a new server; of one that has people, nobody.
    First,
    SignedIn,
    /// Who is signed in, and only for what is theirs. Found by the walk: who is signed in, where [`OWNED`] names a thing.
    Owner,
    Admin,
}

/// Pages and server functions that are not for everybody who is signed in: by the start of their path, the first that fits.
const EXCEPTIONS: &[(&str, Who)] = &[
    ("/admin/", Who::Admin),
    ("/login", Who::Guest),
    ("/register", Who::Guest),
    ("/reset", Who::Anybody),
    ("/verify", Who::Anybody),
    ("/welcome", Who::First),
    ("/rpc/activity/list", Who::Admin),
    ("/rpc/alert/", Who::Admin),
    ("/rpc/auth/", Who::Anybody),
    ("/rpc/catalogue/", Who::Admin),
    ("/rpc/directory/", Who::Admin),
    ("/rpc/feedback/", Who::Admin),
    ("/rpc/identity/awaited", Who::Anybody),
    ("/rpc/identity/complete", Who::Anybody),
    ("/rpc/identity/offered", Who::Anybody),
    ("/rpc/identity_provider/", Who::Admin),
    ("/rpc/inspection/", Who::Admin),
    ("/rpc/log/", Who::Admin),
    ("/rpc/mail/", Who::Admin),
    ("/rpc/operation/", Who::Admin),
    ("/rpc/passkey/ask", Who::Anybody),
    ("/rpc/passkey/sign_in", Who::Anybody),
    ("/rpc/password/confirm", Who::Anybody),
    ("/rpc/password/look", Who::Anybody),
    ("/rpc/password/rate", Who::Anybody),
    ("/rpc/password/reset", Who::Anybody),
    ("/rpc/preference/", Who::Anybody),
    ("/rpc/presence/online", Who::Admin),
    ("/rpc/provider/models", Who::SignedIn),
    ("/rpc/provider/", Who::Admin),
    ("/rpc/registration/door", Who::Anybody),
    ("/rpc/registration/", Who::Admin),
    ("/rpc/report/list", Who::Admin),
    ("/rpc/report/resolve", Who::Admin),
    ("/rpc/setting/", Who::Admin),
    ("/rpc/share/open", Who::Anybody),
    ("/share/", Who::Anybody),
    ("/rpc/statistics/", Who::Admin),
    ("/rpc/suggestion/follow_ups", Who::SignedIn),
    ("/rpc/suggestion/", Who::Admin),
    ("/rpc/system/", Who::Admin),
    ("/rpc/trace/", Who::Admin),
    ("/rpc/verification/redeem", Who::Anybody),
];

/// What somebody may use whose role has to have a second factor before there is one: by the start of the path. Everything else
/// that asks who they are is closed to them.
const LIMITED: &[&str] = &[
    "/confirm",
    "/settings/security",
    "/api/auth/2fa/",
    "/api/auth/passkeys/",
    "/api/auth/sessions/",
    "/api/auth/step-up/",
    "/rpc/factor/",
    "/rpc/passkey/",
    "/rpc/session/",
    "/rpc/step_up/",
];

/// What makes a model write: only with a proved address, where that is required.
const CHATTING: &[&str] = &[
    "/api/llm/chat/",
    "/api/llm/comparisons/",
    "/api/llm/speech/",
    "/api/llm/transcriptions/",
    "/rpc/chat/regenerate",
    "/rpc/chat/resume",
    "/rpc/chat/send",
    "/rpc/comparison/resume",
    "/rpc/comparison/start",
];

/// Documented for everybody, because who asks is said by what they hand in.
const HOLDERS: &[&str] = &["/api/auth/token/refresh/", "/api/auth/token/verify/"];

/// Doors: neither documented, nor a page, nor a server function. Each has to be here.
const DOORS: &[(&str, Who)] = &[
    ("/healthz", Who::Anybody),
    ("/readyz", Who::Anybody),
    ("/pkg/{version}/{*file}", Who::Anybody),
    // They hold nothing; what they show comes from the page around them.
    ("/frame/diagram", Who::Anybody),
    ("/frame/artifact", Who::Anybody),
    // Nothing is there, whoever asks.
    ("/api/", Who::Anybody),
    ("/api/{*path}", Who::Anybody),
    ("/api/schema/", Who::Anybody),
    ("/api/docs", Who::Anybody),
    ("/api/docs/", Who::Anybody),
    ("/api/docs/{*rest}", Who::Anybody),
    ("/events/generations/{id}/", Who::SignedIn),
    ("/avatar/", Who::SignedIn),
    ("/avatar/{file}", Who::SignedIn),
    ("/avatar/initials/{file}", Who::SignedIn),
    // Who has the address may have the file.
    ("/export/{token}/{name}", Who::Anybody),
    ("/oauth/{provider}/start", Who::Anybody),
    ("/oauth/{provider}/callback", Who::Anybody),
    ("/oauth/{provider}/link", Who::SignedIn),
    // Who has the link may have what it shares.
    ("/share/{token}/files/{id}", Who::Anybody),
    ("/share/{token}/files/{id}/view", Who::Anybody),
    ("/chat/{id}/export", Who::SignedIn),
    ("/chat/", Who::SignedIn),
    ("/chat/{id}/queue", Who::SignedIn),
    ("/import/", Who::SignedIn),
    ("/chat/{id}/date", Who::SignedIn),
    ("/ws", Who::SignedIn),
    // Who has the mail may end it.
    ("/unsubscribe/{token}", Who::Anybody),
    // What everybody is told.
    ("/notices", Who::Anybody),
    ("/events/logs/", Who::Admin),
];

/// A thing of the user's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Thing {
    Chat,
    Answer,
    Run,
    Passkey,
    SignIn,
    Assistant,
    Prompt,
    Share,
    Folder,
    /// A message that waits.
    Queued,
    Import,
    /// A device that is told of answers.
    Device,
    /// Nobody's: the server's. Administrators find it.
    Provider,
    /// The same.
    IdentityProvider,
    /// Of nobody who comes. Administrators find it.
    Account,
    /// Everybody's.
    Announcement,
    File,
    /// A file that is a picture.
    Picture,
}

/// What a name stands for in the path, query, body or arguments of routes that begin so; the first that fits.
const OWNED: &[(&str, &str, Thing)] = &[
    ("/api/admin/identity-providers/", "id", Thing::IdentityProvider),
    ("/api/announcements/", "id", Thing::Announcement),
    ("/rpc/announcement/", "id", Thing::Announcement),
    ("/api/auth/passkeys/", "id", Thing::Passkey),
    ("/api/auth/sessions/", "id", Thing::SignIn),
    ("/api/files/{id}/view/", "id", Thing::Picture),
    ("/api/files/", "id", Thing::File),
    ("/api/llm/assistants/", "id", Thing::Assistant),
    ("/api/llm/comparisons/", "id", Thing::Answer),
    ("/api/llm/generations/", "id", Thing::Run),
    ("/api/llm/configs/", "id", Thing::Provider),
    ("/api/llm/messages/", "id", Thing::Answer),
    ("/api/llm/prompts/", "id", Thing::Prompt),
    ("/api/llm/folders/", "id", Thing::Folder),
    ("/api/llm/imports/", "id", Thing::Import),
    ("/api/llm/sessions/", "id", Thing::Chat),
    ("/api/llm/shares/", "id", Thing::Share),
    ("/api/llm/sessions/", "message_id", Thing::Answer),
    ("/api/llm/sessions/", "queued_id", Thing::Queued),
    ("/api/llm/", "session_id", Thing::Chat),
    ("/api/users/me/push/", "id", Thing::Device),
    ("/api/users/", "id", Thing::Account),
    ("/admin/users/", "id", Thing::Account),
    ("/rpc/assistant/", "id", Thing::Assistant),
    ("/compare/", "id", Thing::Answer),
    ("/rpc/comparison/", "chat_id", Thing::Chat),
    ("/rpc/comparison/", "message_id", Thing::Answer),
    ("/rpc/context/", "chat_id", Thing::Chat),
    ("/rpc/context/", "message_id", Thing::Answer),
    ("/rpc/directory/", "id", Thing::Account),
    ("/chat/", "id", Thing::Chat),
    ("/files/", "id", Thing::File),
    ("/rpc/file/", "id", Thing::File),
    ("/context/", "id", Thing::Chat),
    ("/events/generations/", "id", Thing::Run),
    ("/rpc/catalogue/", "id", Thing::Provider),
    ("/rpc/chat/", "id", Thing::Chat),
    ("/rpc/chat/", "chat_id", Thing::Chat),
    ("/rpc/chat/", "before", Thing::Answer),
    ("/rpc/chat/", "generation_id", Thing::Run),
    ("/rpc/chat/", "message_id", Thing::Answer),
    ("/chats/edit/", "id", Thing::Chat),
    ("/chats/tree/", "id", Thing::Chat),
    ("/rpc/folder/", "id", Thing::Folder),
    ("/rpc/import/", "id", Thing::Import),
    ("/rpc/shelf/", "id", Thing::Chat),
    ("/rpc/shelf/", "message_id", Thing::Answer),
    ("/rpc/suggestion/", "message_id", Thing::Answer),
    ("/rpc/identity_provider/", "id", Thing::IdentityProvider),
    ("/rpc/passkey/", "id", Thing::Passkey),
    ("/rpc/prompt/", "id", Thing::Prompt),
    ("/rpc/queue/", "chat_id", Thing::Chat),
    ("/rpc/queue/", "queued_id", Thing::Queued),
    ("/rpc/provider/", "id", Thing::Provider),
    ("/rpc/push/", "id", Thing::Device),
    ("/rpc/report/", "message", Thing::Answer),
    ("/rpc/session/", "id", Thing::SignIn),
    ("/rpc/share/", "chat_id", Thing::Chat),
    ("/rpc/share/", "id", Thing::Share),
    ("/share/", "id", Thing::File),
];

/// Arguments that a server function may go without, and that name a thing.
pub const OPTIONAL: &[(&str, &str)] = &[
    ("/rpc/alert/save_channel", "id"),
    ("/rpc/alert/save_rule", "id"),
    ("/rpc/assistant/save", "id"),
    ("/rpc/chat/send", "chat_id"),
    ("/rpc/comparison/start", "chat_id"),
    ("/rpc/context/budget", "chat_id"),
    ("/rpc/folder/save", "id"),
    ("/rpc/prompt/save", "id"),
    ("/rpc/provider/save", "id"),
];

/// Names in paths that stand for nobody's things.
const NAMELESS: &[&str] = &["file", "name", "path", "provider", "rest", "token", "version"];

/// The thing that this name stands for in this route.
pub fn thing(path: &str, name: &str) -> Option<Thing> {
    OWNED.iter().find(|(start, of, _)| path.starts_with(start) && *of == name).map(|(.., thing)| *thing)
}

/// Whether the route is open before a second factor that is required is set up.
pub fn is_limited(route: &Route) -> bool {
    LIMITED.iter().any(|start| route.path.starts_with(start))
}

/// Whether the route makes a model write.
pub fn is_chatting(route: &Route) -> bool {
    CHATTING.contains(&route.path.as_str())
}

/// Who may use the route; fills in with what it is asked.
pub async fn of(route: &mut Route, world: &World) -> Result<Who, String> {
    let who = class(route)?;
    let mut things = fill_path(route, who, world)?;
    match &route.kind {
        Kind::Rest(operation) => {
            let operation = operation.clone();
            sample::fill(route, &operation, world, &mut things);
        }
        Kind::Function => sample::learn(route, world, &mut things).await?,
        _ => {}
    }
    let owned =
        things.iter().any(|thing| !matches!(thing, Thing::Provider | Thing::IdentityProvider | Thing::Account | Thing::Announcement));
    Ok(if who == Who::SignedIn && owned { Who::Owner } else { who })
}

fn class(route: &Route) -> Result<Who, String> {
    let exception = EXCEPTIONS.iter().find(|(start, _)| route.path.starts_with(start)).map(|(_, who)| *who);
    match &route.kind {
        Kind::Rest(_) if HOLDERS.contains(&route.path.as_str()) => Ok(Who::Holder),
        Kind::Rest(operation) => Ok(documented(&operation["security"])),
        Kind::Page | Kind::Function => Ok(exception.unwrap_or(Who::SignedIn)),
        Kind::File => Ok(Who::Anybody),
        Kind::Door => {
            let said = DOORS.iter().find(|(path, _)| *path == route.path).map(|(_, who)| *who);
            said.ok_or_else(|| format!("{}: say who may use it (DOORS)", route.name()))
        }
    }
}

/// Of the operation's `security`: none, or one that may be left out, is for everybody.
fn documented(security: &serde_json::Value) -> Who {
    let ways = security.as_array().map(Vec::as_slice).unwrap_or_default();
    match () {
        () if ways.is_empty() || ways.contains(&json!({})) => Who::Anybody,
        () if ways.iter().all(|way| way["bearer"] == json!(["admin"])) => Who::Admin,
        () => Who::SignedIn,
    }
}

/// Fills in the path's parameters; answers the things that they name.
fn fill_path(route: &mut Route, who: Who, world: &World) -> Result<Vec<Thing>, String> {
    let mut things = Vec::new();
    for name in route.parameters() {
        let value = match thing(&route.path, &name) {
            Some(thing) => {
                things.push(thing);
                world.id(thing)
            }
            None if NAMELESS.contains(&name.as_str()) => "x".to_owned(),
            // Whose it is makes no difference.
            None if who == Who::Admin => unknown(),
            None => return Err(format!("{}: say what {{{name}}} is (OWNED, or NAMELESS)", route.name())),
        };
        route.url = route.url.replace(&format!("{{{name}}}"), &value).replace(&format!("{{*{name}}}"), &value);
    }
    Ok(things)
}

/// An id that nothing has.
pub fn unknown() -> String {
    Uuid::from_u128(0x_dead_beef).to_string()
}
