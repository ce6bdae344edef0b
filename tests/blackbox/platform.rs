//! The program itself: its commands, its configuration, starting, stopping, and what every answer carries.

use std::path::Path;
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, LOCATION, VARY};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::client::Client;
use crate::liao::{Liao, client, run, run_with_input};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[tokio::test]
async fn wrong_configuration_is_one_sentence_and_exit_code_2() {
    let data = TempDir::new().unwrap();
    let wrong = [("LIAO_ADDR", "nowhere"), ("LIAO_SECRET", "short"), ("LIAO_LOG_FORMAT", "xml"), ("LIAO_UNHEARD_OF", "1")];
    for (name, value) in wrong {
        for command in [&["serve"][..], &["migrate"], &["config", "print"]] {
            let output = run(data.path(), command, &[(name, value)]).await;
            let said = text(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{command:?} with {name}={value}: {said}");
            assert!(said.contains(name) && said.lines().count() == 1, "{said}");
        }
    }
}

#[tokio::test]
async fn an_unknown_key_of_the_file_is_named_and_reserved_names_are_not_ours() {
    let data = TempDir::new().unwrap();
    std::fs::write(data.path().join("liao.toml"), "adress = \"127.0.0.1:1\"\n").unwrap();
    let output = run(data.path(), &["serve"], &[]).await;
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("adress"), "{}", text(&output.stderr));
    std::fs::write(data.path().join("liao.toml"), "login_rate = 99\n").unwrap();
    let output = run(data.path(), &["config", "print"], &[("LIAO_TEST_X", "1"), ("LIAO_REQUIRE_Y", "1"), ("LIAO_BIN", "x")]).await;
    assert!(output.status.success(), "{}", text(&output.stderr));
    let printed = text(&output.stdout);
    let line = printed.lines().find(|l| l.starts_with("LIAO_LOGIN_RATE")).unwrap();
    assert_eq!(line.split_whitespace().collect::<Vec<_>>(), ["LIAO_LOGIN_RATE", "99", "liao.toml", "10"]);
}

/// `make run` starts the server with what scripts/env.sh exports, so none of it may be a variable that the server refuses.
#[tokio::test]
async fn what_the_scripts_export_is_nothing_that_is_refused() {
    let data = TempDir::new().unwrap();
    let exported: Vec<&str> = include_str!("../../scripts/env.sh")
        .lines()
        .filter_map(|line| line.trim().strip_prefix("export ")?.split_once('='))
        .map(|(name, _)| name)
        .filter(|name| name.starts_with("LIAO_"))
        .collect();
    assert!(exported.contains(&"LIAO_CACHE"), "{exported:?}");
    for name in exported {
        let output = run(data.path(), &["config", "print"], &[(name, "x")]).await;
        assert!(output.status.success(), "{name}: {}", text(&output.stderr));
    }
}

#[tokio::test]
async fn printing_the_configuration_masks_secrets() {
    let data = TempDir::new().unwrap();
    let secret = "0123456789abcdef0123456789abcdef";
    let env = [("LIAO_SECRET", secret), ("OPENAI_API_KEY", "sk-visible"), ("LIAO_DATABASE_URL", "postgres://liao:hunter2@db/liao")];
    let printed = text(&run(data.path(), &["config", "print"], &env).await.stdout);
    assert!(printed.contains("LIAO_SECRET") && printed.contains("postgres://liao:******@db/liao"), "{printed}");
    assert!([secret, "sk-visible", "hunter2"].iter().all(|word| !printed.contains(word)), "{printed}");
}

#[tokio::test]
async fn migrating_twice_changes_nothing_the_second_time() {
    let data = TempDir::new().unwrap();
    let first = run(data.path(), &["migrate"], &[]).await;
    assert!(first.status.success(), "{}", text(&first.stderr));
    assert!(text(&first.stdout).contains("got migrations 1, 2, 3"), "{}", text(&first.stdout));
    let second = run(data.path(), &["migrate"], &[]).await;
    assert!(second.status.success() && text(&second.stdout).contains("up to date"), "{}", text(&second.stdout));
}

#[tokio::test]
async fn a_database_that_cannot_be_opened_is_a_sentence_and_exit_code_1() {
    let data = TempDir::new().unwrap();
    let output = run(data.path(), &["serve"], &[("LIAO_DATABASE_URL", "sqlite:///nonexistent/folder/liao.db")]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("LIAO_DATABASE_URL"), "{}", text(&output.stderr));
}

#[tokio::test]
async fn a_taken_port_is_a_sentence_and_a_second_server_on_the_same_data_is_refused() {
    let liao = Liao::start(&[]).await;
    let other = TempDir::new().unwrap();
    let addr = liao.url.trim_start_matches("http://");
    let output = run(other.path(), &["serve"], &[("LIAO_ADDR", addr)]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("LIAO_ADDR"), "{}", text(&output.stderr));
    let output = run(liao.data_dir(), &["serve"], &[]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("another liao is serving"), "{}", text(&output.stderr));
}

#[tokio::test]
async fn accounts_are_made_promoted_and_given_passwords_from_the_command_line() {
    let liao = Liao::start(&[]).await;
    let user = async |arguments: &[&str], input: &str| {
        let output = run_with_input(liao.data_dir(), &[&["user"], arguments].concat(), input).await;
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let role = async |email: &str, password: &str| {
        let body = serde_json::json!({ "email": email, "password": password });
        let response = client().post(liao.at("/api/auth/login/")).json(&body).send().await.unwrap();
        let json: serde_json::Value = response.json().await.unwrap();
        json["user"]["role"].as_str().map(str::to_owned)
    };
    let (code, said, _) = user(&["create", "ada@example.org", "--name", "Ada", "--admin"], "").await;
    let password = said.lines().find_map(|l| l.strip_prefix("Password, shown this once: ")).expect("a password is printed");
    assert_eq!((code, role("ada@example.org", password).await.as_deref()), (Some(0), Some("admin")));
    let (code, said, _) = user(&["create", "bob@example.org", "--password-stdin"], "correct horse battery\n").await;
    assert!(code == Some(0) && !said.contains("correct horse"), "{said}");
    assert_eq!(role("bob@example.org", "correct horse battery").await.as_deref(), Some("user"));
    assert_eq!(user(&["promote", "BOB@example.org"], "").await.0, Some(0));
    assert_eq!(user(&["password", "bob@example.org", "--password-stdin"], "another long password").await.0, Some(0));
    assert_eq!(role("bob@example.org", "correct horse battery").await, None);
    assert_eq!(role("bob@example.org", "another long password").await.as_deref(), Some("admin"));
    let (code, _, said) = user(&["promote", "nobody@example.org"], "").await;
    assert!(code == Some(1) && said.lines().count() == 1, "{said}");
    let (code, _, said) = user(&["create", "eve@example.org", "--password-stdin"], "short").await;
    assert!(code == Some(1) && said.contains("password"), "{said}");
}

#[tokio::test]
async fn models_are_listed_and_a_file_of_ones_own_is_not_replaced_by_ours() {
    let data = TempDir::new().unwrap();
    let listed = run(data.path(), &["model", "list"], &[]).await;
    assert!(text(&listed.stdout).contains("local/smollm2-135m-instruct"), "{}", text(&listed.stdout));
    let pulled = run(data.path(), &["model", "pull"], &[("LIAO_MODEL_FILE", "/nonexistent/mine.gguf")]).await;
    assert_eq!(pulled.status.code(), Some(2), "a configuration that cannot work");
    assert!(text(&pulled.stderr).contains("LIAO_MODEL_FILE"), "{}", text(&pulled.stderr));
}

#[tokio::test]
async fn help_is_what_no_argument_and_every_command_give() {
    let data = TempDir::new().unwrap();
    let none = run(data.path(), &[], &[]).await;
    assert!(text(&none.stderr).contains("Examples:"), "{}", text(&none.stderr));
    for command in [&["--help"][..], &["serve", "--help"], &["user", "create", "--help"], &["model", "pull", "--help"]] {
        let output = run(data.path(), command, &[]).await;
        assert!(output.status.success() && text(&output.stdout).contains("Example"), "{command:?}");
    }
}

#[tokio::test]
async fn it_is_up_and_ready_and_says_where() {
    let liao = Liao::start(&[]).await;
    assert!(liao.greeting.starts_with("Liao is ready: http://127.0.0.1:"), "{}", liao.greeting);
    for path in ["/healthz", "/readyz"] {
        let response = client().get(liao.at(path)).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let json: serde_json::Value = response.json().await.unwrap();
        assert_eq!(json["status"], "ok");
    }
}

#[tokio::test]
async fn sigterm_ends_it_with_0_although_a_client_holds_a_connection() {
    let mut liao = Liao::start(&[]).await;
    let mut idle = tokio::net::TcpStream::connect(liao.url.trim_start_matches("http://")).await.unwrap();
    idle.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n").await.unwrap();
    let begun = Instant::now();
    assert_eq!(liao.stop().await.code(), Some(0));
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    liao.restart().await;
    assert_eq!(client().get(liao.at("/readyz")).send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn after_kill_9_it_starts_again_on_the_same_data() {
    let mut liao = Liao::start(&[]).await;
    liao.kill().await;
    liao.restart().await;
    assert_eq!(client().get(liao.at("/readyz")).send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn who_is_not_signed_in_is_led_to_the_door() {
    let liao = Liao::start(&[]).await;
    let to = async |path: &str| {
        let response = client().get(liao.at(path)).header(ACCEPT, "text/html").send().await.unwrap();
        (response.status(), response.headers().get(LOCATION).map(|l| l.to_str().unwrap().to_owned()))
    };
    assert_eq!(to("/").await, (StatusCode::SEE_OTHER, Some("/login".into())));
    // Nobody has an account on a new server.
    assert_eq!(to("/login").await, (StatusCode::SEE_OTHER, Some("/welcome".into())));
    assert_eq!(to("/register").await, (StatusCode::SEE_OTHER, Some("/welcome".into())));
    assert_eq!(to("/welcome").await, (StatusCode::OK, None));
    assert_eq!(to("/reset").await, (StatusCode::OK, None));
    assert_eq!(to("/no/such/page").await, (StatusCode::NOT_FOUND, None));
}

#[tokio::test]
async fn programs_get_problems_and_people_get_pages() {
    let liao = Liao::start(&[]).await;
    let page = client().get(liao.at("/no/such/page")).header(ACCEPT, "text/html").send().await.unwrap();
    assert!(page.headers()[CONTENT_TYPE].to_str().unwrap().starts_with("text/html"));
    for (method, path, status) in
        [("GET", "/nothing", 404), ("GET", "/rpc/no/such", 404), ("POST", "/healthz", 405), ("POST", "/nothing", 404)]
    {
        let response = client().request(method.parse().unwrap(), liao.at(path)).send().await.unwrap();
        assert_eq!(
            (response.status().as_u16(), response.headers()[CONTENT_TYPE].to_str().unwrap()),
            (status, "application/problem+json"),
            "{path}"
        );
        let json: serde_json::Value = response.json().await.unwrap();
        assert_eq!(json["status"], status);
    }
}

/// Found by the benchmark: a page's title was read after the page's reactive values were gone, now and then, under load.
#[tokio::test]
async fn a_conversation_asked_for_by_many_at_once_is_whole_for_each_and_nobody_elses() {
    let liao = Liao::start(&[("LIAO_FAKE_PROVIDER", "true"), ("LIAO_AUTO_TITLE", "false"), ("LIAO_REGISTER_RATE", "100")]).await;
    let mut people = Vec::new();
    for name in ["ada", "bea", "cyd", "dot"] {
        let person = Client::register(&liao.url, name).await;
        let events = person.ask(&format!("a secret of {name}"), "fake/words-50@0").await.all().await;
        let path = format!("/chat/{}", events[0].data["session_id"].as_str().unwrap());
        people.push((person, path, format!("<title>a secret of {name} · Liao</title>")));
    }
    let readers = (0..24).map(|reader| {
        let (person, path, title) = &people[reader % 4];
        async move {
            for _ in 0..10 {
                let page = person.get(path).await;
                assert_eq!(page.status(), StatusCode::OK);
                let page = page.text().await.unwrap();
                assert!(page.contains(title) && page.contains("</html>"), "{title}: {page}");
            }
        }
    });
    futures::future::join_all(readers).await;
}

#[tokio::test]
async fn every_answer_carries_the_security_headers_and_a_request_id() {
    let liao = Liao::start(&[]).await;
    for path in ["/healthz", "/register", "/no/such"] {
        let request = client().get(liao.at(path)).header(ACCEPT, "text/html").header("x-request-id", "from-the-proxy-1");
        let response = request.send().await.unwrap();
        let headers = response.headers();
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("x-frame-options", "DENY"),
            ("x-request-id", "from-the-proxy-1"),
        ] {
            assert_eq!(headers[name], value, "{path}");
        }
        assert!(headers["permissions-policy"].to_str().unwrap().contains("camera=()"), "{path}");
        assert!(!headers.contains_key("strict-transport-security"), "{path}: nobody said that there is TLS");
    }
    let secure = Liao::start(&[("LIAO_PUBLIC_URL", "https://chat.example.org")]).await;
    let answer = client().get(secure.at("/healthz")).send().await.unwrap();
    assert_eq!(answer.headers()["strict-transport-security"], "max-age=31536000");
    let made = client().get(liao.at("/healthz")).header("x-request-id", "not sane").send().await.unwrap();
    assert_ne!(made.headers()["x-request-id"], "not sane");
}

#[tokio::test]
async fn a_page_allows_its_own_scripts_only_and_its_nonce_changes() {
    let liao = Liao::start(&[]).await;
    let policy = async || {
        let page = client().get(liao.at("/welcome")).header(ACCEPT, "text/html").send().await.unwrap();
        let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
        let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned();
        let html = page.text().await.unwrap();
        for script in html.split("<script").skip(1) {
            let tag = script.split('>').next().unwrap();
            assert!(tag.contains(&nonce) || tag.contains("src="), "an inline script without the nonce: {tag}");
        }
        nonce
    };
    assert_ne!(policy().await, policy().await);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let liao = Liao::start(&[]).await;
    let response = client().post(liao.at("/rpc/auth/login")).body(vec![b'x'; 3 * 1024 * 1024]).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let json: serde_json::Value = response.json().await.unwrap();
    assert_eq!(json["code"], "too_large");
}

#[tokio::test]
async fn a_body_of_unknown_length_that_becomes_too_large_is_refused_too() {
    let liao = Liao::start(&[]).await;
    let client = Client::register(&liao.url, "ada").await;
    for (path, kind) in [("/rpc/auth/login", "application/x-www-form-urlencoded"), ("/api/llm/chat/", "application/json")] {
        let pieces = futures::stream::iter((0..64).map(|_| Ok::<_, std::io::Error>(vec![b'x'; 64 * 1024])));
        let request = client.http.post(liao.at(path)).bearer_auth(&client.token).header(CONTENT_TYPE, kind);
        let response = request.body(reqwest::Body::wrap_stream(pieces)).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE, "{path}");
        let json: serde_json::Value = response.json().await.unwrap();
        assert_eq!(json["code"], "too_large", "{path}");
    }
}

#[tokio::test]
async fn a_server_function_answers_errors_with_their_own_status() {
    let liao = Liao::start(&[]).await;
    let call = async |path: &str, body: &'static str| {
        let request = client().post(liao.at(path)).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let response = request.header(ACCEPT, "application/json").body(body).send().await.unwrap();
        let status = response.status().as_u16();
        (status, response.json::<serde_json::Value>().await.unwrap()["code"].as_str().unwrap().to_owned())
    };
    // Arguments that cannot be read, and nobody signed in.
    assert_eq!(call("/rpc/auth/login", "email=x").await, (400, "malformed".into()));
    assert_eq!(call("/rpc/chat/list", "").await, (401, "unauthenticated".into()));
}

#[tokio::test]
async fn a_plain_form_goes_back_to_its_page_with_only_the_last_error() {
    let liao = Liao::start(&[]).await;
    let post = async |referer: String| {
        let request = client().post(liao.at("/rpc/chat/list")).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let request = request.header(ACCEPT, "text/html").header("origin", &liao.url).header("referer", referer);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::FOUND);
        response.headers()[LOCATION].to_str().unwrap().to_owned()
    };
    let first = post(liao.at("/login?next=/chat/1")).await;
    assert!(first.starts_with(&liao.at("/login?next=")) && first.contains("__err="), "{first}");
    let second = post(first).await;
    assert_eq!(second.matches("__err=").count(), 1, "{second}");
}

#[tokio::test]
async fn a_plain_form_whose_browser_does_not_say_its_page_still_gets_its_error() {
    let liao = Liao::start(&[]).await;
    let forms = [("auth/login", "/login"), ("auth/register", "/register"), ("chat/rename", "/"), ("provider/save", "/admin/providers")];
    for (function, page) in forms {
        let request = client().post(liao.at(&format!("/rpc/{function}"))).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let response = request.header(ACCEPT, "text/html").header("origin", &liao.url).body("email=nobody").send().await.unwrap();
        let location = response.headers()[LOCATION].to_str().unwrap();
        assert!(location.starts_with(&format!("{page}?__path=")) && location.contains("__err="), "{function}: {location}");
    }
}

/// The path of the stylesheet that the page names.
async fn stylesheet(liao: &Liao) -> String {
    let html = client().get(liao.at("/welcome")).header(ACCEPT, "text/html").send().await.unwrap().text().await.unwrap();
    let path = html.split("href=\"").map(|rest| rest.split('"').next().unwrap()).find(|href| href.ends_with(".css"));
    path.expect("the page has a stylesheet").to_owned()
}

#[tokio::test]
async fn assets_are_compressed_tagged_and_kept_for_ever() {
    if !Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/target/site/pkg/liao.css.br")).exists() {
        assert!(std::env::var("LIAO_REQUIRE_SITE").is_err(), "LIAO_REQUIRE_SITE is set, but the site has not been built");
        return;
    }
    let liao = Liao::start(&[]).await;
    let css = stylesheet(&liao).await;
    let get = |accept: &'static str| client().get(liao.at(&css)).header(ACCEPT_ENCODING, accept).send();
    let mut tags = Vec::new();
    for (accept, encoding) in [("gzip, deflate, br", Some("br")), ("gzip", Some("gzip")), ("br;q=0, gzip;q=0.1", Some("gzip")), ("", None)]
    {
        let response = get(accept).await.unwrap();
        let headers = response.headers();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(headers.get(CONTENT_ENCODING).map(|e| e.to_str().unwrap()), encoding, "{accept}");
        assert_eq!(headers[CACHE_CONTROL], "public, max-age=31536000, immutable");
        assert_eq!(
            (&headers[VARY], &headers[CONTENT_TYPE]),
            (&"accept-encoding".parse().unwrap(), &"text/css; charset=utf-8".parse().unwrap())
        );
        tags.push(headers[ETAG].to_str().unwrap().to_owned());
    }
    assert_eq!(tags[1], tags[2]);
    assert!(tags[0] != tags[1] && tags[1] != tags[3] && tags[0] != tags[3], "{tags:?}");
    let known = client().get(liao.at(&css)).header(ACCEPT_ENCODING, "br").header(IF_NONE_MATCH, &tags[0]).send().await.unwrap();
    assert_eq!(known.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(known.bytes().await.unwrap().len(), 0);
    let head = client().head(liao.at(&css)).send().await.unwrap();
    assert_eq!(head.status(), StatusCode::OK);
    let old = css.replacen("/pkg/", "/pkg/0", 1);
    assert_eq!(client().get(liao.at(&old)).send().await.unwrap().status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_head_that_never_ends_does_not_hold_others_up() {
    let liao = Liao::start(&[]).await;
    let mut slow = tokio::net::TcpStream::connect(liao.url.trim_start_matches("http://")).await.unwrap();
    slow.write_all(b"GET / HT").await.unwrap();
    assert_eq!(client().get(liao.at("/healthz")).send().await.unwrap().status(), StatusCode::OK);
    let mut byte = [0];
    let silent = tokio::time::timeout(Duration::from_millis(200), slow.read(&mut byte)).await;
    assert!(silent.is_err(), "the slow client is waited for");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_memory_of_a_password_goes_back_to_the_system_when_it_is_quiet() {
    let liao = Liao::start(&[]).await;
    let pid = liao.child.id().expect("the server runs");
    let own_kib = || {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("its status");
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).expect("RssAnon");
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number")
    };
    Client::register(&liao.url, "ada").await;
    let busy = own_kib();
    let begun = Instant::now();
    // argon2 takes 19 MiB for a hash.
    while own_kib() + 15 * 1024 > busy {
        assert!(begun.elapsed() < Duration::from_secs(15), "{busy} KiB after a registration, {} KiB now", own_kib());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
