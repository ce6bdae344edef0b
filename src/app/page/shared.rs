//! `/share/:token`: a conversation for who has its link. It is complete without a script.

use leptos::either::Either;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::{Meta, Title};
use leptos_router::hooks::{use_params_map, use_query_map};
use uuid::Uuid;

use crate::app::component::door::{Door, DoorError};
use crate::app::component::icon::Seal;
use crate::app::component::preference::{LanguageChoice, ThemeChoice};
use crate::app::state::session::form_error;
use crate::i18n::use_texts;
use crate::model::error::Code;
use crate::model::file::Attachment;
use crate::model::message::{Author, Shown};
use crate::model::share::SharedPage as Shared;
use crate::rpc;
use crate::rpc::share::Take;

#[component]
pub fn SharedPage() -> impl IntoView {
    let t = use_texts().share();
    let token = use_params_map().get_untracked().get("token").unwrap_or_default();
    let before = use_query_map().get_untracked().get("before").and_then(|id| Uuid::parse_str(&id).ok());
    let found = {
        let token = token.clone();
        Resource::new_blocking(|| (), move |()| rpc::share::open(token.clone(), before))
    };
    view! {
        <Suspense>
            {move || {
                let token = token.clone();
                Suspend::new(async move {
                    match found.await {
                        Ok(shared) => view! { <Conversation shared token/> }.into_any(),
                        Err(error) if error.code == Code::Unauthenticated => view! {
                            <Door title=t.closed lead=t.closed_lead>
                                <p class="door-next">
                                    <a class="button seal-button wide" href=format!("/login?next=/share/{token}") rel="external">{use_texts().auth.sign_in}</a>
                                </p>
                            </Door>
                        }
                        .into_any(),
                        Err(_) => view! {
                            <Door title=t.gone lead=t.gone_lead>
                                <p class="door-next"><a class="button wide" href="/" rel="external">{use_texts().common.home}</a></p>
                            </Door>
                        }
                        .into_any(),
                    }
                })
            }}
        </Suspense>
    }
}

#[component]
fn Conversation(shared: Shared, token: String) -> impl IntoView {
    let texts = use_texts();
    let t = texts.share();
    let title = if shared.title.is_empty() { t.shared.to_owned() } else { shared.title };
    let robots = if shared.indexed { "index, follow" } else { "noindex, nofollow" };
    let earlier = shared.earlier.map(|id| {
        view! { <p class="shared-earlier"><a class="button quiet small" href=format!("/share/{token}?before={id}") rel="external">{t.earlier}</a></p> }
    });
    let live = shared.live.then(|| format!(" · {}", t.is_live));
    let files = shared.files.then(|| token.clone());
    let to_take = token.clone();
    let error = form_error().filter(|(path, _)| path == Take::PATH).map(|(_, error)| error);
    let take = if shared.signed_in {
        view! {
            <form method="post" action=Take::url() class="shared-take">
                <input type="hidden" name="token" value=to_take/>
                <button type="submit" class="button seal-button">{t.take}</button>
            </form>
        }
        .into_any()
    } else {
        view! { <p class="shared-take"><a class="button" href=format!("/login?next=/share/{to_take}") rel="external">{t.take_first}</a></p> }
            .into_any()
    };
    let messages = shared.messages.into_iter().map(|shown| view! { <One shown files=files.clone() token=token.clone()/> }).collect_view();
    view! {
        <Title text=title.clone()/>
        <Meta name="robots" content=robots/>
        <Meta name="description" content=shared.summary.clone()/>
        <Meta property="og:type" content="article"/>
        <Meta property="og:site_name" content="Liao"/>
        <Meta property="og:title" content=title.clone()/>
        <Meta property="og:description" content=shared.summary/>
        <main class="shared">
            <header class="shared-head">
                <a href="/" rel="external" aria-label="Liao"><Seal/></a>
                <div>
                    <h1>{title}</h1>
                    <p class="hint">{t.shared}" · "{shared.created_at.format("%Y-%m-%d").to_string()}{live}</p>
                </div>
            </header>
            {earlier}
            <div class="log">{messages}</div>
            <DoorError error/>
            {take}
            <footer class="door-foot">
                <p class="hint">{t.made_by}</p>
                <LanguageChoice/>
                <ThemeChoice/>
            </footer>
        </main>
    }
}

#[component]
fn One(shown: Shown, files: Option<String>, token: String) -> impl IntoView {
    let texts = use_texts();
    let message = shown.message;
    let anchor = format!("m-{}", message.id);
    let report = format!("/settings/report?share={token}&message={}", message.id);
    let report = view! { <a class="shared-report" href=report rel="external nofollow">{texts.share().report}</a> };
    let attached = (!message.attachments.is_empty()).then(|| {
        let all = message.attachments.into_iter().map(|file| view! { <li>{attachment(file, files.as_deref())}</li> });
        view! { <ul class="shared-files">{all.collect_view()}</ul> }
    });
    match message.role {
        Author::User => Either::Left(view! {
            <article id=anchor class="question" aria-label=texts.chat.you>{attached}<div class="bubble" dir="auto">{message.content}</div>{report}</article>
        }),
        Author::Assistant => {
            let html: String = shown.blocks.iter().flat_map(|block| ["<div class=\"b\">", block, "</div>"]).collect();
            let model = message.model.map(|model| format!("{model} · "));
            Either::Right(view! {
                <article id=anchor class="answer" aria-label=texts.chat.assistant><div class="blocks prose" inner_html=html></div><p class="hint">{model}{report}</p></article>
            })
        }
    }
}

/// A file by its name; where files are shared, a picture, or a link.
fn attachment(file: Attachment, token: Option<&str>) -> AnyView {
    let Some(token) = token else { return view! { <span class="tag">{file.name}</span> }.into_any() };
    let href = format!("/share/{token}/files/{}", file.id);
    if file.is_picture() {
        view! { <a href=href.clone() rel="external"><img src=format!("{href}/view") alt=file.name loading="lazy"/></a> }.into_any()
    } else {
        view! { <a class="tag" href=href rel="external" download="">{file.name}</a> }.into_any()
    }
}
