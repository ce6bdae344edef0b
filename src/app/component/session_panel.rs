//! The panel of sign-ins: browsers and programs, each with its way out.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::door::DoorError;
use super::moment::Moment;
use crate::app::state::session::form_error;
use crate::i18n::{Texts, use_texts};
use crate::model::session::{Session, SessionKind};
use crate::rpc;
use crate::rpc::session::{End, EndOthers};

/// Where the user is signed in.
#[component]
pub fn SessionPanel() -> impl IntoView {
    let texts = use_texts();
    let list = Resource::new_blocking(|| (), |()| rpc::session::list());
    let ours = [End::PATH, EndOthers::PATH];
    let error = form_error().filter(|(path, _)| ours.contains(&path.as_str())).map(|(_, error)| error);
    view! {
        <section class="panel" id="sessions">
            <h2>{texts.security().sessions_title}</h2>
            <p class="lead">{texts.security().sessions_lead}</p>
            <DoorError error/>
            <Transition>
                {move || Suspend::new(async move {
                    let sessions = list.await.unwrap_or_default();
                    let others = sessions.iter().any(|session| !session.current);
                    let rows = sessions.into_iter().map(|session| view! { <Row session/> }).collect_view();
                    view! {
                        <ul class="entries">{rows}</ul>
                        {others.then(|| view! {
                            <form method="post" action=EndOthers::url() class="panel-actions">
                                <button type="submit" class="button">{texts.security().sessions_end}</button>
                            </form>
                        })}
                    }
                })}
            </Transition>
        </section>
    }
}

#[component]
fn Row(session: Session) -> impl IntoView {
    let texts = use_texts();
    let name = name(texts, &session);
    let label = format!("{}: {name}", texts.security().session_end);
    let ip = session.ip.map(|ip| format!("{ip} · ")).unwrap_or_default();
    let out = if session.current {
        view! { <span class="tag">{texts.security().session_this}</span> }.into_any()
    } else {
        view! {
            <form method="post" action=End::url()>
                <input type="hidden" name="id" value=session.id.to_string()/>
                <button type="submit" class="button quiet small" aria-label=label>{texts.security().session_end}</button>
            </form>
        }
        .into_any()
    };
    view! {
        <li class="entry">
            <div class="entry-name">
                <span>{name}</span>
                <small>
                    {ip}{texts.security().session_since}" "<Moment at=session.created_at/>" · "{texts.security().session_used}" "
                    <Moment at=session.last_used_at/>
                </small>
            </div>
            {out}
        </li>
    }
}

/// `Firefox · Windows`, `curl (program)`.
fn name(texts: &Texts, session: &Session) -> String {
    let browser = session.browser.as_deref().unwrap_or(texts.security().session_unknown);
    let known = session.system.as_ref().map_or_else(|| browser.to_owned(), |system| format!("{browser} · {system}"));
    match session.kind {
        SessionKind::Browser => known,
        SessionKind::Program => format!("{known} · {}", texts.security().session_program),
    }
}
