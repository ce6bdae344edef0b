//! The pages on which administrators look after what goes wrong: messages, reports, alerts.

use leptos::prelude::*;
use leptos::wasm_split::{SplitLoaderError, wasm_split};

use crate::app::page::alert::AlertsPage;
use crate::app::page::feedback::FeedbackPage;
use crate::app::page::inspection::{InspectedPage, InspectionsPage, ReportsPage};
use crate::app::page::log::LogsPage;
use crate::app::page::operation::OperationPage;
use crate::app::page::trace::TracePage;

/// A page on which administrators look after what goes wrong: a chunk of its own, because theirs is as large as one may be.
#[derive(Clone, Copy)]
pub enum Oversee {
    Messages,
    Conversation,
    Reports,
    Feedback,
    Alerts,
    Operation,
    Logs,
    Trace,
}

/// The second parts of the paths of these pages.
pub(super) const PAGES: [&str; 7] = ["messages", "reports", "feedback", "alerts", "operation", "logs", "traces"];

#[wasm_split(oversee, wasm_split_path = leptos::wasm_split, preload(load_oversee), fallible)]
pub(super) fn oversee(page: Oversee) -> Result<AnyView, SplitLoaderError> {
    Ok(match page {
        Oversee::Messages => view! { <InspectionsPage/> }.into_any(),
        Oversee::Conversation => view! { <InspectedPage/> }.into_any(),
        Oversee::Reports => view! { <ReportsPage/> }.into_any(),
        Oversee::Feedback => view! { <FeedbackPage/> }.into_any(),
        Oversee::Alerts => view! { <AlertsPage/> }.into_any(),
        Oversee::Operation => view! { <OperationPage/> }.into_any(),
        Oversee::Logs => view! { <LogsPage/> }.into_any(),
        Oversee::Trace => view! { <TracePage/> }.into_any(),
    })
}
