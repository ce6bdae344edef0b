//! The rules, one file per noun. Doors (`rpc`, `http`, the command line) call these and nothing below.

pub mod account;
pub mod activity;
pub mod admission;
pub mod avatar;
pub mod chat;
pub mod directory;
pub mod erasure;
pub mod export;
pub mod generation;
pub mod letter;
pub mod limit;
pub mod presence;
pub mod profile;
pub mod provider;
pub mod registration;
pub mod session;
pub mod setting;
pub mod sheet;
pub mod status;
pub mod step_up;
pub mod ticket;
pub mod token;
pub mod viewer;
