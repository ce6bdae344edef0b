//! What the dashboard tells, of real answers.

use chrono::{DateTime, Duration, Utc};
use futures::TryStreamExt;

use super::*;
use crate::model::chat::Ask;
use crate::model::error::Code;
use crate::model::sheet::SheetFormat;
use crate::model::statistics::Range;
use crate::model::user::{Registration, Role};
use crate::server::clock::Clock;
use crate::server::db::testing::{TestDb, databases};
use crate::server::job;
use crate::server::service::generation::{self, send, whole};
use crate::server::service::viewer::{Origin, Via};
use crate::server::service::{account, provider};
use crate::server::testing;

async fn person(server: &Server, name: &str, role: Role) -> Viewer {
    let registration = Registration { email: format!("{name}@example.org"), name: name.into(), password: "correct horse battery".into() };
    let user = account::create(server, registration, role).await.unwrap();
    Viewer { user, via: Via::Token { family: uuid::Uuid::nil() } }
}

async fn served(test: &TestDb) -> (Server, Clock, Viewer, Viewer) {
    let clock = Clock::fixed("2026-11-25T15:30:00Z".parse::<DateTime<Utc>>().unwrap());
    let server = testing::server(test.db.clone(), clock.clone()).await;
    provider::start(&server).await.unwrap();
    let (root, ada) = (person(&server, "root", Role::Admin).await, person(&server, "ada", Role::User).await);
    (server, clock, root, ada)
}

async fn answered(server: &Server, viewer: &Viewer, model: &str) -> generation::End {
    let ask = Ask { chat_id: None, text: "go".into(), model: Some(model.into()), request_id: None, replaces: None };
    let started = send(server, viewer, ask).await.unwrap();
    whole(server, viewer, &started).await.unwrap().end
}

fn week() -> Query {
    Query::default()
}

#[tokio::test]
async fn a_page_tells_of_answers_at_once_and_compares_them_with_the_time_before() {
    for test in databases().await {
        let (server, clock, root, ada) = served(&test).await;
        answered(&server, &ada, "fake/words-5@0").await;
        clock.advance(Duration::days(5));
        answered(&server, &ada, "fake/words-7@0").await;
        answered(&server, &root, "fake/words-7@0").await;
        let fails = answered(&server, &ada, "fake/fail-auth").await;
        let day = Query { range: Range::Day, ..Query::default() };
        let told = report(&server, &root, &day).await.unwrap();
        let failed = u64::from(fails.status == crate::model::generation::Status::Failed);
        assert_eq!((told.now.sum.calls, told.now.failed, told.previous.sum.calls), (3, failed, 0), "{}", test.engine);
        assert_eq!((told.points.len(), told.hours.len(), told.points[23].figures.sum.calls, told.hours[15].sum.calls), (24, 24, 3, 3));
        assert_eq!(
            (told.people.day.now, told.people.week.now, told.people.chats.now, told.people.messages.now),
            (2, 2, 3, 6),
            "{}",
            test.engine
        );
        let told = report(&server, &root, &week()).await.unwrap();
        assert_eq!(
            (told.now.sum.calls, told.now.answers, told.points.len(), told.now.sum.output_tokens),
            (4, 4, 7, 5 + 7 + 7),
            "{}",
            test.engine
        );
        assert_eq!(told.people.active.now, 2, "{}", test.engine);
        assert_eq!(told.failures.iter().map(|of| of.calls.now).sum::<u64>(), failed);
        assert!(told.now.wait.is_some() && told.now.sum.cost.is_none() && told.now.sum.unpriced == 4, "{}: {:?}", test.engine, told.now);
        // The same after the job, and after the hour.
        clock.advance(Duration::hours(1));
        queue(&server).await.unwrap();
        queue(&server).await.unwrap();
        let mut jobs = 0;
        while job::run_next(&server).await.unwrap() {
            jobs += 1;
        }
        assert_eq!(jobs, 1, "{}: counting is queued once", test.engine);
        let told = report(&server, &root, &week()).await.unwrap();
        assert_eq!((told.now.sum.calls, told.people.chats.now, told.people.messages.now), (4, 4, 8), "{}", test.engine);
        // Whose first answer was in the week before now.
        clock.advance(Duration::days(4));
        let told = report(&server, &root, &week()).await.unwrap();
        assert_eq!((told.now.sum.calls, told.previous.sum.calls, told.people.chats.before), (3, 1, 1), "{}", test.engine);
    }
}

#[tokio::test]
async fn filters_leave_the_others_out_and_name_whom_they_are_about() {
    for test in databases().await {
        let (server, _, root, ada) = served(&test).await;
        answered(&server, &ada, "fake/words-5@0").await;
        answered(&server, &root, "fake/words-7@0").await;
        let hers = Query { user: Some("Ada@Example.org".into()), ..Query::default() };
        let told = report(&server, &root, &hers).await.unwrap();
        assert_eq!(
            (told.now.sum.output_tokens, told.user.map(|user| user.name), told.users.len()),
            (5, Some("ada".into()), 1),
            "{}",
            test.engine
        );
        let model = Query { provider: Some("fake".into()), model: Some("words-7@0".into()), ..Query::default() };
        let told = report(&server, &root, &model).await.unwrap();
        assert_eq!(
            (told.now.sum.output_tokens, told.models.len(), told.users.len(), told.providers.len()),
            (7, 1, 1, 1),
            "{}",
            test.engine
        );
        server.db.people().erase(ada.user.id).await.unwrap();
        let erased = Query { user: Some("erased".into()), ..Query::default() };
        let told = report(&server, &root, &erased).await.unwrap();
        assert_eq!((told.now.sum.output_tokens, told.models[0].model.as_str()), (5, ""), "{}", test.engine);
        assert!(told.users[0].user.is_none(), "{}: {:?}", test.engine, told.users);
        assert_eq!(report(&server, &root, &week()).await.unwrap().now.sum.output_tokens, 12, "{}: what was used stays", test.engine);
    }
}

#[tokio::test]
async fn what_cannot_be_asked_is_said_and_only_administrators_ask() {
    for test in databases().await {
        let (server, _, root, ada) = served(&test).await;
        assert_eq!(report(&server, &ada, &week()).await.unwrap_err().into_api().code, Code::Forbidden, "{}", test.engine);
        assert_eq!(rows(&server, &ada, &week(), None).await.unwrap_err().into_api().code, Code::Forbidden);
        let dated = |from: &str, to: &str| Query { from: Some(from.into()), to: Some(to.into()), ..Query::default() };
        let long = "x".repeat(201);
        for (query, field) in [
            (dated("yesterday", ""), "from"),
            (dated("2026-11-20", "2026-11-19"), "to"),
            (dated("2020-01-01", "2026-11-19"), "from"),
            (dated("2026-11-20", "99999-01-01"), "to"),
            (Query { user: Some("nobody@example.org".into()), ..Query::default() }, "user"),
            (Query { user: Some("a\0b".into()), ..Query::default() }, "user"),
            (Query { user: Some(uuid::Uuid::nil().to_string()), ..Query::default() }, "user"),
            (Query { model: Some(long), ..Query::default() }, "model"),
        ] {
            let error = report(&server, &root, &query).await.unwrap_err().into_api();
            assert_eq!((error.code, error.field(field).is_some()), (Code::Invalid, true), "{}: {query:?}: {error:?}", test.engine);
        }
        assert_eq!(rows(&server, &root, &week(), Some("x")).await.unwrap_err().into_api().code, Code::Invalid);
        // What lies ahead, and what was before anybody was here, is empty and no error.
        for query in [dated("2030-01-01", "2030-01-02"), dated("1999-01-01", "1999-01-02")] {
            assert_eq!(report(&server, &root, &query).await.unwrap().now.sum.calls, 0, "{}", test.engine);
        }
    }
}

#[tokio::test]
async fn days_begin_where_the_reader_lives() {
    for test in databases().await {
        let (server, clock, mut root, _) = served(&test).await;
        answered(&server, &root, "fake/words-5@0").await;
        clock.advance(Duration::hours(1));
        answered(&server, &root, "fake/words-7@0").await;
        root.user.time_zone = Some("Asia/Shanghai".into());
        // There it is 23:30, and 0:30 on the next day.
        let told = report(&server, &root, &week()).await.unwrap();
        let tokens: Vec<_> = told.points.iter().map(|point| point.figures.sum.output_tokens).collect();
        assert_eq!(tokens, [0, 0, 0, 0, 0, 5, 7], "{}", test.engine);
        assert_eq!((told.hours[23].sum.output_tokens, told.hours[0].sum.output_tokens), (5, 7), "{}", test.engine);
        let day = Query { from: Some("2026-11-26".into()), to: Some("2026-11-26".into()), ..Query::default() };
        let told = report(&server, &root, &day).await.unwrap();
        assert_eq!((told.from.to_rfc3339(), told.now.sum.output_tokens), ("2026-11-25T16:00:00+00:00".to_owned(), 7), "{}", test.engine);
        let drawn = charts(&told).unwrap();
        for svg in [&drawn.calls, &drawn.tokens, &drawn.cost, &drawn.wait, &drawn.hours] {
            assert!(svg.starts_with("<svg viewBox=") && !svg.contains("NaN"), "{svg}");
            assert!(svg.contains("#010101") && !svg.contains("script"), "{svg}");
        }
        assert!(drawn.tokens.contains("#030303") && drawn.tokens.contains("00:00"), "{}", drawn.tokens);
    }
}

#[tokio::test]
async fn the_calls_behind_a_figure_are_shown_and_written() {
    for test in databases().await {
        let (server, _, root, ada) = served(&test).await;
        for n in 1..=53 {
            answered(&server, &ada, &format!("fake/words-{n}@0")).await;
        }
        let first = rows(&server, &root, &week(), None).await.unwrap();
        let rest = rows(&server, &root, &week(), first.next.as_deref()).await.unwrap();
        assert_eq!((first.items.len(), rest.items.len(), rest.next), (50, 3, None), "{}", test.engine);
        assert_eq!(first.items[0].user_name.as_deref(), Some("ada"), "{}", test.engine);
        let sheet = async |sheet: Sheet| {
            let pieces: Vec<_> = sheet.pieces.try_collect().await.unwrap();
            String::from_utf8(pieces.concat()).unwrap()
        };
        use crate::server::service::sheet::Sheet;
        let text = sheet(export_rows(&server, &root, &Origin::default(), &week(), SheetFormat::Csv).await.unwrap()).await;
        assert_eq!(
            (text.lines().count(), text.lines().next().unwrap().starts_with("id,finished_at,user_id")),
            (54, true),
            "{}",
            test.engine
        );
        let text = sheet(export(&server, &root, &week(), SheetFormat::Csv).await.unwrap()).await;
        assert_eq!(text.lines().count(), 54, "{}: each model in its hour", test.engine);
        assert!(text.contains("\r\n2026-11-25T15:00:00Z,fake,words-1@0,1,1,0,19,0,1,0,0,,1\r\n"), "{text}");
        let told = report(&server, &root, &week()).await.unwrap();
        let tokens: u64 = rest.items.iter().chain(&first.items).map(|call| call.output_tokens).sum();
        assert_eq!(told.now.sum.output_tokens, tokens, "{}", test.engine);
        assert_eq!(tokens, (1..=53).sum::<u64>(), "{}", test.engine);
    }
}
