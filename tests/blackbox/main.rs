//! Black-box tests: the real binary, its own data folder, real HTTP.

mod client;
mod generation;
mod liao;
mod platform;
