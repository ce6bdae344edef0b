//! What `deploy/` says is held against the program: every metric that a dashboard or an alert names is exported, every variable exists,
//! and each file is one that can be read.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use liao::server::config::VARIABLES;
use liao::server::metrics::{Metrics, Now};

fn read(name: &str) -> String {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Words that begin so.
fn words(text: &str, begin: &str) -> BTreeSet<String> {
    let part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let word = |at: usize| text[at..].chars().take_while(|c| part(*c)).collect::<String>();
    let found = text.match_indices(begin).filter(|(at, _)| !text[..*at].chars().next_back().is_some_and(part));
    found.map(|(at, _)| word(at)).collect()
}

/// The names of what is exported, as Prometheus stores them, with an example of everything that is labelled.
fn exported() -> BTreeSet<String> {
    let metrics = Metrics::default();
    metrics.example();
    let now = Now { jobs: vec![("failed", 1)], providers: vec![("shop".into(), true)], database_bytes: Some(1), ..Now::default() };
    let text = metrics.text(&now).expect("metrics");
    text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split(['{', ' ']).next()).map(str::to_owned).collect()
}

#[test]
fn every_metric_that_is_asked_for_is_exported() {
    let exported = exported();
    assert!(exported.contains("liao_http_requests_total") && exported.len() > 20, "{exported:?}");
    let mut asked = BTreeSet::new();
    for file in ["grafana/liao.json", "prometheus/alerts.yml"] {
        let named = words(&read(file), "liao_");
        assert!(named.len() > 5, "{file}: {named:?}");
        asked.extend(named);
    }
    let missing: Vec<_> = asked.difference(&exported).collect();
    assert!(missing.is_empty(), "nobody exports {missing:?}; there are {exported:#?}");
}

#[test]
fn every_variable_that_is_set_exists() {
    let known: BTreeSet<&str> = VARIABLES.iter().map(|variable| variable.name).collect();
    // Of compose: what its own file is given.
    let own = ["LIAO_HOST", "LIAO_UPSTREAM", "LIAO_DB_PASSWORD"];
    for file in [
        "Dockerfile",
        "compose.yaml",
        "compose.postgres.yaml",
        "compose.cluster.yaml",
        "kubernetes/liao.yaml",
        "kubernetes/cluster.yaml",
        "otel/collector.yaml",
        "systemd/liao.service",
        "systemd/liao-backup.service",
    ] {
        let set = words(&read(file), "LIAO_");
        let unknown: Vec<_> =
            set.iter().filter(|name| name.len() > 5 && !known.contains(name.as_str()) && !own.contains(&name.as_str())).collect();
        assert!(unknown.is_empty() && !set.is_empty(), "{file}: {unknown:?}");
    }
}

#[test]
fn nothing_holds_words_back() {
    assert!(read("nginx/liao.conf").contains("proxy_buffering off;") && read("nginx/liao.conf").contains("proxy_read_timeout 1h;"));
    assert!(read("nginx/liao.conf").contains("proxy_set_header Upgrade $http_upgrade;"));
    assert!(read("caddy/Caddyfile").contains("flush_interval -1"));
    assert!(read("kubernetes/liao.yaml").contains("proxy-buffering: \"off\""));
}

#[test]
fn the_collector_listens_where_spans_are_sent() {
    let collector = read("otel/collector.yaml");
    assert!(collector.contains("endpoint: 0.0.0.0:4318") && collector.contains("LIAO_OTLP_ENDPOINT=http://collector:4318"), "{collector}");
    assert!(collector.contains("receivers: [otlp]") && collector.contains("exporters: [otlp]"), "{collector}");
}

#[test]
fn nothing_runs_as_root_or_writes_where_it_should_not() {
    let docker = read("Dockerfile");
    assert!(docker.contains("USER 65532:65532") && docker.matches("FROM ").count() == 2, "{docker}");
    for file in ["compose.yaml", "compose.postgres.yaml", "compose.cluster.yaml"] {
        assert!(read(file).contains("read_only: true") && read(file).contains("no-new-privileges:true"), "{file}");
    }
    for file in ["kubernetes/liao.yaml", "kubernetes/cluster.yaml"] {
        let kubernetes = read(file);
        for said in [
            "runAsNonRoot: true",
            "readOnlyRootFilesystem: true",
            "drop: [ALL]",
            "startupProbe",
            "readinessProbe",
            "livenessProbe",
            "PodDisruptionBudget",
        ] {
            assert!(kubernetes.contains(said), "{file}: {said}");
        }
    }
    let cluster = read("kubernetes/cluster.yaml");
    assert_eq!(["HorizontalPodAutoscaler", "kind: Deployment\n"].map(|kind| cluster.matches(kind).count()), [2, 2]);
    let unit = read("systemd/liao.service");
    for said in
        ["NoNewPrivileges=yes", "ProtectSystem=strict", "CapabilityBoundingSet=\n", "DynamicUser=yes", "SystemCallFilter=@system-service"]
    {
        assert!(unit.contains(said), "{said}");
    }
}

#[test]
fn the_dashboard_is_one_that_grafana_reads() {
    let board: serde_json::Value = serde_json::from_str(&read("grafana/liao.json")).expect("JSON");
    let panels = board["panels"].as_array().expect("panels");
    assert!(panels.len() >= 12);
    let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_u64().expect("an id")).collect();
    assert_eq!(ids.len(), panels.len());
    assert!(
        panels
            .iter()
            .all(|panel| panel["targets"].as_array().is_some_and(|targets| targets.iter().all(|target| target["expr"].is_string())))
    );
}
