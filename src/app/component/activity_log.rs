//! Entries of the security log as a table that a phone shows as cards.

use leptos::prelude::*;
use leptos_router::components::A;
use serde_json::Value;
use uuid::Uuid;

use super::moment::Moment;
use crate::i18n::{Texts, use_texts};
use crate::model::activity::{Activity, LogEntry, Outcome};

/// The entries, the newest first. `about` says whose account each is about, and tells all of its details: for administrators.
#[component]
pub fn ActivityLog(entries: Vec<LogEntry>, about: bool) -> impl IntoView {
    let texts = use_texts();
    let t = texts.activity();
    if entries.is_empty() {
        return view! { <p class="lead">{t.none}</p> }.into_any();
    }
    let rows = entries.into_iter().map(|entry| view! { <Entry entry about/> }).collect_view();
    view! {
        <table class="log-table">
            <thead>
                <tr>
                    <th scope="col">{t.when}</th>
                    <th scope="col">{t.what}</th>
                    {about.then(|| view! { <th scope="col">{t.about}</th> })}
                    <th scope="col">{t.who}</th>
                    <th scope="col">{t.origin}</th>
                    <th scope="col">{t.result}</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

#[component]
fn Entry(entry: LogEntry, about: bool) -> impl IntoView {
    let texts = use_texts();
    let t = texts.activity();
    let way = way(texts, &entry.activity).map(|words| view! { <small>{words}</small> });
    let details = about.then(|| details(texts, &entry.activity)).flatten().map(|text| view! { <small class="log-details">{text}</small> });
    let origin = [entry.browser.clone(), entry.system.clone(), entry.activity.ip.map(|ip| ip.to_string())];
    let origin = origin.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let refused = entry.activity.result == Outcome::Refused;
    let person = move |id: Option<Uuid>, name: Option<String>| who(texts, id, name, about);
    view! {
        <tr class:refused=refused>
            <td data-label=t.when><Moment at=entry.activity.at/></td>
            <td class="log-what">{(t.actions)(entry.activity.action)}{way}{details}</td>
            {about.then(|| view! { <td data-label=t.about>{person(entry.activity.user_id, entry.user_name.clone())}</td> })}
            <td data-label=t.who>{person(entry.activity.actor_id, entry.actor_name.clone())}</td>
            <td data-label=t.origin title=entry.activity.user_agent.clone()>{if origin.is_empty() { "–".to_owned() } else { origin }}</td>
            <td data-label=t.result><span class=if refused { "tag warn" } else { "tag" }>{t.outcome(entry.activity.result)}</span></td>
        </tr>
    }
}

/// Somebody by their name, with a way to their account for administrators.
fn who(texts: &'static Texts, id: Option<Uuid>, name: Option<String>, linked: bool) -> AnyView {
    match (id, name) {
        (None, _) => view! { <span class="hint">"–"</span> }.into_any(),
        (Some(id), Some(name)) if linked => view! { <A href=format!("/admin/users/{id}")>{name}</A> }.into_any(),
        (Some(_), Some(name)) => name.into_any(),
        (Some(id), None) => view! { <span class="hint" title=id.to_string()>{texts.activity().erased}</span> }.into_any(),
    }
}

/// How it was done, or why it was refused, in words.
fn way(texts: &'static Texts, entry: &Activity) -> Option<String> {
    let said = |name: &str| entry.detail.get(name).and_then(|value| value.as_str());
    let word = said("by").or_else(|| said("why"))?;
    // Another service signs in by its own name.
    Some((texts.activity().ways)(word).map_or_else(|| word.to_owned(), str::to_owned))
}

/// Everything else that was noted, in words where there are some.
fn details(texts: &'static Texts, entry: &Activity) -> Option<String> {
    let word = |name: &str| (texts.activity().words)(name).map_or_else(|| name.to_owned(), str::to_owned);
    let pairs = entry.detail.as_object()?.iter().filter(|(name, _)| !matches!(name.as_str(), "by" | "why"));
    // As a role a user is a member; elsewhere the word stands for somebody's account.
    let meant = |name: &str, value: &str| word(if (name, value) == ("role", "user") { "member" } else { value });
    let told = |name: &str, value: &Value| said(value, &|value: &str| meant(name, value));
    let lines: Vec<String> = pairs.filter_map(|(name, value)| Some(format!("{}: {}", word(name), told(name, value)?))).collect();
    Some(lines.join(", ")).filter(|text| !text.is_empty())
}

/// A value as people read it; nothing where there is none.
fn said(value: &Value, word: &impl Fn(&str) -> String) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Bool(truth) => Some(word(if *truth { "yes" } else { "no" })),
        // A moment is told by its day.
        Value::String(text) => Some(match text.split_once('T') {
            Some((day, _)) if day.len() == 10 && text.ends_with('Z') => day.to_owned(),
            _ => word(text),
        }),
        Value::Array(all) => {
            Some(all.iter().filter_map(|one| said(one, word)).collect::<Vec<_>>().join(", ")).filter(|text| !text.is_empty())
        }
        other => Some(other.to_string()),
    }
}
