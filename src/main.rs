//! The command line. (Replaced by the platform slice.)
fn main() {}
