//! The summary in a conversation, below the messages that it stands for. They stay where they are, folded away.

use leptos::prelude::*;

use crate::app::state::thread::Thread;
use crate::i18n::use_texts;
use crate::model::context::Summary;

/// What models are shown in the place of the messages above.
#[component]
pub fn SummaryBlock(summary: Summary) -> impl IntoView {
    let texts = use_texts();
    let chat = expect_context::<Thread>().id().unwrap_or_default();
    let title = (texts.chat.summary_of)(summary.messages);
    let spoken = title.clone();
    view! {
        <section class="summary-block" aria-label=spoken>
            <p class="summary-head"><b>{title}</b>" "<a href=format!("/context/{chat}")>{texts.chat.edit}</a></p>
            <p class="summary-text" dir="auto">{summary.content}</p>
            // The style sheet folds the messages above as long as this is closed: they are not drawn anew.
            <details class="originals"><summary>{texts.chat.originals}</summary></details>
        </section>
    }
}
