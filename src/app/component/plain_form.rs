//! A button that acts on one thing: a form that posts without JavaScript, and an action where there is some.

use leptos::prelude::*;

/// One button in a form of its own that posts `name=value` to a server function. In the browser `run` does it instead.
#[component]
pub fn PlainForm(
    /// The server function's URL.
    url: &'static str,
    #[prop(default = "message_id")] name: &'static str,
    #[prop(into)] value: Signal<String>,
    #[prop(default = "action")] class: &'static str,
    /// What it does, in words; also its tool tip.
    #[prop(into)]
    label: Signal<String>,
    #[prop(optional, into)] disabled: Signal<bool>,
    /// The button shows its content only, so the label is read out instead.
    #[prop(optional)]
    icon_only: bool,
    run: Callback<()>,
    children: Children,
) -> impl IntoView {
    let spoken = move || icon_only.then(|| label.get());
    let act = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        run.run(());
    };
    view! {
        <form method="post" action=url class="plain" on:submit=act>
            <input type="hidden" name=name value=move || value.get()/>
            <button type="submit" class=class aria-label=spoken title=spoken disabled=move || disabled.get()>
                {children()}
            </button>
        </form>
    }
}
