//! Tells cargo what is embedded besides the source: the migrations, and the site that cargo-leptos builds.

const SITE: &str = "target/site";

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=migrations");
    // A path that is not there would make cargo compile the crate anew every time. Failing to make it costs only that.
    let _ = std::fs::create_dir_all(SITE);
    println!("cargo:rerun-if-changed={SITE}");
}
