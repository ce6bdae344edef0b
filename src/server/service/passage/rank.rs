//! How well passages fit a question: by the terms that they share with it (those of the search, so that Chinese is found as English is),
//! by the angle between what a model made of both, and by the two together.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization;

use crate::server::db::Passage;
use crate::server::terms::{self, Part};

/// The two constants of BM25: how soon more of the same term counts less, and how much length counts.
const K: f64 = 1.2;
const B: f64 = 0.75;
/// Of reciprocal rank fusion: how little the first places differ.
const FUSE: f64 = 60.0;
/// Most terms of a question; what follows is left out.
const TERMS: usize = 200;

/// The terms of a text, each as often as it is there. `asked`: of a question, whose single signs stand for themselves only where they
/// are alone.
fn each(text: &str, asked: bool, mut take: impl FnMut(&str)) {
    let text: String = text.nfc().collect();
    let mut sign = [0; 4];
    for part in terms::parts(&terms::folded(&text)) {
        match part {
            Part::Word(word) => take(stem(&terms::cut(&word))),
            Part::Sign(c) => take(c.encode_utf8(&mut sign)),
            Part::Run(run) => {
                if run.len() == 1 || !asked {
                    run.iter().for_each(|c| take(c.encode_utf8(&mut sign)));
                }
                run.windows(2).for_each(|pair| take(&pair.iter().collect::<String>()));
            }
        }
    }
}

/// A word without the ending by which English says more than one, or when: a question asks for “prices” where the text says “price”.
fn stem(word: &str) -> &str {
    if !word.is_ascii() || word.len() < 5 {
        return word;
    }
    let mut endings = ["ing", "ed", "es", "s", "e"].into_iter().filter(|ending| *ending != "s" || !word.ends_with("ss"));
    let cut = endings.find_map(|ending| word.strip_suffix(ending));
    cut.filter(|rest| rest.len() >= 3).unwrap_or(word)
}

/// The terms that are asked for: which of them it is, and its weight.
fn wanted(asked: &[(&str, f64)]) -> HashMap<String, (usize, f64)> {
    let mut wanted: HashMap<String, (usize, f64)> = HashMap::new();
    for (question, weight) in asked {
        each(question, true, |term| {
            let next = wanted.len();
            if next < TERMS || wanted.contains_key(term) {
                let (_, most) = wanted.entry(term.to_owned()).or_insert((next, 0.0));
                *most = most.max(*weight);
            }
        });
    }
    wanted
}

/// How well each passage fits what is asked, by BM25: 0 where it shares nothing. Each question counts as much as its weight.
pub fn terms(text: &str, passages: &[Passage], asked: &[(&str, f64)]) -> Vec<f64> {
    let wanted = wanted(asked);
    let mut weights = vec![0.0; wanted.len()];
    wanted.values().for_each(|(index, weight)| weights[*index] = *weight);
    let mut lengths = Vec::with_capacity(passages.len());
    // Of each passage the terms that are asked for, and how often it has them.
    let mut counts: Vec<Vec<(usize, f64)>> = Vec::with_capacity(passages.len());
    let mut having = vec![0.0; wanted.len()];
    for passage in passages {
        let (mut found, mut length) = (HashMap::new(), 0.0);
        each(text.get(passage.start..passage.end).unwrap_or_default(), false, |term| {
            length += 1.0;
            if let Some((index, _)) = wanted.get(term) {
                *found.entry(*index).or_insert(0.0) += 1.0;
            }
        });
        found.keys().for_each(|index| having[*index] += 1.0);
        lengths.push(length);
        counts.push(found.into_iter().collect());
    }
    let many = passages.len() as f64;
    let usual = (lengths.iter().sum::<f64>() / many.max(1.0)).max(1.0);
    let rare = |index: usize| (1.0 + (many - having[index] + 0.5) / (having[index] + 0.5)).ln();
    let of = |(found, length): (&Vec<(usize, f64)>, &f64)| {
        let one = |(index, n): &(usize, f64)| weights[*index] * rare(*index) * n * (K + 1.0) / (n + K * (1.0 - B + B * length / usual));
        found.iter().map(one).sum::<f64>()
    };
    counts.iter().zip(&lengths).map(of).collect()
}

/// The cosine of the angle between two vectors; none where one of them says nothing, or they are not of one model.
pub fn cosine(one: &[f32], other: &[f32]) -> Option<f64> {
    if one.len() != other.len() {
        return None;
    }
    let (mut dot, mut a, mut b) = (0.0, 0.0, 0.0);
    for (x, y) in one.iter().map(|x| f64::from(*x)).zip(other.iter().map(|y| f64::from(*y))) {
        dot += x * y;
        a += x * x;
        b += y * y;
    }
    let cosine = dot / (a * b).sqrt();
    cosine.is_finite().then_some(cosine)
}

/// The passages that fit by any of these scores, the best first: reciprocal rank fusion, which needs no common measure.
pub fn fused(scores: &[Vec<f64>]) -> Vec<usize> {
    let mut sums: HashMap<usize, f64> = HashMap::new();
    for scores in scores {
        let mut ranked: Vec<(usize, f64)> = scores.iter().copied().enumerate().filter(|(_, score)| *score > 0.0).collect();
        ranked.sort_by(|(m, a), (n, b)| b.total_cmp(a).then(m.cmp(n)));
        for (place, (index, _)) in ranked.into_iter().enumerate() {
            *sums.entry(index).or_default() += 1.0 / (FUSE + place as f64 + 1.0);
        }
    }
    let mut best: Vec<(usize, f64)> = sums.into_iter().collect();
    best.sort_by(|(m, a), (n, b)| b.total_cmp(a).then(m.cmp(n)));
    best.into_iter().map(|(index, _)| index).collect()
}

#[cfg(test)]
mod tests {
    use super::super::cut::cut;
    use super::*;

    fn best(text: &str, asked: &str) -> String {
        let passages = cut(text, false);
        let ranked = fused(&[terms(text, &passages, &[(asked, 1.0)])]);
        ranked.first().map(|index| text[passages[*index].start..passages[*index].end].to_owned()).unwrap_or_default()
    }

    /// Many paragraphs about nothing, with these among them.
    fn book(needles: &[&str]) -> String {
        let filler = |n: usize| format!("Chapter {n}. {}\n\n", "The weather was mild and nobody had much to say about it. ".repeat(20));
        let mut parts: Vec<String> = (0..60).map(filler).collect();
        for (n, needle) in needles.iter().enumerate() {
            parts.insert(7 + 13 * n, format!("{needle}\n\n"));
        }
        parts.concat()
    }

    #[test]
    fn the_passage_that_shares_the_rare_terms_comes_first() {
        let text = book(&["The prices of jasmine tea were raised in March.", "茉莉花茶的价格在三月上涨。", "Emoji: 🍵 is tea."]);
        assert!(best(&text, "What was the price of the jasmine tea?").contains("raised in March"));
        assert!(best(&text, "茉莉花茶什么时候涨价？").contains("三月上涨"), "Chinese");
        assert!(best(&text, "花").contains("三月上涨"), "one sign");
        assert!(best(&text, "🍵").contains("🍵"));
        assert_eq!(best(&text, "Quokkas?"), "", "nothing is shared");
        assert_eq!(best(&text, ""), "");
    }

    #[test]
    fn english_endings_do_not_matter() {
        assert_eq!(
            ["prices", "price", "raised", "raising", "boxes", "class", "tea"].map(stem),
            ["pric", "pric", "rais", "rais", "box", "class", "tea"]
        );
    }

    #[test]
    fn a_passage_that_both_ways_find_comes_before_what_one_finds() {
        assert_eq!(fused(&[vec![0.0, 3.0, 2.0], vec![0.9, 0.0, 0.8]]), [2, 0, 1]);
        assert_eq!(fused(&[vec![0.0; 3]]), [] as [usize; 0]);
    }

    #[test]
    fn only_vectors_of_one_kind_are_compared() {
        assert_eq!(cosine(&[1.0, 0.0], &[2.0, 0.0]), Some(1.0));
        assert_eq!(cosine(&[1.0, 0.0], &[0.0, 2.0]), Some(0.0));
        assert_eq!(cosine(&[1.0], &[1.0, 0.0]), None);
        assert_eq!(cosine(&[0.0, 0.0], &[1.0, 0.0]), None);
    }
}
