//! Which reports of usage come by mail, and the last ones to be looked at. A plain form and links: no script is needed.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::components::A;

use super::door::DoorError;
use crate::app::page::profile::Saved;
use crate::app::state::session::form_error;
use crate::i18n::use_texts;
use crate::model::digest::{DigestDays, DigestFormat, DigestOffer, DigestPeriod};
use crate::rpc;
use crate::rpc::digest::Choose;

/// Where reports are made.
const OWN: &str = "/api/users/me/usage/report/";
const ALL: &str = "/api/usage/report/";

#[component]
pub fn DigestPanel() -> impl IntoView {
    let t = use_texts().digest();
    let offer = Resource::new_blocking(|| (), |()| rpc::digest::offer());
    view! {
        <section class="panel" id="reports" aria-labelledby="reports-title">
            <h2 id="reports-title">{t.title}</h2>
            <p class="hint">{t.lead}</p>
            <Suspense>{move || Suspend::new(async move { offer.await.ok().map(|offer| view! { <Form offer=offer.clone()/><Last offer/> }) })}</Suspense>
        </section>
    }
}

#[component]
fn Form(offer: DigestOffer) -> impl IntoView {
    let texts = use_texts();
    let t = texts.digest();
    let error = form_error().filter(|(path, _)| path == Choose::PATH).map(|(_, error)| error);
    let DigestOffer { choices, admin, verified, .. } = offer;
    let everybody = admin.then(|| {
        view! {
            <fieldset class="checks">
                <legend>{t.server}</legend>
                <Tick name="server_week" label=t.week ticked=choices.server_week/>
                <Tick name="server_month" label=t.month ticked=choices.server_month/>
            </fieldset>
        }
    });
    let unproved = (!verified).then(|| view! { <p class="hint"><A href="/settings/security">{t.unverified}</A></p> });
    view! {
        <form method="post" action=Choose::url()>
            <Saved/>
            <DoorError error/>
            {unproved}
            <fieldset class="checks">
                <legend>{t.own}</legend>
                <Tick name="week" label=t.week ticked=choices.week/>
                <Tick name="month" label=t.month ticked=choices.month/>
                <p class="hint">{t.hint}</p>
            </fieldset>
            {everybody}
            <div class="panel-actions"><button type="submit" class="button seal-button">{texts.common.save}</button></div>
        </form>
    }
}

#[component]
fn Tick(name: &'static str, label: &'static str, ticked: bool) -> impl IntoView {
    view! { <label class="check"><input type="checkbox" name=name value="true" checked=ticked/>{label}</label> }
}

/// The last ones that are over.
#[component]
fn Last(offer: DigestOffer) -> impl IntoView {
    let t = use_texts().digest();
    let times = [(DigestPeriod::Week, offer.week), (DigestPeriod::Month, offer.month)];
    let part = move |(name, path): (&'static str, &'static str)| {
        let rows = times.map(|(period, days)| view! { <Row path period days whose=name/> });
        view! { <h4 class="report-of">{name}</h4><ul class="reports">{rows.into_iter().collect_view()}</ul> }
    };
    let parts = [Some((t.own, OWN)), offer.admin.then_some((t.server, ALL))];
    view! { <h3>{t.now}</h3>{parts.into_iter().flatten().map(part).collect_view()} }
}

#[component]
fn Row(path: &'static str, period: DigestPeriod, days: DigestDays, whose: &'static str) -> impl IntoView {
    let t = use_texts().digest();
    let said = (t.days)(period, days);
    let link = |format: DigestFormat, word: &'static str| {
        let name = if format == DigestFormat::Pdf { "pdf" } else { "html" };
        let href = format!("{path}?period={}&of={}&format={name}", period.name(), days.from);
        let label = format!("{word}: {whose}, {said}");
        view! { <a href=href rel="external" class="button quiet small" aria-label=label>{word}</a> }
    };
    let (preview, pdf) = (link(DigestFormat::Html, t.preview), link(DigestFormat::Pdf, t.pdf));
    view! { <li><span>{said.clone()}</span><span class="report-links">{preview}{pdf}</span></li> }
}
