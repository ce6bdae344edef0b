//! Reports of abuse, on both databases.

use super::*;
use crate::model::chat::{Ask, Started};
use crate::model::error::Code;
use crate::model::inspection::{InspectionQuery, ReasonForm};
use crate::model::report::ReportReason;
use crate::model::share::ShareForm;
use crate::model::user::{Registration, Role};
use crate::server::clock::Clock;
use crate::server::db::testing::{TestDb, databases};
use crate::server::service::generation::{keep, send, whole};
use crate::server::service::viewer::Site;
use crate::server::service::{account, inspection, provider};
use crate::server::testing::{server, signed_in};

struct World {
    server: Server,
    people: [Viewer; 3],
    started: Started,
    token: String,
    origin: Origin,
}

/// An administrator, Ada with a conversation that she shares, and Bob.
async fn world(test: &TestDb) -> World {
    let server = server(test.db.clone(), Clock::default()).await;
    provider::start(&server).await.unwrap();
    keep(&server);
    let mut people = Vec::new();
    for (name, role) in [("root", Role::Admin), ("ada", Role::User), ("bob", Role::User)] {
        let form = Registration { email: format!("{name}@example.org"), name: name.into(), password: "correct horse battery".into() };
        people.push(signed_in(&server, account::create(&server, form, role).await.unwrap()).await);
    }
    let people = <[Viewer; 3]>::try_from(people).unwrap();
    let ask = Ask { chat_id: None, text: "something bad".into(), model: Some("fake/echo@0".into()), request_id: None, replaces: None };
    let started = send(&server, &people[1], ask).await.unwrap();
    whole(&server, &people[1], &started).await.unwrap();
    let form = ShareForm { session_id: started.chat_id, live: false, sign_in: false, indexed: false, files: false, days: None };
    let made = share::create(&server, &people[1], &Origin::default(), &Site::default(), form).await.unwrap();
    let token = made.url.rsplit_once('/').unwrap().1.to_owned();
    World { server, people, started, token, origin: Origin::default() }
}

fn form(reason: ReportReason, note: &str) -> ReportForm {
    ReportForm { reason, note: note.into() }
}

fn code<T: std::fmt::Debug>(result: Result<T>) -> Code {
    result.unwrap_err().into_api().code
}

#[tokio::test]
async fn who_sees_a_message_may_report_it_and_hears_what_became_of_it() {
    for test in databases().await {
        let World { server, people: [root, ada, bob], started, token, origin } = &world(&test).await;
        let (answer, question) = (started.message_id, started.question_id.unwrap());
        let own = of_own(server, ada, origin, answer, form(ReportReason::Hate, " It insults me. ")).await.unwrap();
        assert_eq!((own.note.as_str(), own.state), ("It insults me.", ReportState::Open), "{}", test.engine);
        assert_eq!(code(of_own(server, ada, origin, question, form(ReportReason::Hate, "")).await), Code::NotFound, "one's own question");
        assert_eq!(code(of_own(server, bob, origin, answer, form(ReportReason::Hate, "")).await), Code::NotFound, "somebody else's");
        assert_eq!(code(of_own(server, ada, origin, answer, form(ReportReason::Hate, &"x".repeat(2001))).await), Code::Invalid);
        let shared = of_shared(server, bob, origin, token, question, form(ReportReason::Illegal, "")).await.unwrap();
        assert_eq!(code(of_shared(server, bob, origin, "no such link", question, form(ReportReason::Illegal, "")).await), Code::NotFound);
        assert_eq!(code(of_shared(server, bob, origin, token, Uuid::now_v7(), form(ReportReason::Illegal, "")).await), Code::NotFound);
        let again = of_own(server, ada, origin, answer, form(ReportReason::Privacy, "Or rather this.")).await.unwrap();
        assert_eq!((again.id, again.reason), (own.id, ReportReason::Privacy), "it takes the place of the first");

        assert_eq!(code(list(server, ada, None, None).await), Code::Forbidden);
        let all = list(server, root, Some(ReportState::Open), None).await.unwrap().items;
        assert_eq!(all.iter().map(|report| report.report.id).collect::<Vec<_>>(), [shared.id, own.id], "the newest first");
        assert_eq!((all[0].owner_name.as_str(), all[0].reporter_name.as_str(), all[0].shared), ("ada", "bob", true));
        assert!(!serde_json::to_string(&all).unwrap().contains("something bad"), "nothing of what was said");
        let reported = InspectionQuery { reported: Some(true), ..InspectionQuery::default() };
        assert_eq!(inspection::list(server, root, reported, None, None).await.unwrap().items[0].reports, 2);

        assert_eq!(code(resolve(server, ada, origin, own.id, Ruling::Upheld).await), Code::Forbidden);
        let resolved = resolve(server, root, origin, own.id, Ruling::Dismissed).await.unwrap();
        assert_eq!((resolved.report.state, resolved.resolved_name.as_deref()), (ReportState::Dismissed, Some("root")));
        assert_eq!(code(resolve(server, root, origin, own.id, Ruling::Upheld).await), Code::Conflict);
        assert_eq!(code(resolve(server, root, origin, Uuid::now_v7(), Ruling::Upheld).await), Code::NotFound);
        assert_eq!(code(of_own(server, ada, origin, answer, form(ReportReason::Hate, "")).await), Code::Conflict, "somebody has looked");
        assert_eq!(self::own(server, ada).await.unwrap().items[0].state, ReportState::Dismissed);
        let log = activity::own(server, ada, None).await.unwrap().items;
        let told = log.iter().filter(|entry| entry.activity.action == Action::ReportResolved).count();
        assert_eq!((told, self::own(server, bob).await.unwrap().items.len()), (1, 1));
    }
}

#[tokio::test]
async fn a_deleted_conversation_leaves_its_reports_upheld() {
    for test in databases().await {
        let World { server, people: [root, _, bob], started, token, origin } = &world(&test).await;
        of_shared(server, bob, origin, token, started.message_id, form(ReportReason::Violence, "Look")).await.unwrap();
        let why = ReasonForm { reason: "It was reported".into() };
        inspection::erase(server, root, origin, started.chat_id, why).await.unwrap();
        let left = list(server, root, None, None).await.unwrap().items.pop().unwrap();
        assert_eq!((left.report.state, left.session_id, left.report.message_id), (ReportState::Upheld, None, None), "{}", test.engine);
        assert_eq!(left.report.note, "Look");
    }
}

#[tokio::test]
async fn nobody_has_more_open_reports_than_somebody_can_look_at() {
    for test in databases().await {
        let World { server, people: [_, ada, _], started, origin, .. } = &world(&test).await;
        // Of messages that are not there any more.
        for n in 0..OPEN_MAX {
            let sql = "INSERT INTO reports (id, reporter_id, owner_id, shared, reason, note, state, created_at)
                VALUES ($1, $2, $2, FALSE, 'other', '', 'open', $3)";
            let (id, now) = (Uuid::from_u128(n as u128 + 1), server.clock.now());
            crate::server::db::on!(test.db.write(), c => sqlx::query(sql).bind(id).bind(ada.user.id).bind(now).execute(c).await.map(drop))
                .unwrap();
        }
        let more = of_own(server, ada, origin, started.message_id, form(ReportReason::Other, "")).await;
        assert_eq!(code(more), Code::Conflict, "{}", test.engine);
    }
}
