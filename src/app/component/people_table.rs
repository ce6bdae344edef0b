//! The list of people: a table whose rows can be chosen, and what can be done with the chosen ones. One plain form.

use leptos::html;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos::task::spawn_local;
use leptos_router::components::A;

use super::avatar::PresenceDot;
use super::icon::{Glyph, Icon};
use super::moment::Moment;
use crate::app::browser;
use crate::app::state::address::{People, name};
use crate::app::state::toast::Toasts;
use crate::i18n::{Texts, use_texts};
use crate::model::Page;
use crate::model::directory::{Act, Member, Sort, State};
use crate::model::error::{ApiError, Code};
use crate::model::sheet::SheetFormat;
use crate::model::user::Role;
use crate::rpc;
use crate::rpc::directory::Bulk;

const LIST: &str = "/admin/users";

/// One page of the list.
#[component]
pub fn PeopleTable(page: Page<Member>, asked: People, changed: Callback<()>) -> impl IntoView {
    let texts = use_texts();
    let toasts = expect_context::<Toasts>();
    let (chosen, pending) = (RwSignal::new(0_usize), RwSignal::new(None::<Bulk>));
    let run = Callback::new(move |bulk: Bulk| {
        spawn_local(async move {
            match rpc::directory::bulk(bulk.ids, bulk.action, bulk.back).await {
                Ok(results) => {
                    let (done, failed) = results.counts();
                    toasts.say((texts.directory().done)(done, failed), None);
                    changed.run(());
                }
                Err(error) if error.code == Code::Invalid => toasts.fail(&ApiError::new(Code::Invalid, texts.directory().none_selected)),
                Err(error) => toasts.fail(&error),
            }
        });
    });
    let submit = move |event: leptos::ev::SubmitEvent| {
        let Ok(bulk) = Bulk::from_event(&event) else { return };
        event.prevent_default();
        match bulk.action.is_grave() && !bulk.ids.is_empty() {
            true => pending.set(Some(bulk)),
            false => run.run(bulk),
        }
    };
    let back = asked.at(LIST, &[("after", asked.after.clone())]);
    let empty = page.items.is_empty().then(|| view! { <p class="lead">{texts.directory().none}</p> });
    let (pager, head) = (view! { <Pager next=page.next asked=asked.clone()/> }, view! { <Head asked chosen/> });
    let rows = page.items.into_iter().map(|member| view! { <Row member/> }).collect_view();
    view! {
        <form method="post" action=Bulk::url() class="people-form" on:submit=submit on:change=move |event| chosen.set(browser::count_checked(&event))>
            <input type="hidden" name="back" value=back/>
            <table class="people-table">
                {head}
                <tbody>{rows}</tbody>
            </table>
            {empty}
            <BulkBar chosen/>
        </form>
        {pager}
        {move || pending.get().map(|bulk| view! { <Ask bulk pending run/> })}
    }
}

/// The names of the columns; some sort by theirs.
#[component]
fn Head(asked: People, chosen: RwSignal<usize>) -> impl IntoView {
    let texts = use_texts();
    let t = texts.directory();
    let sorted = move |sort: Sort, label: &'static str| {
        let mut wanted = asked.clone();
        wanted.query.sort = sort;
        let order = (asked.query.sort == sort).then_some(if sort == Sort::Name { "ascending" } else { "descending" });
        view! { <th scope="col" aria-sort=order><A href=wanted.at(LIST, &[])>{label}</A></th> }
    };
    let all = move |event: leptos::ev::Event| {
        browser::check_all(&event);
        chosen.set(browser::count_checked(&event));
    };
    view! {
        <thead>
            <tr>
                <td class="people-check"><input type="checkbox" class="needs-script" aria-label=t.select_all on:change=all/></td>
                {sorted(Sort::Name, t.person)}
                <th scope="col">{t.role}</th>
                <th scope="col">{t.state}</th>
                <th scope="col">{t.verified}</th>
                {sorted(Sort::Seen, t.last_seen)}
                {sorted(Sort::Newest, t.made)}
            </tr>
        </thead>
    }
}

#[component]
fn Row(member: Member) -> impl IntoView {
    let texts = use_texts();
    let t = texts.directory();
    let Member { id, email, name, role, state, email_verified, avatar, online, last_seen_at, created_at, .. } = member;
    let seen = match last_seen_at {
        Some(at) => view! { <Moment at/> }.into_any(),
        None => view! { <span class="hint">{t.not_shown}</span> }.into_any(),
    };
    view! {
        <tr data-row="">
            <td class="people-check"><input type="checkbox" name="ids[]" value=id.to_string() aria-label=(t.select)(&name)/></td>
            <td class="people-name">
                <span class="avatar-frame"><img class="avatar" src=avatar alt="" width="48" height="48" loading="lazy"/><PresenceDot shown=Signal::stored(online)/></span>
                <span><A href=format!("{LIST}/{id}") attr:data-open="">{name}</A><small>{email}</small></span>
            </td>
            <td data-label=t.role>{(t.roles)(role)}</td>
            <td data-label=t.state><StateTag state/></td>
            <td data-label=t.verified>{verified(texts, email_verified)}</td>
            <td data-label=t.last_seen>{seen}</td>
            <td data-label=t.made><Moment at=created_at/></td>
        </tr>
    }
}

/// Whether an account can be used, as a word.
#[component]
pub fn StateTag(state: State) -> impl IntoView {
    let texts = use_texts();
    let class = if state == State::Active { "tag ok" } else { "tag warn" };
    view! { <span class=class>{(texts.directory().states)(state)}</span> }
}

/// The role of an account that is more than a member's.
#[component]
pub fn RoleTag(role: Role) -> impl IntoView {
    let texts = use_texts();
    view! { <span class="tag">{(texts.directory().roles)(role)}</span> }
}

fn verified(texts: &'static Texts, verified: bool) -> impl IntoView {
    let label = if verified { texts.directory().is_verified } else { texts.directory().not_verified };
    view! { <span class=if verified { "" } else { "hint" }>{label}</span> }
}

/// What can be done with the chosen rows.
#[component]
fn BulkBar(chosen: RwSignal<usize>) -> impl IntoView {
    let texts = use_texts();
    let t = texts.directory();
    let options = Act::ALL.map(|act| view! { <option value=name(&act)>{(t.acts)(act)}</option> });
    view! {
        <div class="bulk">
            <label>{t.with_selected}" "<select name="action">{options.into_iter().collect_view()}</select></label>
            <button type="submit" class="button small">{t.run}</button>
            <span class="hint needs-script" role="status">{move || (t.selected)(chosen.get())}</span>
        </div>
    }
}

/// The other pages of the list, and the list as a file.
#[component]
fn Pager(next: Option<String>, asked: People) -> impl IntoView {
    let texts = use_texts();
    let t = texts.directory();
    let first = asked.after.is_some().then(|| view! { <A href=asked.at(LIST, &[]) attr:class="button quiet small">{t.first}</A> });
    let next = next.map(|next| view! { <A href=asked.at(LIST, &[("after", Some(next))]) attr:class="button small">{t.more}</A> });
    let files = SheetFormat::ALL.map(|format| {
        let href = asked.at("/api/users/export/", &[("format", Some(format.name().to_owned()))]);
        view! { <a href=href rel="external" download=format!("liao-users.{}", format.name())>{format.name().to_uppercase()}</a> }
    });
    view! {
        <div class="pager">
            {first}
            {next}
            <span class="spacer"></span>
            <span class="pager-files">{t.export}": "{files.into_iter().collect_view()}</span>
        </div>
    }
}

/// Asks before something grave is done to several.
#[component]
fn Ask(bulk: Bulk, pending: RwSignal<Option<Bulk>>, run: Callback<Bulk>) -> impl IntoView {
    let texts = use_texts();
    let t = texts.directory();
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move || {
        if let Some(dialog) = dialog.get() {
            browser::show_modal(&dialog);
        }
    });
    let (act, count) = (bulk.action, bulk.ids.len());
    let yes = move |_| {
        pending.set(None);
        run.run(Bulk { ids: bulk.ids.clone(), action: bulk.action, back: bulk.back.clone() });
    };
    view! {
        <dialog node_ref=dialog class="dialog" aria-labelledby="bulk-title" on:cancel=move |_: leptos::ev::Event| pending.set(None)>
            <h2 id="bulk-title">{(t.ask_many)(act, count)}</h2>
            <p>{(t.consequence)(act)}</p>
            <div class="panel-actions">
                <button type="button" class="button quiet" on:click=move |_| pending.set(None)>{texts.common.cancel}</button>
                <button type="button" class="button seal-button" on:click=yes><Icon glyph=Glyph::Check/>{(t.acts)(act)}</button>
            </div>
        </dialog>
    }
}
