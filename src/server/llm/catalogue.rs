//! What is known of vendors' models beyond their own lists: windows, limits, prices, abilities. The data file says where it is from
//! and when it was taken; what is not in it is unknown, and stays unknown.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::model::provider::{Abilities, Kind, Price, Rate, Unit};
use crate::model::voice::Task;

const MODELS: &str = include_str!("catalogue/models.csv");

/// Hosts of the vendors that the catalogue knows, and its names for them.
const HOSTS: [(&str, &str); 17] = [
    ("api.openai.com", "openai"),
    ("api.anthropic.com", "anthropic"),
    ("generativelanguage.googleapis.com", "gemini"),
    ("api.deepseek.com", "deepseek"),
    ("dashscope.aliyuncs.com", "qwen"),
    ("dashscope-intl.aliyuncs.com", "qwen"),
    ("api.moonshot.cn", "moonshot"),
    ("api.moonshot.ai", "moonshot"),
    ("open.bigmodel.cn", "zhipu"),
    ("api.z.ai", "zhipu"),
    ("api.groq.com", "groq"),
    ("api.mistral.ai", "mistral"),
    ("api.x.ai", "xai"),
    ("api.minimax.io", "minimax"),
    ("api.minimaxi.com", "minimax"),
    ("ark.cn-beijing.volces.com", "volcengine"),
    ("ark.ap-southeast.bytepluses.com", "volcengine"),
];

/// What is known of a model.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Facts {
    /// Most tokens of a prompt.
    pub context: Option<u32>,
    /// Most tokens of an answer.
    pub output: Option<u32>,
    pub price: Option<Price>,
    /// Where it is not paid by tokens.
    pub rate: Option<Rate>,
    pub abilities: Abilities,
    /// What it does.
    pub task: Task,
    /// Whether it goes on with an answer whose beginning it is sent.
    pub prefill: Option<bool>,
}

impl Facts {
    /// Whether it thinks before it answers: what the catalogue knows and does not say so of, does not.
    pub fn reasons(&self) -> Option<bool> {
        self.abilities.reasoning.or(self.context.map(|_| false))
    }
}

static FACTS: LazyLock<HashMap<(&str, &str), Facts>> = LazyLock::new(|| MODELS.lines().filter_map(read).collect());

/// One line of the data file.
fn read(line: &'static str) -> Option<((&'static str, &'static str), Facts)> {
    let mut fields = line.split(',').filter(|_| !line.starts_with('#'));
    let key = (fields.next()?, fields.next()?);
    let mut next = || fields.next().unwrap_or_default();
    let (context, output) = (next().parse().ok(), next().parse().ok());
    let (input, answer, cached) = (next().parse().ok(), next().parse().ok(), next().parse().ok());
    let price = input.zip(answer).map(|(input, output)| Price { input, output, cached });
    let mut flag = || match next() {
        "1" => Some(true),
        "0" => Some(false),
        _ => None,
    };
    let abilities = Abilities { vision: flag(), tools: flag(), reasoning: flag(), files: flag() };
    let prefill = flag();
    let mut rate = |unit| next().parse().ok().map(|price| Rate { unit, price });
    let (second, character) = (rate(Unit::Second), rate(Unit::Character));
    Some((key, Facts { context, output, price, rate: second.or(character), abilities, task: Task::Chat, prefill }))
}

/// The catalogue's name of the vendor behind a provider; none for servers that anybody may run.
pub fn vendor(kind: Kind, base_url: Option<&str>) -> Option<&'static str> {
    let usual = match kind {
        Kind::Openai => "api.openai.com",
        Kind::Anthropic => "api.anthropic.com",
        Kind::Gemini => "generativelanguage.googleapis.com",
        Kind::Local | Kind::Fake | Kind::Ollama => return None,
    };
    let host = base_url.map_or(usual, |url| {
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        rest.split(['/', ':']).next().unwrap_or_default()
    });
    HOSTS.iter().find(|(known, _)| known.eq_ignore_ascii_case(host)).map(|(_, vendor)| *vendor)
}

/// What is known of this vendor's model. A dated or "latest" name is what its plain name is, where it is not listed itself.
pub fn find(vendor: &str, model: &str) -> Option<Facts> {
    let plain = || FACTS.get(&(vendor, undated(model.strip_suffix("-latest").unwrap_or(model))));
    FACTS.get(&(vendor, model)).or_else(plain).copied()
}

/// What a model does, by its name: the words that vendors put into the names of those that hear, speak or embed and do nothing else.
pub fn task(model: &str) -> Task {
    let words: Vec<_> = model.split(|c: char| !c.is_ascii_alphanumeric()).map(str::to_ascii_lowercase).collect();
    let has = |starts: &[&str]| words.iter().any(|word| starts.iter().any(|start| word.starts_with(start)));
    let speaks = words.iter().any(|word| word == "tts") || has(&["cosyvoice", "kokoro", "orpheus"]);
    let hears = has(&["whisper", "transcri", "sensevoice", "paraformer"]) || words.iter().any(|word| word == "asr");
    let embeds = has(&["embed"]) || words.iter().any(|word| matches!(word.as_str(), "bge" | "gte" | "e5" | "minilm"));
    match (hears, speaks, embeds && !has(&["rerank"])) {
        (true, ..) => Task::Transcription,
        (_, true, _) => Task::Speech,
        (.., true) => Task::Embedding,
        _ => Task::Chat,
    }
}

/// The name without `-20260205` or `-2026-02-05` at its end; a version like `-4-5` is no date.
fn undated(model: &str) -> &str {
    for shape in ["-00000000", "-0000-00-00"] {
        let Some((name, end)) = model.len().checked_sub(shape.len()).and_then(|at| model.split_at_checked(at)) else { continue };
        let fits = |(found, wanted): (u8, u8)| if wanted == b'0' { found.is_ascii_digit() } else { found == wanted };
        if end.bytes().zip(shape.bytes()).all(fits) {
            return name;
        }
    }
    model
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read_and_none_is_nonsense() {
        let lines = MODELS.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(FACTS.len(), lines, "a model is named twice, or a line was not read");
        for (key, facts) in FACTS.iter() {
            assert!(facts.context.is_none_or(|context| context > 0), "{key:?}");
            assert_eq!(facts.context.is_none(), facts.rate.is_some() && !key.1.contains("orpheus"), "{key:?}");
            assert!(facts.rate.is_none_or(|rate| facts.price.is_none() && (1_000_000..1_000_000_000).contains(&rate.price)), "{key:?}");
            assert!(
                facts.price.is_none_or(|price| price.input < 1_000_000_000 && price.cached.is_none_or(|c| c <= price.input)),
                "{key:?}"
            );
        }
        assert!(MODELS.starts_with("# Source: ") && MODELS.contains("# Taken on 20"));
    }

    #[test]
    fn what_a_model_does_is_told_by_its_name() {
        for (name, expected) in [
            ("whisper-1", Task::Transcription),
            ("gpt-4o-transcribe", Task::Transcription),
            ("gpt-4o-mini-transcribe-2025-12-15", Task::Transcription),
            ("distil-whisper/distil-large-v3", Task::Transcription),
            ("FunAudioLLM/SenseVoiceSmall", Task::Transcription),
            ("qwen3-asr-flash", Task::Transcription),
            ("voxtral-mini-transcribe-2507", Task::Transcription),
            ("tts-1-hd", Task::Speech),
            ("gpt-4o-mini-tts", Task::Speech),
            ("FunAudioLLM/CosyVoice2-0.5B", Task::Speech),
            ("text-embedding-3-small", Task::Embedding),
            ("gemini-embedding-001", Task::Embedding),
            ("nomic-embed-text:latest", Task::Embedding),
            ("BAAI/bge-m3", Task::Embedding),
            ("all-minilm", Task::Embedding),
            ("BAAI/bge-reranker-v2-m3", Task::Chat),
            ("gpt-4o-audio-preview", Task::Chat),
            ("watts-7b", Task::Chat),
            ("gpt-5-mini", Task::Chat),
        ] {
            assert_eq!(task(name), expected, "{name}");
        }
        // Of what the catalogue has, only what says so in its name does something else.
        for ((_, name), facts) in FACTS.iter() {
            let unit = facts.rate.map(|rate| rate.unit);
            assert!(unit.is_none_or(|unit| task(name) == if unit == Unit::Second { Task::Transcription } else { Task::Speech }), "{name}");
            assert!(unit.is_some() || task(name) != Task::Speech || name.ends_with("-tts"), "{name}");
        }
    }

    #[test]
    fn vendors_are_told_by_their_hosts() {
        assert_eq!(vendor(Kind::Openai, None), Some("openai"));
        assert_eq!(vendor(Kind::Openai, Some("https://api.deepseek.com/v1")), Some("deepseek"));
        assert_eq!(vendor(Kind::Openai, Some("http://127.0.0.1:8000/v1")), None);
        assert_eq!(vendor(Kind::Anthropic, None), Some("anthropic"));
        assert_eq!(vendor(Kind::Anthropic, Some("https://api.anthropic.com.evil.example")), None);
        assert_eq!(vendor(Kind::Ollama, None), None);
    }

    #[test]
    fn dated_names_are_what_their_plain_names_are_and_unknown_stays_unknown() {
        let haiku = find("anthropic", "claude-haiku-4-5").unwrap();
        assert_eq!((haiku.context, haiku.output, haiku.prefill), (Some(200_000), Some(64_000), Some(true)));
        assert_eq!(haiku.price, Some(Price { input: 1_000_000, output: 5_000_000, cached: Some(100_000) }));
        assert_eq!(find("anthropic", "claude-haiku-4-5-20991231"), Some(haiku));
        assert!(find("openai", "gpt-5-mini-2099-01-01").is_some());
        assert_eq!(find("openai", "whisper-1").unwrap().rate, Some(Rate { unit: Unit::Second, price: 100_000_000 }), "$0.006 a minute");
        assert_eq!(find("openai", "tts-1").unwrap().rate, Some(Rate { unit: Unit::Character, price: 15_000_000 }));
        assert_eq!(find("openai", "text-embedding-3-small").unwrap().price.map(|price| price.input), Some(20_000));
        let files = |vendor, model| find(vendor, model).and_then(|facts| facts.abilities.files);
        assert_eq!(
            [files("openai", "gpt-5-mini"), files("anthropic", "claude-haiku-4-5"), files("gemini", "gemini-2.5-pro")],
            [Some(true); 3]
        );
        assert_eq!([files("openai", "gpt-4"), files("mistral", "mistral-large-latest")], [None; 2], "unknown, or in another API's words");
        assert!(find("openai", "my-own-model").is_none() && find("nobody", "gpt-5").is_none());
    }
}
