//! Tests of all doors together.

mod walk;
