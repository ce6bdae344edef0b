//! Reports of real answers: against the ledger, once each, to who wants them.

use chrono::{DateTime, Duration, Utc};
use futures::StreamExt;
use serde_json::Value;

use super::*;
use crate::model::chat::Ask;
use crate::model::error::Code;
use crate::model::mail::{LetterKind, MailBody, MailState};
use crate::model::usage::Sum;
use crate::model::user::{Registration, Role};
use crate::server::clock::Clock;
use crate::server::db::testing::{TestDb, databases};
use crate::server::db::{QUARTER, Span};
use crate::server::extract::PDF;
use crate::server::job;
use crate::server::service::generation::{send, whole};
use crate::server::service::mail::tests::letters;
use crate::server::service::viewer::Via;
use crate::server::service::{account, provider, setting};
use crate::server::storage::Bytes;
use crate::server::testing;

struct World {
    server: Server,
    clock: Clock,
    root: Viewer,
    ada: Viewer,
}

async fn person(server: &Server, name: &str) -> Viewer {
    let registration = Registration { email: format!("{name}@example.org"), name: name.into(), password: "correct horse battery".into() };
    let mut user = account::create(server, registration, Role::User).await.unwrap();
    server.db.credentials().verify_email(user.id, &user.email, server.clock.now()).await.unwrap();
    user.email_verified = true;
    Viewer { user, via: Via::Token { family: Uuid::nil() } }
}

/// On a Wednesday; the first person administers.
async fn world(test: &TestDb) -> World {
    let clock = Clock::fixed("2026-11-25T15:30:00Z".parse::<DateTime<Utc>>().unwrap());
    let server = testing::server(test.db.clone(), clock.clone()).await;
    provider::start(&server).await.unwrap();
    let (root, ada) = (person(&server, "root").await, person(&server, "ada").await);
    World { server, clock, root, ada }
}

impl World {
    async fn answered(&self, viewer: &Viewer, model: &str) {
        let ask = Ask { chat_id: None, text: "go".into(), model: Some(model.into()), request_id: None, replaces: None };
        let started = send(&self.server, viewer, ask).await.unwrap();
        whole(&self.server, viewer, &started).await.unwrap();
    }

    fn until(&self, at: &str) {
        self.clock.advance(at.parse::<DateTime<Utc>>().unwrap() - self.clock.now());
    }

    /// What is due is queued and done.
    async fn tick(&self) {
        queue(&self.server).await.unwrap();
        while job::run_next(&self.server).await.unwrap() {}
    }

    async fn reports(&self, viewer: &Viewer) -> Vec<MailBody> {
        let all = letters(&self.server, &viewer.user.email).await;
        all.into_iter().filter(|(kind, _)| *kind == LetterKind::Digest).map(|(_, body)| body).collect()
    }

    /// What the ledger has of this person in this time.
    async fn ledger(&self, viewer: &Viewer, from: DateTime<Utc>, until: DateTime<Utc>) -> Sum {
        let quarter = |at: DateTime<Utc>| at.timestamp().div_euclid(QUARTER);
        let span = Span { from: quarter(from), until: quarter(until) };
        let mut sum = Sum::default();
        let rows = self.server.db.ledger().of_quarters(viewer.user.id, span).await.unwrap();
        rows.iter().for_each(|(_, of)| sum.add(of));
        sum
    }
}

fn all(week: bool) -> DigestChange {
    DigestChange { week: Some(week), ..DigestChange::default() }
}

fn code<T>(result: Result<T>) -> Code {
    result.map(drop).unwrap_err().into_api().code
}

#[tokio::test]
async fn every_figure_is_the_ledgers_also_where_days_begin_in_the_middle_of_an_hour() {
    for test in databases().await {
        let World { server, clock, root, ada } = &world(&test).await;
        let world = World { server: server.clone(), clock: clock.clone(), root: root.clone(), ada: ada.clone() };
        for n in 1..40_u32 {
            let who = if n % 3 == 0 { root } else { ada };
            world.answered(who, &format!("fake/words-{}@0", n % 4 + 1)).await;
            clock.advance(Duration::hours(i64::from(n % 29)) + Duration::minutes(i64::from(n % 4) * 15));
        }
        world.answered(ada, "fake/fail-auth").await;
        for (zone, whose) in [(None, "UTC"), (Some("Asia/Shanghai"), "Asia/Shanghai"), (Some("Asia/Kathmandu"), "Asia/Kathmandu")] {
            let as_of =
                |viewer: &Viewer| Viewer { user: User { time_zone: zone.map(str::to_owned), ..viewer.user.clone() }, via: viewer.via };
            let (ada, root) = (as_of(ada), as_of(root));
            for period in DigestPeriod::ALL {
                for of in ["2026-11-25", "2026-12-03", "2026-12-10"] {
                    let of = Some(of.parse().unwrap());
                    let own = report(server, &ada, DigestScope::Own, period, of).await.unwrap();
                    assert_eq!(
                        (own.time_zone.as_str(), own.now.sum),
                        (whose, world.ledger(&ada, own.begins_at, own.ends_at).await),
                        "{}: {own:?}",
                        test.engine
                    );
                    let before = report(server, &ada, DigestScope::Own, period, own.from.pred_opt()).await.unwrap();
                    assert_eq!((own.previous.sum, before.ends_at), (before.now.sum, own.begins_at), "{}", test.engine);
                    whole_of(&own);
                    let everybody = report(server, &root, DigestScope::Server, period, of).await.unwrap();
                    let mut sum = world.ledger(&ada, own.begins_at, own.ends_at).await;
                    sum.add(&world.ledger(&root, own.begins_at, own.ends_at).await);
                    assert_eq!(everybody.now.sum, sum, "{}", test.engine);
                    whole_of(&everybody);
                    let crowd = everybody.crowd.unwrap();
                    assert_eq!(crowd.users.iter().map(|of| of.sum.calls).sum::<u64>(), sum.calls, "{}", test.engine);
                    assert_eq!(crowd.failures.iter().map(|of| of.calls.now).sum::<u64>(), everybody.now.failed, "{}", test.engine);
                }
            }
        }
    }
}

/// Its days and its models are all of it.
fn whole_of(digest: &Digest) {
    let (mut days, mut models) = (Sum::default(), Sum::default());
    digest.days.iter().for_each(|of| days.add(&of.sum));
    digest.models.iter().for_each(|of| models.add(&of.figures.sum));
    assert_eq!((days, models), (digest.now.sum, digest.now.sum), "{digest:?}");
    assert_eq!(digest.days.iter().map(|of| of.answers).sum::<u64>(), digest.now.answers);
    assert!(digest.days.iter().map(|of| of.day).eq(digest.from.iter_days().take(digest.days.len())), "{:?}", digest.days);
    if digest.finished {
        assert_eq!(digest.days.last().map(|of| of.day), Some(digest.to));
    }
}

#[tokio::test]
async fn a_report_is_for_its_owner_and_everybodys_for_administrators() {
    for test in databases().await {
        let world = world(&test).await;
        let World { server, root, ada, clock } = &world;
        let refused = report(server, ada, DigestScope::Server, DigestPeriod::Week, None).await;
        assert_eq!(code(refused), Code::Forbidden, "{}", test.engine);
        let change = DigestChange { server_week: Some(true), ..DigestChange::default() };
        assert_eq!(code(choose(server, ada, change).await), Code::Forbidden, "{}", test.engine);
        assert!(choose(server, root, change).await.unwrap().server_week, "{}", test.engine);
        assert_eq!(choices(server, ada).await.unwrap(), DigestChoices::default(), "{}: off by default", test.engine);
        let ahead = clock.now().date_naive().succ_opt();
        let error = report(server, ada, DigestScope::Own, DigestPeriod::Week, ahead).await.unwrap_err().into_api();
        assert!(error.field("of").is_some(), "{}: {error:?}", test.engine);
        world.answered(ada, "fake/words-3@0").await;
        let told = report(server, root, DigestScope::Server, DigestPeriod::Week, Some(clock.now().date_naive())).await.unwrap();
        assert_eq!((told.finished, told.crowd.unwrap().users.len()), (false, 1), "{}", test.engine);
        let closed = crate::model::setting::OversightSettings { reading: false };
        let proved = testing::signed_in(server, root.user.clone()).await;
        setting::write(server, &proved, &Default::default(), "oversight", &closed).await.unwrap();
        setting::load(server).await.unwrap();
        let told = report(server, root, DigestScope::Server, DigestPeriod::Week, Some(clock.now().date_naive())).await.unwrap();
        assert_eq!((told.now.sum.calls, told.crowd.unwrap().users.len()), (1, 0), "{}: nobody is named", test.engine);
    }
}

#[tokio::test]
async fn a_report_comes_once_however_often_the_job_runs() {
    for test in databases().await {
        let world = world(&test).await;
        let World { server, ada, .. } = &world;
        world.answered(ada, "fake/words-3@0").await;
        choose(server, ada, all(true)).await.unwrap();
        world.tick().await;
        world.until("2026-11-30T05:59:00Z");
        world.tick().await;
        assert!(world.reports(ada).await.is_empty(), "{}: it is not morning", test.engine);
        world.until("2026-11-30T06:00:00Z");
        // Two nodes at once, and then one that was cut off before it could note that it was done.
        let job = async || {
            let id = job::enqueue(server, job::NewJob::new(crate::model::job::JobKind::Digest, Value::Null)).await.unwrap();
            server.db.jobs().find(id).await.unwrap().unwrap()
        };
        let (one, two) = (job().await, job().await);
        let (a, b) = tokio::join!(run(server, &one), run(server, &two));
        a.unwrap();
        b.unwrap();
        let wish = server.db.digests().wishes_of(ada.user.id).await.unwrap()[0];
        server.db.digests().put_off(&wish, world.clock.now()).await.unwrap();
        assert!(server.db.digests().is_due(world.clock.now()).await.unwrap());
        world.tick().await;
        let reports = world.reports(ada).await;
        assert_eq!(reports.len(), 1, "{}", test.engine);
        assert!(reports[0].text.contains("Your week: 23–29 Nov 2026") && reports[0].text.contains("Answers: 1"), "{}", reports[0].text);
        assert!(!server.db.digests().is_due(world.clock.now()).await.unwrap(), "{}", test.engine);
        // Nothing was used in the next week; the one after is told of three days late.
        world.until("2026-12-07T06:00:00Z");
        world.tick().await;
        world.answered(ada, "fake/words-3@0").await;
        world.until("2026-12-17T12:00:00Z");
        world.tick().await;
        let reports = world.reports(ada).await;
        assert_eq!(reports.len(), 2, "{}: {reports:?}", test.engine);
        assert!(reports[1].text.contains("7–13 Dec 2026"), "{}", reports[1].text);
    }
}

#[tokio::test]
async fn nobody_gets_one_whose_address_is_not_theirs_or_who_is_locked_or_going() {
    for test in databases().await {
        let world = world(&test).await;
        let World { server, root, .. } = &world;
        let mut people = Vec::new();
        for name in ["fine", "unproved", "locked", "going", "gone"] {
            let who = person(server, name).await;
            choose(server, &who, all(true)).await.unwrap();
            world.answered(&who, "fake/words-3@0").await;
            people.push(who);
        }
        let everybody = DigestChange { server_week: Some(true), week: Some(true), ..DigestChange::default() };
        choose(server, root, everybody).await.unwrap();
        let second = person(server, "second").await;
        server.db.users().set_role(second.user.id, Role::Admin, world.clock.now()).await.unwrap();
        let second = Viewer { user: User { role: Role::Admin, ..second.user }, via: second.via };
        choose(server, &second, everybody).await.unwrap();
        server.db.users().set_role(second.user.id, Role::User, world.clock.now()).await.unwrap();

        let now = world.clock.now();
        let [fine, unproved, locked, going, gone] = <[Viewer; 5]>::try_from(people).ok().unwrap();
        let sql = "UPDATE users SET email_verified_at = NULL WHERE id = $1";
        crate::server::db::on!(test.db.write(), c => sqlx::query(sql).bind(unproved.user.id).execute(c).await.map(drop)).unwrap();
        server.db.users().set_disabled(locked.user.id, Some(now), now).await.unwrap();
        server.db.people().request_deletion(going.user.id, now + Duration::days(30), now).await.unwrap();
        server.db.people().erase(gone.user.id).await.unwrap();
        assert!(server.db.digests().wishes_of(gone.user.id).await.unwrap().is_empty(), "{}: they go along", test.engine);
        world.until("2026-11-30T07:00:00Z");
        world.tick().await;
        assert_eq!(world.reports(&fine).await.len(), 1, "{}", test.engine);
        for none in [&unproved, &locked, &going, &gone, &second] {
            assert!(world.reports(none).await.is_empty(), "{}: {}", test.engine, none.user.name);
        }
        // Root used nothing, but others did.
        let told = world.reports(root).await;
        assert_eq!(told.len(), 1, "{}", test.engine);
        assert!(told[0].text.contains("The server's week: 23–29 Nov 2026") && told[0].text.contains("Calls: 5 ("), "{}", told[0].text);
        assert!(told[0].text.contains("fine | 1 |") && !told[0].text.contains("fine@example.org"), "{}", told[0].text);
    }
}

#[tokio::test]
async fn a_mail_has_a_file_in_ones_language_and_its_link_ends_what_it_is_about() {
    for test in databases().await {
        let world = world(&test).await;
        let World { server, ada, .. } = &world;
        let chinese = User { language: Some("zh-CN".into()), time_zone: Some("Asia/Shanghai".into()), ..ada.user.clone() };
        server.db.users().update_profile(&chinese, world.clock.now()).await.unwrap();
        let ada = Viewer { user: chinese, via: ada.via };
        choose(server, &ada, DigestChange { week: Some(true), month: Some(true), ..DigestChange::default() }).await.unwrap();
        world.answered(&ada, "fake/words-3@0").await;
        // Six in the morning in Shanghai.
        world.until("2026-11-29T22:00:00Z");
        world.tick().await;
        let reports = world.reports(&ada).await;
        assert_eq!(reports.len(), 1, "{}", test.engine);
        let (text, html) = (&reports[0].text, &reports[0].html);
        assert!(text.contains("您的用量周报：2026年11月23日至11月29日") && text.contains("日期按时区 Asia/Shanghai 划分。"), "{text}");
        assert!(html.contains("lang=\"zh-CN\"") && html.contains("words-3@0") && !html.contains("<script"), "{html}");
        let mail = server.db.mails().list(None, None, 1).await.unwrap().remove(0);
        assert_eq!((mail.state, mail.letter, mail.language.as_str()), (MailState::Held, LetterKind::Digest, "zh-CN"));
        let (_, sealed) = server.db.mails().find(mail.id).await.unwrap().unwrap();
        assert!(sealed.unwrap().len() < 60_000, "{}: the outbox stays small", test.engine);

        let token = text.split("/unsubscribe/").nth(1).unwrap().split_whitespace().next().unwrap();
        assert!(!stop(server, "nonsense").await.unwrap());
        assert_eq!(of_link(server, token).await.unwrap(), Some((ada.user.id, DigestScope::Own, DigestPeriod::Week)), "{}", test.engine);
        assert!(stop(server, token).await.unwrap() && stop(server, token).await.unwrap(), "{}: again is fine", test.engine);
        let left = choices(server, &ada).await.unwrap();
        assert_eq!((left.week, left.month), (false, true), "{}", test.engine);
        world.answered(&ada, "fake/words-3@0").await;
        world.until("2026-12-08T00:00:00Z");
        world.tick().await;
        let reports = world.reports(&ada).await;
        assert!(reports.len() == 2 && reports[1].text.contains("月报"), "{}: {}", test.engine, reports.len());
    }
}

#[tokio::test]
async fn what_is_on_paper_is_text_in_both_languages() {
    for locale in Locale::ALL {
        let sheet = sample(locale);
        let bytes = paper::pdf(&sheet, locale, "https://chat.example.org").unwrap();
        assert!(bytes.len() < 40_000, "{}", bytes.len());
        // For who wants to look at it.
        std::fs::write(std::env::temp_dir().join(format!("liao-report-{}.pdf", locale.tag())), &bytes).unwrap();
        let pieces: Vec<_> = bytes.chunks(8192).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        let text = crate::server::extract::Extractor::default().text(PDF, futures::stream::iter(pieces).boxed()).await.unwrap();
        let flat = |text: &str| text.split_whitespace().collect::<String>();
        let said = sheet.totals.iter().flat_map(|total| [&total.name, &total.now, &total.before]).chain(&sheet.lead);
        let cells = sheet.tables.iter().flat_map(|table| table.rows.iter().flatten().chain(&table.head));
        for words in said.chain(cells).chain([&sheet.title]) {
            // Helvetica has no sign of minus.
            assert!(flat(&text).contains(&flat(words).replace('−', "–")), "{}: {words} is missing in\n{text}", locale.tag());
        }
        assert!(text.contains("[Page 1]") && flat(&text).contains("chat.example.org"), "{text}");
    }
}
