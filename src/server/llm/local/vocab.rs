//! Tokens: from text and back. Back goes by bytes, as one character may take several tokens.

use candle_core::quantized::gguf_file::Content;
use candle_core::quantized::tokenizer::TokenizerFromGguf;
use tokenizers::Tokenizer;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;

use super::super::LlmError;
use super::failed;

/// Ends of a turn, by the names that models give them.
const STOPS: [&str; 7] = ["<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|end_of_text|>", "<|end|>", "</s>", "<end_of_turn>"];

/// The tokenizer of a model.
pub(super) struct Vocab {
    tokenizer: Tokenizer,
    /// Tokens that end the answer.
    pub stops: Vec<u32>,
    /// Tokens that are marks, not text.
    special: Vec<bool>,
    /// The byte that each character of GPT-2's byte alphabet stands for.
    bytes: Vec<Option<u8>>,
}

impl Vocab {
    /// The tokenizer that a GGUF file describes.
    pub fn from_gguf(content: &Content) -> Result<Self, LlmError> {
        let mut tokenizer = Tokenizer::from_gguf(content).map_err(failed)?;
        if let Some(split) = pre_tokenizer(content) {
            tokenizer.with_pre_tokenizer(Some(split));
        }
        let types = content.metadata.get("tokenizer.ggml.token_type").and_then(|v| v.to_vec().ok());
        // 1 is a word, 4 a word that was added, 6 a byte (`llama_token_type`); the rest are marks.
        let special: Vec<bool> =
            types.map(|types| types.iter().map(|t| t.to_i32().is_ok_and(|t| !matches!(t, 1 | 4 | 6))).collect()).unwrap_or_default();
        let mut stops: Vec<u32> = STOPS.iter().filter_map(|name| tokenizer.token_to_id(name)).collect();
        stops.extend(content.metadata.get("tokenizer.ggml.eos_token_id").and_then(|v| v.to_u32().ok()));
        Ok(Self { tokenizer, stops, special, bytes: byte_alphabet() })
    }

    /// The tokens of a prompt, in which marks are marks.
    pub fn encode(&self, prompt: &str) -> Result<Vec<u32>, LlmError> {
        Ok(self.tokenizer.encode_fast(prompt, false).map_err(failed)?.get_ids().to_vec())
    }

    /// How many tokens a text has.
    pub fn count(&self, text: &str) -> usize {
        self.encode(text).map_or_else(|_| super::estimate_tokens(text), |ids| ids.len())
    }

    /// The token's spelling; empty for a mark or an unknown one.
    pub fn spelling(&self, id: u32) -> String {
        self.tokenizer.id_to_token(id).unwrap_or_default()
    }

    /// Appends the bytes of a token.
    pub fn append(&self, id: u32, out: &mut Vec<u8>) {
        if self.special.get(id as usize).copied().unwrap_or(false) {
            return;
        }
        for c in self.spelling(id).chars() {
            match self.bytes.get(c as usize).copied().flatten() {
                Some(byte) => out.push(byte),
                None => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
    }
}

/// How a text is split before its pieces are looked up, where candle's own choice is wrong: it would put a space before
/// each piece between two marks, and keep digits together for models that learned them apart.
fn pre_tokenizer(content: &Content) -> Option<Sequence> {
    let name = content.metadata.get("tokenizer.ggml.pre").and_then(|v| v.to_string().ok()).map(String::as_str).unwrap_or("gpt2");
    let bytes = ByteLevel::new(false, true, true);
    match name {
        "smollm" | "codeshell" | "refact" | "command-r" => Some(Sequence::new(vec![Digits::new(true).into(), bytes.into()])),
        "qwen2" | "llama3" | "llama-bpe" | "smaug-bpe" | "lfm2" => None,
        _ => Some(Sequence::new(vec![bytes.into()])),
    }
}

/// GPT-2's alphabet: printable bytes stand for themselves, the others for the characters from 256 on.
fn byte_alphabet() -> Vec<Option<u8>> {
    let mut table = vec![None; 512];
    let mut next = 256;
    for byte in 0..=255u8 {
        if matches!(byte, 33..=126 | 161..=172 | 174..=255) {
            table[byte as usize] = Some(byte);
        } else {
            table[next] = Some(byte);
            next += 1;
        }
    }
    table
}

/// Bytes on their way to becoming text: a character that is not whole yet is held back.
#[derive(Debug, Default)]
pub(super) struct Utf8(pub Vec<u8>);

impl Utf8 {
    /// The text that is whole; bytes that can never become a character are replaced (U+FFFD).
    pub fn take(&mut self) -> String {
        let mut text = String::new();
        loop {
            match std::str::from_utf8(&self.0) {
                Ok(whole) => {
                    text.push_str(whole);
                    self.0.clear();
                    return text;
                }
                Err(error) => {
                    let valid = error.valid_up_to();
                    text.push_str(&String::from_utf8_lossy(&self.0[..valid]));
                    let Some(bad) = error.error_len() else {
                        self.0.drain(..valid);
                        return text;
                    };
                    text.push(char::REPLACEMENT_CHARACTER);
                    self.0.drain(..valid + bad);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_held_back_until_they_are_whole() {
        let (mut utf8, mut out) = (Utf8::default(), String::new());
        for byte in "a你🦀é".bytes() {
            utf8.0.push(byte);
            let piece = utf8.take();
            assert!(!piece.contains(char::REPLACEMENT_CHARACTER));
            out.push_str(&piece);
        }
        assert_eq!(out, "a你🦀é");
        utf8.0.extend([b'x', 0xFF, b'y', 0xE4]);
        assert_eq!(utf8.take(), "x\u{FFFD}y");
        assert_eq!(utf8.0, [0xE4]);
    }

    #[test]
    fn the_byte_alphabet_has_every_byte_once() {
        let mut bytes: Vec<u8> = byte_alphabet().into_iter().flatten().collect();
        bytes.sort_unstable();
        assert!(bytes.into_iter().eq(0..=255));
        assert_eq!(byte_alphabet()['Ġ' as usize], Some(b' '));
        assert_eq!(byte_alphabet()['Ċ' as usize], Some(b'\n'));
    }
}
