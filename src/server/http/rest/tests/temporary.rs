//! Temporary chats, as clients ask them: nothing of them is stored.

use std::path::Path;

use http::Method;
use serde_json::json;

use super::request::{fields, people};
use super::*;
use crate::server::db::Pool;

/// A word that nobody else says.
const WORD: &str = "quincunxial";

/// Every table, those of the index of the search among them.
async fn tables(app: &App) -> Vec<String> {
    match app.test.db.read() {
        Pool::Postgres(pool) => {
            let sql = "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'";
            sqlx::query_scalar(sql).fetch_all(pool).await.unwrap()
        }
        Pool::Sqlite(pool) => {
            let sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'";
            sqlx::query_scalar(sql).fetch_all(pool).await.unwrap()
        }
    }
}

/// The tables that hold the word, as text or in bytes.
async fn holding(app: &App) -> Vec<String> {
    let (word, bytes) = (WORD.to_owned(), hex(WORD.as_bytes()));
    let mut found = Vec::new();
    for table in tables(app).await {
        let rows = app.dump(&table).await;
        if rows.iter().map(|row| row.to_lowercase()).any(|row| row.contains(&word) || row.contains(&bytes)) {
            found.push(table);
        }
    }
    found
}

/// The files below a folder that hold the word.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if std::fs::read(&path).unwrap().windows(WORD.len()).any(|bytes| bytes.eq_ignore_ascii_case(WORD.as_bytes())) {
            found.push(path.display().to_string());
        }
    }
    found
}

/// The folder of SQLite's file and of its log.
fn database(app: &App) -> Option<std::path::PathBuf> {
    Some(Path::new(app.test.url.strip_prefix("sqlite://")?).parent()?.to_owned())
}

#[tokio::test]
async fn nothing_of_a_temporary_chat_is_stored_but_its_figures() {
    for app in apps().await {
        let [ada, ..] = people(&app).await;
        let question = format!("What is {WORD}?");
        let ask = |stream: bool| {
            let history = json!([{"role": "user", "content": format!("Say {WORD}")}, {"role": "assistant", "content": WORD}]);
            json!({"message": question, "model": "fake/echo@0", "temporary": true, "history": history, "stream": stream})
        };
        let answer = app.chat(&ada, ask(false)).await;
        assert_eq!((answer.status.as_u16(), answer.header(header::CACHE_CONTROL)), (200, "no-store, no-transform"), "{}", answer.text);
        let answer = answer.json();
        assert_eq!((&answer["content"], &answer["temporary"], &answer["status"]), (&json!(question), &json!(true), &json!("done")));
        assert_eq!((answer.get("session_id"), answer.get("message_id"), answer.get("generation_id")), (None, None, None));
        let events = app.chat(&ada, ask(true)).await;
        assert_eq!(events.header(header::CONTENT_TYPE), "text/event-stream");
        assert!(events.text.contains("event: start\ndata: {\"temporary\":true,\"model\":\"fake/echo@0\"}"), "{}", events.text);
        assert!(events.text.contains("event: end\ndata: {\"status\":\"done\"") && events.text.contains("event: delta"), "{}", events.text);
        // What a run stores every now and then would be there by now.
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;

        assert_eq!(holding(&app).await, [""; 0], "{}", app.test.engine);
        for table in ["chats", "messages", "generations", "jobs", "drafts"] {
            assert!(app.dump(table).await.is_empty(), "{}: rows in {table}", app.test.engine);
        }
        assert_eq!(files(&app.server.config.data_dir), [""; 0], "{}", app.test.engine);
        assert_eq!(database(&app).map(|folder| files(&folder)).unwrap_or_default(), [""; 0]);
        let found = app.call(Method::GET, &format!("/api/llm/search/?q={WORD}"), Some(&ada), None).await;
        assert!(found.status == 200 && !found.text.contains("session_id"), "{}", found.text);
        let usage = app.call(Method::GET, "/api/users/me/usage/", Some(&ada), None).await.json();
        assert_eq!(app.dump("ledger").await.len(), 2, "{}: {usage}", app.test.engine);
        let row = app.dump("ledger").await.remove(0);
        assert!(row.contains("echo@0") && row.contains("done") && row.contains("chat"), "{row}");

        // The same words in a stored chat are found by the same look, so it can find them.
        let stored = app.chat(&ada, json!({"message": question, "model": "fake/echo@0"})).await;
        assert_eq!(stored.status, 200, "{}", stored.text);
        let tables = holding(&app).await;
        assert!(tables.contains(&"messages".to_owned()) && tables.contains(&"chats".to_owned()), "{tables:?}");
        assert!(database(&app).is_none_or(|folder| !files(&folder).is_empty()));
    }
}

#[tokio::test]
async fn what_would_have_to_be_stored_is_refused_with_its_field() {
    for app in apps().await {
        let [ada, ..] = people(&app).await;
        let id = "018f2c3e-77aa-7bcd-8000-000000000001";
        let asked = async |more: Value| {
            let mut body = json!({"message": "Hello", "model": "fake/echo@0", "temporary": true});
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            app.chat(&ada, body).await
        };
        for (more, field) in [
            (json!({"session_id": id}), "session_id"),
            (json!({"folder_id": id}), "folder_id"),
            (json!({"attachments": [id]}), "attachments"),
            (json!({"queue": true}), "queue"),
            (json!({"request_id": "r"}), "request_id"),
            (json!({"history": [{"role": "assistant", "content": "x"}]}), "history"),
            (json!({"temporary": false, "history": [{"role": "user", "content": "x"}]}), "history"),
            (json!({"history": [{"role": "user", "content": "x".repeat(400_001)}]}), "history"),
        ] {
            let refused = asked(more).await;
            assert_eq!((refused.problem().0, fields(&refused)), (422, vec![field.to_owned()]), "{}", refused.text);
        }
        assert_eq!(asked(json!({"history": [{"role": "system", "content": "x"}]})).await.problem().0, 400);
        let setup = asked(json!({"system_prompt": "Be brief.", "temperature": 0.5})).await;
        assert_eq!(setup.json()["content"], "Hello", "it may be told how to answer: {}", setup.text);
        let failed = app.chat(&ada, json!({"message": "x", "model": "fake/fail-auth@0", "temporary": true})).await;
        assert_eq!(failed.problem(), (502, "upstream".into()));
    }
}
