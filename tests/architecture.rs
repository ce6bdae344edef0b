//! Holds the table of `docs/ARCHITECTURE.md` against the source: who may use what, file sizes, places of `cfg(feature)`,
//! and the same migrations for both engines.

use std::fs;
use std::path::{Path, PathBuf};

/// Folder, and what its files must not name.
const NEVER: &[(&str, &[&str])] = &[
    ("src/model", &["sqlx", "axum", "crate::server", "crate::app", "web_sys"]),
    ("src/rpc", &["sqlx", "crate::server::db", "crate::server::llm", "crate::app"]),
    ("src/app", &["crate::server", "sqlx", "axum::"]),
    ("src/i18n", &["crate::server::", "sqlx", "web_sys"]),
    ("src/server/http", &["server::db", "server::llm", "sqlx"]),
    ("src/server/service", &["axum::", "leptos", "server::http"]),
    ("src/server/job", &["axum::", "leptos", "server::http", "sqlx::query"]),
    ("src/server/db", &["server::service", "clock::", "Utc::now", "axum"]),
    ("src/server/llm", &["server::db", "server::service", "sqlx", "axum::"]),
    ("src/server/import", &["server::db", "server::service", "sqlx", "axum::", "leptos"]),
    ("src/server/identity", &["server::db", "server::service", "sqlx", "axum::", "leptos"]),
    ("src/server/webhook", &["server::db", "server::service", "sqlx", "leptos"]),
    ("src/server/render", &["server::db", "server::service", "server::http", "sqlx"]),
];

/// The only files that may ask for a feature: the module lists, and the swap of the browser's two faces.
const CFG: &[&str] = &["src/lib.rs", "src/rpc/mod.rs", "src/app/browser/mod.rs", "src/server/llm/mod.rs"];

/// Most lines of a file, tests apart.
const LINES: usize = 400;
/// Most lines of a function between its braces; of one that writes markup.
const STEPS: usize = 40;
const MARKUP: usize = 60;

fn files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the source") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push(path);
            }
        }
    }
    found
}

fn is_test(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "tests") || path.file_stem().is_some_and(|stem| stem == "tests")
}

/// The code of a file: without its unit tests, comments and empty lines.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("a source file");
    let text = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn short(path: &Path) -> String {
    path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap_or(path).display().to_string()
}

/// What a file breaks of the table.
fn broken(code: &str, never: &[&str]) -> Vec<String> {
    never.iter().filter(|word| code.contains(**word)).map(|word| (*word).to_owned()).collect()
}

#[test]
fn a_forbidden_word_is_found() {
    assert_eq!(broken("use sqlx::query;", &["sqlx", "axum"]), ["sqlx"]);
    assert!(broken("use serde::Serialize;", &["sqlx"]).is_empty());
}

#[test]
fn every_folder_uses_only_what_it_may() {
    let mut wrong = Vec::new();
    for (folder, never) in NEVER {
        for path in files(folder).into_iter().filter(|path| !is_test(path)) {
            // A server function's body runs on the server: its `use crate::server::service` is allowed, and nothing below.
            wrong.extend(broken(&code(&path), never).into_iter().map(|word| format!("{} uses {word}", short(&path))));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_browser_is_touched_in_one_folder() {
    let outside = |path: &PathBuf| !short(path).starts_with("src/app/browser/");
    let wrong: Vec<_> = files("src").into_iter().filter(outside).filter(|path| code(path).contains("web_sys")).map(|p| short(&p)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn features_are_asked_for_in_few_places() {
    let asks = |path: &PathBuf| ["cfg(feature", "cfg_attr(feature", "cfg!(feature"].iter().any(|ask| code(path).contains(ask));
    let wrong: Vec<_> = files("src").into_iter().filter(asks).map(|p| short(&p)).filter(|p| !CFG.contains(&p.as_str())).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_file_is_too_long() {
    let lines =
        |path: &PathBuf| fs::read_to_string(path).expect("a source file").split("#[cfg(test)]").next().map_or(0, |t| t.lines().count());
    let long: Vec<_> =
        files("src").into_iter().filter(|path| !is_test(path)).filter(|path| lines(path) > LINES).map(|p| short(&p)).collect();
    assert!(long.is_empty(), "{long:#?}");
}

/// The functions of a file that rustfmt has formatted: name, lines between its braces (without comments and empty ones), and whether it
/// writes markup, whose lines are elements and not steps.
fn functions(code: &str) -> Vec<(String, usize, bool)> {
    let lines: Vec<&str> = code.lines().filter(|line| !line.trim().is_empty()).collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let declared = line.trim_start().trim_start_matches("pub(super) ").trim_start_matches("pub(crate) ").trim_start_matches("pub ");
        let declared = declared.trim_start_matches("const ").trim_start_matches("async ");
        let Some(name) = declared.strip_prefix("fn ").and_then(|rest| rest.split(['(', '<']).next()) else { continue };
        let indent = &line[..line.len() - line.trim_start().len()];
        let ends = |line: &&str, with: &str| line.strip_prefix(indent).is_some_and(|rest| rest == with);
        // The signature may take several lines; a declaration in a trait has no body.
        let Some(open) = lines[at..].iter().position(|line| line.ends_with('{') || line.ends_with(';') || line.ends_with('}')) else {
            continue;
        };
        if !lines[at + open].ends_with('{') {
            continue;
        }
        let body: Vec<&&str> = lines[at + open + 1..].iter().take_while(|line| !ends(line, "}")).collect();
        found.push((name.to_owned(), body.len(), body.iter().any(|line| line.contains("view! {"))));
    }
    found
}

#[test]
fn a_function_is_measured_between_its_braces() {
    let code = "impl A {\n    pub async fn long(\n        a: u8,\n    ) -> u8\n    where\n        B: C,\n    {\n        if a {\n        }\n\n        a\n    }\n}\nfn short() {}\ntrait T {\n    fn none();\n}\n#[component]\nfn Page() -> V {\n    view! {\n    }\n}";
    let expected = [("long".to_owned(), 3, false), ("Page".to_owned(), 2, true)];
    assert_eq!(functions(code), expected);
}

#[test]
fn no_function_is_too_long() {
    let mut long = Vec::new();
    for path in files("src").into_iter().filter(|path| !is_test(path)) {
        for (name, lines, markup) in functions(&code(&path)) {
            // A line for each page, and one table of them.
            let table = name == "App";
            if lines > if markup { MARKUP } else { STEPS } && !table {
                long.push(format!("{}: {name}, {lines} lines", short(&path)));
            }
        }
    }
    assert!(long.is_empty(), "{long:#?}");
}

/// What is encrypted by `Keys` is listed, and `liao secret rotate` finds it; nothing is encrypted past it. A backup has its own passphrase.
#[test]
fn encryption_has_two_places() {
    let outside = |path: &PathBuf| !short(path).starts_with("src/server/crypto/") && short(path) != "src/server/backup/seal.rs";
    let wrong: Vec<_> = files("src").into_iter().filter(outside).filter(|path| code(path).contains("aes_gcm")).map(|p| short(&p)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(
        code(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/server/backup/seal.rs")).contains("aes_gcm"),
        "it is called otherwise now"
    );
}

#[test]
fn every_file_says_what_lives_in_it() {
    let silent = |path: &PathBuf| !fs::read_to_string(path).expect("a source file").starts_with("//!");
    let wrong: Vec<_> = files("src").into_iter().filter(silent).map(|p| short(&p)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn both_engines_have_the_same_migrations_and_tables() {
    let read = |engine: &str| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(engine);
        let mut files: Vec<_> = fs::read_dir(folder).expect("migrations").map(|entry| entry.expect("an entry").path()).collect();
        files.sort();
        let names: Vec<_> = files.iter().map(|path| path.file_name().expect("a name").to_owned()).collect();
        let text: String = files.iter().map(|path| fs::read_to_string(path).expect("SQL")).collect();
        // The index of the search and what guards the log are each engine's own.
        let own = |line: &str| line.contains("search_") || line.starts_with("CREATE TRIGGER") || line.starts_with("CREATE FUNCTION");
        let same = |line: &&str| line.starts_with("CREATE ") && (!own(line) || line.starts_with("CREATE TABLE"));
        let tables: Vec<String> = text.lines().filter(same).map(str::to_owned).collect();
        (names, tables)
    };
    assert_eq!(read("sqlite"), read("postgres"));
}

/// Two types of one name are one schema in the API's document, and the first of them is documented as the second.
#[test]
fn every_schema_has_a_name_of_its_own() {
    let mut names = std::collections::BTreeMap::<String, Vec<String>>::new();
    for path in files("src") {
        let text = code(&path);
        for part in text.split("#[derive(").skip(1).filter(|part| part.split(")]").next().is_some_and(|list| list.contains("ToSchema"))) {
            let head: String = part.lines().skip(1).take_while(|line| line.trim_start().starts_with("#[")).collect();
            let said = head.split("schema(as = ").nth(1).map(|rest| rest.split([')', ',']).next().unwrap_or_default().to_owned());
            let declared = part.lines().skip(1).find(|line| !line.trim_start().starts_with("#[")).unwrap_or_default();
            let declared =
                declared.split(["struct ", "enum "].as_slice().iter().find(|word| declared.contains(**word)).unwrap_or(&"struct "));
            let name = declared.last().unwrap_or_default().split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned();
            names.entry(said.unwrap_or(name)).or_default().push(short(&path));
        }
    }
    let doubled: Vec<_> = names.iter().filter(|(_, places)| places.len() > 1).collect();
    assert!(names.len() > 80 && names.contains_key("AppSetup"), "the source is read otherwise now: {}", names.len());
    assert!(doubled.is_empty(), "say `#[schema(as = …)]`: {doubled:#?}");
}

/// `docs/ASVS.md` claims what is tested where: the files and the tests that it names have to be there.
#[test]
fn what_the_checklist_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("docs/ASVS.md")).expect("the checklist");
    let source: String =
        ["src", "tests"].iter().flat_map(|folder| files(folder)).filter_map(|path| fs::read_to_string(path).ok()).collect();
    let is_path = |word: &str| ["src/", "tests/", "scripts/", "docs/", "end2end/"].iter().any(|start| word.starts_with(start));
    let is_test =
        |word: &str| word.matches('_').count() >= 3 && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    let named: Vec<&str> = text.split('`').skip(1).step_by(2).collect();
    let missing: Vec<_> = named.iter().filter(|word| is_path(word) && !root.join(word).exists()).collect();
    assert!(missing.is_empty(), "files: {missing:#?}");
    let tests: Vec<_> = named.iter().filter(|word| is_test(word)).collect();
    let missing: Vec<_> = tests.iter().filter(|word| !source.contains(&format!("fn {word}("))).collect();
    assert!(tests.len() > 20 && missing.is_empty(), "{} tests are named; not there: {missing:#?}", tests.len());
}

/// [`liao::rpc::Wire`]: with another codec the browser's part would hold the reader of every answer twice.
#[test]
fn server_functions_answer_by_one_codec() {
    let mut wrong = Vec::new();
    for path in files("src/rpc") {
        wrong.extend(
            code(&path)
                .lines()
                .filter(|line| line.starts_with("#[server(") && !line.contains("output = crate::rpc::Wire"))
                .map(|line| format!("{}: {line}", short(&path))),
        );
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
