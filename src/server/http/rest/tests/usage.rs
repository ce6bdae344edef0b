//! Usage as programs see it: one's own, and everybody's as pages and as a file.

use super::*;
use crate::server::service::provider;

impl App {
    async fn ask_for_usage(&self, access: &str, model: &str) -> Value {
        let answer = self.call(Method::POST, "/api/llm/chat/", Some(access), Some(json!({ "message": "go", "model": model }))).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        answer.json()
    }

    async fn read_usage(&self, access: &Value, path: &str) -> Answer {
        self.call(Method::GET, path, Some(text(access)), None).await
    }
}

#[tokio::test]
async fn usage_is_told_to_its_owner_and_in_sum_to_administrators() {
    for app in apps().await {
        provider::start(&app.server).await.unwrap();
        let (root, ada) = (app.register("root@example.org").await, app.register("ada@example.org").await);
        let (root, ada) = (&root["access"], &ada["access"]);
        let usage = &app.ask_for_usage(text(ada), "fake/words-5@0").await["usage"];
        assert_eq!((&usage["output_tokens"], usage.get("cost"), usage.get("estimated")), (&json!(5), None, None), "{usage}");
        app.ask_for_usage(text(ada), "fake/words-7@0").await;

        let mine = app.read_usage(ada, "/api/users/me/usage/").await.json();
        assert_eq!((&mine["period"], &mine["time_zone"], &mine["to"]), (&json!("30d"), &json!("UTC"), &json!("2027-01-15")), "{mine}");
        let total = &mine["total"];
        let sums = (&total["calls"], &total["output_tokens"], &total["cost"], &total["unpriced"]);
        assert_eq!(sums, (&json!(2), &json!(12), &Value::Null, &json!(2)), "{}: {mine}", app.test.engine);
        assert_eq!((&mine["models"][0]["model"], &mine["days"][0]["day"]), (&json!("fake/words-7@0"), &json!("2027-01-15")));
        assert_eq!(app.read_usage(root, "/api/users/me/usage/?period=all").await.json()["total"]["calls"], 0, "somebody else's");
        assert_eq!(app.read_usage(ada, "/api/users/me/usage/?period=century").await.problem().0, 400);

        let all = app.read_usage(root, "/api/usage/?from=2027-01-15&to=2027-01-15").await.json();
        assert_eq!(
            (&all["items"][0]["user"]["email"], &all["items"][0]["total"]["calls"]),
            (&json!("ada@example.org"), &json!(2)),
            "{all}"
        );
        assert_eq!(all["items"].as_array().unwrap().len(), 1, "who used nothing is not there: {all}");
        assert_eq!(app.read_usage(ada, "/api/usage/").await.problem(), (403, "forbidden".to_owned()));
        assert_eq!(app.read_usage(root, "/api/usage/?from=2027-01-16&to=2027-01-15").await.problem().0, 422);
        assert_eq!(app.read_usage(root, "/api/usage/?from=yesterday").await.problem().0, 400);
        assert_eq!(app.read_usage(root, "/api/usage/?from=9999-12-31").await.json()["items"], json!([]));

        let file = app.read_usage(root, "/api/usage/export/").await;
        assert_eq!(file.header(header::CONTENT_DISPOSITION), "attachment; filename=\"liao-usage.csv\"");
        let lines: Vec<_> = file.text.lines().collect();
        assert_eq!(lines.len(), 3, "{}", file.text);
        assert!(lines[0].starts_with("user_id,email,name,model,calls,input_tokens,"), "{}", lines[0]);
        assert!(lines[1].contains(",ada@example.org,") && lines[1].contains(",fake/words-7@0,1,"), "{}", lines[1]);
        let rows = app.read_usage(root, "/api/usage/export/?format=json").await.json();
        assert_eq!((rows.as_array().unwrap().len(), &rows[1]["output_tokens"]), (2, &json!(5)));
    }
}
