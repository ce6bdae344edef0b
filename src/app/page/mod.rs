//! Pages: what a path shows.

pub mod activity;
pub mod assistant;
pub mod chat;
pub mod complete;
pub mod confirm;
pub mod data;
pub mod directory;
pub mod factor;
pub mod home;
pub mod identity;
pub mod login;
pub mod mail;
pub mod not_found;
pub mod online;
pub mod preference;
pub mod profile;
pub mod prompt;
pub mod provider;
pub mod register;
pub mod registration;
pub mod reset;
pub mod security;
pub mod security_setting;
pub mod usage;
pub mod verify;
pub mod welcome;
