//! The table of what is known after every fault of every vendor, in `docs/FAILURES.md`.

use std::fmt::Write as _;

use super::*;

/// What is known after a fault of a vendor: a line of the table without its first two columns.
async fn state(server: &Server, (admin, member): (&Viewer, &Viewer), vendor: &'static matrix::Vendor, fault: (usize, Fault)) -> String {
    let (url, asked) = matrix::play(vendor, fault.1).await;
    let url = if vendor.kind == Kind::Openai { format!("{url}/v1") } else { url };
    let idle = if matches!(fault.1, Fault::Huge) { 60 } else { 5 };
    let limits = Limits { idle: Some(idle), ..Limits::default() };
    let slug = format!("{}-{}", vendor.name.to_lowercase().replace(' ', "-"), fault.0);
    add(server, admin, ProviderForm { api: vendor.api, ..form(&slug, vendor.kind, &url, limits) }).await;
    // Ollama's models can be asked when they were listed.
    for _ in 0..300 {
        if vendor.kind != Kind::Ollama
            || matches!(fault.1, Fault::Refused)
            || server.registry.resolve(Some(&format!("{slug}/m")), ANYBODY).is_ok()
        {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let ask = Ask { chat_id: None, text: "go".into(), model: Some(format!("{slug}/m")), request_id: None, replaces: None };
    let Ok(started) = send(server, member, ask).await else { return "– | – | not offered | none | –".into() };
    whole(server, member, &started).await.unwrap();
    let message = chat::message(server, member, started.message_id).await.unwrap();
    assert!(!serde_json::to_string(&message).unwrap().contains("Overloaded"), "the vendor's own words");
    let class = kind(&message).map_or_else(|| "–".to_owned(), |kind| format!("{kind:?}"));
    let kept = if message.content.is_empty() { "" } else { ", text kept" };
    let status = word(message.status);
    let sentence = message
        .error
        .as_ref()
        .map_or_else(|| "–".to_owned(), |error| failure_sentence(Locale::En.texts(), &Failure::plain(error.kind)).to_owned());
    let asked = asked.load(Ordering::SeqCst);
    let ledger = ledger(server, member, &message, asked).await;
    format!("{class} | {asked} × | {status}{kept} | {ledger} | {sentence}")
}

fn word(status: Status) -> String {
    serde_json::to_value(status).unwrap().as_str().unwrap().to_owned()
}

/// The ledger's row of the answer: how it ended, and what it used.
async fn ledger(server: &Server, member: &Viewer, message: &Message, asked: usize) -> String {
    let rows = server.db.ledger().entries(member.user.id, None, 10_000).await.unwrap();
    let rows: Vec<_> = rows.into_iter().filter(|row| row.message_id == Some(message.id)).collect();
    let [row] = rows.as_slice() else { panic!("{} rows of one call", rows.len()) };
    assert_eq!(
        row.failure.as_deref(),
        kind(message).map(|kind| serde_json::to_value(kind).unwrap().as_str().unwrap().to_owned()).as_deref()
    );
    assert!(asked == 0 || row.tries == asked as i64, "{}: {} tries, asked {asked} times", row.model, row.tries);
    let about = if row.estimated { "≈ " } else { "" };
    let tries = if row.tries == 1 { "1 try".to_owned() } else { format!("{} tries", row.tries) };
    format!("{}, {about}{} + {} tokens, {tries}", word(row.outcome), row.input_tokens, row.output_tokens)
}

/// The lines of one fault: vendors for which it is the same share one.
fn lines(name: &str, cells: Vec<String>) -> String {
    let mut groups: Vec<(Vec<&str>, String)> = Vec::new();
    for (vendor, cell) in VENDORS.iter().zip(cells) {
        match groups.iter_mut().find(|(_, other)| *other == cell) {
            Some((names, _)) => names.push(vendor.name),
            None => groups.push((vec![vendor.name], cell)),
        }
    }
    let mut lines = String::new();
    for (names, cell) in groups {
        let names = if names.len() == VENDORS.len() { "every vendor".to_owned() } else { names.join(", ") };
        writeln!(lines, "| {name} | {names} | {cell} |").unwrap();
    }
    lines
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_known_after_every_fault_is_what_the_table_says() {
    for test in databases().await {
        let (server, admin) = stage(&test).await;
        let member = person(&server, "bob", Role::User).await;
        let faults: Vec<_> = matrix::FAULTS.into_iter().enumerate().collect();
        let rows = faults.iter().map(|(index, (name, fault))| {
            let cells = VENDORS.iter().map(|vendor| state(&server, (&admin, &member), vendor, (*index, *fault)));
            async move { lines(name, futures::future::join_all(cells).await) }
        });
        let head = "| Fault | Vendor | Class | Asked | Message | Ledger: outcome, tokens in + out | What people read |\n|---|---|---|---|---|---|---|\n";
        let table = head.to_owned() + &futures::future::join_all(rows).await.concat();
        matrix::hold("states", &table);
    }
}
