//! `cargo leptos`, exactly as its own `main.rs` starts it.
use cargo_leptos::{config::Cli, run};
use clap::Parser;

#[tokio::main]
async fn main() -> color_eyre::Result<()> {
    color_eyre::install()?;
    let mut args: Vec<String> = std::env::args().collect();
    // As a cargo subcommand the first argument is the subcommand's own name.
    if args.get(1).is_some_and(|arg| arg == "leptos") {
        args.remove(1);
    }
    let cli = Cli::parse_from(&args);
    cargo_leptos::logger::setup(cli.opts().map_or(0, |opts| opts.verbose), &cli.log);
    run(cli).await
}
