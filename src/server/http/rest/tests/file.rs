//! Files over REST: forms, parts, and what a browser is told about what it gets.

use http::Method;

use super::*;
use crate::server::job;
use crate::server::service::{generation, provider};

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

/// What a browser sends of the composer without a script: `files` are names and contents.
fn composed(text: &str, files: &[(&str, &str)]) -> String {
    let field =
        |name: &str, rest: &str, value: &str| format!("--X\r\nContent-Disposition: form-data; name=\"{name}\"{rest}\r\n\r\n{value}\r\n");
    let files = files
        .iter()
        .map(|(name, content)| field("files", &format!("; filename=\"{name}\"\r\nContent-Type: application/octet-stream"), content));
    let files: String = files.collect();
    format!("{}{}{files}{}--X--\r\n", field("text", "", text), field("model", "", "fake/echo@0"), field("setup[temperature]", "", "0.5"))
}

/// Sends the form while files are read in the background.
async fn compose(app: &App, access: &str, body: String) -> Answer {
    let headers = [("content-type", FORM), ("accept", "text/html"), ("referer", "http://chat.example/")];
    let reading = async {
        loop {
            job::run_next(&app.server).await.unwrap();
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        answer = ask(app, Method::POST, "/chat/", access, &headers, body) => answer,
        () = reading => unreachable!(),
    }
}

#[tokio::test]
async fn a_form_without_a_script_sends_its_files_with_the_message() {
    for app in apps().await {
        provider::start(&app.server).await.unwrap();
        generation::keep(&app.server);
        let account = app.register("ada@example.org").await;
        let access = text(&account["access"]);
        let sent = compose(&app, access, composed("a & b = c", &[("notes.txt", "The moon."), ("", "")])).await;
        assert_eq!(sent.status, StatusCode::FOUND, "{}", sent.text);
        let chat = sent.header("location").strip_prefix("/chat/").unwrap_or_else(|| panic!("{}", sent.header("location"))).to_owned();
        let messages = ask(&app, Method::GET, &format!("/api/llm/messages/?session_id={chat}"), access, &[], "").await.json();
        let question = &messages["items"].as_array().unwrap().iter().find(|message| message["role"] == "user").unwrap();
        assert_eq!((text(&question["content"]), text(&question["attachments"][0]["name"])), ("a & b = c", "notes.txt"), "{messages}");
        assert_eq!(question["attachments"].as_array().unwrap().len(), 1);
        let setup = ask(&app, Method::GET, &format!("/api/llm/sessions/{chat}/"), access, &[], "").await.json();
        assert_eq!(setup["temperature"], 0.5, "{setup}");
    }
}

#[tokio::test]
async fn a_form_whose_file_is_not_taken_comes_back_with_the_reason() {
    for app in apps().await {
        let account = app.register("ada@example.org").await;
        let access = text(&account["access"]);
        for (text, files) in [("Look", &[("film.mp4", "\0\0\0\u{18}ftypmp42")][..]), ("", &[][..]), ("x", &[("a.txt", "a"); 11][..])] {
            let refused = compose(&app, access, composed(text, files)).await;
            let back = refused.header("location");
            assert!(refused.status.is_redirection() && back.contains("__err="), "{files:?}: {} {back} {}", refused.status, refused.text);
        }
        let nobody = app.post("/chat/", json!({})).await;
        assert_eq!((nobody.status, nobody.header("location")), (StatusCode::SEE_OTHER, "/login"));
        let nothing = ask(&app, Method::POST, "/chat/", access, &[], "").await;
        assert!(nothing.status.is_redirection(), "no form at all: {} {}", nothing.status, nothing.text);
    }
}

#[tokio::test]
async fn an_answer_from_a_long_document_says_what_it_can_cite() {
    for app in apps().await {
        provider::start(&app.server).await.unwrap();
        generation::keep(&app.server);
        let account = app.register("ada@example.org").await;
        let access = text(&account["access"]);
        let book =
            format!("{}The parrot was called Bartholomew.\n\n{}", "Nothing was new.\n\n".repeat(900), "It rained again.\n\n".repeat(900));
        let file = ask(&app, Method::POST, "/api/files/", access, &[("content-type", FORM)], form("book.txt", &book)).await.json();
        while job::run_next(&app.server).await.unwrap() {}
        let asking = |stream: bool| {
            json!({ "message": "What was the parrot called?", "model": "fake/echo@0", "stream": stream, "attachments": [file["id"]] })
                .to_string()
        };
        let json = [("content-type", "application/json")];
        let answer = ask(&app, Method::POST, "/api/llm/chat/", access, &json, asking(false)).await.json();
        let first = &answer["sources"][0];
        assert_eq!((first["n"].as_u64(), &first["file_id"], text(&first["name"])), (Some(1), &file["id"], "book.txt"), "{answer}");
        assert!(text(&answer["content"]).contains("[1]\n") && text(&answer["content"]).contains("Bartholomew"));
        let list = format!("/api/llm/messages/?session_id={}", text(&answer["session_id"]));
        let messages = ask(&app, Method::GET, &list, access, &[], "").await.json();
        let kept = messages["items"].as_array().unwrap().iter().map(|message| &message["sources"]).collect::<Vec<_>>();
        assert_eq!(kept, [&Value::Null, &answer["sources"]], "the question has none");
        let events = ask(&app, Method::POST, "/api/llm/chat/", access, &json, asking(true)).await.text;
        let end = events.split("event: end").nth(1).unwrap_or_default();
        assert!(end.contains("\"sources\":[{\"n\":1,"), "{end}");
    }
}
