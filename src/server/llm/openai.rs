//! (Replaced by the models slice.)
