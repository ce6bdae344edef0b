//! How models are asked, as clients set it: conversations, prompts and assistants.

use http::Method;

use super::*;
use crate::model::user::Role;
use crate::server::service::{account, generation, provider};

/// An app with the scripted model, Ada, Bob, and an administrator; their tokens.
pub(super) async fn people(app: &App) -> [String; 3] {
    provider::start(&app.server).await.unwrap();
    generation::keep(&app.server);
    let mut tokens = Vec::new();
    for name in ["root", "ada", "bob"] {
        let registered = app.register(&format!("{name}@example.org")).await;
        tokens.push(text(&registered["access"]).to_owned());
    }
    let root = account::find(&app.server, "root@example.org").await.unwrap();
    assert_eq!(root.role, Role::Admin, "the first of all administers");
    let [root, ada, bob] = <[String; 3]>::try_from(tokens).unwrap();
    [ada, bob, root]
}

impl App {
    pub(super) async fn chat(&self, token: &str, body: Value) -> Answer {
        self.call(Method::POST, "/api/llm/chat/", Some(token), Some(body)).await
    }
}

/// Names of the fields that a problem is about.
pub(super) fn fields(answer: &Answer) -> Vec<String> {
    answer.json()["errors"].as_array().into_iter().flatten().map(|error| text(&error["field"]).to_owned()).collect()
}

#[tokio::test]
async fn a_conversation_begins_with_the_model_that_its_owner_prefers() {
    for app in apps().await {
        let [ada, ..] = people(&app).await;
        let prefer = async |model: Value| {
            let body = Some(json!({ "model": model }));
            app.call(Method::PATCH, "/api/users/me/preferences/", Some(&ada), body).await
        };
        assert_eq!(prefer(json!("fake/words-3@0")).await.status, StatusCode::OK);
        let asked = app.chat(&ada, json!({"message": "Hello"})).await.json();
        assert_eq!(asked["model"], "fake/words-3@0", "{}: {asked}", app.test.engine);
        let said = app.chat(&ada, json!({"message": "Hello", "model": "fake/echo@0"})).await.json();
        assert_eq!(said["model"], "fake/echo@0", "{}: what is said goes before", app.test.engine);
    }
}

#[tokio::test]
async fn a_conversation_keeps_what_it_was_begun_with_and_it_can_be_changed() {
    for app in apps().await {
        let [ada, bob, _] = people(&app).await;
        let body = json!({
            "message": "Hello", "model": "fake/echo@0", "system_prompt": "Be brief.", "temperature": 0.25, "max_tokens": 100, "stop": ["END"]
        });
        let answer = app.chat(&ada, body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let path = format!("/api/llm/sessions/{}/", text(&answer.json()["session_id"]));
        let session = app.call(Method::GET, &path, Some(&ada), None).await.json();
        assert_eq!(
            (&session["system_prompt"], &session["temperature"], &session["stop"]),
            (&json!("Be brief."), &json!(0.25), &json!(["END"]))
        );
        assert_eq!((&session["top_p"], &session["max_tokens"], &session["title"]), (&Value::Null, &json!(100), &json!("Hello")));

        let change = json!({"temperature": null, "reasoning_effort": "high", "stop": null, "title": "Greeting"});
        let changed = app.call(Method::PATCH, &path, Some(&ada), Some(change)).await;
        assert_eq!(changed.status, 200, "{}", changed.text);
        let session = app.call(Method::GET, &path, Some(&ada), None).await.json();
        assert_eq!(session, changed.json());
        assert_eq!((&session["temperature"], &session["stop"], &session["system_prompt"]), (&Value::Null, &json!([]), &json!("Be brief.")));
        assert_eq!((&session["reasoning_effort"], &session["title"]), (&json!("high"), &json!("Greeting")));

        for method in [Method::GET, Method::PATCH] {
            assert_eq!(app.call(method, &path, Some(&bob), Some(json!({}))).await.problem(), (404, "not_found".into()));
        }
        let cleared = json!({"system_prompt": "  ", "reasoning_effort": null, "max_tokens": null});
        app.call(Method::PATCH, &path, Some(&ada), Some(cleared)).await;
        assert!(!app.dump("chats").await.concat().contains("system_prompt"), "nothing is set, so nothing is stored");
    }
}

#[tokio::test]
async fn what_is_out_of_range_is_a_field_error_and_changes_nothing() {
    for app in apps().await {
        let [ada, ..] = people(&app).await;
        let wrong = json!({"message": "Hello", "temperature": 2.5, "top_p": 0, "max_tokens": 0, "stop": ["a", "b", "c", "d", "e"]});
        let answer = app.chat(&ada, wrong).await;
        assert_eq!(
            (answer.problem(), fields(&answer)),
            ((422, "invalid".into()), ["temperature", "top_p", "max_tokens", "stop"].map(String::from).to_vec())
        );
        assert!(app.dump("chats").await.is_empty());
        let answer = app.chat(&ada, json!({"message": "Hello", "reasoning_effort": "extreme"})).await;
        assert_eq!((answer.problem().0, fields(&answer)), (400, vec!["reasoning_effort".to_owned()]));

        let id = app.chat(&ada, json!({"message": "Hello", "model": "fake/echo@0"})).await.json()["session_id"].clone();
        let again = app.chat(&ada, json!({"message": "More", "session_id": id, "temperature": 1})).await;
        assert_eq!((again.problem().0, fields(&again)), (422, vec!["session_id".to_owned()]));
        let path = format!("/api/llm/sessions/{}/", text(&id));
        for (change, status, field) in [
            (json!({"temperature": -1}), 422, "temperature"),
            (json!({"temperature": "warm"}), 400, "temperature"),
            (json!({"warmth": 1}), 400, "warmth"),
            (json!({"title": " "}), 422, "title"),
        ] {
            let answer = app.call(Method::PATCH, &path, Some(&ada), Some(change)).await;
            assert_eq!((answer.problem().0, fields(&answer)), (status, vec![field.to_owned()]), "{}", answer.text);
        }
    }
}

#[tokio::test]
async fn prompts_are_ones_own_unless_an_administrator_shares_them() {
    for app in apps().await {
        let [ada, bob, root] = people(&app).await;
        let all = "/api/llm/prompts/";
        let new = json!({"title": "Sum up", "command": "/Sum", "body": "In {{n|three}} sentences: {{text:lines}}"});
        let kept = app.call(Method::POST, all, Some(&ada), Some(new.clone())).await;
        assert_eq!(kept.status, 201, "{}", kept.text);
        let kept = kept.json();
        let places = json!([{"name": "n", "default": "three", "lines": false}, {"name": "text", "default": "", "lines": true}]);
        assert_eq!((&kept["command"], &kept["variables"], &kept["mine"]), (&json!("sum"), &places, &json!(true)));
        let again = app.call(Method::POST, all, Some(&ada), Some(new.clone())).await;
        assert_eq!((again.problem().0, fields(&again)), (422, vec!["command".to_owned()]));
        let one = format!("{all}{}/", text(&kept["id"]));
        for (method, body) in [(Method::GET, None), (Method::PATCH, Some(json!({"title": "Mine"}))), (Method::DELETE, None)] {
            for stranger in [&bob, &root] {
                assert_eq!(app.call(method.clone(), &one, Some(stranger), body.clone()).await.problem(), (404, "not_found".into()));
            }
        }
        let sharing = app.call(Method::PATCH, &one, Some(&ada), Some(json!({"shared": true}))).await;
        assert_eq!(sharing.problem(), (403, "forbidden".into()));

        let mut shared = new;
        shared["shared"] = json!(true);
        let shared = app.call(Method::POST, all, Some(&root), Some(shared)).await.json();
        let listed = app.call(Method::GET, all, Some(&ada), None).await.json();
        let mine: Vec<_> = listed["items"].as_array().unwrap().iter().map(|prompt| prompt["mine"].clone()).collect();
        assert_eq!(mine, [json!(true), json!(false)], "one's own comes first");
        let one = format!("{all}{}/", text(&shared["id"]));
        assert_eq!(app.call(Method::GET, &one, Some(&bob), None).await.status, 200);
        assert_eq!(app.call(Method::PATCH, &one, Some(&bob), Some(json!({"title": "x"}))).await.problem().0, 403);
        assert_eq!(app.call(Method::DELETE, &one, Some(&bob), None).await.problem().0, 403);
        assert_eq!(app.call(Method::DELETE, &one, Some(&root), None).await.status, 204);
        assert_eq!(app.call(Method::GET, &one, Some(&bob), None).await.problem().0, 404);
    }
}

#[tokio::test]
async fn a_conversation_begins_with_what_its_assistant_has_and_keeps_it() {
    for app in apps().await {
        let [ada, bob, _] = people(&app).await;
        let all = "/api/llm/assistants/";
        let new = json!({
            "name": "Gardener", "icon": "🌱", "model": "fake/echo@0", "greeting": "What grows?", "starters": ["Tomatoes?"],
            "system_prompt": "You garden.", "temperature": 0.5
        });
        let kept = app.call(Method::POST, all, Some(&ada), Some(new)).await;
        assert_eq!(kept.status, 201, "{}", kept.text);
        let id = kept.json()["id"].clone();
        let one = format!("{all}{}/", text(&id));
        let changed =
            app.call(Method::PATCH, &one, Some(&ada), Some(json!({"starters": ["Roses?"], "temperature": null, "top_p": 0.5}))).await;
        assert_eq!((&changed.json()["starters"], &changed.json()["name"]), (&json!(["Roses?"]), &json!("Gardener")), "{}", changed.text);
        assert_eq!(app.call(Method::GET, &one, Some(&bob), None).await.problem().0, 404);
        assert_eq!(app.chat(&bob, json!({"message": "Hi", "assistant_id": id})).await.problem().0, 404);

        let answer = app.chat(&ada, json!({"message": "Hi", "assistant_id": id})).await.json();
        assert_eq!(answer["model"], "fake/echo@0", "the assistant's model");
        let path = format!("/api/llm/sessions/{}/", text(&answer["session_id"]));
        let session = app.call(Method::GET, &path, Some(&ada), None).await.json();
        assert_eq!((&session["system_prompt"], &session["top_p"]), (&json!("You garden."), &json!(0.5)));
        assert_eq!(session["assistant"], json!({"id": id, "name": "Gardener", "icon": "🌱"}));
        let listed = app.call(Method::GET, "/api/llm/sessions/", Some(&ada), None).await.json();
        assert_eq!(listed["items"][0]["assistant"], session["assistant"]);
        let own = app.chat(&ada, json!({"message": "Hi", "assistant_id": id, "system_prompt": "Be brief."})).await.json();
        let own = app.call(Method::GET, &format!("/api/llm/sessions/{}/", text(&own["session_id"])), Some(&ada), None).await.json();
        assert_eq!(
            (&own["system_prompt"], &own["top_p"]),
            (&json!("Be brief."), &Value::Null),
            "what is given goes before the assistant's"
        );

        assert_eq!(app.call(Method::DELETE, &one, Some(&ada), None).await.status, 204);
        let session = app.call(Method::GET, &path, Some(&ada), None).await.json();
        assert_eq!((&session["assistant"], &session["system_prompt"]), (&Value::Null, &json!("You garden.")), "the conversation stays");
        let nameless = app.call(Method::POST, all, Some(&ada), Some(json!({"icon": "two words"}))).await;
        assert_eq!((nameless.problem().0, fields(&nameless)), (422, vec!["name".to_owned(), "icon".to_owned()]));
    }
}

#[tokio::test]
async fn a_message_is_pinned_counted_and_let_go_by_its_owner() {
    for app in apps().await {
        let [ada, bob, _] = people(&app).await;
        let answer = app.chat(&ada, json!({"message": "Hello there", "model": "fake/echo@0"})).await.json();
        let context = format!("/api/llm/sessions/{}/context/", text(&answer["session_id"]));
        let pin = format!("/api/llm/messages/{}/pin/", text(&answer["message_id"]));
        let before = app.call(Method::GET, &context, Some(&ada), None).await.json();
        assert_eq!((&before["window"], &before["pinned"], &before["trimmed"]), (&json!(4096), &json!(0), &json!(false)));
        assert!(before["used"].as_u64().unwrap() > 10, "{before}");
        for _ in 0..2 {
            let pinned = app.call(Method::POST, &pin, Some(&ada), None).await;
            assert_eq!((pinned.status.as_u16(), &pinned.json()["pinned"]), (200, &json!(true)));
        }
        let after = app.call(Method::GET, &context, Some(&ada), None).await.json();
        assert!(after["pinned"].as_u64().unwrap() > 0 && after["model"] == "fake/echo@0", "{after}");
        let wide = app.call(Method::GET, &format!("{context}?model=fake/long-5"), Some(&ada), None).await.json();
        assert_eq!(wide["window"], json!(131_072));
        let nowhere = app.call(Method::GET, &format!("{context}?model=none/x"), Some(&ada), None).await;
        assert_eq!((nowhere.problem().0, fields(&nowhere)), (422, vec!["model".to_owned()]));
        for (method, path) in [(Method::POST, &pin), (Method::DELETE, &pin), (Method::GET, &context)] {
            assert_eq!(app.call(method, path, Some(&bob), None).await.problem(), (404, "not_found".into()));
        }
        for _ in 0..2 {
            assert_eq!(app.call(Method::DELETE, &pin, Some(&ada), None).await.status, 204);
        }
        assert_eq!(app.call(Method::GET, &context, Some(&ada), None).await.json(), before);
    }
}

#[tokio::test]
async fn how_a_conversation_makes_room_is_set_with_the_rest_of_it() {
    for app in apps().await {
        let [ada, ..] = people(&app).await;
        let answer = app.chat(&ada, json!({"message": "Hello", "model": "fake/echo@0", "temperature": 0.5})).await.json();
        let path = format!("/api/llm/sessions/{}/", text(&answer["session_id"]));
        assert_eq!(app.call(Method::GET, &path, Some(&ada), None).await.json()["context"], "newest");
        let changed = app.call(Method::PATCH, &path, Some(&ada), Some(json!({"context": "summary"}))).await.json();
        assert_eq!((&changed["context"], &changed["temperature"]), (&json!("summary"), &json!(0.5)));
        let changed = app.call(Method::PATCH, &path, Some(&ada), Some(json!({"temperature": 1}))).await.json();
        assert_eq!((&changed["context"], &changed["temperature"]), (&json!("summary"), &json!(1.0)), "the rest stays");
        let wrong = app.call(Method::PATCH, &path, Some(&ada), Some(json!({"context": "magic"}))).await;
        assert_eq!((wrong.problem().0, fields(&wrong)), (400, vec!["context".to_owned()]));
    }
}

#[tokio::test]
async fn a_message_that_is_too_long_says_how_long_and_keeps_nothing() {
    for app in apps().await {
        let [ada, ..] = people(&app).await;
        let answer = app.chat(&ada, json!({"message": "word ".repeat(4_000), "model": "fake/echo@0"})).await;
        assert_eq!((answer.problem(), fields(&answer)), ((422, "invalid".into()), vec!["message".to_owned()]));
        let error = &answer.json()["errors"][0];
        // Less the server's own system prompt.
        assert_eq!(&error["rule"], "tokens");
        assert!((3_700..3_840).contains(&error["limit"].as_u64().unwrap()), "{error}");
        assert!(
            text(&error["message"]).contains("about 5008 tokens") && text(&error["message"]).contains("larger context window"),
            "{error}"
        );
        assert!(app.dump("chats").await.is_empty(), "nothing was begun");
        let wide = app.chat(&ada, json!({"message": "word ".repeat(4_000), "model": "fake/long-5@0"})).await;
        assert_eq!(wide.status, 200, "{}", wide.text);
    }
}
