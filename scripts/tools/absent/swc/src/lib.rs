//! Stands in for the JavaScript minifier: gives the text back as it came. The only script is wasm-bindgen's glue, which
//! brotli makes small enough.
use std::sync::Arc;
use swc_common::{SourceFile, SourceMap};

pub mod config {
    use crate::BoolOrDataConfig;

    pub enum IsModule {
        Bool(bool),
    }

    impl Default for IsModule {
        fn default() -> Self {
            Self::Bool(true)
        }
    }

    #[derive(Default)]
    pub struct JsMinifyOptions {
        pub compress: BoolOrDataConfig,
        pub mangle: BoolOrDataConfig,
        pub module: IsModule,
        pub keep_fnames: bool,
    }
}

#[derive(Default)]
pub struct BoolOrDataConfig;

impl BoolOrDataConfig {
    pub fn from_bool(_on: bool) -> Self {
        Self
    }
}

#[derive(Default)]
pub struct JsMinifyExtras;

#[derive(Default)]
pub struct HandlerOpts;

pub struct Handler;

pub struct TransformOutput {
    pub code: String,
}

pub struct Compiler;

impl Compiler {
    pub fn new(_sources: Arc<SourceMap>) -> Self {
        Self
    }

    pub fn minify(
        &self,
        file: Arc<SourceFile>,
        _handler: &Handler,
        _options: &config::JsMinifyOptions,
        _extras: JsMinifyExtras,
    ) -> anyhow::Result<TransformOutput> {
        Ok(TransformOutput { code: file.src.clone() })
    }
}

pub struct PrettyError(anyhow::Error);

impl PrettyError {
    pub fn to_pretty_error(self) -> anyhow::Error {
        self.0
    }
}

pub fn try_with_handler<R>(
    _sources: Arc<SourceMap>,
    _options: HandlerOpts,
    op: impl FnOnce(&Handler) -> anyhow::Result<R>,
) -> Result<R, PrettyError> {
    op(&Handler).map_err(PrettyError)
}
