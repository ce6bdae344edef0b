//! What an operator does: metrics on their own listener, readiness with reasons, a backup of a running server and its restore.

use std::time::Duration;

use reqwest::StatusCode;

use crate::liao::{Liao, client, run};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A port that is free now.
fn free() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port()
}

#[tokio::test]
async fn metrics_are_told_on_a_listener_of_their_own_and_nowhere_else() {
    let addr = format!("127.0.0.1:{}", free());
    let liao = Liao::start(&[("LIAO_METRICS_ADDR", &addr)]).await;
    assert_eq!(client().get(liao.at("/metrics")).send().await.unwrap().status(), StatusCode::NOT_FOUND, "nothing is there for people");
    let told = client().get(format!("http://{addr}/metrics")).send().await.unwrap();
    assert!(told.headers()["content-type"].to_str().unwrap().starts_with("application/openmetrics-text"));
    let text = told.text().await.unwrap();
    for line in [
        "liao_database_up 1",
        "liao_generations_running 0",
        "liao_activity_last_entry 0",
        "liao_build_info{version=",
        "liao_http_requests_total{area=\"page\",method=\"GET\",status=\"4xx\"}",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    assert!(text.ends_with("# EOF\n"), "{text}");
    let ready: serde_json::Value = client().get(format!("http://{addr}/readyz")).send().await.unwrap().json().await.unwrap();
    assert_eq!(ready, serde_json::json!({"status": "ok", "database": "ok", "migrations": "ok", "disk": "ok"}));
    assert_eq!(client().get(format!("http://{addr}/")).send().await.unwrap().status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_running_server_is_backed_up_and_goes_on_elsewhere() {
    let mut liao = Liao::start(&[]).await;
    let body = serde_json::json!({"email": "ada@example.org", "name": "Ada", "password": "one calm river 42"});
    let made = client().post(liao.at("/api/auth/register/")).json(&body).send().await.unwrap();
    assert_eq!(made.status(), StatusCode::CREATED);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("today.liao");
    let (name, passphrase) = (file.to_str().unwrap(), [("LIAO_BACKUP_PASSPHRASE", "one calm river 42")]);

    let none = run(liao.data_dir(), &["backup", name], &[]).await;
    assert!(!none.status.success() && text(&none.stderr).contains("LIAO_BACKUP_PASSPHRASE"), "{}", text(&none.stderr));
    let done = run(liao.data_dir(), &["backup", name], &passphrase).await;
    assert!(done.status.success() && text(&done.stdout).contains("was read again"), "{}", text(&done.stderr));
    let again = run(liao.data_dir(), &["backup", name], &passphrase).await;
    assert!(!again.status.success() && text(&again.stderr).contains("there already"), "{}", text(&again.stderr));
    let bytes = std::fs::read(&file).unwrap();
    assert!(!bytes.windows(15).any(|window| window == b"ada@example.org"));

    let elsewhere = tempfile::TempDir::new().unwrap();
    let wrong = run(elsewhere.path(), &["restore", name, "--check"], &[("LIAO_BACKUP_PASSPHRASE", "another passphrase")]).await;
    assert!(!wrong.status.success() && text(&wrong.stderr).contains("passphrase"), "{}", text(&wrong.stderr));
    let whole = run(elsewhere.path(), &["restore", name, "--check"], &passphrase).await;
    assert!(whole.status.success() && text(&whole.stdout).contains("is whole"), "{}", text(&whole.stderr));
    let busy = run(liao.data_dir(), &["restore", name], &passphrase).await;
    assert!(!busy.status.success() && text(&busy.stderr).contains("another liao"), "{}", text(&busy.stderr));
    let restored = run(elsewhere.path(), &["restore", name], &passphrase).await;
    assert!(restored.status.success(), "{}", text(&restored.stderr));
    liao.stop().await;
    // The same people, and the same keys.
    let there = Liao::start_in(elsewhere, &[]).await;
    let body = serde_json::json!({"email": "ada@example.org", "password": "one calm river 42"});
    let signed_in = client().post(there.at("/api/auth/login/")).json(&body).timeout(Duration::from_secs(20)).send().await.unwrap();
    assert_eq!(signed_in.status(), StatusCode::OK);
    let secret = |folder: &std::path::Path| std::fs::read_to_string(folder.join("secret")).unwrap();
    assert_eq!(secret(there.data_dir()), secret(liao.data_dir()));
}

#[tokio::test]
async fn where_the_security_log_ends_is_told_and_looked_for_later() {
    let data = tempfile::TempDir::new().unwrap();
    let made = run(data.path(), &["user", "create", "ada@example.org"], &[]).await;
    assert!(made.status.success(), "{}", text(&made.stderr));
    let verified = run(data.path(), &["audit", "verify"], &[]).await;
    let told = text(&verified.stdout);
    assert!(verified.status.success() && told.starts_with("1 entries hold"), "{told} {}", text(&verified.stderr));
    let head = told.split("The last one is ").nth(1).and_then(|rest| rest.split(": keep").next()).expect("where it ends").to_owned();
    assert!(head.starts_with("1:"), "{head}");
    run(data.path(), &["user", "promote", "ada@example.org"], &[]).await;
    let expect = async |head: &str| run(data.path(), &["audit", "verify", "--expect", head], &[]).await;
    let found = expect(&head).await;
    assert!(found.status.success() && text(&found.stdout).starts_with("2 entries hold"), "{}", text(&found.stderr));
    let cut = expect(&head.replacen("1:", "9:", 1)).await;
    assert!(cut.status.code() == Some(1) && text(&cut.stderr).contains("the end of the log was cut off"), "{}", text(&cut.stderr));
    let anew = expect(&format!("1:{}", "0".repeat(64))).await;
    assert!(anew.status.code() == Some(1) && text(&anew.stderr).contains("written anew"), "{}", text(&anew.stderr));
    let wrong = expect("nonsense").await;
    assert!(wrong.status.code() == Some(2) && text(&wrong.stderr).contains("64 digits"), "{}", text(&wrong.stderr));
}

#[tokio::test]
async fn the_command_line_lets_only_administrators_into_a_running_server_and_the_log_is_kept() {
    let mut liao = Liao::start(&[("LIAO_LOG", "liao=info")]).await;
    let mut tokens = Vec::new();
    for name in ["root", "ada"] {
        let body = serde_json::json!({"email": format!("{name}@example.org"), "name": name, "password": "one calm river 42"});
        let made: serde_json::Value = client().post(liao.at("/api/auth/register/")).json(&body).send().await.unwrap().json().await.unwrap();
        tokens.push(made["access"].as_str().unwrap().to_owned());
    }
    let me = async |token: &str| client().get(liao.at("/api/users/me/")).bearer_auth(token).send().await.unwrap();
    let turns = async |status: StatusCode| {
        let begun = std::time::Instant::now();
        while me(&tokens[1]).await.status() != status {
            assert!(begun.elapsed() < Duration::from_secs(15), "the running server does not notice");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    let status = run(liao.data_dir(), &["maintenance", "status"], &[]).await;
    assert_eq!((status.status.success(), text(&status.stdout).trim()), (true, "Maintenance mode is off."));
    let on = run(liao.data_dir(), &["maintenance", "on", "--text", "Back at ten."], &[]).await;
    assert!(on.status.success() && text(&on.stdout).contains("only administrators"), "{}", text(&on.stderr));
    turns(StatusCode::SERVICE_UNAVAILABLE).await;
    assert_eq!(me(&tokens[0]).await.status(), StatusCode::OK, "an administrator goes on");
    let page = client().get(liao.at("/")).header("accept", "text/html").send().await.unwrap();
    assert_eq!((page.status(), page.headers()["retry-after"].to_str().unwrap()), (StatusCode::SERVICE_UNAVAILABLE, "300"));
    assert!(page.text().await.unwrap().contains("Back at ten."));
    for open in ["/login", "/healthz", "/readyz"] {
        assert_eq!(client().get(liao.at(open)).send().await.unwrap().status(), StatusCode::OK, "{open}");
    }
    assert!(run(liao.data_dir(), &["maintenance", "off"], &[]).await.status.success());
    turns(StatusCode::OK).await;

    let log = client().get(liao.at("/api/admin/logs/?limit=200")).bearer_auth(&tokens[0]).send().await.unwrap();
    let log: serde_json::Value = log.json().await.unwrap();
    let lines = log["items"].as_array().unwrap();
    assert!(lines.iter().any(|line| line["level"] == "info" && line["target"].as_str().unwrap().starts_with("liao::")), "{log:#}");
    assert!(lines.iter().all(|line| line["level"] != "warn"), "who is turned away is no failure: {log:#}");
    liao.stop().await;
    let kept: Vec<_> = std::fs::read_dir(liao.data_dir().join("logs")).unwrap().map(|file| file.unwrap().path()).collect();
    let kept: String = kept.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    assert!(kept.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()) && kept.contains("\"stopped\""), "{kept}");
    assert!(tokens.iter().all(|token| !kept.contains(token.as_str())));
}
