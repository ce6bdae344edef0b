//! Tests of all doors together.

mod trace;
mod walk;
