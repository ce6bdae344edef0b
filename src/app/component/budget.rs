//! How much of the model's context window the next question would use: a thin line and a figure in the composer, and a panel that says
//! of what, and how room is made.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::app::browser;
use crate::app::state::thread::Thread;
use crate::i18n::usage::count;
use crate::i18n::{Context, use_texts};
use crate::model::context::{Budget, Strategy};
use crate::rpc;

const PANEL: &str = "budget-panel";
/// What a model's template adds to a message, in tokens, about.
const TURN: u64 = 8;

/// What would be sent with what is being written.
#[derive(Clone, PartialEq)]
struct Use {
    budget: Budget,
    draft: u64,
    /// All of it; the oldest messages make room.
    all: u64,
    /// What can make no room is too long.
    full: bool,
}

impl Use {
    fn of(budget: Budget, draft: usize) -> Self {
        let draft = if draft == 0 { 0 } else { draft as u64 + TURN };
        let fixed = budget.system + budget.pinned + budget.summary + draft;
        let window = budget.window.map_or(u64::MAX, u64::from);
        let most = window.saturating_sub(budget.reserved.into()).max(fixed);
        let all = (budget.used + draft).min(most);
        let full = fixed > window - (window / 16).clamp(16, 1024).min(window);
        Self { budget, draft, all, full }
    }

    fn percent(&self) -> Option<u64> {
        self.budget.window.map(|window| (self.all * 100 / u64::from(window.max(1))).min(100))
    }

    fn sentence(&self, texts: &Context) -> String {
        let uses = match self.budget.window.zip(self.percent()) {
            Some((window, percent)) => (texts.uses)(self.all, window, percent),
            None => (texts.uses_unknown)(self.all),
        };
        match (self.full, self.budget.trimmed) {
            (true, _) => format!("{uses} {}", texts.full),
            (_, true) => format!("{uses} {}", texts.trimmed),
            _ => uses,
        }
    }
}

/// The line, its figure, and its panel. It asks anew after each answer, for another model, and when a pin or a branch changes.
#[component]
pub fn BudgetBar() -> impl IntoView {
    let texts = use_texts().context();
    let thread = expect_context::<Thread>();
    let found = RwSignal::new(None::<Budget>);
    let again = RwSignal::new(0u32);
    Effect::new(move || {
        let model = thread.model.get();
        thread.changes.track();
        again.track();
        if thread.running.get().is_some() {
            return;
        }
        spawn_local(async move {
            if let Ok(budget) = rpc::context::budget(thread.id(), model).await {
                _ = found.try_set(Some(budget));
            }
        });
    });
    let now = Memo::new(move |_| found.get().map(|budget| Use::of(budget, thread.draft.get())));
    let shown = Memo::new(move |_| now.read().is_some());
    let sentence = move || now.get().map(|now| now.sentence(texts)).unwrap_or_default();
    let figure = move || now.get().map(|now| now.percent().map_or_else(|| count(now.all), |percent| format!("{percent}%")));
    let width = move || now.get().and_then(|now| now.percent()).map(|percent| format!("width:{percent}%"));
    let full = move || now.get().is_some_and(|now| now.full);
    let near = move || now.get().is_some_and(|now| now.budget.trimmed || now.percent().is_some_and(|percent| percent >= 75));
    move || {
        shown.get().then(|| {
            view! {
                <button type="button" class="budget-button" class:near=near class:full=full popovertarget=PANEL title=sentence aria-label=sentence>
                    <span class="budget-line" aria-hidden="true" hidden=move || width().is_none()><span style=width></span></span>
                    <span class="budget-figure" aria-hidden="true">{figure}</span>
                </button>
                <div id=PANEL class="used-panel budget-panel" popover="auto" role="group" aria-label=texts.title>
                    <p class="budget-sentence">{sentence}</p>
                    {move || now.get().map(|now| view! { <Lines now/> })}
                    <Room found again/>
                </div>
            }
        })
    }
}

#[component]
fn Lines(now: Use) -> impl IntoView {
    let texts = use_texts().context();
    let budget = now.budget;
    let window = budget.window.map_or_else(|| texts.unknown.to_owned(), |window| count(window.into()));
    let parts = [
        (texts.system, budget.system),
        (texts.pinned, budget.pinned),
        (texts.summary, budget.summary),
        (texts.messages, budget.messages),
        (texts.draft, now.draft),
        (texts.reserved, u64::from(budget.reserved)),
    ];
    let lines = parts.into_iter().filter(|(_, tokens)| *tokens > 0).map(|(name, tokens)| (name, count(tokens)));
    let lines: Vec<_> = lines.chain([(texts.window, window)]).collect();
    lines.into_iter().map(|(name, value)| view! { <span class="used-line"><span>{name}</span>" "<b>{value}</b></span> }).collect_view()
}

/// How the conversation makes room; a new one has no choice yet.
#[component]
fn Room(found: RwSignal<Option<Budget>>, again: RwSignal<u32>) -> impl IntoView {
    let texts = use_texts().context();
    let thread = expect_context::<Thread>();
    let strategy = found.get_untracked().map(|budget| budget.strategy).unwrap_or_default();
    let choose = Callback::new(move |strategy: Strategy| {
        let Some(chat) = thread.id() else { return };
        spawn_local(async move {
            match rpc::context::make_room(chat, strategy).await {
                Ok(()) => {
                    _ = again.try_update(|n| *n += 1);
                    if let Ok(conversation) = rpc::chat::open(chat, None).await {
                        _ = thread.summary.try_set(conversation.summary);
                    }
                }
                Err(error) => _ = thread.error.try_set(Some(error)),
            }
        });
        browser::hide_popover(PANEL);
    });
    thread.id().map(|id| {
        view! {
            <div class="room"><Choices strategy choose=Some(choose)/></div>
            <a href=format!("/context/{id}")>{texts.more}</a>
        }
    })
}

/// The two ways of making room; `choose` hears of a change where there is a script that listens.
#[component]
pub fn Choices(strategy: Strategy, choose: Option<Callback<Strategy>>) -> impl IntoView {
    let texts = use_texts().context();
    let ways = [(Strategy::Newest, texts.newest, texts.newest_hint), (Strategy::Summary, texts.by_summary, texts.by_summary_hint)];
    let ways = ways.map(|(way, name, hint)| {
        let change = move |_| {
            if let Some(choose) = choose {
                choose.run(way);
            }
        };
        view! {
            <label class="room-choice">
                <input type="radio" name="context" value=way.name() checked=way == strategy on:change=change/>
                <span>{name}<small>{hint}</small></span>
            </label>
        }
    });
    view! { <fieldset class="room-choices"><legend>{texts.room}</legend>{ways.into_iter().collect_view()}</fieldset> }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(window: Option<u32>, used: u64) -> Budget {
        Budget { window, used, reserved: 1024, system: 100, messages: used - 100, ..Budget::default() }
    }

    #[test]
    fn a_draft_pushes_the_oldest_messages_out_until_it_is_itself_too_long() {
        let of = |draft| Use::of(budget(Some(4096), 3_000), draft);
        assert_eq!((of(0).all, of(0).percent(), of(0).full), (3_000, Some(73), false));
        assert_eq!((of(1_000).all, of(1_000).full), (3_072, false), "messages make room");
        assert_eq!((of(3_500).all, of(3_500).full), (3_608, false), "the answer becomes shorter");
        assert!(of(3_800).full && of(9_000).percent() == Some(100));
    }

    #[test]
    fn a_window_that_is_not_known_has_no_per_cent_and_is_never_full() {
        let now = Use::of(budget(None, 3_000), 100_000);
        assert_eq!((now.percent(), now.full, now.all), (None, false, 103_008));
        let texts = crate::i18n::Locale::En.texts().context();
        assert!(now.sentence(texts).contains("not known"), "{}", now.sentence(texts));
    }
}
