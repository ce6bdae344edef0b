//! Alerts that are not over, and those that are, with what was told of them.

use leptos::prelude::*;
use leptos_router::components::A;

use super::PAGE;
use crate::app::component::icon::{Glyph, Icon};
use crate::app::component::moment::Moment;
use crate::i18n::use_texts;
use crate::model::alert::{Alert, DeliveryState};

/// What is over its threshold now.
#[component]
pub fn Now(open: Vec<Alert>) -> impl IntoView {
    let t = use_texts().alerting();
    let empty = open.is_empty().then(|| view! { <p class="lead">{t.nothing_now}</p> });
    let lines = open.into_iter().map(|alert| {
        view! {
            <p class="alert">
                <Icon glyph=Glyph::Alert/>
                <span><strong>{(t.kinds)(alert.kind)}</strong>": "{sentence(&alert)}" "<Moment at=alert.started_at/></span>
            </p>
        }
    });
    view! {
        <section class="panel" aria-labelledby="alerts-now">
            <h2 id="alerts-now">{t.now}</h2>
            {empty}
            {lines.collect_view()}
        </section>
    }
}

fn sentence(alert: &Alert) -> String {
    let said = (use_texts().alerting().says)(alert.kind, alert.value, alert.threshold, alert.minutes);
    if alert.about.is_empty() { said } else { format!("{said} ({})", alert.about) }
}

/// `paged`: it does not begin with the newest.
#[component]
pub fn History(history: Vec<Alert>, next: Option<String>, paged: bool) -> impl IntoView {
    let texts = use_texts();
    let t = texts.alerting();
    let newest = paged.then(|| view! { <A href=PAGE attr:class="button quiet small">{texts.activity().newest}</A> });
    let next = next.map(|next| view! { <A href=format!("{PAGE}?after={next}") attr:class="button small">{texts.activity().older}</A> });
    let table = if history.is_empty() {
        view! { <p class="lead">{t.no_history}</p> }.into_any()
    } else {
        let rows = history.into_iter().map(|alert| view! { <Row alert/> });
        view! {
            <table class="log-table">
                <thead><tr>
                    <th scope="col">{t.begun}</th>
                    <th scope="col">{t.kind}</th>
                    <th scope="col">{t.ended}</th>
                    <th scope="col">{t.told}</th>
                </tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        }
        .into_any()
    };
    view! {
        <section class="panel" aria-labelledby="alerts-history">
            <h2 id="alerts-history">{t.history}</h2>
            {table}
            <div class="pager">{newest}{next}</div>
        </section>
    }
}

#[component]
fn Row(alert: Alert) -> impl IntoView {
    let t = use_texts().alerting();
    let said = sentence(&alert);
    let ended = match alert.ended_at {
        Some(at) => view! { <Moment at/> }.into_any(),
        None => view! { <span class="tag warn">{t.now}</span> }.into_any(),
    };
    let told = alert.deliveries.into_iter().map(|delivery| {
        let class = if delivery.state == DeliveryState::Failed { "tag warn" } else { "tag" };
        view! {
            <li>
                {delivery.channel}" ("{(t.events)(delivery.event)}") "<span class=class>{(t.states)(delivery.state)}</span>
                {delivery.error.map(|error| view! { <small class="log-details">{error}</small> })}
            </li>
        }
    });
    view! {
        <tr>
            <td data-label=t.begun><Moment at=alert.started_at/></td>
            <td class="log-what">{(t.kinds)(alert.kind)}<small>{said}</small></td>
            <td data-label=t.ended>{ended}</td>
            <td data-label=t.told><ul class="alert-told">{told.collect_view()}</ul></td>
        </tr>
    }
}
