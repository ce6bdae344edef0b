//! Holds what is compiled against `deny.toml`: licences and sources; and that what must be there once is. Asks `cargo metadata`, offline.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Of these a second version would be a second connection pool, runtime, TLS provider or reader of everything.
const ONCE: &[&str] = &[
    "aws-lc-rs",
    "axum",
    "http",
    "hyper",
    "leptos",
    "reactive_graph",
    "reqwest",
    "rustls",
    "serde",
    "serde_json",
    "sqlx",
    "tachys",
    "tokio",
    "wasm-bindgen",
];
/// Most crates that may be there in more than one version.
const DOUBLED: usize = 60;

/// The packages that a build for this target compiles.
fn packages(features: &[&str], target: &str) -> Vec<Value> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--offline", "--locked", "--format-version", "1", "--filter-platform", target]).args(features);
    let output = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    metadata["packages"].as_array().expect("packages").clone()
}

fn all() -> Vec<Value> {
    let host = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let mut all = packages(&["--features", "ssr"], &host);
    all.extend(packages(&["--no-default-features", "--features", "hydrate"], "wasm32-unknown-unknown"));
    all
}

fn allowed() -> BTreeSet<String> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("deny.toml")).expect("deny.toml");
    let config: toml::Table = text.parse().expect("TOML");
    let list = config["licenses"]["allow"].as_array().expect("a list").iter();
    list.map(|licence| licence.as_str().expect("a name").to_owned()).collect()
}

/// Whether an SPDX expression can be met with these licences alone.
fn is_met(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let (met, rest) = any(&words, allowed);
    met && rest.is_empty()
}

fn any<'a, 'b>(words: &'a [&'b str], allowed: &BTreeSet<String>) -> (bool, &'a [&'b str]) {
    let (mut met, mut rest) = each(words, allowed);
    while let Some(("OR", more)) = rest.split_first().map(|(first, more)| (*first, more)) {
        let (other, after) = each(more, allowed);
        (met, rest) = (met || other, after);
    }
    (met, rest)
}

fn each<'a, 'b>(words: &'a [&'b str], allowed: &BTreeSet<String>) -> (bool, &'a [&'b str]) {
    let (mut met, mut rest) = one(words, allowed);
    while let Some(("AND", more)) = rest.split_first().map(|(first, more)| (*first, more)) {
        let (other, after) = one(more, allowed);
        (met, rest) = (met && other, after);
    }
    (met, rest)
}

fn one<'a, 'b>(words: &'a [&'b str], allowed: &BTreeSet<String>) -> (bool, &'a [&'b str]) {
    match words {
        ["(", inner @ ..] => {
            let (met, rest) = any(inner, allowed);
            (met, rest.strip_prefix(&[")"]).unwrap_or(&[]))
        }
        [name, "WITH", exception, rest @ ..] => (allowed.contains(&format!("{name} WITH {exception}")), rest),
        [name, rest @ ..] => (allowed.contains(*name), rest),
        [] => (false, &[]),
    }
}

#[test]
fn an_expression_is_met_as_spdx_means_it() {
    let allowed = BTreeSet::from(["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned));
    for expression in ["MIT", "GPL-3.0 OR MIT", "MIT/GPL-3.0", "ISC AND (MIT OR GPL-3.0)", "Apache-2.0 WITH LLVM-exception OR GPL-3.0"] {
        assert!(is_met(expression, &allowed), "{expression}");
    }
    for expression in ["GPL-3.0", "MIT AND GPL-3.0", "Apache-2.0", "(GPL-3.0 OR AGPL-3.0) AND MIT", ""] {
        assert!(!is_met(expression, &allowed), "{expression}");
    }
}

#[test]
fn every_licence_and_source_may_be_depended_on() {
    let (all, allowed) = (all(), allowed());
    assert!(all.len() > 300, "{} packages", all.len());
    let text = |package: &Value, name: &str| package[name].as_str().unwrap_or_default().to_owned();
    let wrong: BTreeSet<String> = all
        .iter()
        .filter(|package| !is_met(&text(package, "license"), &allowed))
        .map(|package| format!("{} {}: {}", text(package, "name"), text(package, "version"), text(package, "license")))
        .collect();
    assert!(wrong.is_empty(), "not in deny.toml: {wrong:#?}");
    let elsewhere: BTreeSet<String> = all
        .iter()
        .filter(|package| {
            text(package, "name") != "liao" && !text(package, "source").starts_with("registry+https://github.com/rust-lang/crates.io-index")
        })
        .map(|package| format!("{} from {}", text(package, "name"), package["source"]))
        .collect();
    assert!(elsewhere.is_empty(), "{elsewhere:#?}");
}

#[test]
fn what_must_be_there_once_is_and_few_are_there_twice() {
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in all() {
        let of = |name: &str| package[name].as_str().unwrap_or_default().to_owned();
        versions.entry(of("name")).or_default().insert(of("version"));
    }
    for name in ONCE {
        assert_eq!(versions.get(*name).map(BTreeSet::len), Some(1), "{name}: {:?}", versions.get(*name));
    }
    let doubled: Vec<_> = versions.iter().filter(|(_, of)| of.len() > 1).map(|(name, _)| name).collect();
    assert!(doubled.len() <= DOUBLED, "{} crates are there in several versions: {doubled:?}", doubled.len());
}
