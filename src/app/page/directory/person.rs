//! `/admin/users/{id}`: everything about one account that administrators may know, and what they can do with it. What is asked
//! about first stands in the address.

use leptos::html;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos::task::spawn_local;
use leptos_router::components::A;
use leptos_router::hooks::{use_navigate, use_params_map, use_query_map};
use uuid::Uuid;

use super::LIST;
use super::create::RoleChoice;
use crate::app::browser;
use crate::app::component::activity_log::ActivityLog;
use crate::app::component::avatar::PresenceDot;
use crate::app::component::field::Field;
use crate::app::component::icon::{Glyph, Icon};
use crate::app::component::moment::Moment;
use crate::app::component::people_table::{RoleTag, StateTag};
use crate::app::component::problem::{Problem, failed};
use crate::app::component::sending::sending;
use crate::app::component::subnav::AdminPage;
use crate::app::state::address::{address, name, text};
use crate::app::state::session::{Me, form_error};
use crate::app::state::toast::Toasts;
use crate::i18n::{sentence, use_texts};
use crate::model::Page;
use crate::model::activity::{ActivityQuery, LogEntry};
use crate::model::directory::{Act as Deed, Dossier, Member};
use crate::model::error::Code;
use crate::model::user::{EMAIL_MAX, NAME_MAX};
use crate::rpc::directory::{Act, Change};
use crate::rpc::{self, Rpc};

#[component]
pub fn PersonPage() -> impl IntoView {
    let texts = use_texts();
    let params = use_params_map();
    let id = Memo::new(move |_| params.read().get("id").and_then(|id| Uuid::parse_str(&id).ok()).unwrap_or_default());
    let turn = RwSignal::new(0_u32);
    let found = Resource::new_blocking(move || (id.get(), turn.get()), |(id, _)| rpc::directory::find(id));
    // Beside the account, not below it: what is asked for while the page wakes up comes in another order than it was written in.
    let recent = Resource::new_blocking(
        move || (id.get(), turn.get()),
        |(id, _)| rpc::activity::list(ActivityQuery { user: Some(id.to_string()), ..ActivityQuery::default() }, None),
    );
    let Me(me) = expect_context();
    let changed = Callback::new(move |()| turn.update(|n| *n += 1));
    let saved = Memo::new(move |_| use_query_map().read().get("saved").is_some());
    view! {
        <AdminPage title=texts.directory().title>
            <p><A href=LIST attr:class="button quiet small"><Icon glyph=Glyph::Left/>{texts.directory().back}</A></p>
            <div role="status">{move || saved.get().then(|| view! { <p class="saved"><Icon glyph=Glyph::Check/>{texts.directory().changed}</p> })}</div>
            <Transition fallback=move || view! { <p class="lead">{texts.common.loading}</p> }>
                {move || Suspend::new(async move {
                    match found.await {
                        Ok(dossier) => {
                            let own = me.await.ok().flatten().is_some_and(|user| user.id == dossier.member.id);
                            view! { <Whole dossier recent=recent.await own changed/> }.into_any()
                        }
                        Err(error) => failed(error),
                    }
                })}
            </Transition>
        </AdminPage>
    }
}

#[component]
fn Whole(dossier: Dossier, recent: Rpc<Page<LogEntry>>, own: bool, changed: Callback<()>) -> impl IntoView {
    let member = dossier.member.clone();
    let refused = form_error().filter(|(path, error)| path == Act::PATH || error.code != Code::Invalid).map(|(_, error)| error);
    let texts = use_texts();
    view! {
        <Head member=member.clone() own/>
        {refused.map(|error| view! { <p class="alert" role="alert"><Icon glyph=Glyph::Alert/><span>{sentence(texts, &error)}</span></p> })}
        <Facts dossier/>
        <Asked member=member.clone() changed/>
        <Actions member=member.clone() changed/>
        <Edit member=member.clone() changed/>
        <Recent id=member.id recent/>
    }
}

#[component]
fn Head(member: Member, own: bool) -> impl IntoView {
    let texts = use_texts();
    let Member { name, email, role, state, avatar, online, .. } = member;
    view! {
        <section class="person-head">
            <span class="avatar-frame"><img class="avatar" src=avatar alt="" width="48" height="48"/><PresenceDot shown=Signal::stored(online)/></span>
            <div>
                <h2>{name}</h2>
                <p class="hint">{email}</p>
            </div>
            <p class="person-tags">
                <RoleTag role/><StateTag state/>
                {own.then(|| view! { <span class="tag">{texts.directory().you}</span> })}
            </p>
        </section>
    }
}

#[component]
fn Facts(dossier: Dossier) -> impl IntoView {
    let texts = use_texts();
    let t = texts.directory();
    let Dossier { member, has_password, sessions, programs, chats, disabled_at, pending_since, delete_after, .. } = dossier;
    let time = |label: &'static str, at| view! { <div><dt>{label}</dt><dd><Moment at/></dd></div> };
    let number = |label: &'static str, n: i64| view! { <div><dt>{label}</dt><dd>{n}</dd></div> };
    let word = |label: &'static str, word: &'static str| view! { <div><dt>{label}</dt><dd>{word}</dd></div> };
    view! {
        <dl class="facts">
            {time(t.made, member.created_at)}
            {member.last_seen_at.map(|at| time(t.last_seen, at))}
            {word(t.verified, if member.email_verified { t.is_verified } else { t.not_verified })}
            {word(t.password, if has_password { t.yes } else { t.no })}
            {word(t.second_factor, if member.second_factor { t.yes } else { t.no })}
            {number(t.sessions, sessions)}
            {number(t.programs, programs)}
            {number(t.chats, chats)}
            {disabled_at.map(|at| time(t.disabled_since, at))}
            {pending_since.map(|at| time(t.pending_since, at))}
            {delete_after.map(|at| time(t.erased_after, at))}
        </dl>
    }
}

/// Does something to the account, and shows what came of it.
fn act(id: Uuid, deed: Deed, changed: Callback<()>, (toasts, done): (Toasts, &'static str)) {
    spawn_local(async move {
        match rpc::directory::act(id, deed).await {
            Ok(()) => {
                toasts.say(done, None);
                changed.run(());
            }
            Err(error) => toasts.fail(&error),
        }
    });
}

/// What can be done with the account. The roles are in the form.
#[component]
fn Actions(member: Member, changed: Callback<()>) -> impl IntoView {
    let texts = use_texts();
    let t = texts.directory();
    let toasts = expect_context::<Toasts>();
    let id = member.id;
    let fitting = Deed::ALL.into_iter().filter(|deed| deed.fits(&member) && !matches!(deed, Deed::MakeAdmin | Deed::MakeUser));
    let buttons = fitting.map(|deed| {
        let label = (t.acts)(deed);
        if deed.is_grave() {
            return view! { <A href=format!("{LIST}/{id}?ask={}", name(&deed)) attr:class="button quiet small">{label}</A> }.into_any();
        }
        let submit = move |event: leptos::ev::SubmitEvent| {
            event.prevent_default();
            act(id, deed, changed, (toasts, t.changed));
        };
        view! {
            <form method="post" action=Act::url() class="plain" on:submit=submit>
                <input type="hidden" name="id" value=id.to_string()/>
                <button type="submit" name="action" value=name(&deed) class="button quiet small">{label}</button>
            </form>
        }
        .into_any()
    });
    view! {
        <section class="person-actions" aria-label=t.actions>{buttons.collect_view()}</section>
    }
}

/// The question that the address asks.
#[component]
fn Asked(member: Member, changed: Callback<()>) -> impl IntoView {
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        let asked = text(&query.read(), "ask")?;
        Deed::ALL.into_iter().find(|deed| name(deed) == asked)
    });
    move || {
        let deed = asked.get().filter(|deed| deed.fits(&member))?;
        Some(view! { <Question member=member.clone() deed changed/> })
    }
}

#[component]
fn Question(member: Member, deed: Deed, changed: Callback<()>) -> impl IntoView {
    let texts = use_texts();
    let t = texts.directory();
    let toasts = expect_context::<Toasts>();
    let dialog = NodeRef::<html::Dialog>::new();
    let (navigate, id) = (use_navigate(), member.id);
    let here = format!("{LIST}/{id}");
    Effect::new(move || {
        if let Some(dialog) = dialog.get() {
            browser::show_modal(&dialog);
        }
    });
    let leave = {
        let here = here.clone();
        Callback::new(move |()| navigate(&here, Default::default()))
    };
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        leave.run(());
        act(id, deed, changed, (toasts, t.changed));
    };
    view! {
        <dialog node_ref=dialog open=true class="dialog" aria-labelledby="ask-title" on:cancel=move |_: leptos::ev::Event| leave.run(())>
            <h2 id="ask-title">{(t.ask)(deed, &member.name)}</h2>
            <p>{(t.consequence)(deed)}</p>
            <form method="post" action=Act::url() class="panel-actions" on:submit=submit>
                <input type="hidden" name="id" value=id.to_string()/>
                <A href=here attr:class="button quiet">{texts.common.cancel}</A>
                <button type="submit" name="action" value=name(&deed) class="button seal-button">{(t.acts)(deed)}</button>
            </form>
        </dialog>
    }
}

#[component]
fn Edit(member: Member, changed: Callback<()>) -> impl IntoView {
    let texts = use_texts();
    let t = texts.directory();
    let toasts = expect_context::<Toasts>();
    let saved = Callback::new(move |()| {
        toasts.say(texts.directory().changed, None);
        changed.run(());
    });
    let (error, submit) =
        sending(|form: Change| rpc::directory::change(form.id, form.name, form.email, form.role, form.email_verified), saved);
    view! {
        <form method="post" action=Change::url() class="panel" on:submit=move |event| submit.run(event)>
            <h2>{t.account}</h2>
            <input type="hidden" name="id" value=member.id.to_string()/>
            <Field name="name" label=texts.auth.name value=member.name required=true max=NAME_MAX autocomplete="off" error=error/>
            <Field name="email" label=texts.auth.email kind="email" value=member.email required=true max=EMAIL_MAX autocomplete="off" error=error/>
            <RoleChoice chosen=member.role/>
            <label class="check"><input type="checkbox" name="email_verified" value="true" checked=member.email_verified/>{t.verified}": "{t.is_verified}</label>
            <div class="panel-actions"><button type="submit" class="button">{t.change}</button></div>
        </form>
    }
}

/// What happened with the account. That it was read is noted.
#[component]
fn Recent(id: Uuid, recent: Rpc<Page<LogEntry>>) -> impl IntoView {
    let texts = use_texts();
    let all = address("/admin/activity", &[("user", Some(id.to_string()))]);
    view! {
        <section class="person-activity">
            <h2>{texts.directory().activity}</h2>
            {match recent {
                Ok(page) => view! { <ActivityLog entries=page.items.into_iter().take(12).collect() about=false/> }.into_any(),
                Err(error) => view! { <Problem error/> }.into_any(),
            }}
            <p><A href=all attr:class="button quiet small">{texts.directory().all_activity}</A></p>
        </section>
    }
}
