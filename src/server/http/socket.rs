//! `/ws`: one WebSocket per open page. It says who is here, and later that something has changed; nothing is done through it.

use std::time::Duration;

use axum::Router;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, RequestExt};
use tokio::time::Instant;
use tower_sessions::Session;

use super::csrf;
use super::rest::problem::Problem;
use crate::model::presence::{FromPage, ToPage};
use crate::server::Server;
use crate::server::error::Error;
use crate::server::service::presence::{self, Page};
use crate::server::service::session;
use crate::server::service::viewer::{Via, Viewer};

/// How often a page says that it is still there, in seconds.
const HEARTBEAT: u32 = 25;
/// A page that says nothing for so long is gone.
const SILENCE: Duration = Duration::from_secs(70);
/// A word that a page does not take within this time was said in vain, and the page is let go.
const SEND_WITHIN: Duration = Duration::from_secs(10);
/// Whether the session still holds is asked at most this often.
const CHECK_EVERY: Duration = Duration::from_secs(60);
/// Longest word of a page, in bytes, and how many it may say within [`CHECK_EVERY`].
const WORD_MAX: usize = 1024;
const WORDS_MAX: u32 = 60;

/// The route.
pub fn router() -> Router<Server> {
    Router::new().route("/ws", get(open))
}

/// Opens the socket for a browser's own page: cookies go along with a request from any page, so where it was made has to be said.
async fn open(
    State(server): State<Server>,
    viewer: Viewer,
    Extension(session): Extension<Session>,
    mut request: Request,
) -> Result<Response, Problem> {
    if !matches!(viewer.via, Via::Session { .. }) || !csrf::is_here(&server, &request) {
        return Err(Error::forbidden().into());
    }
    let upgrade = match request.extract_parts::<WebSocketUpgrade>().await {
        Ok(upgrade) => upgrade.max_message_size(WORD_MAX).max_frame_size(WORD_MAX),
        Err(refused) => return Ok(refused.into_response()),
    };
    let page = presence::enter(&server, &viewer)?;
    let response = upgrade.on_upgrade(move |socket| {
        let tracker = server.presence.tracker().clone();
        tracker.track_future(Talk::new(server, session, page).run(socket))
    });
    Ok(response)
}

/// What goes on with one page.
struct Talk {
    server: Server,
    session: Session,
    page: Page,
    heard: Instant,
    checked: Instant,
    words: u32,
}

/// Why a talk ends: a code and a word for the page.
type End = (u16, &'static str);

impl Talk {
    fn new(server: Server, session: Session, page: Page) -> Self {
        let now = Instant::now();
        Self { server, session, page, heard: now, checked: now, words: 0 }
    }

    async fn run(mut self, mut socket: WebSocket) {
        let (code, reason) = self.talk(&mut socket).await;
        let frame = CloseFrame { code, reason: reason.into() };
        // Who is gone already does not hear it.
        let _ = tokio::time::timeout(SEND_WITHIN, socket.send(Message::Close(Some(frame)))).await;
    }

    async fn talk(&mut self, socket: &mut WebSocket) -> End {
        let stop = self.server.presence.stop();
        let mut word = Some(ToPage::Hello { heartbeat: HEARTBEAT });
        loop {
            if let Some(word) = word.take()
                && !say(socket, &word).await
            {
                return (close_code::AGAIN, "too slow");
            }
            tokio::select! {
                biased;
                () = stop.cancelled() => return (close_code::AWAY, "the server stops"),
                () = tokio::time::sleep_until(self.heard + SILENCE) => return (close_code::POLICY, "silent"),
                next = self.page.next() => match next {
                    Some(next) => word = Some(next),
                    None => return (close_code::AGAIN, "let go"),
                },
                heard = socket.recv() => match heard {
                    Some(Ok(Message::Text(text))) => match self.hear(&text).await {
                        Ok(answer) => word = answer,
                        Err(end) => return end,
                    },
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => self.heard = Instant::now(),
                    Some(Ok(Message::Binary(_))) => return (close_code::UNSUPPORTED, "text only"),
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return (close_code::NORMAL, ""),
                },
            }
        }
    }

    /// What is answered to the page's word.
    async fn hear(&mut self, text: &str) -> Result<Option<ToPage>, End> {
        self.heard = Instant::now();
        self.words += 1;
        if self.words > WORDS_MAX {
            return Err((close_code::POLICY, "too many words"));
        }
        if self.checked.elapsed() >= CHECK_EVERY {
            (self.checked, self.words) = (self.heard, 0);
            let viewer = session::viewer(&self.server, &self.session).await;
            // When the database cannot say, the page stays as it was until it can.
            if viewer.is_ok_and(|viewer| viewer.is_none_or(|viewer| viewer.user.id != self.page.user_id)) {
                return Err((close_code::POLICY, "signed out"));
            }
        }
        match serde_json::from_str(text) {
            Ok(FromPage::Ping) => {
                self.page.seen();
                Ok(Some(ToPage::Pong))
            }
            Ok(FromPage::Watch { topic }) => Ok(Some(self.page.watch(topic))),
            Ok(FromPage::Unwatch { topic }) => {
                self.page.unwatch(topic);
                Ok(None)
            }
            Err(_) => Err((close_code::POLICY, "not understood")),
        }
    }
}

async fn say(socket: &mut WebSocket, word: &ToPage) -> bool {
    let Ok(text) = serde_json::to_string(word) else { return false };
    matches!(tokio::time::timeout(SEND_WITHIN, socket.send(Message::Text(text.into()))).await, Ok(Ok(())))
}
