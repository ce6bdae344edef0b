//! Tells cargo that the embedded migrations belong to the program.
fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
