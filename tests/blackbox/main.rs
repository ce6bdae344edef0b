//! Black-box tests: the real binary, its own data folder, real HTTP.
#![allow(clippy::disallowed_methods, reason = "tests talk to the program from outside, by HTTP and its environment")]

mod client;
mod cluster;
mod generation;
mod input;
mod liao;
mod mail;
mod operate;
mod origin;
mod platform;
mod queue;
mod socket;
