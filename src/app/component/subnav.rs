//! The links between neighbouring pages, and the frames of the settings and of the administration.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::A;

use super::header::OpenSidebar;
use crate::i18n::{Texts, use_texts};

/// A path and the name of what is there.
pub type Link = (&'static str, &'static str);

/// A row of links; the one to this page is marked.
#[component]
pub fn Subnav(label: &'static str, links: Vec<Link>) -> impl IntoView {
    let links = links.into_iter().map(|(href, label)| view! { <li><A href=href>{label}</A></li> }).collect_view();
    view! { <nav class="subnav" aria-label=label><ul class="subnav-links">{links}</ul></nav> }
}

/// Every page of the settings, in the order in which they are offered. A new one is added here.
fn settings(texts: &'static Texts) -> Vec<Link> {
    vec![
        ("/settings/profile", texts.person().profile),
        ("/settings/preferences", texts.person().preferences),
        ("/settings/prompts", texts.kept().prompts),
        ("/settings/assistants", texts.chat.assistants),
        ("/settings/shares", texts.share().title),
        ("/settings/security", texts.security().title),
        ("/settings/activity", texts.activity().title),
        ("/settings/usage", texts.usage.title),
        ("/settings/files", texts.chat.files),
        ("/settings/data", texts.person().data),
    ]
}

/// The frame of a page of the settings: its head, the links to the others, and what it is about.
#[component]
pub fn SettingsPage(title: &'static str, children: Children) -> impl IntoView {
    let texts = use_texts();
    view! {
        <Title text=title/>
        <header class="chat-header"><OpenSidebar/><h1>{texts.person().settings}</h1></header>
        <div class="scroll">
            <div class="sheet">
                <Subnav label=texts.person().settings links=settings(texts)/>
                {children()}
            </div>
        </div>
    }
}

/// Every page of the administrators, in the order in which they are offered. A new one is added here.
fn administration(texts: &'static Texts) -> Vec<Link> {
    vec![
        ("/admin/dashboard", texts.statistics().title),
        ("/admin/users", texts.directory().title),
        ("/admin/online", texts.person().online_title),
        ("/admin/messages", texts.oversight().title),
        ("/admin/feedback", texts.feedback().title),
        ("/admin/activity", texts.activity().title),
        ("/admin/system", texts.system().title),
        ("/admin/operation", texts.operation().title),
        ("/admin/logs", texts.logging().title),
        ("/admin/alerts", texts.alerting().title),
        ("/admin/providers", texts.admin.title),
        ("/admin/models", texts.catalogue().title),
        ("/admin/settings/registration", texts.mail().registration),
        ("/admin/settings/security", texts.security().settings_title),
        ("/admin/settings/mail", texts.mail().title),
        ("/admin/settings/oauth", texts.identity().title),
    ]
}

/// The frame of a page of the administrators: its head, the links to the others, and what it is about. A `wide` one holds a table.
#[component]
pub fn AdminPage(#[prop(into)] title: String, #[prop(optional)] wide: bool, children: Children) -> impl IntoView {
    let texts = use_texts();
    view! {
        <Title text=title.clone()/>
        <header class="chat-header"><OpenSidebar/><h1>{title}</h1></header>
        <div class="scroll">
            <div class="sheet" class:wide=wide>
                <Subnav label=texts.admin.administration links=administration(texts)/>
                {children()}
            </div>
        </div>
    }
}
