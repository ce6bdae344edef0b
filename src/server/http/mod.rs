//! HTTP: what is asked at which door, and what every request goes through. Rules live in `service`.

pub mod assets;
pub mod connection;
mod health;
pub mod middleware;
pub mod problem;
mod router;
mod ssr;

pub use router::router;
