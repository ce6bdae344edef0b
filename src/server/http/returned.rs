//! A message that was refused, for a page without scripts: what was written is kept for a day, and stands in its form again.

use axum::extract::Request;
use axum::response::Response;
use chrono::Duration;
use http::HeaderValue;
use http::header::LOCATION;
use serde_json::json;
use uuid::Uuid;

use crate::app::state::returned::Returned;
use crate::model::ticket::Purpose;
use crate::server::Server;
use crate::server::error::Result;
use crate::server::service::ticket;
use crate::server::service::viewer::Viewer;

/// The parameter of the page's address that says which text.
pub const PARAMETER: &str = "returned=";

/// Keeps the text if the answer leads back with an error. That it cannot be kept changes nothing in the answer.
pub async fn keep(server: &Server, viewer: &Viewer, written: Returned, mut answer: Response) -> Response {
    let back = answer.headers().get(LOCATION).and_then(|to| to.to_str().ok()).filter(|to| to.contains("__err="));
    let Some(back) = back.filter(|_| !written.text.is_empty()).map(str::to_owned) else { return answer };
    match issue(server, viewer, &written).await {
        Ok(token) => {
            if let Ok(to) = HeaderValue::from_str(&format!("{back}&{PARAMETER}{token}")) {
                answer.headers_mut().insert(LOCATION, to);
            }
        }
        Err(error) => tracing::warn!(%error, "A message that was refused could not be kept for its form"),
    }
    answer
}

async fn issue(server: &Server, viewer: &Viewer, written: &Returned) -> Result<String> {
    let data = json!({ "text": written.text, "replaces": written.replaces });
    ticket::issue(server, Purpose::Returned, Some(viewer.user.id), data, Duration::days(1)).await
}

/// Puts the text that the page's address names where the page finds it, if it is this person's.
pub async fn bring(server: &Server, mut request: Request) -> Request {
    let query = request.uri().query().unwrap_or_default();
    let token = query.split('&').find_map(|pair| pair.strip_prefix(PARAMETER)).map(str::to_owned);
    let user = request.extensions().get::<Viewer>().map(|viewer| viewer.user.id);
    let (Some(token), Some(user)) = (token, user) else { return request };
    // One that is over, or somebody else's, is as good as none: the form is empty then, as it always was.
    if let Ok(kept) = ticket::peek(server, Purpose::Returned, &token).await
        && kept.user_id == Some(user)
        && let Some(text) = kept.data["text"].as_str()
    {
        let replaces = kept.data["replaces"].as_str().and_then(|id| Uuid::parse_str(id).ok());
        request.extensions_mut().insert(Returned { text: text.to_owned(), replaces });
    }
    request
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::response::IntoResponse;

    use super::*;
    use crate::model::user::{Registration, Role};
    use crate::server::clock::Clock;
    use crate::server::db::testing::databases;
    use crate::server::http::ssr::see_other;
    use crate::server::service::account;
    use crate::server::service::viewer::Via;
    use crate::server::testing::server;

    fn page(address: &str, viewer: &Viewer) -> Request {
        let mut request = Request::builder().uri(address).body(Body::empty()).unwrap();
        request.extensions_mut().insert(viewer.clone());
        request
    }

    fn led_to(answer: &Response) -> String {
        answer.headers().get(LOCATION).map(|to| to.to_str().unwrap().to_owned()).unwrap_or_default()
    }

    #[tokio::test]
    async fn what_was_refused_is_shown_to_its_writer_for_a_day_and_to_nobody_else() {
        for test in databases().await {
            let clock = Clock::fixed(chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap());
            let server = server(test.db.clone(), clock.clone()).await;
            let mut people = Vec::new();
            for email in ["ada@example.com", "bob@example.com"] {
                let registration = Registration { email: email.into(), name: email.into(), password: "correct horse battery".into() };
                let user = account::create(&server, registration, Role::User).await.unwrap();
                people.push(Viewer { user, via: Via::Token { family: Uuid::nil() } });
            }
            let [ada, bob] = people.try_into().ok().unwrap();
            let written = Returned { text: "聊 <b>&amp;\n".to_owned(), replaces: Some(Uuid::from_u128(7)) };

            let fine = keep(&server, &ada, written.clone(), see_other("/chat/1")).await;
            assert_eq!(led_to(&fine), "/chat/1", "{}: nothing is kept of what was taken", test.engine);
            assert_eq!(led_to(&keep(&server, &ada, written.clone(), "no".into_response()).await), "");

            let refused = led_to(&keep(&server, &ada, written.clone(), see_other("/chat/1?__path=a&__err=b")).await);
            assert!(refused.starts_with("/chat/1?__path=a&__err=b&returned="), "{refused}");
            let brought = async |viewer: &Viewer| bring(&server, page(&refused, viewer)).await.extensions().get::<Returned>().cloned();
            assert_eq!(brought(&ada).await, Some(written.clone()), "{}", test.engine);
            assert_eq!(brought(&bob).await, None, "{}: it is hers", test.engine);
            clock.advance(Duration::days(1));
            assert_eq!(brought(&ada).await, None, "{}: a day is over", test.engine);
        }
    }
}
