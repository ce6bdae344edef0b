//! The backups that the server makes by itself, on the page about it.

use leptos::prelude::*;

use super::bytes;
use crate::app::component::icon::{Glyph, Icon};
use crate::app::component::moment::Moment;
use crate::i18n::usage::count;
use crate::i18n::use_texts;
use crate::model::backup::BackupStanding;

#[component]
pub fn Backups(standing: Option<BackupStanding>) -> impl IntoView {
    let t = use_texts().system();
    let Some(standing) = standing else {
        return view! { <h2>{t.backups}</h2> <p class="hint">{t.no_backups}</p> }.into_any();
    };
    let fact = |name: &'static str, value: AnyView| view! { <div><dt>{name}</dt><dd>{value}</dd></div> };
    let last = match standing.last {
        Some(last) => view! { <Moment at=last.made_at/>" · "{bytes(last.bytes)}" · "<code>{last.name}</code> }.into_any(),
        None => t.never.into_any(),
    };
    let failure = standing.failure.map(|failure| {
        view! {
            <p class="alert" role="alert">
                <Icon glyph=Glyph::Alert/>
                <span>{t.backup_failed}" "<Moment at=failure.at/>": "{failure.error}</span>
            </p>
        }
    });
    view! {
        <h2>{t.backups}</h2>
        {failure}
        <dl class="facts">
            {fact(t.last_backup, last)}
            {fact(t.next_backup, view! { <Moment at=standing.next_at/> }.into_any())}
            {fact(t.kept_backups, (t.kept_of)(&count(standing.kept), standing.keep).into_any())}
            {fact(t.backup_every, (t.every_hours)(standing.hours).into_any())}
            {fact(t.backup_folder, view! { <code>{standing.folder}</code> }.into_any())}
        </dl>
    }
    .into_any()
}
