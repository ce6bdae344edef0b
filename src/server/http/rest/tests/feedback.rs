//! What people think of answers.

use http::Method;
use serde_json::json;

use super::request::{fields, people};
use super::*;

#[tokio::test]
async fn an_answer_is_judged_by_its_owner_and_counted_without_names() {
    for app in apps().await {
        let [ada, bob, root] = people(&app).await;
        let answer = app.chat(&ada, json!({"message": "Hello there", "model": "fake/echo@0"})).await.json();
        let all = format!("/api/llm/sessions/{}/feedback/", text(&answer["session_id"]));
        let one = format!("/api/llm/messages/{}/feedback/", text(&answer["message_id"]));
        assert_eq!(app.call(Method::GET, &all, Some(&ada), None).await.json(), json!({"items": [], "next": null}));

        let good = app.call(Method::PUT, &one, Some(&ada), Some(json!({"verdict": "good"}))).await;
        assert_eq!((good.status.as_u16(), &good.json()["verdict"], &good.json()["note"]), (200, &json!("good"), &json!("")));
        let body = json!({"verdict": "bad", "reason": "incorrect", "note": " Two is not three. "});
        let bad = app.call(Method::PUT, &one, Some(&ada), Some(body)).await.json();
        assert_eq!((&bad["reason"], &bad["note"]), (&json!("incorrect"), &json!("Two is not three.")));
        let listed = app.call(Method::GET, &all, Some(&ada), None).await.json();
        assert_eq!(listed["items"].as_array().unwrap().len(), 1, "the last word counts: {listed}");
        assert_eq!((&listed["items"][0]["message_id"], &listed["items"][0]["verdict"]), (&answer["message_id"], &json!("bad")));

        let long = app.call(Method::PUT, &one, Some(&ada), Some(json!({"verdict": "bad", "note": "x".repeat(2_001)}))).await;
        assert_eq!((long.problem().0, fields(&long)), (422, vec!["note".to_owned()]));
        assert_eq!(app.call(Method::PUT, &one, Some(&ada), Some(json!({"verdict": "splendid"}))).await.problem().0, 400);
        for (method, path, body) in
            [(Method::GET, &all, None), (Method::PUT, &one, Some(json!({"verdict": "good"}))), (Method::DELETE, &one, None)]
        {
            for stranger in [&bob, &root] {
                assert_eq!(app.call(method.clone(), path, Some(stranger), body.clone()).await.problem(), (404, "not_found".into()));
            }
        }
        let messages = format!("/api/llm/messages/?session_id={}", text(&answer["session_id"]));
        let messages = app.call(Method::GET, &messages, Some(&ada), None).await.json();
        let question = messages["items"].as_array().unwrap().iter().find(|message| message["role"] == "user").unwrap();
        let question = format!("/api/llm/messages/{}/feedback/", text(&question["id"]));
        let judged = app.call(Method::PUT, &question, Some(&ada), Some(json!({"verdict": "good"}))).await;
        assert_eq!(judged.problem().0, 404, "a question is nobody's to judge");

        let counts = "/api/admin/feedback/";
        assert_eq!(app.call(Method::GET, counts, Some(&ada), None).await.problem().0, 403);
        let counted = app.call(Method::GET, counts, Some(&root), None).await.json();
        assert_eq!(counted["items"], json!([{"model": "fake/echo@0", "verdict": "bad", "reason": "incorrect", "count": 1}]));
        for (query, found) in
            [("from=2020-01-01&model=fake/echo@0", 1), ("to=2020-01-01", 0), ("from=2999-01-01", 0), ("model=other/one", 0)]
        {
            let some = app.call(Method::GET, &format!("{counts}?{query}"), Some(&root), None).await.json();
            assert_eq!(some["items"].as_array().map(Vec::len), Some(found), "{query}: {some}");
        }
        let wrong = app.call(Method::GET, &format!("{counts}?from=soon"), Some(&root), None).await;
        assert_eq!((wrong.problem().0, fields(&wrong)), (422, vec!["from".to_owned()]));
        let file = app.call(Method::GET, &format!("{counts}export/?model=fake/echo@0"), Some(&root), None).await;
        assert_eq!(file.text, "model,verdict,reason,count\r\nfake/echo@0,bad,incorrect,1\r\n");
        assert_eq!(app.call(Method::GET, &format!("{counts}export/"), Some(&ada), None).await.problem().0, 403);
        for _ in 0..2 {
            assert_eq!(app.call(Method::DELETE, &one, Some(&ada), None).await.status, 204);
        }
        assert_eq!(app.call(Method::GET, &all, Some(&ada), None).await.json()["items"], json!([]));
        assert_eq!(app.call(Method::GET, counts, Some(&root), None).await.json()["items"], json!([]));
    }
}
