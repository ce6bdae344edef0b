//! What is told of usage, and the ledger against an upstream that counts what it served.

mod property;
mod upstream;

use chrono::{DateTime, Duration, Utc};

use super::*;
use crate::model::chat::Ask;
use crate::model::error::Code;
use crate::model::generation::Status;
use crate::model::user::{Registration, Role};
use crate::server::clock::Clock;
use crate::server::db::testing::{TestDb, databases};
use crate::server::db::{Change, Logged, NewChat, NewRun, RunKind};
use crate::server::service::generation::{self, send, whole};
use crate::server::service::viewer::Via;
use crate::server::service::{account, chat, provider};
use crate::server::testing;

const ALL: Span = Span { from: 0, until: i64::MAX };

async fn person(server: &Server, name: &str, role: Role) -> Viewer {
    let registration = Registration { email: format!("{name}@example.org"), name: name.into(), password: "correct horse battery".into() };
    let user = account::create(server, registration, role).await.unwrap();
    Viewer { user, via: Via::Token { family: Uuid::nil() } }
}

async fn served(test: &TestDb, at: &str) -> (Server, Clock) {
    let clock = Clock::fixed(at.parse::<DateTime<Utc>>().unwrap());
    let server = testing::server(test.db.clone(), clock.clone()).await;
    provider::start(&server).await.unwrap();
    (server, clock)
}

fn asking(text: &str, model: &str) -> Ask {
    Ask { chat_id: None, text: text.into(), model: Some(model.into()), request_id: None, replaces: None }
}

async fn answered(server: &Server, viewer: &Viewer, model: &str) -> generation::End {
    let started = send(server, viewer, asking("go", model)).await.unwrap();
    whole(server, viewer, &started).await.unwrap().end
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

#[tokio::test]
async fn days_are_those_of_ones_own_time_zone() {
    for test in databases().await {
        let (server, clock) = served(&test, "2026-11-25T15:30:00Z").await;
        let mut ada = person(&server, "ada", Role::User).await;
        answered(&server, &ada, "fake/words-5@0").await;
        clock.advance(Duration::hours(1));
        answered(&server, &ada, "fake/words-7@0").await;
        let days = async |ada: &Viewer| {
            let report = mine(&server, ada, Period::Days).await.unwrap();
            (report.days.iter().map(|of| (of.day, of.sum.output_tokens)).collect::<Vec<_>>(), report.to, report.time_zone)
        };
        assert_eq!(days(&ada).await, (vec![(date("2026-11-25"), 12)], date("2026-11-25"), "UTC".to_owned()), "{}", test.engine);
        ada.user.time_zone = Some("Asia/Shanghai".into());
        let expected = (vec![(date("2026-11-25"), 5), (date("2026-11-26"), 7)], date("2026-11-26"), "Asia/Shanghai".to_owned());
        assert_eq!(days(&ada).await, expected, "{}", test.engine);

        let report = mine(&server, &ada, Period::Month).await.unwrap();
        assert_eq!((report.from, report.total.calls, report.total.cost, report.total.unpriced), (Some(date("2026-11-01")), 2, None, 2));
        let models: Vec<_> = report.models.iter().map(|of| (of.model.as_str(), of.sum.output_tokens)).collect();
        assert_eq!(models, [("fake/words-7@0", 7), ("fake/words-5@0", 5)], "{}: what was used most first", test.engine);
        clock.advance(Duration::days(40));
        assert_eq!(mine(&server, &ada, Period::Days).await.unwrap().total.calls, 0, "{}", test.engine);
        assert_eq!(mine(&server, &ada, Period::Year).await.unwrap().total.calls, 2);
        clock.advance(Duration::days(400));
        assert_eq!(mine(&server, &ada, Period::Year).await.unwrap().total.calls, 0);
        assert_eq!(mine(&server, &ada, Period::All).await.unwrap().total.calls, 2);
    }
}

#[tokio::test]
async fn everybodys_usage_is_for_administrators_page_by_page_with_the_erased_at_the_end() {
    for test in databases().await {
        let (server, _) = served(&test, "2026-11-25T15:30:00Z").await;
        let mut people = Vec::new();
        for name in ["root", "ada", "bob", "cy", "dan"] {
            people.push(person(&server, name, if name == "root" { Role::Admin } else { Role::User }).await);
        }
        for (n, who) in people.iter().enumerate().skip(1) {
            answered(&server, who, &format!("fake/words-{n}@0")).await;
        }
        server.db.people().erase(people[4].user.id).await.unwrap();
        let refused = all(&server, &people[1], Between::default(), None, None).await.unwrap_err().into_api();
        assert_eq!(refused.code, Code::Forbidden, "{}", test.engine);
        let turned = Between { from: Some(date("2026-11-26")), to: Some(date("2026-11-25")) };
        assert_eq!(all(&server, &people[0], turned, None, None).await.unwrap_err().into_api().code, Code::Invalid);
        assert_eq!(all(&server, &people[0], Between::default(), Some("x"), None).await.unwrap_err().into_api().code, Code::Invalid);

        for limit in [1, 2, 3, 50] {
            let (mut seen, mut after) = (Vec::new(), None);
            loop {
                let page = all(&server, &people[0], Between::default(), after.as_deref(), Some(limit)).await.unwrap();
                assert!(page.items.len() <= limit as usize + 1);
                seen.extend(page.items.into_iter().map(|of| (of.user.map(|user| user.name), of.total.output_tokens)));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            let named = |name: &str| Some(name.to_owned());
            assert_eq!(seen, [(named("ada"), 1), (named("bob"), 2), (named("cy"), 3), (None, 4)], "{}: {limit} a page", test.engine);
        }
        let day = |from: &str| Between { from: Some(date(from)), to: Some(date(from)) };
        assert_eq!(all(&server, &people[0], day("2026-11-25"), None, None).await.unwrap().items.len(), 4);
        assert_eq!(all(&server, &people[0], day("2026-11-24"), None, None).await.unwrap().items.len(), 0);
    }
}

#[tokio::test]
async fn a_run_that_was_cut_off_by_a_kill_is_counted_once_by_what_came() {
    for test in databases().await {
        let (server, _) = served(&test, "2026-11-25T15:30:00Z").await;
        let ada = person(&server, "ada", Role::User).await;
        let [chat_id, question, message_id, generation_id] = std::array::from_fn(|_| Uuid::now_v7());
        let started =
            crate::model::chat::Started { chat_id, question_id: Some(question), message_id, generation_id, model: "fake/words-9".into() };
        let kind =
            RunKind::Question { new: Some(NewChat::default()), parent: None, text: "four words of mine".into(), attachments: Vec::new() };
        let node = std::fs::read_to_string(server.config.data_dir.join("node")).unwrap().trim().to_owned();
        let run = NewRun { started, user_id: ada.user.id, request_id: None, node, now: server.clock.now(), kind, others: Vec::new() };
        server.db.generations().store(&[Change::Begin(Box::new(run))]).await.unwrap();
        let events = r#"[{"k":"n","t":"{\"code\":\"retrying\",\"message\":\"m\"}"},{"k":"t","t":"w1 w2 w3 w4"}]"#.to_owned();
        server.db.generations().append(&[Logged { generation_id, first: 1, last: 2, events }]).await.unwrap();

        for recovered in [1, 0] {
            assert_eq!(generation::recover(&server).await.unwrap(), recovered, "{}", test.engine);
            let entries = server.db.ledger().entries(ada.user.id, None, 10).await.unwrap();
            let [entry] = &entries[..] else { panic!("{}: {entries:?}", test.engine) };
            assert_eq!((entry.outcome, entry.estimated, entry.tries, entry.message_id), (Status::Interrupted, true, 2, Some(message_id)));
            assert_eq!((entry.output_tokens, entry.cost, entry.input_tokens > 4), (4, None, true), "{}: {entry:?}", test.engine);
        }
        let used = chat::message(&server, &ada, message_id).await.unwrap().usage.unwrap();
        assert_eq!((used.output_tokens, used.estimated), (4, true), "{}: the message tells it too", test.engine);

        // Going on is a second call, and the message tells of both.
        let started = generation::resume(&server, &ada, message_id, None).await.unwrap();
        let end = whole(&server, &ada, &started).await.unwrap().end;
        let entries = server.db.ledger().entries(ada.user.id, None, 10).await.unwrap();
        let outputs: i64 = entries.iter().map(|entry| entry.output_tokens).sum();
        assert_eq!((entries.len(), i64::try_from(end.usage.unwrap().output_tokens).unwrap()), (2, outputs), "{}", test.engine);
        assert_eq!(chat::open(&server, &ada, chat_id, None).await.unwrap().used.calls, 2, "{}", test.engine);
    }
}
