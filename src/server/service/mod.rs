//! The rules, one file per noun. Doors (`rpc`, `http`, the command line) call these and nothing below.

pub mod account;
pub mod activity;
pub mod avatar;
pub mod chat;
pub mod erasure;
pub mod export;
pub mod generation;
pub mod limit;
pub mod presence;
pub mod profile;
pub mod provider;
pub mod session;
pub mod setting;
pub mod status;
pub mod ticket;
pub mod token;
pub mod viewer;
