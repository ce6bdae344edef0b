//! How answers came about, for administrators: in numbers, never in words.

use chrono::Duration;
use uuid::Uuid;

use super::viewer::Viewer;
use crate::model::trace::TracedRun;
use crate::server::Server;
use crate::server::error::{Error, Result};

/// Anybody's run and its trace, by the run's id, its message's, or that of a line of the ledger; of one that is being written on this
/// node, so far. Administrators only. Errors: `NotFound`.
pub async fn find(server: &Server, viewer: &Viewer, id: Uuid) -> Result<TracedRun> {
    viewer.require_admin()?;
    let mut run = server.db.generations().traced(id).await?.ok_or_else(|| Error::not_found("answer"))?;
    if let Some(live) = server.generations.live(run.generation_id) {
        run.trace = Some(live.traced());
    }
    Ok(run)
}

/// Takes out what is older than logs are kept.
pub async fn sweep(server: &Server) -> Result<u64> {
    let days = server.settings.get().logs.days;
    Ok(server.db.generations().forget_traces(server.clock.now() - Duration::days(days.into())).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::chat::Ask;
    use crate::model::error::Code;
    use crate::model::generation::{FailureKind, Status};
    use crate::model::trace::StageKind;
    use crate::model::user::{Registration, Role};
    use crate::server::clock::Clock;
    use crate::server::db::testing::databases;
    use crate::server::service::{account, generation, provider};
    use crate::server::testing::{self, signed_in};

    #[tokio::test]
    async fn a_run_leaves_its_stages_and_not_a_word_and_only_administrators_see_them() {
        for test in databases().await {
            let clock = Clock::fixed(chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap());
            let server = testing::server(test.db.clone(), clock.clone()).await;
            provider::start(&server).await.unwrap();
            generation::keep(&server);
            let form = |name: &str| Registration {
                email: format!("{name}@example.org"),
                name: name.into(),
                password: "correct horse battery".into(),
            };
            let root = signed_in(&server, account::create(&server, form("root"), Role::Admin).await.unwrap()).await;
            let ada = signed_in(&server, account::create(&server, form("ada"), Role::User).await.unwrap()).await;
            let ask = |model: &str| Ask {
                chat_id: None,
                text: "canary-7f3a".into(),
                model: Some(model.into()),
                request_id: None,
                replaces: None,
            };
            let slow = generation::send(&server, &ada, ask("fake/words-20@50")).await.unwrap();
            let so_far = find(&server, &root, slow.generation_id).await.unwrap();
            assert!(so_far.status.is_running() && so_far.trace.is_some(), "{}: {so_far:?}", test.engine);
            generation::whole(&server, &ada, &slow).await.unwrap();
            let refused = find(&server, &ada, slow.generation_id).await.unwrap_err().into_api();
            assert_eq!((refused.code, find(&server, &root, Uuid::nil()).await.is_err()), (Code::Forbidden, true), "{}", test.engine);
            let run = find(&server, &root, slow.generation_id).await.unwrap();
            let trace = run.trace.clone().unwrap();
            let kinds: Vec<_> = trace.stages.iter().map(|stage| stage.kind).collect();
            use StageKind::{Answer, Begin, Connect, Context, Finish, FirstToken, Queue};
            assert_eq!(kinds, [Context, Begin, Queue, Connect, FirstToken, Answer, Finish], "{}", test.engine);
            assert!(trace.stages.windows(2).all(|pair| pair[0].to == pair[1].from), "{trace:?}");
            let answer = trace.stages[5];
            assert!((200_000..4_000_000).contains(&(answer.to - answer.from)), "20 words at 50 a second: {answer:?}");
            assert_eq!((trace.asked.len(), trace.asked[0].shape.questions, trace.asked[0].shape.characters), (1, 1, 11));
            assert!(trace.reads >= 2 && trace.characters > 20 && !serde_json::to_string(&run).unwrap().contains("canary"), "{run:?}");
            // By its message, and by its line of the ledger.
            let line = server.db.ledger().entries(ada.user.id, None, 1).await.unwrap().remove(0);
            for id in [slow.message_id, line.id] {
                assert_eq!(find(&server, &root, id).await.unwrap().generation_id, slow.generation_id, "{}", test.engine);
            }
            let failed = generation::send(&server, &ada, ask("fake/fail-auth")).await.unwrap();
            generation::whole(&server, &ada, &failed).await.unwrap();
            let failed = find(&server, &root, failed.generation_id).await.unwrap();
            assert_eq!((failed.status, failed.failure), (Status::Failed, Some(FailureKind::Auth)), "{}", test.engine);
            assert_eq!(failed.trace.unwrap().asked[0].failure, Some(FailureKind::Auth), "{}", test.engine);
            clock.advance(Duration::days(8));
            assert_eq!(sweep(&server).await.unwrap(), 2, "{}", test.engine);
            assert_eq!(find(&server, &root, slow.generation_id).await.unwrap().trace, None, "{}", test.engine);
        }
    }
}
