//! The weights of a model: loading them, and handing them to chats.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufReader, Cursor, Read, Seek};
use std::path::Path;

use candle_core::quantized::gguf_file::{self, Content, TensorInfo, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Result, Tensor};
use candle_transformers::models::{quantized_llama as llama, quantized_qwen2 as qwen2, quantized_qwen3 as qwen3};

use super::super::LlmError;
use super::template::{CHATML, Template};
use super::vocab::Vocab;
use super::{CONTEXT_MAX, failed};
use crate::model::generation::FailureKind;

/// A model in memory.
pub(super) struct Loaded {
    pub vocab: std::sync::Arc<Vocab>,
    pub template: Template,
    /// Context window in tokens.
    pub context: usize,
    pub shelf: Shelf,
}

/// The weights with the attention cache of one chat.
pub(super) enum Weights {
    Llama(Box<llama::ModelWeights>),
    Qwen2(Box<qwen2::ModelWeights>),
    Qwen3(Box<qwen3::ModelWeights>),
}

impl Weights {
    /// The logits after these tokens, the first of which stands at `position`.
    pub fn forward(&mut self, tokens: &[u32], position: usize) -> Result<Tensor> {
        let input = Tensor::new(tokens, &Device::Cpu)?.unsqueeze(0)?;
        let logits = match self {
            Self::Llama(model) => model.forward(&input, position),
            Self::Qwen2(model) => model.forward(&input, position),
            Self::Qwen3(model) => model.forward(&input, position),
        };
        logits?.squeeze(0)
    }

    fn forget(&mut self) {
        match self {
            Self::Llama(model) => model.clear_kv_cache(),
            Self::Qwen2(model) => model.clear_kv_cache(),
            Self::Qwen3(model) => model.clear_kv_cache(),
        }
    }
}

/// What chats take weights from. A copy of a llama shares its weights and has its own cache, so many chats can take turns;
/// a qwen cannot be copied (or only with a gigabyte of cache), so its chats come one after the other.
pub(super) enum Shelf {
    Many { model: Box<llama::ModelWeights>, kept: VecDeque<Kept> },
    One(Option<Weights>),
}

/// A chat that is over, with what it has read: its next question goes on from there.
pub(super) struct Kept {
    tokens: Vec<u32>,
    model: Box<llama::ModelWeights>,
}

/// How many chats are kept, and how long each may be in tokens: a token takes 46 KB in the default model.
const KEPT_MAX: usize = 2;
const KEPT_TOKENS: usize = 2048;

impl Shelf {
    /// Whether there are weights for one more chat.
    pub fn has_room(&self) -> bool {
        !matches!(self, Self::One(None))
    }

    /// Weights for a chat with this prompt, and how many of its tokens they have read already.
    pub fn take(&mut self, prompt: &[u32]) -> Option<(Weights, usize)> {
        match self {
            Self::One(model) => model.take().map(|weights| (weights, 0)),
            Self::Many { model, kept } => {
                // The last token has to be read anew: the answer comes from it.
                let fits = |kept: &Kept| kept.tokens.len() < prompt.len() && prompt.starts_with(&kept.tokens);
                let best = (0..kept.len()).filter(|&i| fits(&kept[i])).max_by_key(|&i| kept[i].tokens.len());
                match best.and_then(|i| kept.remove(i)) {
                    Some(Kept { tokens, model }) => Some((Weights::Llama(model), tokens.len())),
                    None => Some((Weights::Llama(model.clone()), 0)),
                }
            }
        }
    }

    /// Takes back the weights of a chat that is over and has read these tokens.
    pub fn give(&mut self, weights: Weights, tokens: Vec<u32>) {
        match (self, weights) {
            (Self::Many { kept, .. }, Weights::Llama(model)) if (1..=KEPT_TOKENS).contains(&tokens.len()) => {
                kept.truncate(KEPT_MAX - 1);
                kept.push_front(Kept { tokens, model });
            }
            (Self::Many { .. }, _) => {}
            (Self::One(place), mut weights) => {
                weights.forget();
                *place = Some(weights);
            }
        }
    }
}

/// The context window that the file's header states.
pub(super) fn context(path: &Path) -> std::result::Result<u32, LlmError> {
    let (content, _) = open(path)?;
    Ok(window(&content))
}

fn window(content: &Content) -> u32 {
    let stated = content.metadata.get(&format!("{}.context_length", architecture(content)));
    stated.and_then(|v| v.to_u32().ok()).filter(|n| *n > 0).map_or(CONTEXT_MAX, |n| n.min(CONTEXT_MAX))
}

fn architecture(content: &Content) -> String {
    content.metadata.get("general.architecture").and_then(|v| v.to_string().ok()).cloned().unwrap_or_default()
}

fn open(path: &Path) -> std::result::Result<(Content, BufReader<File>), LlmError> {
    let unreadable = |e: &dyn std::fmt::Display| {
        LlmError::new(FailureKind::Internal, format!("The built-in model's file {} cannot be read: {e}", path.display()))
    };
    let mut reader = BufReader::with_capacity(1 << 20, File::open(path).map_err(|e| unreadable(&e))?);
    let content = Content::read(&mut reader).map_err(|e| unreadable(&e))?;
    Ok((content, reader))
}

/// Loads a GGUF file; `progress` hears per cents. Takes about a second; never call it on an async thread.
pub(super) fn load(path: &Path, progress: &mut dyn FnMut(u8)) -> std::result::Result<Loaded, LlmError> {
    let (mut content, mut reader) = open(path)?;
    let vocab = Vocab::from_gguf(&content)?;
    let template = template(&content, &vocab)?;
    let context = window(&content) as usize;
    progress(10);
    let kind = architecture(&content);
    // The tokens are in the vocabulary now; the copy below need not carry them.
    content.metadata.retain(|key, _| !key.starts_with("tokenizer."));
    // Half precision would round the positions of long conversations.
    content.metadata.insert("general.dtype".into(), Value::U32(0));
    let shelf = if content.tensor_infos.values().any(|info| is_slow(info.ggml_dtype)) {
        let copy = quickened(&content, &mut reader, progress).map_err(failed)?;
        let mut reader = Cursor::new(copy);
        let content = Content::read(&mut reader).map_err(failed)?;
        build(&kind, content, &mut reader)?
    } else {
        build(&kind, content, &mut reader)?
    };
    progress(100);
    Ok(Loaded { vocab: vocab.into(), template, context, shelf })
}

fn build<R: Read + Seek>(kind: &str, content: Content, reader: &mut R) -> std::result::Result<Shelf, LlmError> {
    let device = &Device::Cpu;
    match kind {
        "llama" => {
            let model = llama::ModelWeights::from_gguf(content, reader, device).map_err(failed)?;
            Ok(Shelf::Many { model: Box::new(model), kept: VecDeque::new() })
        }
        "qwen2" => {
            let model = qwen2::ModelWeights::from_gguf(content, reader, device).map_err(failed)?;
            Ok(Shelf::One(Some(Weights::Qwen2(Box::new(model)))))
        }
        "qwen3" => {
            let model = qwen3::ModelWeights::from_gguf(content, reader, device).map_err(failed)?;
            Ok(Shelf::One(Some(Weights::Qwen3(Box::new(model)))))
        }
        other => {
            let text = format!("The built-in model's file is of the architecture “{other}”; llama, qwen2 and qwen3 can be run.");
            Err(LlmError::new(FailureKind::Internal, text))
        }
    }
}

fn template(content: &Content, vocab: &Vocab) -> std::result::Result<Template, LlmError> {
    let source = content.metadata.get("tokenizer.chat_template").and_then(|v| v.to_string().ok()).map_or(CHATML, String::as_str);
    let token = |key: &str| {
        let id = content.metadata.get(key).and_then(|v| v.to_u32().ok());
        id.map(|id| vocab.spelling(id)).unwrap_or_default()
    };
    Template::new(source, token("tokenizer.ggml.bos_token_id"), token("tokenizer.ggml.eos_token_id"))
}

/// Formats for which candle has no vector code: a product with them takes several times as long.
fn is_slow(kind: GgmlDType) -> bool {
    matches!(kind, GgmlDType::Q4_1 | GgmlDType::Q5_0 | GgmlDType::Q5_1 | GgmlDType::Q8_1)
}

/// Rows of this many weights candle would multiply with activations rounded in blocks of 256, which small models feel: their
/// answers change (measured: the best logits move by 1.0; with `F32` instead by 0.1). So those stay exact while they are small.
fn wants_precision(info: &TensorInfo) -> bool {
    info.shape.dims().last().is_some_and(|width| width.is_multiple_of(256)) && info.shape.elem_count() <= 2_000_000
}

/// The same file in memory, with the tensors of slow formats turned into `Q8_0`, or `F32` where that is too coarse.
fn quickened(content: &Content, reader: &mut BufReader<File>, progress: &mut dyn FnMut(u8)) -> Result<Vec<u8>> {
    let mut tensors: Vec<(&str, QTensor)> = Vec::with_capacity(content.tensor_infos.len());
    for (n, (name, info)) in content.tensor_infos.iter().enumerate() {
        let tensor = content.tensor(reader, name, &Device::Cpu)?;
        let tensor = match (is_slow(info.ggml_dtype), wants_precision(info)) {
            (true, true) => QTensor::quantize(&tensor.dequantize(&Device::Cpu)?, GgmlDType::F32)?,
            (true, false) => QTensor::quantize(&tensor.dequantize(&Device::Cpu)?, GgmlDType::Q8_0)?,
            (false, _) => tensor,
        };
        tensors.push((name, tensor));
        progress((10 + 70 * (n + 1) / content.tensor_infos.len()) as u8);
    }
    let metadata: Vec<(&str, &Value)> = content.metadata.iter().map(|(key, value)| (key.as_str(), value)).collect();
    let tensors: Vec<(&str, &QTensor)> = tensors.iter().map(|(name, tensor)| (*name, tensor)).collect();
    let size = tensors.iter().map(|(_, tensor)| tensor.storage_size_in_bytes() + 64).sum::<usize>() + (1 << 16);
    let mut copy = Cursor::new(Vec::with_capacity(size));
    gguf_file::write(&mut copy, &metadata, &tensors)?;
    Ok(copy.into_inner())
}
