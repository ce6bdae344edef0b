//! Messages that wait for an answer's end: rows of `queued`, and why a conversation's do not go on, in `chats`.

use chrono::{DateTime, Utc};
use sqlx::types::Json;
use uuid::Uuid;

use super::{Db, Text, on, tx};
use crate::model::queue::{Paused, Queue, Queued};

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    content: String,
    model: Option<String>,
    attachments: Option<Json<Vec<Uuid>>>,
    request_id: String,
    created_at: DateTime<Utc>,
}

impl From<Row> for Queued {
    fn from(Row { id, content, model, attachments, request_id, created_at }: Row) -> Self {
        let attachments = attachments.map(|json| json.0).unwrap_or_default();
        Self { id, message: content, model, attachments, request_id, created_at }
    }
}

#[derive(sqlx::FromRow)]
struct NextRow {
    user_id: Uuid,
    urgent: bool,
    paused: Option<Text<Paused>>,
    #[sqlx(flatten)]
    row: Row,
}

/// What waits first in a conversation.
pub struct Next {
    pub user_id: Uuid,
    /// What runs was stopped for it.
    pub urgent: bool,
    pub paused: Option<Paused>,
    pub message: Queued,
}

macro_rules! columns {
    () => {
        "q.id, q.content, q.model, q.attachments, q.request_id, q.created_at"
    };
}

/// The first message of conversations in which somebody may be asked for it: whoever is locked out or goes is not spoken for.
const NEXT: &str = concat!(
    "SELECT q.user_id, q.urgent, c.queue_paused AS paused, ",
    columns!(),
    " FROM queued q JOIN chats c ON c.id = q.chat_id JOIN users u ON u.id = q.user_id
    WHERE q.chat_id = $1 AND c.deleted_at IS NULL AND u.disabled_at IS NULL AND u.pending_since IS NULL AND u.delete_after IS NULL
    ORDER BY q.position, q.id LIMIT 1"
);

/// The queues of [`Db`].
pub struct Queues<'a>(&'a Db);

impl Db {
    pub fn waiting(&self) -> Queues<'_> {
        Queues(self)
    }
}

impl Queues<'_> {
    /// What waits in the user's conversation; absent: there is no such conversation.
    pub async fn find_for(&self, user_id: Uuid, chat_id: Uuid) -> sqlx::Result<Option<Queue>> {
        let sql = "SELECT queue_paused FROM chats WHERE id = $1 AND user_id = $2 AND deleted_at IS NULL";
        let paused: Option<Option<Text<Paused>>> =
            on!(self.0.read(), c => sqlx::query_scalar(sql).bind(chat_id).bind(user_id).fetch_optional(c).await)?;
        let Some(paused) = paused else { return Ok(None) };
        let sql = concat!("SELECT ", columns!(), " FROM queued q WHERE q.chat_id = $1 AND q.user_id = $2 ORDER BY q.position, q.id");
        let rows: Vec<Row> = on!(self.0.read(), c => sqlx::query_as(sql).bind(chat_id).bind(user_id).fetch_all(c).await)?;
        Ok(Some(Queue { items: rows.into_iter().map(Queued::from).collect(), paused: paused.map(|text| text.0) }))
    }

    /// What waits with this request id.
    pub async fn find_by_request(&self, user_id: Uuid, request_id: &str) -> sqlx::Result<Option<Queued>> {
        let sql = concat!("SELECT ", columns!(), " FROM queued q WHERE q.user_id = $1 AND q.request_id = $2");
        let row: Option<Row> = on!(self.0.read(), c => sqlx::query_as(sql).bind(user_id).bind(request_id).fetch_optional(c).await)?;
        Ok(row.map(Queued::from))
    }

    /// Everything of the user that waits anywhere, with its conversation.
    pub async fn list_for(&self, user_id: Uuid) -> sqlx::Result<Vec<(Uuid, String)>> {
        let sql = "SELECT chat_id, content FROM queued WHERE user_id = $1 ORDER BY chat_id, position, id";
        on!(self.0.read(), c => sqlx::query_as(sql).bind(user_id).fetch_all(c).await)
    }

    /// Puts a message behind the others. A second one with the same request id is not put there.
    pub async fn push(&self, user_id: Uuid, chat_id: Uuid, new: &Queued) -> sqlx::Result<()> {
        let sql = "INSERT INTO queued (id, user_id, chat_id, position, content, model, attachments, request_id, created_at)
            VALUES ($1, $2, $3, (SELECT COALESCE(MAX(q.position), 0) + 1 FROM queued q WHERE q.chat_id = $3), $4, $5, $6, $7, $8)
            ON CONFLICT (user_id, request_id) DO NOTHING";
        let Queued { id, message, model, attachments, request_id, created_at } = new;
        let attachments = Some(Json(attachments)).filter(|ids| !ids.is_empty());
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(user_id).bind(chat_id).bind(message).bind(model.as_deref()).bind(attachments)
            .bind(request_id).bind(created_at).execute(c).await.map(drop))
    }

    /// Changes the text; false: it does not wait, or not any more.
    pub async fn write_for(&self, user_id: Uuid, chat_id: Uuid, id: Uuid, message: &str) -> sqlx::Result<bool> {
        let sql = "UPDATE queued SET content = $4 WHERE id = $1 AND chat_id = $2 AND user_id = $3";
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(chat_id).bind(user_id).bind(message).execute(c).await
            .map(|done| done.rows_affected() > 0))
    }

    /// Takes a message out; false: it does not wait, or not any more.
    pub async fn remove_for(&self, user_id: Uuid, chat_id: Uuid, id: Uuid) -> sqlx::Result<bool> {
        let sql = "DELETE FROM queued WHERE id = $1 AND chat_id = $2 AND user_id = $3";
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(chat_id).bind(user_id).execute(c).await.map(|done| done.rows_affected() > 0))
    }

    /// Takes all of a conversation out. With nothing left there is nothing to be paused.
    pub async fn clear_for(&self, user_id: Uuid, chat_id: Uuid) -> sqlx::Result<()> {
        tx!(self.0, tx => {
            sqlx::query("DELETE FROM queued WHERE chat_id = $1 AND user_id = $2").bind(chat_id).bind(user_id).execute(&mut *tx).await?;
            let sql = "UPDATE chats SET queue_paused = NULL WHERE id = $1 AND user_id = $2";
            sqlx::query(sql).bind(chat_id).bind(user_id).execute(&mut *tx).await?;
            Ok(())
        })
    }

    /// Moves a message to this place among those of its conversation, 0 is the first. False: it does not wait, or not any more.
    pub async fn move_for(&self, user_id: Uuid, chat_id: Uuid, id: Uuid, place: usize) -> sqlx::Result<bool> {
        let list = "SELECT id FROM queued WHERE chat_id = $1 AND user_id = $2 ORDER BY position, id";
        tx!(self.0, tx => {
            let mut ids: Vec<Uuid> = sqlx::query_scalar(list).bind(chat_id).bind(user_id).fetch_all(&mut *tx).await?;
            let found = ids.iter().position(|other| *other == id);
            if let Some(at) = found {
                ids.remove(at);
                ids.insert(place.min(ids.len()), id);
                for (position, id) in ids.iter().enumerate() {
                    let sql = "UPDATE queued SET position = $2 WHERE id = $1";
                    sqlx::query(sql).bind(id).bind(position as i64 + 1).execute(&mut *tx).await?;
                }
            }
            Ok(found.is_some())
        })
    }

    /// What runs is stopped for this message: it is asked whatever the end is.
    pub async fn hurry(&self, chat_id: Uuid, id: Uuid) -> sqlx::Result<()> {
        tx!(self.0, tx => {
            sqlx::query("UPDATE queued SET urgent = (id = $2) WHERE chat_id = $1").bind(chat_id).bind(id).execute(&mut *tx).await?;
            sqlx::query("UPDATE chats SET queue_paused = NULL WHERE id = $1").bind(chat_id).execute(&mut *tx).await?;
            Ok(())
        })
    }

    /// Says why the conversation's queue does not go on; absent: it does.
    pub async fn pause(&self, chat_id: Uuid, why: Option<Paused>) -> sqlx::Result<()> {
        let sql = "UPDATE chats SET queue_paused = $2 WHERE id = $1";
        on!(self.0.write(), c => sqlx::query(sql).bind(chat_id).bind(why.map(Text)).execute(c).await.map(drop))
    }

    /// What waits first in the conversation.
    pub async fn next(&self, chat_id: Uuid) -> sqlx::Result<Option<Next>> {
        let row: Option<NextRow> = on!(self.0.read(), c => sqlx::query_as(NEXT).bind(chat_id).fetch_optional(c).await)?;
        Ok(row.map(|NextRow { user_id, urgent, paused, row }| Next {
            user_id,
            urgent,
            paused: paused.map(|text| text.0),
            message: row.into(),
        }))
    }

    /// Conversations in which something waits, nothing is being written and nothing is paused.
    pub async fn ready(&self, limit: i64) -> sqlx::Result<Vec<Uuid>> {
        let sql = "SELECT DISTINCT c.id FROM queued q JOIN chats c ON c.id = q.chat_id
            WHERE c.queue_paused IS NULL AND c.deleted_at IS NULL
                AND NOT EXISTS (SELECT 1 FROM generations g WHERE g.chat_id = c.id AND g.status = 'running') LIMIT $1";
        on!(self.0.read(), c => sqlx::query_scalar(sql).bind(limit).fetch_all(c).await)
    }

    /// The runs that are writing in the conversation.
    pub async fn running(&self, chat_id: Uuid) -> sqlx::Result<Vec<Uuid>> {
        let sql = "SELECT id FROM generations WHERE chat_id = $1 AND status = 'running' ORDER BY id";
        on!(self.0.read(), c => sqlx::query_scalar(sql).bind(chat_id).fetch_all(c).await)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::chat::Started;
    use crate::model::user::{Role, User};
    use crate::server::db::testing::{TestDb, databases};
    use crate::server::db::{Change, NewChat, NewRun, RunKind};

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn queued(message: &str) -> Queued {
        let id = Uuid::now_v7();
        Queued { id, message: message.into(), model: None, attachments: vec![id], request_id: format!("r-{message}"), created_at: now() }
    }

    /// A user with a conversation in which an answer is being written.
    async fn chatting(test: &TestDb) -> (Uuid, Started) {
        let user = User::new(Uuid::now_v7(), format!("{}@example.org", Uuid::now_v7()), "Ada".into(), Role::User, now());
        let user_id = test.db.users().insert(user, None).await.unwrap().unwrap().id;
        let [chat_id, question_id, message_id, generation_id] = std::array::from_fn(|_| Uuid::now_v7());
        let started = Started { chat_id, question_id: Some(question_id), message_id, generation_id, model: "fake/echo".into() };
        let new = Some(NewChat { title: "t".into(), ..NewChat::default() });
        let kind = RunKind::Question { new, parent: None, text: "Why?".into(), attachments: Vec::new() };
        let request_id = Some("r-asked".to_owned());
        let run = NewRun { started: started.clone(), user_id, request_id, node: "here".into(), now: now(), kind, others: Vec::new() };
        test.db.generations().store(&[Change::Begin(Box::new(run))]).await.unwrap();
        (user_id, started)
    }

    async fn said(test: &TestDb, user: Uuid, chat: Uuid) -> Vec<String> {
        let queue = test.db.waiting().find_for(user, chat).await.unwrap().unwrap();
        queue.items.into_iter().map(|item| item.message).collect()
    }

    #[tokio::test]
    async fn what_waits_keeps_its_order_and_is_its_owners_alone() {
        for test in databases().await {
            let ((ada, started), (bob, _)) = (chatting(&test).await, chatting(&test).await);
            let (queues, chat) = (test.db.waiting(), started.chat_id);
            let all = ["a", "b", "c"].map(queued);
            for one in &all {
                queues.push(ada, chat, one).await.unwrap();
                queues.push(ada, chat, &Queued { id: Uuid::now_v7(), ..one.clone() }).await.unwrap();
            }
            assert_eq!(said(&test, ada, chat).await, ["a", "b", "c"], "{}: the same request waits once", test.engine);
            assert_eq!(queues.find_for(ada, chat).await.unwrap().unwrap().items[0], all[0], "{}", test.engine);
            assert!(queues.move_for(ada, chat, all[2].id, 0).await.unwrap());
            assert_eq!(said(&test, ada, chat).await, ["c", "a", "b"]);
            assert!(queues.move_for(ada, chat, all[2].id, 9).await.unwrap());
            assert_eq!(said(&test, ada, chat).await, ["a", "b", "c"], "{}: behind the last one is the last", test.engine);
            assert!(!queues.move_for(bob, chat, all[0].id, 2).await.unwrap(), "{}: not his", test.engine);
            assert!(!queues.write_for(bob, chat, all[0].id, "x").await.unwrap() && !queues.remove_for(bob, chat, all[0].id).await.unwrap());
            assert!(queues.find_for(bob, chat).await.unwrap().is_none());
            assert!(queues.write_for(ada, chat, all[1].id, "B").await.unwrap() && queues.remove_for(ada, chat, all[0].id).await.unwrap());
            assert_eq!(said(&test, ada, chat).await, ["B", "c"]);
            queues.clear_for(bob, chat).await.unwrap();
            assert_eq!(said(&test, ada, chat).await.len(), 2, "{}", test.engine);
            queues.clear_for(ada, chat).await.unwrap();
            assert!(said(&test, ada, chat).await.is_empty());
        }
    }

    #[tokio::test]
    async fn a_queue_is_ready_when_nothing_runs_and_nothing_holds_it() {
        for test in databases().await {
            let (ada, started) = chatting(&test).await;
            let (queues, chat) = (test.db.waiting(), started.chat_id);
            let one = queued("a");
            queues.push(ada, chat, &one).await.unwrap();
            assert_eq!(queues.running(chat).await.unwrap(), [started.generation_id], "{}", test.engine);
            assert!(queues.ready(9).await.unwrap().is_empty(), "{}: an answer is being written", test.engine);
            let sql = "UPDATE generations SET status = 'done'";
            on!(test.db.write(), c => sqlx::query(sql).execute(c).await.map(drop)).unwrap();
            assert_eq!(queues.ready(9).await.unwrap(), [chat], "{}", test.engine);
            queues.pause(chat, Some(Paused::Failed)).await.unwrap();
            assert!(queues.ready(9).await.unwrap().is_empty());
            let next = queues.next(chat).await.unwrap().unwrap();
            assert_eq!((next.user_id, next.urgent, next.paused, next.message.id), (ada, false, Some(Paused::Failed), one.id));
            queues.hurry(chat, one.id).await.unwrap();
            let next = queues.next(chat).await.unwrap().unwrap();
            assert_eq!((next.urgent, next.paused), (true, None), "{}", test.engine);
            test.db.users().set_disabled(ada, Some(now()), now()).await.unwrap();
            assert!(queues.next(chat).await.unwrap().is_none(), "{}: nobody speaks for who is locked out", test.engine);
        }
    }

    #[tokio::test]
    async fn a_message_leaves_the_queue_in_the_moment_that_it_is_asked() {
        for test in databases().await {
            let (ada, started) = chatting(&test).await;
            on!(test.db.write(), c => sqlx::query("UPDATE generations SET status = 'done'").execute(c).await.map(drop)).unwrap();
            let (first, second) = (queued("a"), queued("b"));
            test.db.waiting().push(ada, started.chat_id, &first).await.unwrap();
            test.db.waiting().push(ada, started.chat_id, &second).await.unwrap();
            let [question_id, message_id, generation_id] = std::array::from_fn(|_| Uuid::now_v7());
            let next = Started { question_id: Some(question_id), message_id, generation_id, ..started.clone() };
            let kind = RunKind::Question { new: None, parent: Some(started.message_id), text: "a".into(), attachments: Vec::new() };
            let request_id = Some(first.request_id.clone());
            let run = NewRun { started: next, user_id: ada, request_id, node: "here".into(), now: now(), kind, others: Vec::new() };
            test.db.generations().store(&[Change::Begin(Box::new(run))]).await.unwrap();
            assert_eq!(said(&test, ada, started.chat_id).await, ["b"], "{}", test.engine);
        }
    }
}
