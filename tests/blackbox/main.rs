//! Black-box tests: the real binary, its own data folder, real HTTP.

mod liao;
mod platform;
