//! The WebSocket of pages, from outside: who may open it, what it says, and how it ends.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::client::Client;
use crate::liao::Liao;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A browser's cookie after signing in by the form.
async fn cookie(liao: &Liao, name: &str) -> String {
    let form = format!("email={name}%40example.org&password=correct+horse+battery");
    let request = crate::liao::client().post(liao.at("/rpc/auth/login")).header("origin", &liao.url);
    let request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
    let response = request.send().await.expect("an answer");
    let cookies = response.headers().get_all("set-cookie").iter().filter_map(|cookie| cookie.to_str().ok());
    cookies.filter_map(|cookie| cookie.split(';').next()).find(|cookie| cookie.starts_with("liao_session=")).expect("a session").to_owned()
}

/// Opens the socket, or answers the status that it was refused with.
async fn open(liao: &Liao, cookie: Option<&str>, origin: Option<&str>) -> Result<Socket, u16> {
    let url = format!("ws://{}/ws", liao.url.trim_start_matches("http://"));
    let mut request = url.into_client_request().expect("a request");
    for (name, value) in [("cookie", cookie), ("origin", origin)] {
        if let Some(value) = value {
            request.headers_mut().insert(name, value.parse().expect("a value"));
        }
    }
    match connect_async(request).await {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(response)) => Err(response.status().as_u16()),
        Err(error) => panic!("{error}"),
    }
}

async fn hear(socket: &mut Socket) -> Value {
    let word = tokio::time::timeout(Duration::from_secs(10), socket.next()).await.expect("a word in time");
    match word.expect("open").expect("sound") {
        Message::Text(text) => serde_json::from_str(&text).expect("JSON"),
        Message::Close(frame) => json!({ "closed": frame.map(|frame| u16::from(frame.code)) }),
        other => panic!("{other:?}"),
    }
}

async fn say(socket: &mut Socket, word: Value) {
    socket.send(Message::text(word.to_string())).await.expect("said");
}

#[tokio::test]
async fn a_page_of_ours_opens_it_hears_who_comes_and_goes_and_that_the_server_stops() {
    let mut liao = Liao::start(&[("LIAO_FAKE_PROVIDER", "true")]).await;
    let admin = Client::register(&liao.url, "ada").await;
    Client::register(&liao.url, "bob").await;
    let (ada, bob) = (cookie(&liao, "ada").await, cookie(&liao, "bob").await);
    let here = liao.url.clone();

    assert_eq!(open(&liao, None, Some(&here)).await.err(), Some(401), "nobody");
    assert_eq!(open(&liao, Some(&ada), None).await.err(), Some(403), "no origin");
    assert_eq!(open(&liao, Some(&ada), Some("https://evil.example")).await.err(), Some(403), "another site");

    let mut socket = open(&liao, Some(&ada), Some(&here)).await.expect("open");
    assert_eq!(hear(&mut socket).await, json!({ "type": "hello", "heartbeat": 25 }));
    say(&mut socket, json!({ "type": "ping" })).await;
    assert_eq!(hear(&mut socket).await, json!({ "type": "pong" }));
    say(&mut socket, json!({ "type": "watch", "topic": "online" })).await;
    assert_eq!(hear(&mut socket).await["items"][0]["name"], "ada");

    let mut other = open(&liao, Some(&bob), Some(&here)).await.expect("open");
    hear(&mut other).await;
    say(&mut other, json!({ "type": "watch", "topic": "online" })).await;
    assert_eq!(hear(&mut other).await, json!({ "type": "refused", "topic": "online" }));
    let list = hear(&mut socket).await;
    assert_eq!((list["items"].as_array().map(Vec::len), &list["items"][0]["name"]), (Some(2), &json!("bob")));
    let rest: Value = admin.get("/api/users/online/").await.json().await.expect("JSON");
    assert_eq!((&rest["items"], &rest["hidden"]), (&list["items"], &json!(0)));

    // A word that is none ends it; the others stay.
    say(&mut other, json!({ "type": "shout" })).await;
    assert_eq!(hear(&mut other).await, json!({ "closed": 1008 }));
    assert_eq!(hear(&mut socket).await["items"].as_array().map(Vec::len), Some(1));

    liao.signal("TERM");
    assert_eq!(hear(&mut socket).await, json!({ "closed": 1001 }));
    assert!(liao.ended().await.success());
}

#[tokio::test]
async fn a_changed_profile_is_told_to_every_page_of_its_user() {
    let liao = Liao::start(&[("LIAO_FAKE_PROVIDER", "true")]).await;
    let ada = Client::register(&liao.url, "ada").await;
    let session = cookie(&liao, "ada").await;
    let mut pages = Vec::new();
    for _ in 0..2 {
        let mut page = open(&liao, Some(&session), Some(&liao.url)).await.expect("open");
        hear(&mut page).await;
        pages.push(page);
    }
    let path = format!("{}/api/users/me/", liao.url);
    let changed = ada.http.patch(path).bearer_auth(&ada.token).json(&json!({ "name": "Ada L." })).send().await.expect("an answer");
    assert_eq!(changed.status(), 200);
    for page in &mut pages {
        assert_eq!(hear(page).await, json!({ "type": "changed", "what": "profile" }));
    }
}
