//! Several models at once, as clients ask them.

use http::Method;
use serde_json::json;

use super::request::{fields, people};
use super::*;

#[tokio::test]
async fn models_are_compared_and_one_answer_is_kept() {
    for app in apps().await {
        let [ada, bob, root] = people(&app).await;
        let path = "/api/llm/comparisons/";
        let ask = json!({"message": "Hello", "models": ["fake/echo@0", "fake/words-3@0"], "request_id": "r"});
        let begun = app.call(Method::POST, path, Some(&ada), Some(ask.clone())).await;
        assert_eq!(begun.status, 201, "{}", begun.text);
        let begun = begun.json();
        assert_eq!((&begun["answers"][0]["model"], &begun["answers"][1]["model"]), (&json!("fake/echo@0"), &json!("fake/words-3@0")));
        assert_eq!(app.call(Method::POST, path, Some(&ada), Some(ask)).await.json(), begun, "the same request begins it once");
        for answer in begun["answers"].as_array().unwrap() {
            let events = format!("/api/llm/generations/{}/events/", text(&answer["generation_id"]));
            assert!(app.call(Method::GET, &events, Some(&ada), None).await.text.contains("event: end"));
        }
        let one = format!("{path}{}/", text(&begun["question_id"]));
        let found = app.call(Method::GET, &one, Some(&ada), None).await.json();
        let said: Vec<_> = found["answers"].as_array().unwrap().iter().map(|answer| text(&answer["content"]).to_owned()).collect();
        assert_eq!((said, &found["question"]["content"]), (vec!["Hello".to_owned(), "w1 w2 w3".to_owned()], &json!("Hello")));
        let second = text(&begun["answers"][1]["message_id"]).to_owned();
        let same = app.call(Method::GET, &format!("{path}{second}/"), Some(&ada), None).await.json();
        assert_eq!(same, found, "any of the answers leads to it");
        let keep = format!("{path}{second}/keep/");
        for stranger in [&bob, &root] {
            assert_eq!(app.call(Method::GET, &one, Some(stranger), None).await.problem(), (404, "not_found".into()));
            assert_eq!(app.call(Method::POST, &keep, Some(stranger), None).await.problem(), (404, "not_found".into()));
        }
        let kept = app.call(Method::POST, &keep, Some(&ada), None).await.json();
        assert_eq!((&kept["id"], &kept["model"]), (&begun["session_id"], &json!("fake/words-3@0")));
        let question = format!("{path}{}/keep/", text(&begun["question_id"]));
        assert_eq!(app.call(Method::POST, &question, Some(&ada), None).await.problem().0, 409);

        let wrong = |models: Value| json!({"message": "Hello", "models": models});
        for models in [json!([]), json!(["fake/echo"]), json!(["fake/echo", "fake/echo"]), json!(["fake/echo", "nowhere/x"])] {
            let refused = app.call(Method::POST, path, Some(&ada), Some(wrong(models))).await;
            assert_eq!((refused.problem().0, fields(&refused)), (422, vec!["models".to_owned()]), "{}", refused.text);
        }
        let empty = app.call(Method::POST, path, Some(&ada), Some(json!({"message": " ", "models": ["fake/echo", "fake/slow"]}))).await;
        assert_eq!((empty.problem().0, fields(&empty)), (422, vec!["message".to_owned()]));
        assert_eq!(app.call(Method::POST, path, Some(&ada), Some(json!({"message": "x", "models": "fake/echo"}))).await.problem().0, 400);
    }
}
