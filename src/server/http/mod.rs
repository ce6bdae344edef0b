//! Everything that HTTP knows: routes, middleware, who is asking. (Replaced by the platform slice.)

pub mod csrf;
pub mod rest;
pub mod viewer;
