//! argon2id in a bounded pool. (Replaced by the accounts slice.)

/// Hashes and checks passwords.
pub struct Passwords {}
