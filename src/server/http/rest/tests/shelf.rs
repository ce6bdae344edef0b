//! Conversations in order and the search, as programs use them.

use http::Method;

use super::*;
use crate::server::service::{generation, provider};

#[tokio::test]
async fn folders_tags_copies_and_the_search_are_one_persons() {
    for app in apps().await {
        provider::start(&app.server).await.unwrap();
        generation::keep(&app.server);
        let mut tokens = Vec::new();
        for name in ["root", "ada", "bob"] {
            let registered = app.register(&format!("{name}@example.org")).await;
            tokens.push(text(&registered["access"]).to_owned());
        }
        let (ada, bob) = (tokens[1].clone(), tokens[2].clone());
        let call = async |method: Method, path: &str, token: &str, body: Value| {
            app.call(method, path, Some(token), Some(body).filter(|body| !body.is_null())).await
        };
        let folder = call(Method::POST, "/api/llm/folders/", &ada, json!({"name": "Garden", "system_prompt": "Be brief."})).await;
        assert_eq!(folder.status, 201, "{}", folder.text);
        let folder = text(&folder.json()["id"]).to_owned();
        let ask = json!({"message": "When are peas sown? 豌豆", "model": "fake/echo@0", "folder_id": folder});
        let asked = call(Method::POST, "/api/llm/chat/", &ada, ask).await;
        assert_eq!(asked.status, 200, "{}", asked.text);
        let id = text(&asked.json()["session_id"]).to_owned();
        let path = format!("/api/llm/sessions/{id}/");
        let seen = call(Method::GET, &path, &ada, Value::Null).await.json();
        assert_eq!((&seen["folder_id"], &seen["system_prompt"], &seen["pinned"]), (&json!(folder), &json!("Be brief."), &json!(false)));

        let changed = call(Method::PATCH, &path, &ada, json!({"pinned": true, "tags": ["peas", "春"], "folder_id": null})).await;
        assert_eq!(changed.status, 200, "{}", changed.text);
        assert_eq!((&changed.json()["tags"], &changed.json()["folder_id"]), (&json!(["peas", "春"]), &Value::Null));
        let wrong = call(Method::PATCH, &path, &ada, json!({"folder_id": "018f0000-0000-7000-8000-000000000000"})).await;
        assert_eq!((wrong.status.as_u16(), &wrong.json()["errors"][0]["field"]), (422, &json!("folder_id")), "{}", wrong.text);

        let listed = call(Method::GET, "/api/llm/sessions/?pinned=true&tag=peas", &ada, Value::Null).await.json();
        assert_eq!(listed["items"].as_array().map(Vec::len), Some(1));
        let bulk = call(Method::POST, "/api/llm/sessions/bulk/", &ada, json!({"ids": [id], "action": "archive"})).await;
        assert_eq!(bulk.json(), json!({"changed": 1}), "{}", bulk.text);
        assert_eq!(call(Method::GET, "/api/llm/sessions/", &ada, Value::Null).await.json()["items"], json!([]));
        let copy = call(Method::POST, &format!("{path}copy/"), &ada, json!({})).await;
        assert_eq!(copy.status, 201, "{}", copy.text);
        let branches = format!("{path}tree/");
        let tree = call(Method::GET, &branches, &ada, Value::Null).await.json();
        assert_eq!((&tree["messages"], &tree["branches"], &tree["earlier"]), (&json!(2), &json!(1), &Value::Null), "{tree}");
        let first = &tree["items"][0];
        assert_eq!((&first["kind"], &first["depth"], &first["active"]), (&json!("message"), &json!(0), &json!(true)));
        assert_eq!(first["message"]["beginning"], json!("When are peas sown? 豌豆"));
        let from = call(Method::GET, &format!("{branches}?from={}&beside=true", text(&tree["leaf_id"])), &ada, Value::Null).await.json();
        assert_eq!((from["items"].as_array().map(Vec::len), &from["items"][0]["id"]), (Some(1), &tree["leaf_id"]), "{from}");
        for (query, token, status) in
            [("", &bob, 404), ("?from=018f0000-0000-7000-8000-000000000000", &ada, 404), ("?open=soon", &ada, 400)]
        {
            assert_eq!(call(Method::GET, &format!("{branches}{query}"), token, Value::Null).await.status, status, "{query}");
        }
        let tags = call(Method::GET, "/api/llm/tags/", &ada, Value::Null).await.json();
        assert_eq!(tags["items"][0]["chats"], json!(2), "{tags}");

        let found = call(Method::GET, "/api/llm/search/?q=%E8%B1%8C%E8%B1%86%20from:me%20tag:peas", &ada, Value::Null).await;
        assert_eq!((found.status.as_u16(), found.json()["items"].as_array().map(Vec::len)), (200, Some(2)), "{}", found.text);
        assert!(found.json()["items"][0]["snippet"].as_array().unwrap().contains(&json!({"text": "豌豆", "hit": true})), "{}", found.text);
        let hers = call(Method::GET, "/api/llm/search/?q=peas", &bob, Value::Null).await.json();
        assert_eq!((&hers["items"], &hers["sessions"]), (&json!([]), &json!([])));
        let wrong = call(Method::GET, "/api/llm/search/?q=after:soon", &ada, Value::Null).await;
        assert_eq!((wrong.status.as_u16(), &wrong.json()["errors"][0]["field"]), (422, &json!("q")), "{}", wrong.text);
        assert_eq!(call(Method::GET, "/api/llm/search/", &ada, Value::Null).await.status, 400);
        for (method, path) in
            [(Method::POST, format!("{path}copy/")), (Method::PATCH, path.clone()), (Method::DELETE, format!("/api/llm/folders/{folder}/"))]
        {
            let body = if method == Method::DELETE { Value::Null } else { json!({}) };
            assert_eq!(call(method, &path, &bob, body).await.status, 404, "{path}");
        }
        assert_eq!(call(Method::DELETE, &format!("/api/llm/folders/{folder}/"), &ada, Value::Null).await.status, 204);
    }
}
