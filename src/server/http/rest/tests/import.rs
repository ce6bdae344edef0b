//! Conversations from elsewhere over REST, and by the plain form.

use http::Method;

use super::*;
use crate::server::job;

const FORM: &str = "multipart/form-data; boundary=X";
const LIBRECHAT: &str = include_str!("../../../import/tests/librechat.json");

fn form(content: &str) -> String {
    format!("--X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"stars.json\"\r\n\r\n{content}\r\n--X--\r\n")
}

async fn send(app: &App, access: &str, kind: &str, body: String) -> Answer {
    let request = Request::builder().method(Method::POST).uri("/api/llm/imports/").header(header::HOST, "chat.example");
    let request = request.header(header::AUTHORIZATION, format!("Bearer {access}")).header(header::CONTENT_TYPE, kind);
    app.send(request.body(Body::from(body)).unwrap()).await
}

#[tokio::test]
async fn a_file_is_sent_looked_through_confirmed_and_reported() {
    for app in apps().await {
        let (ada, bob) = (app.register("ada@example.org").await, app.register("bob@example.org").await);
        let (ada, bob) = (text(&ada["access"]), text(&bob["access"]));
        let sent = send(&app, ada, FORM, form(LIBRECHAT)).await;
        assert_eq!((sent.status, sent.json()["state"].clone()), (StatusCode::ACCEPTED, json!("reading")), "{}", sent.text);
        let one = format!("/api/llm/imports/{}/", text(&sent.json()["id"]));
        while job::run_next(&app.server).await.unwrap() {}
        let found = app.call(Method::GET, &one, Some(ada), None).await.json();
        assert_eq!((&found["state"], &found["found"]["titles"]), (&json!("ready"), &json!(["Stars"])), "{}: {found}", app.test.engine);
        for (method, path) in [(Method::GET, one.clone()), (Method::POST, format!("{one}confirm/")), (Method::DELETE, one.clone())] {
            assert_eq!(app.call(method, &path, Some(bob), None).await.problem(), (404, "not_found".into()));
        }
        assert_eq!(app.call(Method::POST, &format!("{one}confirm/"), Some(ada), None).await.status, StatusCode::ACCEPTED);
        while job::run_next(&app.server).await.unwrap() {}
        let done = app.call(Method::GET, &one, Some(ada), None).await.json();
        assert_eq!((&done["state"], &done["report"]["messages"]), (&json!("done"), &json!(4)), "{}: {done}", app.test.engine);
        let list = app.call(Method::GET, "/api/llm/imports/?limit=1", Some(ada), None).await.json();
        assert_eq!((list["items"].as_array().unwrap().len(), &list["next"]), (1, &Value::Null));

        // As the body itself, a second time.
        let again = send(&app, ada, "application/json", LIBRECHAT.to_owned()).await.json();
        while job::run_next(&app.server).await.unwrap() {}
        let again = app.call(Method::GET, &format!("/api/llm/imports/{}/", text(&again["id"])), Some(ada), None).await.json();
        assert_eq!((&again["found"]["conversations"], &again["found"]["already"]), (&json!(0), &json!(1)), "{}", app.test.engine);
        assert_eq!(app.call(Method::DELETE, &one, Some(ada), None).await.status, StatusCode::NO_CONTENT);
        assert_eq!(app.call(Method::GET, &one, Some(ada), None).await.problem().0, 404);
        let chats = app.call(Method::GET, "/api/llm/sessions/", Some(ada), None).await.json();
        assert_eq!(chats["items"][0]["title"], "Stars", "what it brought stays");
    }
}

#[tokio::test]
async fn what_is_no_such_file_is_refused() {
    for app in apps().await {
        let ada = app.register("ada@example.org").await;
        let ada = text(&ada["access"]);
        assert_eq!(send(&app, ada, FORM, form("%PDF-1.7")).await.problem().0, 415);
        assert_eq!(send(&app, ada, FORM, form("")).await.problem().0, 422);
        assert_eq!(send(&app, ada, FORM, "--X--\r\n".into()).await.problem().0, 422);
        assert_eq!(send(&app, ada, FORM, "--X\r\nnonsense".into()).await.problem().0, 400);
        assert_eq!(send(&app, ada, "text/html", "[]".into()).await.problem().0, 415);
        let unknown = "/api/llm/imports/018f2c3e-77aa-7bcd-8000-000000000001/confirm/";
        assert_eq!(app.call(Method::POST, unknown, Some(ada), None).await.problem().0, 404);
    }
}
