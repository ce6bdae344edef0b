//! Everything that HTTP knows: routes, middleware, who is asking. (Replaced by the platform slice.)

pub mod csrf;
pub mod events;
pub mod rest;
pub mod sse;
pub mod viewer;
