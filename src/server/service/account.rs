//! Accounts: registration, credentials, profile. (Replaced by the accounts slice.)
