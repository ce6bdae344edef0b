//! How good a password is.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The least score that is taken, of 0 to 4.
pub const SCORE_MIN: u8 = 2;

/// How hard a password is to guess for somebody who knows whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Strength {
    /// 0 (at once) to 4 (not in a lifetime).
    #[schema(example = 3, maximum = 4)]
    pub score: u8,
    /// What makes it weak, if something does.
    pub weakness: Option<Weakness>,
}

impl Strength {
    /// Whether it is taken. Made of one's own name or address it has to be better than that.
    pub fn is_enough(&self) -> bool {
        self.score >= SCORE_MIN && self.weakness != Some(Weakness::Personal)
    }
}

/// What makes a password easy to guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Weakness {
    /// Many people use it.
    Common,
    /// It is made of one's own name or address.
    Personal,
    /// A word or a name by itself.
    Word,
    /// Keys in a row, repeats, sequences.
    Pattern,
    /// A date or a year.
    Date,
    /// Too little of everything.
    Short,
}
