//! Naming rules, defaults, and what happens when providers change or do not answer.

use std::time::Instant;

use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::json;
use tokio::net::TcpListener;

use super::*;
use crate::model::error::Rule;

fn entry(slug: &str, kind: Kind, base_url: Option<String>, builtin: bool) -> Entry {
    let (slug, api, limits) = (slug.into(), Api::Chat, Limits::default());
    Entry { id: Uuid::now_v7(), slug, kind, base_url, keys: Vec::new(), builtin, private: true, api, position: 0, limits }
}

/// A server that lists these models.
async fn listing(names: &'static [&'static str]) -> String {
    let app =
        Router::new().route(
            "/v1/models",
            get(move || async move {
                Json(json!({"data": names.iter().map(|n| json!({"id": n, "context_length": 1000})).collect::<Vec<_>>()}))
            }),
        );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

/// An Ollama that has these models.
async fn ollama(names: &'static [&'static str]) -> String {
    let tags = Json(json!({"models": names.iter().map(|n| json!({"name": n})).collect::<Vec<_>>()}));
    let show = Json(json!({"model_info": {"llama.context_length": 2000}, "capabilities": ["completion"]}));
    let app = Router::new().route("/api/tags", get(async move || tags.clone())).route("/api/show", post(async move || show.clone()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

async fn registry(entries: Vec<Entry>) -> Registry {
    let registry = Registry::default();
    registry.replace(entries);
    registry.models(ANYBODY).await;
    registry
}

fn id(registry: &Registry, name: &str) -> String {
    registry.resolve(Some(name), ANYBODY).map_or_else(|e| e.to_string(), |resolved| resolved.id)
}

#[tokio::test]
async fn names_resolve_by_provider_or_bare_where_unambiguous() {
    let (a, b) = (listing(&["common", "org/deep", "only-a"]).await, listing(&["common"]).await);
    let all =
        vec![entry("a", Kind::Openai, Some(a), false), entry("b", Kind::Openai, Some(b), false), entry("fake", Kind::Fake, None, true)];
    let registry = registry(all).await;
    assert_eq!(id(&registry, "a/common"), "a/common");
    assert_eq!(id(&registry, "only-a"), "a/only-a");
    assert_eq!(id(&registry, " org/deep "), "a/org/deep");
    assert_eq!(id(&registry, "a/org/deep"), "a/org/deep");
    assert_eq!(id(&registry, "a/not-listed"), "a/not-listed");
    assert_eq!(id(&registry, "echo"), "fake/echo");
    assert_eq!(id(&registry, "fake/words-3@0"), "fake/words-3@0");
    assert!(id(&registry, "common").contains("a/common, b/common"));
    assert!(id(&registry, "fake/gpt").contains("There is no model “fake/gpt”"));
    assert!(id(&registry, "a/").contains("There is no model"));
    assert_eq!(registry.resolve(Some("a/common"), ANYBODY).unwrap().context, Some(1000));
    assert_eq!(registry.resolve(Some("a/not-listed"), ANYBODY).unwrap().context, None);
    assert_eq!(registry.resolve(Some("fake/words-3"), ANYBODY).unwrap().context, Some(4096));
}

#[tokio::test]
async fn a_bare_name_that_nobody_lists_goes_to_the_only_provider_that_takes_it() {
    let registry =
        registry(vec![entry("a", Kind::Openai, Some(listing(&["x"]).await), false), entry("fake", Kind::Fake, None, true)]).await;
    assert_eq!(id(&registry, "new-model"), "a/new-model");
}

#[tokio::test]
async fn an_unknown_model_is_an_error_about_the_field_model() {
    let registry = registry(vec![entry("fake", Kind::Fake, None, true)]).await;
    for name in ["gpt", "other/gpt", "fake/nothing"] {
        let error = registry.resolve(Some(name), ANYBODY).map(|r| r.id).expect_err("unknown").into_api();
        let field = error.field("model").expect("a field");
        assert_eq!(field.rule, Rule::Unknown);
        assert!(field.message.contains("fake/echo"), "{}", field.message);
    }
}

#[tokio::test]
async fn defaults_follow_the_rank_of_providers() {
    let all = || async {
        vec![
            entry("fake", Kind::Fake, None, true),
            entry("ollama", Kind::Ollama, Some(ollama(&["llama"]).await), true),
            entry("mine", Kind::Openai, Some(listing(&["a", "gpt-4.1-mini"]).await), false),
            entry("openai", Kind::Openai, Some(listing(&["first"]).await), true),
        ]
    };
    for (without, expected) in [("", "openai/first"), ("openai", "mine/gpt-4.1-mini"), ("mine", "openai/first")] {
        let entries = all().await.into_iter().filter(|e| e.slug != without).collect();
        let registry = registry(entries).await;
        assert_eq!(registry.resolve(None, ANYBODY).unwrap().id, expected);
        let models = registry.models(ANYBODY).await;
        assert_eq!(format!("{}/{}", models[0].provider, models[0].name), expected);
        assert_eq!(models.iter().filter(|m| m.default).count(), 1);
    }
    let registry =
        registry(vec![entry("fake", Kind::Fake, None, true), entry("ollama", Kind::Ollama, Some(ollama(&["llama"]).await), true)]).await;
    assert_eq!(registry.resolve(None, ANYBODY).unwrap().id, "ollama/llama");
    assert!(Registry::default().resolve(None, ANYBODY).is_err());
}

#[tokio::test]
async fn a_provider_that_does_not_answer_has_no_models_and_holds_no_page_up() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", silent.local_addr().unwrap());
    let registry = Registry::default();
    registry.replace(vec![entry("silent", Kind::Openai, Some(url), false), entry("fake", Kind::Fake, None, true)]);
    let begun = Instant::now();
    let models = registry.models(ANYBODY).await;
    // It is waited for 300 ms, and it would be for 5 s: between the two, far from both, because machines are busy.
    assert!(begun.elapsed().as_millis() < 3_000, "{:?}", begun.elapsed());
    assert!(!models.is_empty() && models.iter().all(|m| m.provider == "fake"));
    assert_eq!(registry.resolve(None, ANYBODY).unwrap().id, "fake/echo");
    assert_eq!(id(&registry, "silent/any"), "silent/any");
}

#[tokio::test]
async fn an_ollama_that_is_away_takes_no_names() {
    let registry = registry(vec![entry("ollama", Kind::Ollama, Some("http://127.0.0.1:1".into()), true)]).await;
    assert!(registry.resolve(Some("llama"), ANYBODY).is_err());
    assert!(registry.resolve(Some("ollama/llama"), ANYBODY).is_err());
}

#[tokio::test]
async fn providers_that_did_not_change_keep_their_lists() {
    let kept = entry("a", Kind::Openai, Some(listing(&["x"]).await), false);
    let registry = registry(vec![kept.clone()]).await;
    registry.replace(vec![kept.clone(), entry("fake", Kind::Fake, None, true)]);
    assert!(registry.offers()[0].lists("x"), "the list was lost");
    let changed = Entry { keys: vec![EntryKey { id: None, label: "k".into(), secret: "k".into() }], ..kept };
    registry.replace(vec![changed]);
    assert!(!registry.offers()[0].lists("x"), "another key, another list");
    assert!(registry.resolve(Some("fake/echo"), ANYBODY).is_err(), "a provider that was removed is still there");
}
