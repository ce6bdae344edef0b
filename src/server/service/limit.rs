//! Rate limits. (Replaced by the accounts slice.)

/// The limits of this node.
#[derive(Default)]
pub struct Limits {}
