//! Reports as programs see them: in three forms, chosen, and ended by the link of a mail.

use uuid::Uuid;

use super::*;
use crate::model::digest::{DigestPeriod, DigestScope};
use crate::server::crypto::sha256;
use crate::server::db::NewDigest;
use crate::server::service::provider;

const OWN: &str = "/api/users/me/usage/report/";
const CHOICES: &str = "/api/users/me/usage/reports/";

#[tokio::test]
async fn a_report_is_data_a_page_or_a_pdf_and_everybodys_is_for_administrators() {
    for app in apps().await {
        provider::start(&app.server).await.unwrap();
        let (root, ada) = (app.register("root@example.org").await, app.register("ada@example.org").await);
        let (root, ada) = (text(&root["access"]), text(&ada["access"]));
        let asked = json!({ "message": "go", "model": "fake/words-5@0" });
        assert_eq!(app.call(Method::POST, "/api/llm/chat/", Some(ada), Some(asked)).await.status, StatusCode::OK);
        let get = async |who, path: &str| app.call(Method::GET, path, Some(who), None).await;

        let now = get(ada, &format!("{OWN}?period=month&of=2027-01-15")).await.json();
        let sum = &now["now"]["sum"];
        assert_eq!((&now["from"], &now["to"], &now["finished"]), (&json!("2027-01-01"), &json!("2027-01-31"), &json!(false)), "{now}");
        assert_eq!(
            (&sum["calls"], &sum["output_tokens"], &now["crowd"]),
            (&json!(1), &json!(5), &Value::Null),
            "{}: {now}",
            app.test.engine
        );
        let last = get(ada, OWN).await.json();
        assert_eq!(
            (&last["period"], &last["from"], &last["now"]["sum"]["calls"]),
            (&json!("week"), &json!("2027-01-04"), &json!(0)),
            "{last}"
        );
        let all = get(root, "/api/usage/report/?of=2027-01-15").await.json();
        assert_eq!((&all["now"]["sum"]["calls"], &all["crowd"]["users"][0]["user"]["name"]), (&json!(1), &json!("ada")), "{all}");
        assert_eq!(get(ada, "/api/usage/report/?format=pdf").await.problem(), (403, "forbidden".to_owned()));
        assert_eq!(get(ada, &format!("{OWN}?of=2027-01-16")).await.problem().0, 422);
        assert_eq!(get(ada, &format!("{OWN}?of=+262142-12-31")).await.problem().0, 400);
        assert_eq!(get(ada, &format!("{OWN}?period=day")).await.problem().0, 400);
        assert_eq!(app.call(Method::GET, OWN, None, None).await.problem().0, 401);

        let page = get(ada, &format!("{OWN}?of=2027-01-15&format=html")).await;
        assert_eq!(page.header(header::CONTENT_TYPE), "text/html; charset=utf-8");
        assert!(page.header(header::CONTENT_SECURITY_POLICY).starts_with("default-src 'none'"));
        assert!(page.text.contains("words-5@0") && !page.text.contains("unsubscribe"), "{}", page.text);
        let pdf = get(ada, &format!("{OWN}?of=2027-01-15&format=pdf")).await;
        assert_eq!(pdf.header(header::CONTENT_TYPE), "application/pdf");
        assert!(pdf.header(header::CONTENT_DISPOSITION).contains("liao-usage-week-2027-01-11.pdf"));
        assert!(pdf.text.starts_with("%PDF-1.7"), "{}", &pdf.text[..20]);
    }
}

#[tokio::test]
async fn reports_are_chosen_and_ended_by_who_has_the_mail() {
    for app in apps().await {
        app.register("root@example.org").await;
        let ada = app.register("ada@example.org").await;
        let access = text(&ada["access"]);
        let who = Some(access);
        let off = json!({ "week": false, "month": false, "server_week": false, "server_month": false });
        assert_eq!(app.call(Method::GET, CHOICES, who, None).await.json(), off, "{}", app.test.engine);
        let patch = async |body| app.call(Method::PATCH, CHOICES, who, Some(body)).await;
        assert_eq!(patch(json!({ "week": true })).await.json()["week"], true, "{}", app.test.engine);
        assert_eq!(patch(json!({ "month": true })).await.json()["week"], true, "{}: what is absent stays", app.test.engine);
        assert_eq!(patch(json!({ "server_week": true })).await.problem(), (403, "forbidden".to_owned()));
        assert_eq!(patch(json!({ "day": true })).await.problem().0, 400);

        let id = Uuid::parse_str(text(&app.me(access).await.json()["id"])).unwrap();
        let wish = app.server.db.digests().wishes_of(id).await.unwrap().into_iter().find(|wish| wish.period == DigestPeriod::Week).unwrap();
        let (begins, made_at) = ("2027-01-04".parse().unwrap(), app.clock.now());
        let new = NewDigest { wish, begins, token_hash: Some(sha256("s3cr3t")), made_at };
        assert!(app.server.db.digests().make(&new, None).await.unwrap());
        assert!(!app.server.db.digests().make(&new, None).await.unwrap(), "{}: once", app.test.engine);
        assert_eq!(app.server.db.digests().of_token(&sha256("s3cr3t")).await.unwrap(), Some((id, DigestScope::Own, DigestPeriod::Week)));

        let page = app.call(Method::GET, "/unsubscribe/s3cr3t", None, None).await;
        assert!(page.status == StatusCode::OK && page.text.contains("<form method=\"post\""), "{}", page.text);
        assert_eq!(app.call(Method::GET, CHOICES, who, None).await.json()["week"], true, "{}: looking ends nothing", app.test.engine);
        assert_eq!(app.call(Method::POST, "/unsubscribe/s3cr3", None, None).await.status, StatusCode::NOT_FOUND);
        for _ in 0..2 {
            let ended = app.call(Method::POST, "/unsubscribe/s3cr3t", None, None).await;
            assert_eq!(ended.status, StatusCode::OK, "{}", ended.text);
        }
        let left = app.call(Method::GET, CHOICES, who, None).await.json();
        assert_eq!((&left["week"], &left["month"]), (&json!(false), &json!(true)), "{}", app.test.engine);
    }
}
