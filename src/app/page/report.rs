//! `/settings/report`: a message is reported to the administrators. `?chat=` names a conversation of one's own, `?share=` a link, `&message=`
//! the message. A plain form.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_query_map;
use uuid::Uuid;

use crate::app::component::area::Area;
use crate::app::component::door::DoorError;
use crate::app::component::icon::{Glyph, Icon};
use crate::app::component::moment::Moment;
use crate::app::component::problem::failed;
use crate::app::component::subnav::SettingsPage;
use crate::app::state::address::{name, text};
use crate::app::state::session::form_error;
use crate::i18n::use_texts;
use crate::model::report::{NOTE_MAX, OwnReport, ReportReason, Reportable};
use crate::rpc;
use crate::rpc::report::Make;

#[component]
pub fn ReportPage() -> impl IntoView {
    let texts = use_texts();
    let t = texts.reporting();
    let query = use_query_map();
    let id = move |name: &'static str| text(&query.read(), name).and_then(|id| Uuid::parse_str(&id).ok());
    let asked = Memo::new(move |_| (id("chat"), text(&query.read(), "share"), id("message")));
    let offer = Resource::new_blocking(move || asked.get(), |(chat, share, message)| rpc::report::offer(chat, share, message));
    let sent = move || query.read().get("sent").is_some();
    view! {
        <SettingsPage title=t.title>
            {move || sent().then(|| view! { <p class="saved" role="status"><Icon glyph=Glyph::Check/>{t.sent}</p> })}
            <Transition fallback=move || view! { <p class="lead">{texts.common.loading}</p> }>
                {move || Suspend::new(async move {
                    match offer.await {
                        Ok((offered, own)) => view! { <Form offered share=asked.get_untracked().1/><Own own/> }.into_any(),
                        Err(error) => failed(error),
                    }
                })}
            </Transition>
        </SettingsPage>
    }
}

#[component]
fn Form(offered: Vec<Reportable>, share: Option<String>) -> impl IntoView {
    let t = use_texts().reporting();
    if offered.is_empty() {
        return view! { <section class="panel"><h2>{t.title}</h2><p class="lead">{t.choose}</p></section> }.into_any();
    }
    let error = form_error().filter(|(path, _)| path == Make::PATH).map(|(_, error)| error);
    let wrong = Signal::stored(error.clone());
    let messages = offered.into_iter().enumerate().map(|(at, one)| {
        view! {
            <label class="check">
                <input type="radio" name="message" value=one.message_id.to_string() checked={at == 0} required/>
                <span dir="auto">{one.excerpt}</span>
            </label>
        }
    });
    let reasons = ReportReason::ALL.map(|reason| {
        view! { <label class="check"><input type="radio" name="reason" value=name(&reason) required/>{(t.reasons)(reason)}</label> }
    });
    view! {
        <form method="post" action=Make::url() class="panel">
            <h2>{t.title}</h2>
            <p class="lead">{t.lead}</p>
            <DoorError error/>
            {share.map(|token| view! { <input type="hidden" name="share" value=token/> })}
            <fieldset class="checks"><legend>{t.which}</legend>{messages.collect_view()}</fieldset>
            <fieldset class="checks"><legend>{t.why}</legend>{reasons.into_iter().collect_view()}</fieldset>
            <Area name="note" label=t.note value=String::new() hint=t.note_hint max=NOTE_MAX error=wrong/>
            <div class="panel-actions"><button type="submit" class="button seal-button">{t.send}</button></div>
        </form>
    }
    .into_any()
}

/// What became of what was reported.
#[component]
fn Own(own: Vec<OwnReport>) -> impl IntoView {
    let t = use_texts().reporting();
    let empty = own.is_empty().then(|| view! { <p class="lead">{t.nothing}</p> });
    let rows = own.into_iter().map(|report| {
        view! {
            <li class="kept">
                <div class="kept-head"><h3>{(t.reasons)(report.reason)}</h3><span class="tag">{(t.states)(report.state)}</span></div>
                <p class="hint" dir="auto"><Moment at=report.created_at/>" "{report.note}</p>
            </li>
        }
    });
    view! {
        <section class="panel" aria-labelledby="own-reports">
            <h2 id="own-reports">{t.own}</h2>
            {empty}
            <ul class="kept-list">{rows.collect_view()}</ul>
        </section>
    }
}
