//! What ended in a conversation while nobody looked.

use std::time::Duration;

use http::Method;
use serde_json::json;
use uuid::Uuid;

use super::request::people;
use super::*;

/// Has an answer begin that nobody reads, and end a second later.
async fn answered(app: &App, access: &str, session: &str) {
    let slow = json!({"message": "Slowly", "model": "fake/words-3@2", "session_id": session, "stream": true});
    let body = Request::builder().method(Method::POST).uri("/api/llm/chat/").header(header::HOST, "chat.example");
    let body = body.header(header::AUTHORIZATION, format!("Bearer {access}")).header(header::CONTENT_TYPE, "application/json");
    let mut request = body.body(Body::from(slow.to_string())).unwrap();
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([192, 0, 2, 1], 4000))));
    assert_eq!(app.router().oneshot(request).await.unwrap().status(), 200);
    app.clock.advance(chrono::Duration::seconds(1));
    for _ in 0..200 {
        if one(app, access, session).await["running"] == false {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("an answer that never ends");
}

async fn one(app: &App, access: &str, session: &str) -> Value {
    app.call(Method::GET, &format!("/api/llm/sessions/{session}/"), Some(access), None).await.json()
}

#[tokio::test]
async fn an_answer_that_nobody_has_looked_at_is_unread_until_somebody_looks_and_is_nobody_elses() {
    for app in apps().await {
        let [ada, bob, _] = people(&app).await;
        let first = app.chat(&ada, json!({"message": "Hello", "model": "fake/echo@0"})).await.json();
        let session = text(&first["session_id"]).to_owned();
        answered(&app, &ada, &session).await;
        assert_eq!(one(&app, &ada, &session).await["unread"], true, "{}", app.test.engine);
        let listed = app.call(Method::GET, "/api/llm/sessions/", Some(&ada), None).await.json();
        assert_eq!(listed["items"][0]["unread"], true);
        let user = app.test.db.users().find_by_email("ada@example.org").await.unwrap().unwrap().user.id;
        let count = async |except: Option<Uuid>| app.test.db.chats().count_unread(user, except).await.unwrap();
        let id = Uuid::parse_str(&session).unwrap();
        assert_eq!((count(None).await, count(Some(id)).await), (1, 0));

        let path = format!("/api/llm/sessions/{session}/read/");
        assert_eq!(app.call(Method::PUT, &path, Some(&bob), None).await.problem(), (404, "not_found".into()));
        assert_eq!(one(&app, &ada, &session).await["unread"], true, "nobody else reads it for her");
        for _ in 0..2 {
            assert_eq!(app.call(Method::PUT, &path, Some(&ada), None).await.status, 204);
            assert_eq!((one(&app, &ada, &session).await["unread"].clone(), count(None).await), (json!(false), 0));
        }
        // What is put away is marked, and not counted.
        answered(&app, &ada, &session).await;
        let away = app.call(Method::PATCH, &format!("/api/llm/sessions/{session}/"), Some(&ada), Some(json!({"archived": true}))).await;
        assert_eq!((away.json()["unread"].clone(), count(None).await), (json!(true), 0));
    }
}

#[tokio::test]
async fn who_stops_an_answer_has_looked_at_it() {
    for app in apps().await {
        let [ada, ..] = people(&app).await;
        let first = app.chat(&ada, json!({"message": "Hello", "model": "fake/echo@0"})).await.json();
        let session = text(&first["session_id"]).to_owned();
        let id = Uuid::parse_str(&session).unwrap();
        let slow = json!({"message": "Slowly", "model": "fake/words-1000@5", "session_id": session});
        let stopped = async {
            let run = loop {
                match app.test.db.waiting().running(id).await.unwrap().pop() {
                    Some(run) => break run,
                    None => tokio::time::sleep(Duration::from_millis(20)).await,
                }
            };
            app.clock.advance(chrono::Duration::seconds(1));
            app.call(Method::POST, &format!("/api/llm/generations/{run}/stop/"), Some(&ada), None).await;
        };
        let (answer, ()) = tokio::join!(app.chat(&ada, slow), stopped);
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(one(&app, &ada, &session).await["unread"], false, "{}", app.test.engine);
    }
}
