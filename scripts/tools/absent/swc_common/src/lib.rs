//! Stands in for swc_common: the types that cargo-leptos names when it minifies JavaScript.
use std::sync::Arc;

/// Holds the one source text that is handed through.
#[derive(Default)]
pub struct SourceMap;

/// A source text.
pub struct SourceFile {
    pub src: String,
}

pub enum FileName {
    Anon,
}

impl SourceMap {
    pub fn new_source_file(&self, _name: Arc<FileName>, src: String) -> Arc<SourceFile> {
        Arc::new(SourceFile { src })
    }
}

#[derive(Default)]
pub struct Globals;

pub struct GlobalsKey;

pub static GLOBALS: GlobalsKey = GlobalsKey;

impl GlobalsKey {
    pub fn set<R>(&self, _globals: &Globals, f: impl FnOnce() -> R) -> R {
        f()
    }
}
