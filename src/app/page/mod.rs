//! Pages: what a path shows.

pub mod chat;
pub mod complete;
pub mod data;
pub mod identity;
pub mod login;
pub mod not_found;
pub mod online;
pub mod preference;
pub mod profile;
pub mod provider;
pub mod register;
pub mod security;
