//! `/admin/alerts`: what goes wrong, which rules say so, where it is told, and what there was. What is being added or edited stands in the
//! address. Plain forms and links.

mod channel;
mod history;
mod rule;

use channel::Channels;
use history::{History, Now};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_query_map;
use rule::Rules;
use uuid::Uuid;

use super::profile::Saved;
use crate::app::component::door::DoorError;
use crate::app::component::icon::{Glyph, Icon};
use crate::app::component::problem::failed;
use crate::app::component::subnav::AdminPage;
use crate::app::state::address::text;
use crate::app::state::session::form_error;
use crate::i18n::use_texts;
use crate::rpc;

const PAGE: &str = "/admin/alerts";

/// What the address asks to be edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Editing {
    New,
    One(Uuid),
}

impl Editing {
    fn of(text: Option<String>) -> Option<Self> {
        let text = text?;
        if text == "new" { Some(Self::New) } else { Uuid::parse_str(&text).ok().map(Self::One) }
    }
}

#[component]
pub fn AlertsPage() -> impl IntoView {
    let texts = use_texts();
    let t = texts.alerting();
    let query = use_query_map();
    let after = Memo::new(move |_| text(&query.read(), "after").and_then(|id| Uuid::parse_str(&id).ok()));
    let editing = Memo::new(move |_| {
        let query = query.read();
        (Editing::of(text(&query, "rule")), Editing::of(text(&query, "channel")))
    });
    let look = Resource::new_blocking(move || after.get(), rpc::alert::look);
    let tested = move || query.read().get("tested").is_some() && query.read().get("__err").is_none();
    // What is wrong with a form stands in the form.
    let forms = [rpc::alert::SaveRule::PATH, rpc::alert::SaveChannel::PATH];
    let refused =
        form_error().filter(|(path, _)| path.starts_with("/rpc/alert/") && !forms.contains(&path.as_str())).map(|(_, error)| error);
    view! {
        <AdminPage title=t.title wide=true>
            <p class="lead">{t.lead}</p>
            <Saved/>
            {move || tested().then(|| view! { <p class="saved" role="status"><Icon glyph=Glyph::Check/>{t.tested}</p> })}
            <DoorError error=refused/>
            <Transition fallback=move || view! { <p class="lead">{texts.common.loading}</p> }>
                {move || Suspend::new(async move {
                    match look.await {
                        Ok(alerts) => {
                            let (rules, channels) = (alerts.rules, alerts.channels);
                            let open = alerts.history.iter().filter(|alert| alert.ended_at.is_none()).cloned().collect();
                            view! {
                                <Now open/>
                                <Rules rules channels=channels.clone() editing/>
                                <Channels channels editing/>
                                <History history=alerts.history next=alerts.next paged=after.get_untracked().is_some()/>
                            }
                            .into_any()
                        }
                        Err(error) => failed(error),
                    }
                })}
            </Transition>
        </AdminPage>
    }
}

/// One button that does something to one thing.
#[component]
fn Act(
    url: &'static str,
    id: Uuid,
    word: &'static str,
    label: String,
    #[prop(optional)] fields: Vec<(&'static str, String)>,
) -> impl IntoView {
    let fields = fields.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> });
    view! {
        <form method="post" action=url>
            <input type="hidden" name="id" value=id.to_string()/>
            {fields.collect_view()}
            <button type="submit" class="button quiet small" aria-label=label>{word}</button>
        </form>
    }
}
