//! Keys and what is done with them. (Replaced by the accounts slice.)

pub mod password;

/// Keys derived from the server's secret.
pub struct Keys {}
