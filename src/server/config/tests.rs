//! Configuration: precedence, the sentences about wrong values, and masking.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::*;

fn settings(environment: &[(&'static str, &str)], file: &str) -> Result<Settings, ConfigError> {
    let environment: BTreeMap<_, _> = environment.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    Settings::of(environment, Some((PathBuf::from("liao.toml"), file.to_owned())))
}

fn refused(name: &'static str, value: &str) -> String {
    Config::with(Path::new("/tmp/liao"), &[(name, value)]).expect_err(&format!("{name}={value}")).0
}

#[test]
fn the_defaults_are_a_valid_configuration() {
    let config = Config::with(Path::new("/var/lib/liao"), &[]).unwrap();
    assert_eq!(config.addr.to_string(), "127.0.0.1:3000");
    assert_eq!(config.models.file, Path::new("/var/lib/liao/models/smollm2-135m-instruct-q4_1.gguf"));
    assert_eq!(config.models.ollama_url.as_deref(), Some("http://127.0.0.1:11434"));
    assert!(!config.models.fake && !config.log.json && config.secret.is_none() && !config.site.is_https());
}

#[test]
fn the_environment_wins_over_the_file_and_the_file_over_the_default() {
    let s = settings(&[("LIAO_ADDR", "0.0.0.0:1")], "addr = \"0.0.0.0:2\"\nidle_timeout = 7\nfake_provider = true").unwrap();
    let config = Config::from_settings(&s).unwrap();
    assert_eq!(config.addr.port(), 1);
    assert_eq!(config.models.bounds.idle, Duration::from_secs(7));
    assert!(config.models.fake);
    assert_eq!(config.rates.login.get(), 10);
}

#[test]
fn a_list_may_be_a_toml_list() {
    let s = settings(&[], "trusted_proxies = [\"10.0.0.0/8\", \"::1\"]").unwrap();
    assert_eq!(Config::from_settings(&s).unwrap().site.trusted_proxies.len(), 2);
}

#[test]
fn every_wrong_value_is_named_in_one_sentence() {
    let wrong = [
        ("LIAO_ADDR", "3000"),
        ("LIAO_METRICS_ADDR", "9090"),
        ("LIAO_OTLP_ENDPOINT", "collector:4318"),
        ("LIAO_OTLP_ENDPOINT", "http://collector:4318/?key=1"),
        ("LIAO_OTLP_SAMPLE", "1.5"),
        ("LIAO_OTLP_SAMPLE", "NaN"),
        ("LIAO_OTLP_HEADERS", "authorization"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "grpc://collector:4317"),
        ("LIAO_DATABASE_URL", "mysql://x"),
        ("LIAO_DATABASE_URL", "sqlite::memory:"),
        ("LIAO_SECRET", "short"),
        ("LIAO_PUBLIC_URL", "chat.example.org"),
        ("LIAO_PUBLIC_URL", "https://chat.example.org/liao"),
        ("LIAO_TRUSTED_PROXIES", "10.0.0.0/99"),
        ("LIAO_CORS_ORIGINS", "app.example.org"),
        ("LIAO_CORS_ORIGINS", "https://app.example.org,https://b.example.org/path"),
        ("LIAO_SMTP_URL", "mail.example.org:25"),
        ("LIAO_SMTP_URL", "smtp://h?tls=maybe"),
        ("LIAO_MAIL_FROM", "Liao"),
        ("LIAO_CLAMD", "clamav"),
        ("LIAO_CLAMD_FAIL_OPEN", "maybe"),
        ("LIAO_LOG", "liao=loud"),
        ("LIAO_LOG_FORMAT", "xml"),
        ("LIAO_FAKE_PROVIDER", "maybe"),
        ("LIAO_LOGIN_RATE", "0"),
        ("LIAO_REGISTER_RATE", "-1"),
        ("LIAO_IDLE_TIMEOUT", "soon"),
        ("OPENAI_BASE_URL", "localhost"),
        ("LIAO_OLLAMA_URL", "ftp://x"),
    ];
    for (name, value) in wrong {
        let sentence = refused(name, value);
        assert!(sentence.starts_with(name) && sentence.ends_with('.') && !sentence.contains('\n'), "{sentence}");
    }
}

#[test]
fn the_sentence_about_a_secret_does_not_repeat_it() {
    assert!(!refused("LIAO_SECRET", "hunter2").contains("hunter2"));
    assert!(!refused("LIAO_DATABASE_URL", "mysql://u:hunter2@h").contains("hunter2"));
}

#[test]
fn unknown_keys_of_the_file_are_named() {
    let error = settings(&[], "adr = \"x\"\nport = 1").unwrap_err();
    assert!(error.0.contains("adr, port"), "{error}");
    let error = settings(&[], "addr = { host = \"x\" }").unwrap_err();
    assert!(error.0.contains("addr (LIAO_ADDR)"), "{error}");
    let error = settings(&[], "addr = \"x\"\nsecret = ").unwrap_err();
    assert!(error.0.contains("line 2"), "{error}");
}

#[test]
fn the_public_url_is_written_as_browsers_write_an_origin() {
    let origin = |url| Config::with(Path::new("/tmp"), &[("LIAO_PUBLIC_URL", url)]).unwrap().site;
    assert_eq!(origin("https://Chat.Example.org:443/").public_url.as_deref(), Some("https://chat.example.org"));
    assert_eq!(origin("http://localhost:8080").public_url.as_deref(), Some("http://localhost:8080"));
    assert!(origin("https://a.b").is_https() && !origin("http://a.b").is_https());
}

#[test]
fn pages_of_other_origins_may_ask_where_they_are_named() {
    let cors = |text| Config::with(Path::new("/tmp"), &[("LIAO_CORS_ORIGINS", text)]).unwrap().site.cors;
    let has = |text, origin| cors(text).has(&http::HeaderValue::from_static(origin));
    assert_eq!((cors(""), cors(" , ")), (Origins::None, Origins::None));
    assert!(has("https://App.Example.org:443/, http://localhost:5173", "https://app.example.org"));
    assert!(has("https://app.example.org,http://localhost:5173", "http://localhost:5173"));
    assert!(!has("https://app.example.org", "http://app.example.org") && !has("https://app.example.org", "null"));
    assert!(has("*", "https://anything.example") && !has("", "https://anything.example"));
}

#[test]
fn printing_names_the_source_and_masks_secrets() {
    let secret = "s3cr3t-".repeat(6);
    let environment = [("LIAO_SECRET", secret.as_str()), ("LIAO_DATABASE_URL", "postgres://liao:hun@ter/2@db:5432/liao?password=hunter3")];
    let printed = print(&settings(&environment, "openai_api_key = \"sk-hunter4\"\naddr = \"0.0.0.0:80\"").unwrap());
    for word in ["s3cr3t", "hun@ter", "hunter3", "hunter4"] {
        assert!(!printed.contains(word), "{word} is shown in\n{printed}");
    }
    let line = |name: &str| printed.lines().find(|l| l.starts_with(name)).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(line("LIAO_ADDR"), "LIAO_ADDR 0.0.0.0:80 liao.toml 127.0.0.1:3000");
    assert_eq!(line("LIAO_SECRET"), "LIAO_SECRET ****** environment (none)");
    assert!(line("LIAO_DATABASE_URL").contains("postgres://liao:******@db:5432/liao?password=****** environment"));
    for variable in VARIABLES {
        assert!(printed.lines().any(|l| l.split_whitespace().next() == Some(variable.name)), "{} is missing", variable.name);
    }
}

#[test]
fn the_example_file_is_what_the_table_says_and_is_valid() {
    let written = include_str!("../../../liao.example.toml");
    assert_eq!(written, example(), "write it anew: liao config example > liao.example.toml");
    let uncommented: String =
        written.lines().filter_map(|l| l.strip_prefix("# ")).filter(|l| l.contains(" = ")).map(|l| format!("{l}\n")).collect();
    let s = settings(&[], &uncommented.replace("{data_dir}", "/tmp")).unwrap();
    Config::from_settings(&s).unwrap();
}
