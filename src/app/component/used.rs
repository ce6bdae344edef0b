//! What an answer used and cost: the model's name below it is a button whose panel says so. The panel is shown by a pointer over it, by
//! Enter, and by a touch; it is part of the page, so it works without scripts.

use leptos::prelude::*;

use crate::app::state::thread::Entry;
use crate::i18n::usage::{count, duration, money, rate};
use crate::i18n::{Usage, use_texts};
use crate::model::usage::{Sum, Used};

/// The model of an answer, with what it used as soon as that is known.
#[component]
pub fn UsedBy(entry: Entry) -> impl IntoView {
    let texts = &use_texts().usage;
    let id = format!("used-{}", entry.key);
    let now = Memo::new(move |_| {
        let message = &entry.shown.read().message;
        (message.model.clone().unwrap_or_default(), message.usage)
    });
    move || match now.get() {
        (model, None) => view! { <small class="model">{model}</small> }.into_any(),
        (model, Some(used)) => view! { <Panel id=id.clone() lines=lines(texts, &model, &used) model estimated=used.estimated/> }.into_any(),
    }
}

#[component]
fn Panel(id: String, model: String, lines: Vec<(&'static str, String)>, estimated: bool) -> impl IntoView {
    let texts = &use_texts().usage;
    view! {
        <span class="used">
            <button type="button" class="model" popovertarget=id.clone()>
                <span class="visually-hidden">{texts.details}": "</span>
                {model}
            </button>
            <span id=id class="used-panel" popover="auto" role="group" aria-label=texts.details>
                <Lines lines/>
                {estimated.then(|| view! { <small class="used-note">{texts.counted_here}</small> })}
            </span>
        </span>
    }
}

/// What an answer used, for a place that names its model.
#[component]
pub fn UsedLines(used: Used) -> impl IntoView {
    let texts = &use_texts().usage;
    view! { <Lines lines=lines(texts, "", &used).split_off(1)/> }
}

#[component]
fn Lines(lines: Vec<(&'static str, String)>) -> impl IntoView {
    let line = |(name, value)| view! { <span class="used-line"><span>{name}</span>" "<b>{value}</b></span> };
    lines.into_iter().map(line).collect_view()
}

fn lines(texts: &'static Usage, model: &str, used: &Used) -> Vec<(&'static str, String)> {
    let about = if used.estimated { "≈ " } else { "" };
    let mut lines = vec![(texts.model, model.to_owned()), (texts.input, format!("{about}{}", count(used.input_tokens)))];
    if used.cached_tokens > 0 {
        lines.push((texts.cached, count(used.cached_tokens)));
    }
    lines.push((texts.output, format!("{about}{}", count(used.output_tokens))));
    if used.reasoning_tokens > 0 {
        lines.push((texts.reasoning, count(used.reasoning_tokens)));
    }
    let cost = used.cost.map_or_else(|| texts.no_price.to_owned(), |cost| format!("{about}{}", money(cost)));
    lines.push((texts.cost, cost));
    lines.extend(used.first_token_ms.map(|ms| (texts.first_token, duration(ms))));
    lines.extend(used.tokens_per_second.map(|speed| (texts.rate, rate(speed))));
    lines
}

/// What a whole conversation used, for its menu. Nothing before the first answer.
#[component]
pub fn UsedInAll(used: RwSignal<Sum>) -> impl IntoView {
    let texts = &use_texts().usage;
    move || {
        let sum = used.get();
        (sum.calls > 0).then(|| {
            let about = if sum.estimated > 0 { "≈ " } else { "" };
            let cost = sum.cost.map_or_else(|| texts.no_price.to_owned(), |cost| format!("{about}{}", money(cost)));
            let lines = vec![
                (texts.input, format!("{about}{}", count(sum.input_tokens))),
                (texts.output, format!("{about}{}", count(sum.output_tokens))),
                (texts.cost, cost),
            ];
            let lacking = (sum.cost.is_some() && sum.unpriced > 0)
                .then(|| view! { <small class="used-note">{(texts.unpriced)(sum.unpriced)}</small> });
            view! {
                <div class="used-in-all">
                    <span class="menu-label">{texts.conversation}</span>
                    <Lines lines/>
                    {lacking}
                </div>
                <hr/>
            }
        })
    }
}
