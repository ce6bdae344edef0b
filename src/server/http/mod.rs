//! HTTP: what is asked at which door, and what every request goes through. Rules live in `service`.

pub mod assets;
mod avatar;
pub mod connection;
mod cors;
pub mod csrf;
mod date;
mod digest;
pub mod events;
mod export;
mod frame;
mod health;
pub mod import;
mod log;
mod maintenance;
mod message;
pub mod metrics;
pub mod middleware;
mod notice;
mod oauth;
mod page_thread;
pub mod problem;
mod queue;
mod range;
mod reader;
pub mod rest;
mod returned;
mod router;
mod share;
mod socket;
pub mod sse;
mod ssr;
mod temporary;
#[cfg(test)]
mod tests;
mod upload;
pub mod viewer;

pub use router::router;
