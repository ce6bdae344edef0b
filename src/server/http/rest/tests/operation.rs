//! Maintenance mode, switches and announcements, as programs and browsers meet them.

use http::Method;
use serde_json::json;

use super::request::{fields, people};
use super::*;

const MAINTENANCE: &str = "/api/admin/maintenance/";

impl App {
    async fn page(&self, bearer: Option<&str>, language: &str) -> Answer {
        let mut request = Request::builder().uri("/page").header(header::ACCEPT, "text/html").header(header::ACCEPT_LANGUAGE, language);
        if let Some(token) = bearer {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        self.send(request.body(Body::empty()).unwrap()).await
    }
}

#[tokio::test]
async fn while_it_is_maintained_administrators_go_on_and_everybody_else_is_told_when_to_come_back() {
    for app in apps().await {
        let [ada, _, root] = people(&app).await;
        assert_eq!(app.call(Method::GET, MAINTENANCE, Some(&ada), None).await.problem().0, 403);
        let long = json!({"on": true, "texts": {"en": "x".repeat(1001)}});
        let wrong = app.call(Method::PUT, MAINTENANCE, Some(&root), Some(long)).await;
        assert_eq!((wrong.problem().0, fields(&wrong)), (422, vec!["told_en".to_owned()]));
        let on = json!({"on": true, "texts": {"en": "Back at **ten** <b>."}, "until": null});
        assert_eq!(app.call(Method::PUT, MAINTENANCE, Some(&root), Some(on.clone())).await.json(), on);
        let refused = app.me(&ada).await;
        assert_eq!((refused.problem(), refused.header(header::RETRY_AFTER)), ((503, "unavailable".into()), "300"));
        assert_eq!(app.register_answer("eve@example.org").await.problem().0, 503, "nobody makes an account");
        assert_eq!(app.me(&root).await.status, 200, "{}", app.test.engine);
        assert_eq!(app.login("root@example.org", PASSWORD).await.status, 200, "{}: administrators can sign in", app.test.engine);
        let page = app.page(Some(&ada), "en").await;
        assert_eq!((page.status.as_u16(), page.header(header::RETRY_AFTER)), (503, "300"));
        assert!(page.text.contains("Back at <strong>ten</strong>") && !page.text.contains("<b>"), "{}", page.text);
        assert!(page.text.contains("/rpc/auth/logout") && page.header(header::CONTENT_SECURITY_POLICY).contains("default-src 'none'"));
        let nobody = app.page(None, "zh-CN").await;
        assert!(nobody.text.contains("正在维护") && nobody.text.contains("lang=\"zh-CN\"") && nobody.text.contains("href=\"/login\""));
        assert_eq!(app.page(Some(&root), "en").await.text, "a page");
        let function = Request::builder().method(Method::POST).uri("/rpc/chat/send").header(header::ACCEPT, "application/json");
        let function = app.send(function.header("sec-fetch-site", "same-origin").body(Body::empty()).unwrap()).await;
        assert_eq!((function.status.as_u16(), &function.json()["code"]), (503, &json!("unavailable")));

        assert_eq!(app.call(Method::PUT, MAINTENANCE, Some(&root), Some(json!({"on": false}))).await.status, 200);
        assert_eq!((app.me(&ada).await.status.as_u16(), app.page(None, "en").await.text.as_str()), (200, "a page"));
        app.clock.advance(chrono::Duration::minutes(11));
        let late = app.call(Method::PUT, MAINTENANCE, Some(&root), Some(json!({"on": true}))).await;
        assert_eq!(late.problem(), (403, "step_up".into()), "who they are was proved too long ago");
    }
}

impl App {
    async fn register_answer(&self, email: &str) -> Answer {
        self.post("/api/auth/register/", json!({"email": email, "password": PASSWORD})).await
    }
}

#[tokio::test]
async fn switches_and_announcements_are_set_and_read_by_programs() {
    for app in apps().await {
        let [ada, bob, root] = people(&app).await;
        let (switches, announced) = ("/api/admin/features/", "/api/admin/announcements/");
        assert_eq!(app.call(Method::GET, switches, Some(&root), None).await.json(), json!({"off": []}));
        assert_eq!(app.call(Method::PUT, switches, Some(&root), Some(json!({"off": ["telepathy"]}))).await.problem().0, 400);
        let off = json!({"off": ["voice", "imports", "voice"]});
        let set = app.call(Method::PUT, switches, Some(&root), Some(off)).await;
        assert_eq!(set.json(), json!({"off": ["imports", "voice"]}), "{}", set.text);
        let audio = app.call(Method::POST, "/api/llm/speech/", Some(&ada), Some(json!({"input": "Hello"}))).await;
        assert_eq!(audio.problem(), (403, "forbidden".into()), "{}", app.test.engine);
        // The switch of this very API: whoever has a token hears it, and nobody gets one.
        assert_eq!(app.call(Method::PUT, switches, Some(&root), Some(json!({"off": ["api"]}))).await.status, 200);
        assert_eq!(app.me(&ada).await.problem(), (403, "forbidden".into()));
        assert_eq!(app.login("ada@example.org", PASSWORD).await.problem().0, 403);
        let on = json!({"off": []});
        app.server.db.settings().put("features", &on, app.server.clock.now()).await.unwrap();
        crate::server::service::setting::load(&app.server).await.unwrap();

        assert_eq!(app.call(Method::POST, announced, Some(&ada), Some(json!({"texts": {"en": "x"}}))).await.problem().0, 403);
        let empty = app.call(Method::POST, announced, Some(&root), Some(json!({"texts": {"en": " "}}))).await;
        assert_eq!((empty.problem().0, fields(&empty)), (422, vec!["text_en".to_owned()]));
        let form = json!({"level": "warning", "texts": {"en": "We move", "zh-CN": "搬家"}, "dismissible": true});
        let made = app.call(Method::POST, announced, Some(&root), Some(form.clone())).await;
        assert_eq!((made.status.as_u16(), &made.json()["texts"]["zh-CN"]), (201, &json!("搬家")), "{}", made.text);
        let id = text(&made.json()["id"]).to_owned();
        let own = async |token: &str| app.call(Method::GET, "/api/announcements/", Some(token), None).await.json()["items"].clone();
        assert_eq!(own(&ada).await[0]["id"], json!(id));
        assert_eq!(app.call(Method::POST, &format!("/api/announcements/{id}/dismiss/"), Some(&ada), None).await.status, 204);
        assert_eq!((own(&ada).await, own(&bob).await[0]["level"].clone()), (json!([]), json!("warning")));
        let one = format!("{announced}{id}/");
        assert_eq!(app.call(Method::PUT, &one, Some(&root), Some(form)).await.status, 200);
        assert_eq!(own(&ada).await, json!([]), "the same words");
        assert_eq!(app.call(Method::DELETE, &one, Some(&root), None).await.status, 204);
        assert_eq!(app.call(Method::DELETE, &one, Some(&root), None).await.problem().0, 404);
    }
}
