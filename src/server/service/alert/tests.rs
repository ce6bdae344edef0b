//! Alerts from the rule to whom they are told, on both databases; webhooks go to a server on this machine.

use chrono::DateTime;
use serde_json::{Value, json};

use super::*;
use crate::model::alert::{AlertEvent, AlertKind, ChannelForm, ChannelKind, DeliveryState};
use crate::model::error::Code;
use crate::model::generation::{FailureKind, Status, Usage};
use crate::model::job::{JobKind, JobState};
use crate::model::mail::LetterKind;
use crate::model::provider::Price;
use crate::model::usage::Purpose;
use crate::model::user::{Registration, Role};
use crate::server::clock::Clock;
use crate::server::db::testing::{TestDb, databases};
use crate::server::db::{Call, Change, Lane};
use crate::server::job::{self, NewJob};
use crate::server::service::account;
use crate::server::testing::{server, signed_in};
use crate::server::webhook::testing::Taker;

struct World {
    server: Server,
    clock: Clock,
    root: Viewer,
    ada: Viewer,
    origin: Origin,
}

async fn world(test: &TestDb) -> World {
    let clock = Clock::fixed(DateTime::from_timestamp(1_800_000_000, 0).unwrap());
    let server = server(test.db.clone(), clock.clone()).await;
    server.metrics.started(clock.now());
    let mut people = Vec::new();
    for (name, role) in [("root", Role::Admin), ("ada", Role::User)] {
        let form = Registration { email: format!("{name}@example.org"), name: name.into(), password: "correct horse battery".into() };
        people.push(signed_in(&server, account::create(&server, form, role).await.unwrap()).await);
    }
    let [root, ada] = <[Viewer; 2]>::try_from(people).unwrap();
    World { server, clock, root, ada, origin: Origin::default() }
}

fn channel(kind: ChannelKind, target: &str, secret: Option<&str>) -> ChannelForm {
    let (name, target, secret) = (format!("{kind:?}"), Some(target.to_owned()), secret.map(str::to_owned));
    ChannelForm { kind, name, target, secret, private: true, language: None, enabled: true }
}

fn rule(kind: AlertKind, threshold: u32) -> RuleForm {
    RuleForm { kind, threshold, minutes: None, channels: Vec::new(), enabled: true }
}

fn code<T: std::fmt::Debug>(result: Result<T>) -> Code {
    result.unwrap_err().into_api().code
}

impl World {
    async fn add(&self, form: ChannelForm) -> AlertChannel {
        save_channel(&self.server, &self.root, &self.origin, None, form).await.unwrap()
    }

    async fn watch(&self, form: RuleForm) -> AlertRule {
        save_rule(&self.server, &self.root, &self.origin, None, form).await.unwrap()
    }

    /// A minute passes, and the job that it brings is run.
    async fn minute(&self) {
        self.clock.advance(Duration::minutes(1));
        queue(&self.server).await.unwrap();
        while Box::pin(job::run_next(&self.server)).await.unwrap() {}
    }

    /// So many jobs wait.
    async fn pile(&self, jobs: usize) {
        for _ in 0..jobs {
            job::enqueue(&self.server, NewJob::new(JobKind::Index, Value::Null)).await.unwrap();
        }
    }

    /// A job was given up now.
    async fn give_up(&self) {
        while Box::pin(job::run_next(&self.server)).await.unwrap() {}
        let id = job::enqueue(&self.server, NewJob::new(JobKind::Index, Value::Null)).await.unwrap();
        let now = self.clock.now();
        assert_eq!(self.server.db.jobs().claim(Lane::Any, now, now + Duration::minutes(5)).await.unwrap().unwrap().id, id);
        self.server.db.jobs().finish(id, Err("it broke"), now).await.unwrap();
    }

    async fn history(&self) -> Vec<Alert> {
        history(&self.server, &self.root, None, None).await.unwrap().items
    }
}

#[tokio::test]
async fn an_alert_is_told_once_where_it_begins_and_once_where_it_ends() {
    for test in databases().await {
        let world = world(&test).await;
        let taker = Taker::begin(204, "").await;
        world.add(channel(ChannelKind::Webhook, &taker.url, Some("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))).await;
        world.add(channel(ChannelKind::Mail, "ops@example.org", None)).await;
        world.watch(RuleForm { minutes: Some(5), ..rule(AlertKind::FailedJobs, 1) }).await;
        world.minute().await;
        assert!(world.history().await.is_empty() && taker.taken().is_empty(), "{}: nothing is wrong", test.engine);

        world.give_up().await;
        world.minute().await;
        let began = taker.taken();
        assert_eq!(began.len(), 1, "{}", test.engine);
        let body = began[0].json();
        assert_eq!(
            (&body["type"], &body["data"]["alert"]["kind"], &body["data"]["alert"]["value"]),
            (&json!("alert.firing"), &json!("failed_jobs"), &json!(1.0))
        );
        assert!(began[0].headers["webhook-signature"].to_str().unwrap().starts_with("v1,"));
        world.minute().await;
        world.give_up().await;
        world.minute().await;
        assert!(taker.taken().is_empty(), "it is told once");
        let open = world.history().await;
        assert_eq!((open.len(), open[0].value, open[0].ended_at), (1, 2.0, None), "and stays one");

        for _ in 0..5 {
            world.minute().await;
        }
        let over = taker.taken();
        assert_eq!((over.len(), &over[0].json()["type"]), (1, &json!("alert.resolved")), "{}", test.engine);
        let told = &world.history().await[0];
        assert!(told.ended_at.is_some());
        let events: Vec<_> = told.deliveries.iter().map(|delivery| (delivery.event, delivery.state)).collect();
        let sent = |event| [(event, DeliveryState::Sent); 2];
        assert_eq!(events, [sent(AlertEvent::Firing), sent(AlertEvent::Resolved)].concat());
        let mails = world.server.db.mails().list(None, None, 10).await.unwrap();
        assert_eq!(mails.iter().filter(|mail| mail.letter == LetterKind::Alert).count(), 2);
        world.give_up().await;
        world.minute().await;
        assert_eq!((taker.taken().len(), world.history().await.len()), (1, 2), "the next one is another one");
    }
}

#[tokio::test]
async fn what_was_not_taken_is_tried_again_and_given_up_in_the_end() {
    for test in databases().await {
        let world = world(&test).await;
        let taker = Taker::begin(200, r#"{"code":19021,"msg":"sign match fail"}"#).await;
        world.add(channel(ChannelKind::Feishu, &taker.url, Some("demo"))).await;
        world.watch(RuleForm { minutes: Some(44_640), ..rule(AlertKind::FailedJobs, 1) }).await;
        world.give_up().await;
        world.minute().await;
        let state = async || {
            let delivery = world.history().await[0].deliveries[0].clone();
            (delivery.state, delivery.error)
        };
        let (queued, error) = state().await;
        assert_eq!(queued, DeliveryState::Queued, "{}", test.engine);
        assert!(error.unwrap().contains("sign match fail"), "a 200 that is none is read");
        taker.answers(200, r#"{"code":0}"#);
        world.minute().await;
        assert_eq!(state().await, (DeliveryState::Sent, None));
        let taken = taker.taken();
        assert_eq!((taken.len(), taken[0].json()["sign"].is_string()), (2, true));

        taker.answers(500, "no");
        for _ in 0..60 {
            world.clock.advance(Duration::minutes(1));
            world
                .server
                .db
                .alerts()
                .tell(world.history().await[0].id, AlertEvent::Resolved, &[first(&world).await], world.clock.now())
                .await
                .unwrap();
            deliver::all(&world.server).await.unwrap();
        }
        let delivery = world.history().await[0].deliveries[1].clone();
        assert_eq!((delivery.state, taker.taken().len()), (DeliveryState::Failed, 6), "{}: with growing pauses", test.engine);
    }
}

async fn first(world: &World) -> Uuid {
    channels(&world.server, &world.root).await.unwrap()[0].id
}

#[tokio::test]
async fn a_silenced_rule_says_nothing_until_it_may() {
    for test in databases().await {
        let world = world(&test).await;
        let World { server, root, origin, .. } = &world;
        let taker = Taker::begin(200, "ok").await;
        world.add(channel(ChannelKind::Slack, &taker.url, None)).await;
        let rule = world.watch(RuleForm { minutes: Some(300), ..rule(AlertKind::FailedJobs, 1) }).await;
        let silenced = silence(server, root, origin, rule.id, SilenceForm { hours: 1 }).await.unwrap();
        assert_eq!(silenced.silenced_until, Some(world.clock.now() + Duration::hours(1)));
        world.give_up().await;
        world.minute().await;
        assert_eq!((world.history().await.len(), taker.taken().len()), (1, 0), "{}: seen, not told", test.engine);
        world.clock.advance(Duration::hours(1));
        world.minute().await;
        assert!(taker.taken()[0].json()["text"].as_str().unwrap().starts_with("*Alert: Failed jobs*"), "told when it may");
        silence(server, root, origin, rule.id, SilenceForm { hours: 3 }).await.unwrap();
        let off = RuleForm { enabled: false, ..super::tests::rule(AlertKind::FailedJobs, 1) };
        save_rule(server, root, origin, Some(rule.id), off).await.unwrap();
        assert!(world.history().await[0].ended_at.is_some(), "who does not look does not see");
        assert_eq!(code(silence(server, root, origin, rule.id, SilenceForm { hours: 9_999 }).await), Code::Invalid);
        assert_eq!(silence(server, root, origin, rule.id, SilenceForm { hours: 0 }).await.unwrap().silenced_until, None);
    }
}

#[tokio::test]
async fn a_webhooks_address_is_secret_guarded_and_kept() {
    for test in databases().await {
        let world = world(&test).await;
        let World { server, root, ada, origin, .. } = &world;
        let save = async |id, form| save_channel(server, root, origin, id, form).await;
        let url = "https://127.0.0.1:9/robot/send?access_token=hush-token";
        let public = ChannelForm { private: false, ..channel(ChannelKind::Dingtalk, url, Some("hush-secret")) };
        let refused = save(None, public).await.unwrap_err().into_api();
        assert_eq!((refused.code, refused.fields[0].field.as_str()), (Code::Invalid, "target"), "{}: a private network", test.engine);
        let plain = ChannelForm { private: false, ..channel(ChannelKind::Slack, "http://hooks.example.org/x", None) };
        assert_eq!(code(save(None, plain).await), Code::Invalid, "in the open");
        let metadata = channel(ChannelKind::Webhook, "http://169.254.169.254/latest", None);
        assert_eq!(code(save(None, metadata).await), Code::Invalid, "never, whoever allows it");
        let made = save(None, channel(ChannelKind::Dingtalk, url, Some("hush-secret"))).await.unwrap();
        assert_eq!((made.target.as_str(), made.has_secret), ("127.0.0.1", true));
        let shown = serde_json::to_string(&look(server, root, None).await.unwrap()).unwrap();
        let log = activity::own(server, root, None).await.unwrap();
        assert!(!shown.contains("hush") && !serde_json::to_string(&log).unwrap().contains("hush"));

        let kept = ChannelForm { target: None, secret: None, name: "Ops".into(), ..channel(ChannelKind::Dingtalk, "", None) };
        let kept = save(Some(made.id), kept).await.unwrap();
        assert_eq!((kept.target, kept.has_secret, kept.name), ("127.0.0.1".to_owned(), true, "Ops".to_owned()));
        let moved = channel(ChannelKind::Dingtalk, "https://127.0.0.2/robot/send?access_token=t", None);
        assert!(!save(Some(made.id), moved).await.unwrap().has_secret, "a secret goes to no other host");
        let other = ChannelForm { target: None, ..channel(ChannelKind::Wecom, "", None) };
        assert_eq!(code(save(Some(made.id), other).await), Code::Invalid, "another maker's address is another one");
        assert_eq!(code(save_channel(server, ada, origin, None, channel(ChannelKind::Mail, "a@b.org", None)).await), Code::Forbidden);
        assert_eq!(code(test_channel(server, ada, made.id).await), Code::Forbidden);
        delete_channel(server, root, origin, made.id).await.unwrap();
        assert_eq!(code(test_channel(server, root, made.id).await), Code::NotFound);
    }
}

#[tokio::test]
async fn each_maker_gets_a_test_in_its_form_and_language() {
    for test in databases().await {
        let world = world(&test).await;
        let World { server, root, .. } = &world;
        let makers = [
            (ChannelKind::Webhook, "", "/data/title"),
            (ChannelKind::Slack, "ok", "/text"),
            (ChannelKind::Feishu, r#"{"code":0}"#, "/content/text"),
            (ChannelKind::Dingtalk, r#"{"errcode":0}"#, "/text/content"),
            (ChannelKind::Wecom, r#"{"errcode":0}"#, "/text/content"),
        ];
        for (kind, answer, at) in makers {
            let taker = Taker::begin(200, answer).await;
            let form = ChannelForm { language: Some("zh-CN".into()), ..channel(kind, &format!("{}?key=k", taker.url), Some("s")) };
            let made = world.add(form).await;
            test_channel(server, root, made.id).await.unwrap();
            let taken = taker.taken().remove(0);
            assert!(taken.json().pointer(at).unwrap().as_str().unwrap().contains("告警测试"), "{kind:?}: {}", taken.text);
            assert_eq!(taken.uri.contains("&sign="), kind == ChannelKind::Dingtalk, "{kind:?}");
            taker.answers(302, "elsewhere");
            let refused = test_channel(server, root, made.id).await.unwrap_err().into_api();
            assert_eq!((refused.code, refused.message.contains("302")), (Code::Upstream, true), "{kind:?}: no redirect is followed");
        }
        let mail = world.add(channel(ChannelKind::Mail, "ops@example.org, more@example.org", None)).await;
        test_channel(server, root, mail.id).await.unwrap();
        assert_eq!(server.db.mails().list(None, None, 10).await.unwrap().len(), 2, "{}", test.engine);
    }
}

/// Calls of one person, so many of them failed.
async fn calls(world: &World, test: &TestDb, all: usize, failed: usize, cost: u64) {
    for n in 0..all {
        let at = world.clock.now() - Duration::minutes(1);
        let failure = (n < failed).then_some(FailureKind::Timeout);
        let call = Call {
            purpose: Purpose::Title,
            price: Some(Price { input: cost, output: 0, cached: None }),
            outcome: if failure.is_some() { Status::Failed } else { Status::Done },
            failure,
            ..Call::example("vendor", "m", Usage::new(1_000_000, 0), at)
        };
        test.db.generations().store(&[Change::Alone(world.ada.user.id, Box::new(call))]).await.unwrap();
    }
}

#[tokio::test]
async fn every_kind_of_rule_sees_what_it_is_about() {
    for test in databases().await {
        let world = world(&test).await;
        let measured = async |kind, threshold| {
            let rule = AlertRule {
                id: Uuid::nil(),
                kind,
                threshold,
                minutes: kind.usual().1,
                channels: Vec::new(),
                enabled: true,
                silenced_until: None,
                created_at: world.clock.now(),
            };
            let measured = measure::measure(&world.server, &rule).await.unwrap();
            (measured.value, measured.over)
        };
        calls(&world, &test, 4, 4, 1).await;
        assert_eq!(measured(AlertKind::ErrorRate, 20).await, (100.0, false), "{}: four calls tell nothing", test.engine);
        calls(&world, &test, 4, 0, 1).await;
        assert_eq!(measured(AlertKind::ErrorRate, 50).await, (50.0, true));
        assert_eq!(measured(AlertKind::ErrorRate, 51).await, (50.0, false));
        assert!(!measured(AlertKind::Spend, 1).await.1);
        calls(&world, &test, 1, 0, 60_000_000).await;
        let (spent, over) = measured(AlertKind::Spend, 60).await;
        assert!(over && (60.0..60.1).contains(&spent), "{spent}");
        assert_eq!(measured(AlertKind::ProviderDown, 1).await, (0.0, false));
        world.pile(3).await;
        assert_eq!(measured(AlertKind::Queue, 3).await, (3.0, true));
        assert_eq!(measured(AlertKind::FailedJobs, 1).await, (0.0, false));
        assert!(!measured(AlertKind::Disk, 1).await.1 && measured(AlertKind::Disk, 1_000_000_000).await.1);
        assert_eq!(measured(AlertKind::BackupAge, 1).await, (0.0, false));
        world.clock.advance(Duration::hours(48));
        assert_eq!(measured(AlertKind::BackupAge, 48).await, (48.0, true));
        assert_eq!(measured(AlertKind::ErrorRate, 1).await, (0.0, false), "long ago");
        let open = world.server.db.jobs().list(Some(JobState::Queued), None, 10).await.unwrap();
        assert_eq!(open.len(), 3);
    }
}

#[tokio::test]
async fn rules_are_looked_at_once_a_minute_however_many_ask() {
    for test in databases().await {
        let world = world(&test).await;
        queue(&world.server).await.unwrap();
        let jobs = async || world.server.db.jobs().list(None, None, 50).await.unwrap().len();
        assert_eq!(jobs().await, 0, "{}: nothing to look at", test.engine);
        world.watch(rule(AlertKind::Queue, 100)).await;
        for _ in 0..3 {
            queue(&world.server).await.unwrap();
        }
        assert_eq!(jobs().await, 1);
        while job::run_next(&world.server).await.unwrap() {}
        queue(&world.server).await.unwrap();
        assert_eq!(jobs().await, 1, "another node asks in the same minute");
        world.minute().await;
        assert_eq!(jobs().await, 2);
        let World { server, root, ada, origin, .. } = &world;
        assert_eq!(code(save_rule(server, ada, origin, None, rule(AlertKind::Queue, 1)).await), Code::Forbidden);
        let unknown = RuleForm { channels: vec![Uuid::now_v7()], ..rule(AlertKind::Queue, 1) };
        assert_eq!(code(save_rule(server, root, origin, None, unknown).await), Code::Invalid);
        let made = rules(server, root).await.unwrap().remove(0);
        delete_rule(server, root, origin, made.id).await.unwrap();
        assert_eq!(code(delete_rule(server, root, origin, made.id).await), Code::NotFound);
    }
}
