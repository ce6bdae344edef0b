//! Background jobs as administrators' programs see them.

use super::browser::{cookie, form};
use super::*;
use crate::model::job::{JobKind, JobState};
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

#[tokio::test]
async fn the_page_has_forms_for_it_that_need_no_script() {
    for app in apps().await {
        app.register("root@example.org").await;
        let signed_in = app.sign_in("", "root@example.org", PASSWORD).await;
        let cookie = cookie(&signed_in);
        let job = NewJob::new(JobKind::Sweep, Value::Null).after(chrono::Duration::hours(1));
        let id = enqueue(&app.server, job).await.unwrap();
        let look = Request::builder().uri("/admin/system").header(header::HOST, "chat.example").header(header::COOKIE, cookie);
        let page = app.send(look.body(Body::empty()).unwrap()).await.text;
        assert!(page.contains("action=\"/rpc/system/cancel_job\"") && page.contains(&id.to_string()), "{}: {page}", app.test.engine);
        assert!(!page.contains("action=\"/rpc/system/retry_job\""), "it has not failed");
        let post = async || {
            let request = form("/rpc/system/cancel_job").header(header::ORIGIN, "http://chat.example").header(header::COOKIE, cookie);
            let request = request.header(header::ACCEPT, "text/html").header(header::REFERER, "http://chat.example/admin/system");
            app.send(request.body(Body::from(format!("job_id={id}"))).unwrap()).await
        };
        assert_eq!(post().await.header(header::LOCATION), "/admin/system", "{}", app.test.engine);
        assert_eq!(app.server.db.jobs().find(id).await.unwrap().unwrap().state, JobState::Cancelled, "{}", app.test.engine);
        let refused = post().await;
        assert!(refused.header(header::LOCATION).contains("/admin/system?") && refused.header(header::LOCATION).contains("__err="));
    }
}
