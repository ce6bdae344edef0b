//! The nodes of an installation that has several.

use leptos::prelude::*;
use leptos_router::components::A;

use crate::app::component::moment::Moment;
use crate::i18n::use_texts;
use crate::model::system::NodeStanding;

/// All nodes, and whether the line between them is there; nothing where there can be only one.
#[component]
pub fn Nodes(nodes: Vec<NodeStanding>, line: Option<bool>, here: String) -> impl IntoView {
    let t = use_texts().system();
    if nodes.is_empty() {
        return ().into_any();
    }
    let line = line.map_or(t.no_line, |up| if up { t.line_up } else { t.line_down });
    let rows = nodes.into_iter().map(move |of| {
        let (class, state) = if of.alive { ("tag", t.alive) } else { ("tag warn", t.dead) };
        let this = (of.id == here).then_some(t.this_node);
        let log = format!("/admin/logs?node={}", of.id);
        view! {
            <tr>
                <th scope="row"><A href=log><code>{of.id}</code></A>" "{this}</th>
                <td>{(t.roles)(&of.role)}</td>
                <td>{of.version}</td>
                <td><Moment at=of.started_at/></td>
                <td><span class=class>{state}</span></td>
            </tr>
        }
    });
    view! {
        <section class="panel">
            <p class="hint">{line}</p>
            <div class="usage-scroll" role="region" aria-label=t.nodes tabindex="0">
                <table class="usage-table">
                    <caption>{t.nodes}</caption>
                    <thead><tr><th scope="col">{t.node}</th><th scope="col">{t.role}</th><th scope="col">{t.version}</th><th scope="col">{t.since}</th><th scope="col">{t.state}</th></tr></thead>
                    <tbody>{rows.collect_view()}</tbody>
                </table>
            </div>
        </section>
    }
    .into_any()
}
