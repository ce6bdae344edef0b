//! Messages that wait, what is being written, and the look of the pages, as clients set them.

use http::Method;
use serde_json::json;

use super::request::{fields, people};
use super::*;

#[tokio::test]
async fn a_message_waits_where_the_client_says_so_and_is_nobody_elses() {
    for app in apps().await {
        let [ada, bob, root] = people(&app).await;
        let first = app.chat(&ada, json!({"message": "Hello", "model": "fake/echo@0"})).await.json();
        let session = text(&first["session_id"]).to_owned();
        let all = format!("/api/llm/sessions/{session}/queue/");
        let held = app.call(Method::PATCH, &all, Some(&ada), Some(json!({"paused": true}))).await.json();
        assert_eq!(held, json!({"items": [], "paused": "asked"}));
        let new = json!({"message": "And on Mars?", "model": "fake/echo@0", "request_id": "r1"});
        let kept = app.call(Method::POST, &all, Some(&ada), Some(new.clone())).await;
        assert_eq!(kept.status, 201, "{}", kept.text);
        let one = format!("{all}{}/", text(&kept.json()["id"]));
        assert_eq!(app.call(Method::POST, &all, Some(&ada), Some(new)).await.json(), kept.json(), "the same request waits once");

        let empty = app.call(Method::POST, &all, Some(&ada), Some(json!({"message": "  "}))).await;
        assert_eq!((empty.problem().0, fields(&empty)), (422, vec!["message".to_owned()]));
        let nowhere = app.call(Method::PATCH, &one, Some(&ada), Some(json!({"position": 0}))).await;
        assert_eq!((nowhere.problem().0, fields(&nowhere)), (422, vec!["position".to_owned()]));
        assert_eq!(app.call(Method::PATCH, &one, Some(&ada), Some(json!({"place": 1}))).await.problem().0, 400);
        let changed = app.call(Method::PATCH, &one, Some(&ada), Some(json!({"message": "And on the Moon?", "position": 7}))).await.json();
        assert_eq!((&changed["items"][0]["message"], &changed["paused"]), (&json!("And on the Moon?"), &json!("asked")));
        for stranger in [&bob, &root] {
            for (method, path, body) in [
                (Method::GET, &all, None),
                (Method::POST, &all, Some(json!({"message": "x"}))),
                (Method::PATCH, &all, Some(json!({"paused": false}))),
                (Method::PATCH, &one, Some(json!({"now": true}))),
                (Method::DELETE, &one, None),
                (Method::DELETE, &all, None),
            ] {
                assert_eq!(app.call(method, path, Some(stranger), body).await.problem(), (404, "not_found".into()));
            }
        }
        let gone = app.call(Method::PATCH, &all, Some(&ada), Some(json!({"paused": false}))).await.json();
        assert_eq!(gone, json!({"items": [], "paused": null}), "it is asked at once");
        assert_eq!(app.call(Method::PATCH, &one, Some(&ada), Some(json!({"now": true}))).await.problem().0, 404);
        assert_eq!(app.call(Method::DELETE, &all, Some(&ada), None).await.status, 204);
    }
}

#[tokio::test]
async fn a_question_while_an_answer_is_written_is_a_conflict_unless_it_may_wait() {
    for app in apps().await {
        let [ada, ..] = people(&app).await;
        let first = app.chat(&ada, json!({"message": "Hello", "model": "fake/echo@0"})).await.json();
        let session = first["session_id"].clone();
        let slow = json!({"message": "Slowly", "model": "fake/words-1000@20", "session_id": session, "stream": true});
        // The answer is a stream, which nobody has to read.
        let body = Request::builder().method(Method::POST).uri("/api/llm/chat/").header(header::HOST, "chat.example");
        let body = body.header(header::AUTHORIZATION, format!("Bearer {ada}")).header(header::CONTENT_TYPE, "application/json");
        let mut request = body.body(Body::from(slow.to_string())).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([192, 0, 2, 1], 4000))));
        assert_eq!(app.router().oneshot(request).await.unwrap().status(), 200);

        let more = json!({"message": "More", "model": "fake/echo@0", "session_id": session});
        assert_eq!(app.chat(&ada, more.clone()).await.problem().0, 409);
        let mut waits = more.clone();
        waits["queue"] = json!(true);
        let answer = app.chat(&ada, waits).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["message"]), (202, &json!("More")), "{}", answer.text);
        let all = format!("/api/llm/sessions/{}/queue/", text(&session));
        assert_eq!(app.call(Method::GET, &all, Some(&ada), None).await.json()["items"].as_array().unwrap().len(), 1);
        assert_eq!(app.call(Method::DELETE, &all, Some(&ada), None).await.status, 204);
    }
}

#[tokio::test]
async fn a_draft_is_what_was_written_last_and_goes_with_its_conversation() {
    for app in apps().await {
        let [ada, bob, _] = people(&app).await;
        let first = app.chat(&ada, json!({"message": "Hello", "model": "fake/echo@0"})).await.json();
        let path = format!("/api/llm/sessions/{}/draft/", text(&first["session_id"]));
        let nothing = app.call(Method::GET, &path, Some(&ada), None).await.json();
        assert_eq!(nothing, json!({"text": "", "updated_at": null}));
        for words in ["half a", "half a sentence"] {
            let kept = app.call(Method::PUT, &path, Some(&ada), Some(json!({"text": words}))).await.json();
            assert_eq!(app.call(Method::GET, &path, Some(&ada), None).await.json(), kept);
            assert_eq!(kept["text"], words);
        }
        for (method, body) in [(Method::GET, None), (Method::PUT, Some(json!({"text": "x"})))] {
            assert_eq!(app.call(method, &path, Some(&bob), body).await.problem(), (404, "not_found".into()));
        }
        let long = app.call(Method::PUT, &path, Some(&ada), Some(json!({"text": "x".repeat(100_001)}))).await;
        assert_eq!((long.problem().0, fields(&long)), (422, vec!["text".to_owned()]));
        assert_eq!(app.dump("drafts").await.len(), 1);
        let chats = "DELETE FROM chats";
        crate::server::db::on!(app.test.db.write(), c => sqlx::query(chats).execute(c).await.map(drop)).unwrap();
        assert!(app.dump("drafts").await.is_empty() && app.dump("queued").await.is_empty());
    }
}

#[tokio::test]
async fn the_look_is_kept_with_the_account_and_what_is_unknown_is_refused() {
    for app in apps().await {
        let [ada, bob, _] = people(&app).await;
        let path = "/api/users/me/look/";
        let usual = json!({"contrast": "system", "text": "medium", "density": "normal", "code": "ink", "width": "normal"});
        assert_eq!(app.call(Method::GET, path, Some(&ada), None).await.json(), usual);
        let changed = app.call(Method::PATCH, path, Some(&ada), Some(json!({"contrast": "high", "text": "large"}))).await;
        assert_eq!(changed.status, 200, "{}", changed.text);
        let changed = app.call(Method::PATCH, path, Some(&ada), Some(json!({"code": "night"}))).await.json();
        assert_eq!(changed, json!({"contrast": "high", "text": "large", "density": "normal", "code": "night", "width": "normal"}));
        assert_eq!(app.call(Method::GET, path, Some(&ada), None).await.json(), changed);
        assert_eq!(app.call(Method::GET, path, Some(&bob), None).await.json(), usual, "hers alone");
        for wrong in [json!({"contrast": "pink"}), json!({"colour": "pink"})] {
            assert_eq!(app.call(Method::PATCH, path, Some(&ada), Some(wrong)).await.problem().0, 400);
        }
    }
}

#[tokio::test]
async fn a_day_leads_to_its_first_message_where_somebody_lives() {
    for app in apps().await {
        let [ada, ..] = people(&app).await;
        let first = app.chat(&ada, json!({"message": "Hello", "model": "fake/echo@0"})).await.json();
        let session = text(&first["session_id"]).to_owned();
        // 2027-01-15 08:00 UTC, and a day and eight hours later: the 16th in UTC, the 17th in Tokyo.
        app.clock.advance(chrono::Duration::hours(32));
        let again = async |email: &str| text(&app.login(email, PASSWORD).await.json()["access"]).to_owned();
        let (ada, bob) = (again("ada@example.org").await, again("bob@example.org").await);
        app.chat(&ada, json!({"message": "Again", "model": "fake/echo@0", "session_id": session})).await;
        let messages = app.call(Method::GET, &format!("/api/llm/messages/?session_id={session}"), Some(&ada), None).await.json();
        let id = |n: usize| text(&messages["items"][n]["id"]).to_owned();
        let led = async |day: &str, token: &str| {
            let answer = app.call(Method::GET, &format!("/chat/{session}/date?on={day}"), Some(token), None).await;
            (answer.status.as_u16(), answer.header(header::LOCATION).to_owned())
        };
        let at = |n: usize| (303, format!("/chat/{session}?at={}", id(n)));
        let end = (303, format!("/chat/{session}"));
        assert_eq!([led("2026-01-01", &ada).await, led("2027-01-16", &ada).await], [at(0), at(2)]);
        assert_eq!([led("2027-01-17", &ada).await, led("never", &ada).await], [end.clone(), end]);
        let tokyo = json!({"time_zone": "Asia/Tokyo"});
        assert_eq!(app.call(Method::PATCH, "/api/users/me/", Some(&ada), Some(tokyo)).await.status, 200);
        assert_eq!(led("2027-01-17", &ada).await, at(2), "it is tomorrow there");
        assert_eq!(led("2027-01-16", &bob).await.0, 404);
    }
}
