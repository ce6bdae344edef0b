//! Stands in for the project generator behind `cargo leptos new`.
use std::path::PathBuf;

#[derive(Default)]
pub struct TemplatePath {
    pub git: Option<String>,
    pub branch: Option<String>,
    pub tag: Option<String>,
    pub path: Option<String>,
    pub subfolder: Option<String>,
}

#[derive(Default)]
pub struct GenerateArgs {
    pub template_path: TemplatePath,
    pub name: Option<String>,
    pub force: bool,
    pub verbose: bool,
    pub init: bool,
    pub quiet: bool,
}

pub fn generate(_args: GenerateArgs) -> anyhow::Result<PathBuf> {
    anyhow::bail!("this build of cargo-leptos has no project generator")
}
