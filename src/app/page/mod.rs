//! Pages: what a path shows.

pub mod activity;
pub mod chat;
pub mod data;
pub mod directory;
pub mod login;
pub mod not_found;
pub mod online;
pub mod preference;
pub mod profile;
pub mod provider;
pub mod register;
