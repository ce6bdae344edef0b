//! Files over REST: forms, parts, and what a browser is told about what it gets.

use http::Method;

use super::*;
use crate::server::job;

const FORM: &str = "multipart/form-data; boundary=X";

fn form(name: &str, content: &str) -> String {
    format!(
        "--X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: text/html\r\n\r\n{content}\r\n--X--\r\n"
    )
}

#[allow(clippy::too_many_arguments, reason = "a request has as many parts")]
async fn ask(app: &App, method: Method, path: &str, access: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
    let mut request = Request::builder().method(method).uri(path).header(header::HOST, "chat.example");
    request = request.header(header::AUTHORIZATION, format!("Bearer {access}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    app.send(request.body(body.into()).unwrap()).await
}

#[tokio::test]
async fn a_file_is_sent_read_listed_and_forgotten() {
    for app in apps().await {
        let account = app.register("ada@example.org").await;
        let access = text(&account["access"]);
        let send = async |body: String| ask(&app, Method::POST, "/api/files/", access, &[("content-type", FORM)], body).await;
        let sent = send(form("说明 \\\"x.html", "<script>alert(1)</script>")).await;
        assert_eq!(sent.status, StatusCode::CREATED, "{}", sent.text);
        let file = sent.json();
        assert_eq!((text(&file["media_type"]), text(&file["state"])), ("text/plain", "waiting"));
        assert_eq!(send(form("说明 \\\"x.html", "<script>alert(1)</script>")).await.status, StatusCode::OK, "it is there");
        while job::run_next(&app.server).await.unwrap() {}
        let path = format!("/api/files/{}/", text(&file["id"]));
        assert_eq!(ask(&app, Method::GET, &path, access, &[], "").await.json()["state"], "ready");
        let content = ask(&app, Method::GET, &format!("{path}content/"), access, &[], "").await;
        assert_eq!((content.header("content-type"), content.text.as_str()), ("text/plain", "<script>alert(1)</script>"));
        assert!(content.header("content-disposition").starts_with("attachment; filename=\""));
        assert_eq!(content.header("content-security-policy"), "sandbox; default-src 'none'");
        let part = ask(&app, Method::GET, &format!("{path}content/"), access, &[("range", "bytes=1-6")], "").await;
        assert_eq!((part.status, part.text.as_str()), (StatusCode::PARTIAL_CONTENT, "script"));
        let read = ask(&app, Method::GET, &format!("{path}text/"), access, &[], "").await;
        assert_eq!((read.header("content-type"), read.text.trim()), ("text/plain; charset=utf-8", "<script>alert(1)</script>"));
        assert_eq!(ask(&app, Method::GET, &format!("{path}view/"), access, &[], "").await.problem().0, 409);
        let list = ask(&app, Method::GET, "/api/files/", access, &[], "").await.json();
        assert_eq!((list["items"].as_array().unwrap().len(), &list["room"]["used"]), (1, &json!(25)));
        assert_eq!(ask(&app, Method::DELETE, &path, access, &[], "").await.status, StatusCode::NO_CONTENT);
        assert_eq!(ask(&app, Method::GET, &path, access, &[], "").await.problem().0, 404);
    }
}

#[tokio::test]
async fn parts_are_sent_as_tus_says() {
    for app in apps().await {
        let (account, other) = (app.register("ada@example.org").await, app.register("bob@example.org").await);
        let access = text(&account["access"]);
        let begin = [("upload-length", "10"), ("upload-metadata", "filename aGkudHh0,x eA=="), ("tus-resumable", "1.0.0")];
        let begun = ask(&app, Method::POST, "/api/files/", access, &begin, "").await;
        assert_eq!((begun.status, begun.header("tus-resumable")), (StatusCode::CREATED, "1.0.0"), "{}", begun.text);
        assert_eq!(text(&begun.json()["name"]), "hi.txt");
        let path = begun.header("location").to_owned();
        let part = [("content-type", "application/offset+octet-stream"), ("upload-offset", "0")];
        let first = ask(&app, Method::PATCH, &path, access, &part, "hello").await;
        assert_eq!((first.status, first.header("upload-offset")), (StatusCode::NO_CONTENT, "5"), "{}", first.text);
        let head = ask(&app, Method::HEAD, &path, access, &[], "").await;
        assert_eq!((head.header("upload-offset"), head.header("upload-length"), head.text.as_str()), ("5", "10", ""));
        assert_eq!(ask(&app, Method::PATCH, &path, access, &part, "hello").await.problem().0, 409, "not where it is");
        let next = [part[0], ("upload-offset", "5")];
        assert_eq!(ask(&app, Method::PATCH, &path, text(&other["access"]), &next, "world").await.problem().0, 404);
        assert_eq!(ask(&app, Method::PATCH, &path, access, &[part[0]], "world").await.problem().0, 400);
        assert_eq!(ask(&app, Method::PATCH, &path, access, &[next[1]], "world").await.problem().0, 415);
        let last = ask(&app, Method::PATCH, &path, access, &next, "world").await;
        assert_eq!((last.status, last.header("upload-offset")), (StatusCode::NO_CONTENT, "10"), "{}", last.text);
        assert_eq!(ask(&app, Method::GET, &format!("{path}content/"), access, &[], "").await.text, "helloworld");
        for wrong in ["0", "-1", "x", "99999999999999"] {
            let refused = ask(&app, Method::POST, "/api/files/", access, &[("upload-length", wrong)], "").await;
            assert!(refused.status.is_client_error(), "{wrong}: {}", refused.text);
        }
    }
}
