//! The words of the UI. (Replaced by the UI slice.)
