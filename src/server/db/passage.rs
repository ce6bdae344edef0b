//! Passages of documents, and what models that embed made of them: rows of `passages` and `passage_vectors`.

use sqlx::QueryBuilder;
use uuid::Uuid;

use super::{Db, on, tx};

/// Rows of one statement: SQLite takes 32,766 values in it.
const ROWS: usize = 500;

/// A passage: where it stands in the text, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passage {
    pub start: usize,
    pub end: usize,
    /// Where it begins, if the text tells.
    pub page: Option<u32>,
}

#[derive(sqlx::FromRow)]
struct Row {
    start_byte: i64,
    end_byte: i64,
    page: Option<i64>,
}

impl From<Row> for Passage {
    fn from(Row { start_byte, end_byte, page }: Row) -> Self {
        let number = |n: i64| usize::try_from(n).unwrap_or_default();
        Self { start: number(start_byte), end: number(end_byte), page: page.and_then(|page| u32::try_from(page).ok()) }
    }
}

/// The passages of [`Db`].
pub struct Passages<'a>(&'a Db);

impl Db {
    pub fn passages(&self) -> Passages<'_> {
        Passages(self)
    }
}

impl Passages<'_> {
    /// The passages of a file, in order.
    pub async fn list(&self, file_id: Uuid) -> sqlx::Result<Vec<Passage>> {
        let sql = "SELECT start_byte, end_byte, page FROM passages WHERE file_id = $1 ORDER BY ordinal";
        let rows: Vec<Row> = on!(self.0.read(), c => sqlx::query_as(sql).bind(file_id).fetch_all(c).await)?;
        Ok(rows.into_iter().map(Passage::from).collect())
    }

    /// One of them.
    pub async fn find(&self, file_id: Uuid, ordinal: u32) -> sqlx::Result<Option<Passage>> {
        let sql = "SELECT start_byte, end_byte, page FROM passages WHERE file_id = $1 AND ordinal = $2";
        let row: Option<Row> = on!(self.0.read(), c => sqlx::query_as(sql).bind(file_id).bind(i64::from(ordinal)).fetch_optional(c).await)?;
        Ok(row.map(Passage::from))
    }

    /// Keeps the passages of a file, unless it has them.
    pub async fn put(&self, file_id: Uuid, passages: &[Passage]) -> sqlx::Result<()> {
        let numbered: Vec<_> = (0_i64..).zip(passages).collect();
        let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        tx!(self.0, tx => {
            for some in numbered.chunks(ROWS) {
                let mut insert = QueryBuilder::new("INSERT INTO passages (file_id, ordinal, start_byte, end_byte, page) ");
                insert.push_values(some, |mut row, (ordinal, passage)| {
                    row.push_bind(file_id).push_bind(*ordinal).push_bind(number(passage.start)).push_bind(number(passage.end));
                    row.push_bind(passage.page.map(i64::from));
                });
                insert.push(" ON CONFLICT (file_id, ordinal) DO NOTHING");
                insert.build().persistent(false).execute(&mut *tx).await?;
            }
        });
        Ok(())
    }

    /// Of how many passages of a file this model has made something.
    pub async fn embedded(&self, file_id: Uuid, model: &str) -> sqlx::Result<i64> {
        let sql = "SELECT COUNT(*) FROM passage_vectors WHERE file_id = $1 AND model = $2";
        on!(self.0.read(), c => sqlx::query_scalar(sql).bind(file_id).bind(model).fetch_one(c).await)
    }

    /// What the model made of so many passages from this one on: which, and the floats.
    pub async fn vectors(&self, file_id: Uuid, model: &str, from: i64, limit: i64) -> sqlx::Result<Vec<(i64, Vec<u8>)>> {
        let sql =
            "SELECT ordinal, vector FROM passage_vectors WHERE file_id = $1 AND model = $2 AND ordinal >= $3 ORDER BY ordinal LIMIT $4";
        on!(self.0.read(), c => sqlx::query_as(sql).bind(file_id).bind(model).bind(from).bind(limit).fetch_all(c).await)
    }

    /// Keeps what a model made of passages.
    pub async fn put_vectors(&self, file_id: Uuid, model: &str, vectors: &[(i64, Vec<u8>)]) -> sqlx::Result<()> {
        tx!(self.0, tx => {
            for some in vectors.chunks(ROWS) {
                let mut insert = QueryBuilder::new("INSERT INTO passage_vectors (file_id, model, ordinal, vector) ");
                insert.push_values(some, |mut row, (ordinal, vector)| {
                    row.push_bind(file_id).push_bind(model.to_owned()).push_bind(*ordinal).push_bind(vector.clone());
                });
                insert.push(" ON CONFLICT (file_id, model, ordinal) DO NOTHING");
                insert.build().persistent(false).execute(&mut *tx).await?;
            }
        });
        Ok(())
    }

    /// Forgets what other models made of a file: nobody asks for it any more.
    pub async fn forget_others(&self, file_id: Uuid, model: &str) -> sqlx::Result<()> {
        let sql = "DELETE FROM passage_vectors WHERE file_id = $1 AND model <> $2";
        on!(self.0.write(), c => sqlx::query(sql).bind(file_id).bind(model).execute(c).await.map(drop))
    }
}
