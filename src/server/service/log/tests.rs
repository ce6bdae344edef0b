//! What administrators read of the log, and what is never in it, whatever level is asked for.

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{EnvFilter, registry};

use super::*;
use crate::model::chat::Ask;
use crate::model::error::Code;
use crate::model::generation::Status;
use crate::model::user::{Registration, Role};
use crate::server::clock::Clock;
use crate::server::db::testing::databases;
use crate::server::service::viewer::Origin;
use crate::server::service::{account, generation, provider, recovery, token};
use crate::server::testing::{self, signed_in};

/// What somebody writes.
const CANARY: &str = "canary-7f3a";
const PASSWORD: &str = "correct horse canary-7f3a battery";

#[tokio::test]
async fn neither_what_people_write_nor_a_secret_is_in_the_log_at_any_level() {
    for test in databases().await {
        let server = testing::server(test.db.clone(), Clock::default()).await;
        let folder = server.config.data_dir.join("logs");
        server.logs.open(&folder).unwrap();
        let _listening = tracing::subscriber::set_default(registry().with(EnvFilter::new("trace")).with(server.logs.layer()));
        provider::start(&server).await.unwrap();
        generation::keep(&server);
        let form = |name: &str| Registration { email: format!("{name}@example.org"), name: name.into(), password: PASSWORD.into() };
        let root = signed_in(&server, account::create(&server, form("root"), Role::Admin).await.unwrap()).await;
        let ada = signed_in(&server, account::create(&server, form("ada"), Role::User).await.unwrap()).await;
        let mut tail = follow(&server, &root, LogQuery { text: Some("A SIGN".into()), ..LogQuery::default() }, None).await.unwrap();
        for model in ["fake/echo@0", "fake/fail-auth", "fake/fail-mid", "fake/garbage"] {
            let text = format!("{CANARY} {}", "word ".repeat(40));
            let ask = Ask { chat_id: None, text, model: Some(model.into()), request_id: None, replaces: None };
            let Ok(started) = generation::send(&server, &ada, ask).await else { continue };
            let end = generation::whole(&server, &ada, &started).await.unwrap().end;
            assert!(matches!(end.status, Status::Done | Status::Failed), "{}: {end:?}", test.engine);
        }
        let token::Entry::In(_, tokens) =
            token::login(&server, &Origin::default(), &Default::default(), "ada@example.org", PASSWORD.into()).await.unwrap()
        else {
            panic!("no second factor")
        };
        assert!(token::login(&server, &Origin::default(), &Default::default(), "ada@example.org", CANARY.into()).await.is_err());
        recovery::ask(&server, &Origin::default(), "ada@example.org", None).await.unwrap();
        tracing::warn!(password = CANARY, token = %tokens.access, refresh = %tokens.refresh, "a sign of life");
        tracing::warn!(message = %format!("I was sent {CANARY}"), "the provider failed");
        server.logs.flush();
        let kept: String = std::fs::read_dir(&folder).unwrap().map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect();
        assert!(kept.contains("a sign of life") && kept.contains("the provider failed"), "{}: it listened: {kept}", test.engine);
        for secret in [CANARY, PASSWORD, &tokens.access, &tokens.refresh] {
            let line = kept.lines().find(|line| line.contains(secret));
            assert_eq!(line, None, "{}", test.engine);
        }

        let refused = page(&server, &ada, LogQuery::default(), None, None).await.unwrap_err().into_api();
        assert_eq!(refused.code, Code::Forbidden, "{}", test.engine);
        let found = page(&server, &root, LogQuery { text: Some("a sign of".into()), ..LogQuery::default() }, None, None).await.unwrap();
        assert_eq!((found.lines.len(), found.lines[0].fields["password"].as_str()), (1, "[redacted]"), "{}", test.engine);
        let (new, _) = tail.next().await.unwrap();
        assert_eq!(new, found.lines, "{}: who follows hears of it", test.engine);
        let wrong =
            page(&server, &root, LogQuery { user: Some("ada".into()), from: Some("soon".into()), ..LogQuery::default() }, None, None);
        assert!(wrong.await.unwrap_err().into_api().field("user").is_some(), "{}", test.engine);
        assert!(all(&server, &root, LogQuery::default()).await.unwrap().len() > 2, "{}", test.engine);
        std::fs::remove_dir_all(&server.config.data_dir).unwrap();
    }
}
