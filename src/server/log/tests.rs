//! What is kept of lines, what is not, and that neither a flood nor an age fills the disk.

use std::path::PathBuf;
use std::time::Instant;

use tracing::{info, info_span, warn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{EnvFilter, registry};
use uuid::Uuid;

use super::*;
use crate::model::log::{LogLevel, LogLine};

fn folder() -> PathBuf {
    std::env::temp_dir().join(format!("liao-log-{}", Uuid::new_v4().simple()))
}

/// A log in a folder of its own, and what is done while it listens.
fn keeping(folder: &Path, done: impl FnOnce(&Logs)) -> Logs {
    let logs = Logs::default();
    logs.open(folder).unwrap();
    let subscriber = registry().with(EnvFilter::new("trace")).with(logs.layer());
    tracing::subscriber::with_default(subscriber, || done(&logs));
    logs.flush();
    logs
}

fn lines(logs: &Logs, filter: &Filter) -> Vec<LogLine> {
    logs.page(filter, None, 1000).unwrap().lines
}

#[test]
fn a_line_has_the_request_the_person_and_the_answer_around_it() {
    let (folder, user, run) = (folder(), Uuid::now_v7(), Uuid::now_v7());
    let logs = keeping(&folder, |_| {
        let method = http::Method::GET;
        let request = info_span!("http.request", id = "0123456789abcdef-1", %method, path = "/chats", user = tracing::field::Empty);
        let _request = request.enter();
        request.record("user", tracing::field::display(user));
        warn!(answer = 42, cause = %"a \"quoted\" reason\n<b>", "it went wrong");
        let _run = info_span!("generation.run", id = %run, model = "fake/echo").entered();
        info!("within");
    });
    let all = lines(&logs, &Filter::default());
    let [within, wrong] = &all[..] else { panic!("{all:#?}") };
    assert_eq!((wrong.number, wrong.level, wrong.message.as_str()), (1, LogLevel::Warn, "it went wrong"));
    assert_eq!((wrong.request.as_deref(), wrong.user, wrong.generation), (Some("0123456789abcdef-1"), Some(user), None));
    assert_eq!((wrong.fields["answer"].as_str(), wrong.fields["path"].as_str()), ("42", "GET /chats"));
    assert_eq!(wrong.fields["cause"], "a \"quoted\" reason\n<b>");
    assert_eq!((within.generation, within.user, within.request.is_some()), (Some(run), Some(user), true));
    let only = |filter: Filter| lines(&logs, &filter).iter().map(|line| line.number).collect::<Vec<_>>();
    assert_eq!(only(Filter { level: Some(LogLevel::Warn), ..Filter::default() }), [1]);
    assert_eq!(only(Filter { generation: Some(run.to_string()), ..Filter::default() }), [2]);
    assert_eq!(only(Filter { user: Some(user.to_string()), ..Filter::default() }), [2, 1]);
    assert_eq!(only(Filter { user: Some(Uuid::nil().to_string()), ..Filter::default() }), [0; 0]);
    assert_eq!(only(Filter { text: Some("quoted".into()), ..Filter::default() }), [1]);
    assert_eq!(only(Filter { text: Some("path=get".into()), target: Some("liao::server::log".into()), ..Filter::default() }), [2, 1]);
    assert_eq!(only(Filter { from: Some(wrong.at), to: Some(within.at), ..Filter::default() }), [1]);
    // Page by page, below a number; and on after another start.
    let first = logs.page(&Filter::default(), None, 1).unwrap();
    assert_eq!((first.lines[0].number, first.next), (2, Some(2)));
    assert_eq!(logs.page(&Filter::default(), first.next, 1).unwrap().lines[0].number, 1);
    drop(logs);
    let again = keeping(&folder, |_| info!("after another start"));
    assert_eq!(lines(&again, &Filter::default()).iter().map(|line| line.number).collect::<Vec<_>>(), [3, 2, 1]);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_flood_waits_for_nobody_and_is_bounded() {
    let folder = folder();
    let logs = keeping(&folder, |logs| {
        logs.bound(8, 7);
        let words = "words ".repeat(250);
        let begun = Instant::now();
        // How much is kept goes by time, how much is said by the machine.
        let mut count = 0_u32;
        while begun.elapsed().as_secs() < 12 {
            info!(n = count, %words, "a flood");
            count += 1;
        }
        let each = begun.elapsed() / count;
        println!("a line of 1.6 KB costs who logs it {each:?}");
    });
    let (bytes, dropped) = logs.standing();
    assert!(dropped > 1_000, "{dropped}");
    let on_disk: u64 = read::files(&folder).unwrap().iter().map(|(_, path)| path.metadata().unwrap().len()).sum();
    assert!(on_disk <= 9 << 20 && bytes <= 9 << 20, "{on_disk} {bytes}");
    assert!(read::files(&folder).unwrap()[0].0 > 1, "the oldest lines are gone");
    // Reading goes on where there are gaps, and ends.
    let (mut seen, mut before) = (0, None);
    loop {
        let found = logs.page(&Filter::default(), before, 500).unwrap();
        seen += found.lines.len();
        before = found.next;
        if before.is_none() || found.lines.is_empty() {
            break;
        }
    }
    assert!(seen > 0, "{seen}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn what_is_old_is_removed_when_the_next_file_begins() {
    let folder = folder();
    drop(keeping(&folder, |_| info!("of long ago")));
    let (_, path) = read::files(&folder).unwrap().remove(0);
    let long_ago = path.metadata().unwrap().modified().unwrap() - std::time::Duration::from_secs(8 * 86_400);
    std::fs::File::options().append(true).open(&path).unwrap().set_modified(long_ago).unwrap();
    let logs = keeping(&folder, |_| info!("of now"));
    let messages: Vec<_> = lines(&logs, &Filter::default()).into_iter().map(|line| (line.number, line.message)).collect();
    assert_eq!(messages, [(2, "of now".to_owned())]);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn what_cannot_be_kept_harms_nobody() {
    let logs = Logs::default();
    tracing::subscriber::with_default(registry().with(logs.layer()), || info!("nowhere"));
    assert!(logs.page(&Filter::default(), None, 10).unwrap().lines.is_empty());
    let file = folder();
    std::fs::write(&file, "").unwrap();
    assert!(logs.open(&file).is_err(), "a file is no folder");
    std::fs::remove_file(file).unwrap();
}
