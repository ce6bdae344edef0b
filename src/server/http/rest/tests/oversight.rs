//! Other people's conversations, reports of abuse and alerts, as administrators' programs ask for them.

use http::Method;
use serde_json::json;

use super::request::{fields, people};
use super::*;

#[tokio::test]
async fn a_conversation_is_opened_read_saved_and_deleted() {
    for app in apps().await {
        let [ada, bob, root] = people(&app).await;
        let answer = app.chat(&ada, json!({"message": "Between us", "model": "fake/echo@0"})).await.json();
        let one = format!("/api/admin/messages/{}/", text(&answer["session_id"]));
        let listed = app.call(Method::GET, "/api/admin/messages/?owner=ada@example.org&messages=2", Some(&root), None).await;
        assert_eq!((listed.json()["items"][0]["id"].clone(), listed.text.contains("Between")), (answer["session_id"].clone(), false));
        assert_eq!(app.call(Method::GET, "/api/admin/messages/?messages=0", Some(&root), None).await.problem().0, 422);
        assert_eq!(app.call(Method::GET, &one, Some(&bob), None).await.problem().0, 403);
        let content = format!("{one}content/");
        assert_eq!(app.call(Method::GET, &content, Some(&root), None).await.problem(), (403, "forbidden".into()));
        let (access, why) = (format!("{one}access/"), json!({"reason": "A court asks for it"}));
        let short = app.call(Method::POST, &access, Some(&root), Some(json!({"reason": " x "}))).await;
        assert_eq!((short.problem().0, fields(&short)), (422, vec!["reason".to_owned()]));
        let opened = app.call(Method::POST, &access, Some(&root), Some(why.clone())).await;
        assert_eq!((opened.status.as_u16(), opened.json()["reason"].clone()), (201, why["reason"].clone()), "{}", opened.text);
        let read = app.call(Method::GET, &content, Some(&root), None).await.json();
        assert_eq!((read["items"].as_array().unwrap().len(), read["items"][0]["content"].clone()), (2, json!("Between us")));
        let file = app.call(Method::GET, &format!("{one}export/?format=text"), Some(&root), None).await;
        assert!(file.header(header::CONTENT_DISPOSITION).starts_with("attachment") && file.text.contains("Between us"), "{}", file.text);
        let own = app.call(Method::GET, "/api/users/me/activity/", Some(&ada), None).await.text;
        assert!(own.contains("chat_opened") && own.contains("A court asks for it"), "its owner reads it: {own}");

        app.clock.advance(chrono::Duration::minutes(11));
        assert_eq!(
            app.call(Method::POST, &format!("{one}deletion/"), Some(&root), Some(why.clone())).await.problem(),
            (403, "step_up".into())
        );
        let proof = json!({"password": PASSWORD});
        assert_eq!(app.call(Method::POST, "/api/auth/step-up/", Some(&root), Some(proof)).await.status, 200);
        assert_eq!(app.call(Method::POST, &format!("{one}deletion/"), Some(&root), Some(why)).await.status, 204);
        assert_eq!(app.call(Method::GET, &one, Some(&root), None).await.problem().0, 404);
        let setting = "/api/admin/settings/oversight/";
        assert_eq!(app.call(Method::GET, setting, Some(&root), None).await.json(), json!({"reading": true}));
        assert_eq!(app.call(Method::PUT, setting, Some(&root), Some(json!({"reading": false}))).await.json(), json!({"reading": false}));
    }
}

#[tokio::test]
async fn a_report_is_made_and_resolved() {
    for app in apps().await {
        let [ada, bob, root] = people(&app).await;
        let answer = app.chat(&ada, json!({"message": "Hello", "model": "fake/echo@0"})).await.json();
        let path = format!("/api/llm/messages/{}/report/", text(&answer["message_id"]));
        let made = app.call(Method::POST, &path, Some(&ada), Some(json!({"reason": "privacy", "note": "My address"}))).await;
        assert_eq!((made.status.as_u16(), &made.json()["state"]), (201, &json!("open")), "{}", made.text);
        assert_eq!(app.call(Method::POST, &path, Some(&bob), Some(json!({"reason": "privacy"}))).await.problem().0, 404);
        assert_eq!(app.call(Method::POST, &path, Some(&ada), Some(json!({"reason": "boring"}))).await.problem().0, 400);
        let share = json!({"session_id": answer["session_id"], "live": true});
        let share = app.call(Method::POST, "/api/llm/shares/", Some(&ada), Some(share)).await.json();
        let shared = format!("/api/shares/{}/report/", text(&share["url"]).rsplit_once('/').unwrap().1);
        let body = json!({"message_id": answer["message_id"], "reason": "illegal"});
        assert_eq!(app.call(Method::POST, &shared, None, Some(body.clone())).await.problem().0, 401);
        assert_eq!(app.call(Method::POST, &shared, Some(&bob), Some(body)).await.status, 201);

        assert_eq!(app.call(Method::GET, "/api/admin/reports/", Some(&ada), None).await.problem().0, 403);
        let all = app.call(Method::GET, "/api/admin/reports/?state=open", Some(&root), None).await.json();
        assert_eq!((all["items"].as_array().unwrap().len(), &all["items"][0]["reporter_name"]), (2, &json!("bob")));
        let resolve = format!("/api/admin/reports/{}/resolve/", text(&made.json()["id"]));
        let resolved = app.call(Method::POST, &resolve, Some(&root), Some(json!({"ruling": "upheld"}))).await.json();
        assert_eq!((&resolved["state"], &resolved["resolved_name"]), (&json!("upheld"), &json!("root")));
        assert_eq!(app.call(Method::POST, &resolve, Some(&root), Some(json!({"ruling": "upheld"}))).await.problem().0, 409);
        let own = app.call(Method::GET, "/api/llm/reports/", Some(&ada), None).await.json();
        assert_eq!(own["items"][0]["state"], "upheld");
    }
}

#[tokio::test]
async fn rules_and_channels_of_alerts_are_kept_and_changed() {
    for app in apps().await {
        let [ada, _, root] = people(&app).await;
        let (rules, channels) = ("/api/admin/alerts/rules/", "/api/admin/alerts/channels/");
        assert_eq!(app.call(Method::GET, rules, Some(&ada), None).await.problem().0, 403);
        let wrong = app.call(Method::POST, rules, Some(&root), Some(json!({"kind": "error_rate", "threshold": 101, "minutes": 1}))).await;
        assert_eq!((wrong.problem().0, fields(&wrong)), (422, vec!["threshold".to_owned(), "minutes".to_owned()]));
        let hook = json!({"kind": "slack", "name": "Ops", "target": "http://192.168.1.1/x"});
        let refused = app.call(Method::POST, channels, Some(&root), Some(hook)).await;
        assert_eq!((refused.problem().0, fields(&refused)), (422, vec!["target".to_owned()]));
        let mail = json!({"kind": "mail", "name": "Ops", "target": "ops@example.org"});
        let channel = app.call(Method::POST, channels, Some(&root), Some(mail)).await;
        assert_eq!(channel.status, 201, "{}", channel.text);
        let id = channel.json()["id"].clone();
        let made = app.call(Method::POST, rules, Some(&root), Some(json!({"kind": "disk", "threshold": 500, "channels": [id]}))).await;
        assert_eq!((made.status.as_u16(), &made.json()["enabled"]), (201, &json!(true)), "{}", made.text);
        let one = format!("{rules}{}/", text(&made.json()["id"]));
        let changed =
            app.call(Method::PUT, &one, Some(&root), Some(json!({"kind": "disk", "threshold": 600, "enabled": false}))).await.json();
        assert_eq!((&changed["threshold"], &changed["channels"]), (&json!(600), &json!([])));
        let silenced = app.call(Method::POST, &format!("{one}silence/"), Some(&root), Some(json!({"hours": 2}))).await.json();
        assert!(silenced["silenced_until"].is_string(), "{silenced}");
        assert_eq!(app.call(Method::POST, &format!("{channels}{}/test/", text(&id)), Some(&root), None).await.status, 204);
        assert_eq!(app.call(Method::GET, "/api/admin/alerts/", Some(&root), None).await.json(), json!({"items": [], "next": null}));
        for path in [one, format!("{channels}{}/", text(&id))] {
            assert_eq!(app.call(Method::DELETE, &path, Some(&root), None).await.status, 204);
            assert_eq!(app.call(Method::DELETE, &path, Some(&root), None).await.problem().0, 404);
        }
    }
}
