//! Who gets in, what is written to its end, and what is announced, on both databases.

use chrono::Duration;
use uuid::Uuid;

use super::*;
use crate::model::announcement::{AnnouncementForm, Words};
use crate::model::chat::Ask;
use crate::model::generation::Status;
use crate::model::user::{Registration, Role};
use crate::server::clock::Clock;
use crate::server::db::testing::{TestDb, databases};
use crate::server::service::{account, announcement, generation, provider};
use crate::server::testing::{self, signed_in};

async fn people(test: &TestDb) -> (Server, Clock, [Viewer; 2]) {
    let clock = Clock::fixed(chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap());
    let server = testing::server(test.db.clone(), clock.clone()).await;
    provider::start(&server).await.unwrap();
    generation::keep(&server);
    let form =
        |name: &str| Registration { email: format!("{name}@example.org"), name: name.into(), password: "correct horse battery".into() };
    let root = signed_in(&server, account::create(&server, form("root"), Role::Admin).await.unwrap()).await;
    let ada = signed_in(&server, account::create(&server, form("ada"), Role::User).await.unwrap()).await;
    (server, clock, [root, ada])
}

fn ask(model: &str) -> Ask {
    Ask { chat_id: None, text: "go".into(), model: Some(model.into()), request_id: None, replaces: None }
}

#[tokio::test]
async fn what_is_being_written_is_written_to_its_end_and_nothing_begins_but_for_administrators() {
    for test in databases().await {
        let (server, clock, [root, ada]) = people(&test).await;
        let origin = Origin::default();
        let started = generation::send(&server, &ada, ask("fake/words-30@20")).await.unwrap();
        let until = server.clock.now() + Duration::minutes(10);
        let group = MaintenanceSettings { on: true, texts: Words::new(), until: Some(until) };
        assert_eq!(set(&server, &ada, &origin, group.clone()).await.unwrap_err().into_api().code, Code::Forbidden);
        set(&server, &root, &origin, group).await.unwrap();
        let refused = generation::send(&server, &ada, ask("fake/echo@0")).await.unwrap_err().into_api();
        assert_eq!((refused.code, refused.retry_after), (Code::Unavailable, Some(600)), "{}", test.engine);
        clock.advance(Duration::hours(1));
        assert_eq!(admit(&server, None).unwrap_err().into_api().retry_after, Some(300), "{}: nobody knows any more", test.engine);
        let end = generation::whole(&server, &ada, &started).await.unwrap().end;
        assert_eq!(end.status, Status::Done, "{}", test.engine);
        let own = generation::send(&server, &root, ask("fake/echo@0")).await.unwrap();
        assert_eq!(generation::whole(&server, &root, &own).await.unwrap().end.status, Status::Done, "{}", test.engine);
        // By the command line, of another process: a server that runs finds it when it looks.
        let other = testing::server(test.db.clone(), clock.clone()).await;
        setting::load(&other).await.unwrap();
        switch(&other, false, None).await.unwrap();
        assert!(admit(&server, None).is_err() && admit(&other, None).is_ok(), "{}", test.engine);
        setting::load(&server).await.unwrap();
        assert!(admit(&server, None).is_ok(), "{}", test.engine);
        assert_eq!(server.settings.get().maintenance.until, Some(until), "what was told stays: {}", test.engine);
    }
}

#[tokio::test]
async fn an_announcement_is_shown_in_its_time_to_who_did_not_dismiss_it() {
    for test in databases().await {
        let (server, clock, [root, ada]) = people(&test).await;
        let (origin, now) = (Origin::default(), server.clock.now());
        let texts = |text: &str| Words::from([("en".to_owned(), text.to_owned())]);
        let form = AnnouncementForm {
            texts: texts("We move"),
            dismissible: true,
            ends_at: Some(now + Duration::hours(2)),
            ..AnnouncementForm::default()
        };
        let refused = announcement::save(&server, &ada, &origin, None, form.clone()).await.unwrap_err().into_api();
        assert_eq!(refused.code, Code::Forbidden, "{}", test.engine);
        let soft = announcement::save(&server, &root, &origin, None, form.clone()).await.unwrap();
        let firm = AnnouncementForm { dismissible: false, starts_at: Some(now + Duration::hours(1)), ..form.clone() };
        let firm = announcement::save(&server, &root, &origin, None, firm).await.unwrap();
        let shown = async |viewer: Option<&Viewer>| -> Vec<Uuid> {
            let shown = announcement::shown(&server, viewer.map(|viewer| viewer.user.id)).await.unwrap();
            shown.into_iter().map(|of| of.id).collect()
        };
        assert_eq!(shown(Some(&ada)).await, [soft.id], "{}: the other begins later", test.engine);
        announcement::dismiss(&server, &ada, soft.id).await.unwrap();
        announcement::dismiss(&server, &ada, soft.id).await.unwrap();
        assert!(shown(Some(&ada)).await.is_empty() && shown(None).await == [soft.id] && shown(Some(&root)).await == [soft.id]);
        clock.advance(Duration::hours(1));
        let kept = announcement::dismiss(&server, &ada, firm.id).await.unwrap_err().into_api();
        assert_eq!((kept.code, shown(Some(&ada)).await), (Code::NotFound, vec![firm.id]), "{}", test.engine);
        // Other words are something new.
        announcement::save(&server, &root, &origin, Some(soft.id), AnnouncementForm { texts: texts("We do not"), ..form }).await.unwrap();
        assert_eq!(shown(Some(&ada)).await, [soft.id, firm.id], "{}", test.engine);
        announcement::delete(&server, &root, &origin, firm.id).await.unwrap();
        clock.advance(Duration::hours(1));
        assert!(shown(None).await.is_empty(), "{}: over", test.engine);
        assert_eq!(announcement::list(&server, &root).await.unwrap().len(), 1, "{}", test.engine);
    }
}
