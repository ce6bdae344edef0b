//! Fills a database with messages, many in a statement, and their index as the server makes it.

use chrono::{DateTime, Utc};
use liao::model::user::{Role, User};
use liao::server::db::Pool;
use liao::server::db::testing::TestDb;
use sqlx::QueryBuilder;
use uuid::Uuid;

use crate::words::Dice;

/// Messages of a conversation, and of a statement.
const CHAT: usize = 50;
const ROWS: usize = 500;

/// Runs the same on whichever engine it is.
macro_rules! on {
    ($pool:expr, $c:ident => $e:expr) => {
        match $pool {
            Pool::Sqlite($c) => $e,
            Pool::Postgres($c) => $e,
        }
    };
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap_or_default()
}

/// Somebody without a password.
pub async fn person(test: &TestDb, n: usize) -> User {
    let user = User::new(Uuid::now_v7(), format!("p{n}@example.org"), "P".into(), Role::User, now());
    test.db.users().insert(user, None).await.expect("a user").expect("a new address")
}

/// PostgreSQL makes this index of a whole table in a tenth of the time that it takes row by row; it is the same afterwards. What makes it.
async fn without_index(test: &TestDb) -> Option<String> {
    let Pool::Postgres(c) = test.db.write() else { return None };
    let sql = "SELECT indexdef FROM pg_indexes WHERE indexname = 'search_documents_terms' AND schemaname = current_schema()";
    let made: String = sqlx::query_scalar(sql).fetch_one(c).await.expect("the index");
    sqlx::query("DROP INDEX search_documents_terms").execute(c).await.expect("no index");
    Some(made)
}

/// Every second message is the first person's; one conversation of theirs in a hundred has the tag `rare`.
pub async fn messages(test: &TestDb, people: &[Uuid], count: usize) {
    let index = without_index(test).await;
    let mut dice = Dice(0x2545_F491_4F6C_DD1D);
    let (mut made, mut chats) = (0, 0);
    while made < count {
        let mut rows: Vec<(Uuid, Uuid, String)> = Vec::new();
        while rows.len() < ROWS && made < count {
            let owner = if chats % 2 == 0 { people[0] } else { people[1 + chats / 2 % (people.len() - 1)] };
            let chat = chat(test, owner, chats).await;
            chats += 1;
            rows.extend((0..CHAT).map(|_| (Uuid::now_v7(), chat, dice.text())));
            made += CHAT;
        }
        store(test, &rows).await;
        // As the job does it that takes an older database into the index; so the newest of this statement comes first.
        let mut index: Vec<(Uuid, String)> = rows.into_iter().map(|(id, _, text)| (id, text)).collect();
        index.reverse();
        test.db.search().index_older(&index).await.expect("an index");
    }
    if let (Some(index), Pool::Postgres(c)) = (index, test.db.write()) {
        let sql = format!("SET maintenance_work_mem = '1GB'; {index}; RESET maintenance_work_mem");
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(c).await.expect("the index");
    }
    on!(test.db.write(), c => sqlx::query("ANALYZE").execute(c).await.map(drop)).expect("statistics");
}

async fn chat(test: &TestDb, owner: Uuid, n: usize) -> Uuid {
    let (id, title) = (Uuid::now_v7(), format!("Chat {n}"));
    let sql = "INSERT INTO chats (id, user_id, title, created_at, updated_at) VALUES ($1, $2, $3, $4, $4)";
    on!(test.db.write(), c => sqlx::query(sql).bind(id).bind(owner).bind(title).bind(now()).execute(c).await.map(drop)).expect("a chat");
    if n.is_multiple_of(200) {
        let sql = "INSERT INTO chat_tags (chat_id, user_id, tag) VALUES ($1, $2, 'rare')";
        on!(test.db.write(), c => sqlx::query(sql).bind(id).bind(owner).execute(c).await.map(drop)).expect("a tag");
    }
    id
}

async fn store(test: &TestDb, rows: &[(Uuid, Uuid, String)]) {
    on!(test.db.write(), c => {
        let mut insert = QueryBuilder::new("INSERT INTO messages (id, chat_id, role, content, status, created_at) ");
        insert.push_values(rows, |mut row, (id, chat, text)| {
            row.push_bind(*id).push_bind(*chat).push_bind("user").push_bind(text.as_str()).push_bind("done").push_bind(now());
        });
        insert.build().execute(c).await.map(drop)
    })
    .expect("messages");
}
