//! Tells cargo what is embedded besides the source: the migrations. (The site is embedded by `src/main.rs` alone.)

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=migrations");
}
