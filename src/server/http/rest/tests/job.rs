//! Background jobs as administrators' programs see them.

use super::*;
use crate::model::job::JobKind;
use crate::server::job::{NewJob, enqueue};

#[tokio::test]
async fn jobs_are_listed_cancelled_and_tried_again() {
    for app in apps().await {
        let (root, ada) = (app.register("root@example.org").await, app.register("ada@example.org").await);
        let (root, ada) = (text(&root["access"]), text(&ada["access"]));
        let job = NewJob::new(JobKind::Sweep, Value::Null).after(chrono::Duration::hours(1));
        let id = enqueue(&app.server, job).await.unwrap();
        let act = async |who: &str, what: &str| app.call(Method::POST, &format!("/api/admin/jobs/{id}/{what}/"), Some(who), None).await;
        let list = app.call(Method::GET, "/api/admin/jobs/?state=queued", Some(root), None).await.json();
        let job = &list["items"][0];
        assert_eq!((&job["id"], &job["kind"], &job["can_cancel"]), (&json!(id), &json!("sweep"), &json!(true)), "{list}");
        assert_eq!((job.get("payload"), job.get("result")), (None, None), "what it works on is not told");
        assert_eq!(act(ada, "cancel").await.problem(), (403, "forbidden".to_owned()));
        assert_eq!(act(root, "retry").await.problem(), (409, "conflict".to_owned()), "it has not failed");
        let cancelled = act(root, "cancel").await;
        assert_eq!((cancelled.status, &cancelled.json()["state"]), (StatusCode::OK, &json!("cancelled")), "{}", app.test.engine);
        assert_eq!(act(root, "cancel").await.problem(), (409, "conflict".to_owned()));
        let again = act(root, "retry").await;
        assert_eq!((again.status, &again.json()["state"]), (StatusCode::ACCEPTED, &json!("queued")), "{}", app.test.engine);
        let nonsense = app.call(Method::GET, "/api/admin/jobs/?state=asleep", Some(root), None).await;
        assert_eq!(nonsense.problem().0, 400);
        let system = app.call(Method::GET, "/api/admin/system/", Some(root), None).await.json();
        assert_eq!(system["open_jobs"][0]["id"], json!(id), "{system}");
    }
}
