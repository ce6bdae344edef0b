//! What administrators tell everybody, as HTML above every page: written by the server around the pages, so that no page's own code knows
//! of it; by itself at `/notices`, where `public/desk.js` fetches it anew. Plain forms, so that it works without a script.

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use http::header::CACHE_CONTROL;
use http::request::Parts;
use leptos::server_fn::ServerFn;

use super::rest::problem::Problem;
use super::viewer::limited;
use crate::app::Notices;
use crate::i18n::{Locale, Operating};
use crate::model::announcement::{Announcement, AnnouncementLevel, text_for};
use crate::model::preference::Chosen;
use crate::rpc::operation::Dismiss;
use crate::server::Server;
use crate::server::error::Result;
use crate::server::render;
use crate::server::service::announcement;
use crate::server::service::viewer::Limited;

/// The route.
pub fn router() -> Router<Server> {
    Router::new().route("/notices", get(part))
}

async fn part(State(server): State<Server>, parts: Parts) -> Result<Response, Problem> {
    let html = html(&server, limited(&parts.extensions).as_ref(), locale(&parts)).await?;
    Ok(([(CACHE_CONTROL, "no-store")], Html(html)).into_response())
}

/// The language of the page: the account's, else the request's.
pub fn locale(parts: &Parts) -> Locale {
    let chosen = parts.extensions.get::<Chosen>().and_then(|chosen| chosen.language.as_deref()).and_then(Locale::from_tag);
    chosen.unwrap_or_else(|| Locale::of_request(parts))
}

/// Puts what is told where the page's frame finds it. That it cannot be read is no reason to show no page.
pub async fn bring(server: &Server, request: Request) -> Request {
    let settings = server.settings.get();
    if settings.announcements.is_empty() && !settings.maintenance.on {
        return request;
    }
    let (mut parts, body) = request.into_parts();
    match html(server, limited(&parts.extensions).as_ref(), locale(&parts)).await {
        Ok(html) => _ = parts.extensions.insert(Notices(html)),
        Err(cause) => tracing::warn!(%cause, "what everybody is told could not be read"),
    }
    Request::from_parts(parts, body)
}

/// What this person is told now; nobody: who is not signed in.
async fn html(server: &Server, viewer: Option<&Limited>, locale: Locale) -> Result<String> {
    let (user, words) = (viewer.map(|viewer| &viewer.0.user), locale.texts().operation());
    let shown = announcement::shown(server, user.map(|user| user.id)).await?;
    let closed = server.settings.get().maintenance.on && user.is_some_and(|user| user.is_admin());
    let closed = closed.then(|| {
        format!(
            "<section class=\"notice warning\" aria-label=\"{}\"><p>{} <a href=\"/admin/operation\">{}</a></p></section>",
            words.maintenance, words.closed_now, words.title
        )
    });
    Ok(closed.into_iter().chain(shown.iter().filter_map(|of| one(of, user.is_some(), locale, words))).collect())
}

fn one(of: &Announcement, signed_in: bool, locale: Locale, words: &Operating) -> Option<String> {
    let text = render::html(text_for(&of.texts, locale.tag())?);
    let class = match of.level {
        AnnouncementLevel::Info => "info",
        AnnouncementLevel::Warning => "warning",
        AnnouncementLevel::Critical => "critical",
    };
    let dismiss = (of.dismissible && signed_in).then(|| {
        format!(
            "<form method=\"post\" action=\"{}\" class=\"plain\"><input type=\"hidden\" name=\"id\" value=\"{}\">\
            <button type=\"submit\" class=\"button quiet small\">{}</button></form>",
            Dismiss::PATH,
            of.id,
            words.dismiss
        )
    });
    let dismiss = dismiss.unwrap_or_default();
    Some(format!("<section class=\"notice {class}\" aria-label=\"{}\"><div>{text}</div>{dismiss}</section>", (words.levels)(of.level)))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::model::announcement::Words;

    #[test]
    fn what_is_told_is_markdown_in_the_readers_language_and_no_html() {
        let of = Announcement {
            id: Uuid::from_u128(7),
            level: AnnouncementLevel::Critical,
            texts: Words::from([("en".into(), "**Soon** <script>1</script>".into()), ("zh-CN".into(), "即将".into())]),
            dismissible: true,
            starts_at: Default::default(),
            ends_at: None,
            created_at: Default::default(),
        };
        let shown = |signed_in, locale: Locale| one(&of, signed_in, locale, locale.texts().operation()).unwrap();
        let html = shown(true, Locale::En);
        assert!(html.contains("<strong>Soon</strong>") && !html.contains("<script>") && html.contains(Dismiss::PATH), "{html}");
        let html = shown(false, Locale::ZhCn);
        assert!(html.contains("即将") && !html.contains("<form"), "who is not signed in has nowhere to keep it: {html}");
    }
}
