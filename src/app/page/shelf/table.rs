//! The list of conversations: rows that can be chosen, and what is done with the chosen ones. One plain form.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos::task::spawn_local;

use super::Asked;
use crate::app::browser;
use crate::app::component::icon::{Glyph, Icon};
use crate::app::component::moment::Moment;
use crate::app::state::chats::Chats;
use crate::app::state::toast::Toasts;
use crate::i18n::use_texts;
use crate::model::Page;
use crate::model::chat::Chat;
use crate::model::error::{ApiError, Code};
use crate::model::folder::Folder;
use crate::model::shelf::{Deed, TAG_MAX, Tagged};
use crate::rpc;
use crate::rpc::shelf::Many;

/// One page of the list.
#[component]
pub fn ChatTable(page: Page<Chat>, asked: Asked, folders: Vec<Folder>, tags: Vec<Tagged>, changed: Callback<()>) -> impl IntoView {
    let texts = use_texts();
    let t = texts.shelf();
    let (toasts, chats) = (expect_context::<Toasts>(), expect_context::<Chats>());
    let chosen = RwSignal::new(0_usize);
    let submit = move |event: leptos::ev::SubmitEvent| {
        let Ok(many) = Many::from_event(&event) else { return };
        event.prevent_default();
        spawn_local(async move {
            match rpc::shelf::many(many.ids, many.action, many.folder, many.tag, many.back).await {
                Ok(count) => {
                    toasts.say((t.done)(count), None);
                    chosen.set(0);
                    chats.refresh();
                    changed.run(());
                }
                Err(error) if error.field("ids").is_some() => toasts.fail(&ApiError::new(Code::Invalid, t.none_selected)),
                Err(error) => toasts.fail(&error),
            }
        });
    };
    let count = move |event| chosen.set(browser::count_checked(&event));
    let all = move |event: leptos::ev::Event| {
        browser::check_all(&event);
        chosen.set(browser::count_checked(&event));
    };
    // What was moved by `public/arrange.js`: the form begins anew.
    let begun = move |_| {
        chosen.set(0);
        changed.run(());
    };
    let empty = page.items.is_empty();
    let back = asked.at(asked.after.as_deref());
    let first = asked.after.is_some().then(|| view! { <a class="button quiet small" href=asked.at(None)>{t.first}</a> });
    let next = page.next.map(|next| view! { <a class="button small" href=asked.at(Some(&next))>{t.more}</a> });
    let named = folders.clone();
    let rows = page.items.into_iter().map(|chat| {
        let folder = chat.folder_id.and_then(|id| named.iter().find(|folder| folder.id == id)).map(|folder| folder.form.name.clone());
        view! { <Row chat folder/> }
    });
    let rows = rows.collect_view();
    view! {
        <form method="post" action=Many::url() class="shelf-form" on:submit=submit on:change=count on:reset=begun on:keydown=move |event| browser::list_key(&event)>
            <input type="hidden" name="back" value=back/>
            {(!empty).then(|| view! {
                <label class="check needs-script"><input type="checkbox" on:change=all/>{t.select_all}</label>
                <ul class="shelf-list">{rows}</ul>
            })}
            {empty.then(|| view! { <p class="lead">{t.none}</p> })}
            {(!empty).then(|| view! { <BulkBar chosen folders tags/> })}
        </form>
        <div class="pager">{first}{next}</div>
    }
}

#[component]
fn Row(chat: Chat, folder: Option<String>) -> impl IntoView {
    let texts = use_texts();
    let t = texts.shelf();
    let Chat { id, title, pinned, tags, updated_at, .. } = chat;
    let title = texts.titled(title);
    let tags = tags.into_iter().map(|tag| {
        let href = super::tagged(&tag);
        view! { <a class="tag-chip" href=href>"#"{tag}</a> }
    });
    view! {
        <li class="shelf-row" data-row="">
            <input type="checkbox" name="ids[]" value=id.to_string() aria-label=(t.select)(&title)/>
            <span class="shelf-name">
                <a href=format!("/chat/{id}") data-open="">{title}</a>
                {pinned.then(|| view! { <span class="tag">{t.pinned}</span> })}
                {folder.map(|name| view! { <span class="shelf-folder"><Icon glyph=Glyph::Folder/>{name}</span> })}
                {tags.collect_view()}
            </span>
            <small><Moment at=updated_at/></small>
            <a class="shelf-edit" href=format!("/chats/edit/{id}") aria-label=texts.sidebar.organise title=texts.sidebar.organise><Icon glyph=Glyph::More/></a>
        </li>
    }
}

/// What can be done with the chosen rows.
#[component]
fn BulkBar(chosen: RwSignal<usize>, folders: Vec<Folder>, tags: Vec<Tagged>) -> impl IntoView {
    let t = use_texts().shelf();
    let deeds = Deed::ALL.map(|deed| view! { <option value=deed.name()>{(t.deeds)(deed)}</option> });
    let folders = folders.into_iter().map(|folder| view! { <option value=folder.id.to_string()>{indented(&folder)}</option> });
    let tags = tags.into_iter().map(|tagged| view! { <option value=tagged.tag></option> });
    view! {
        <fieldset class="shelf-bulk">
            <legend>{t.with_selected}</legend>
            <select name="action" aria-label=t.with_selected>{deeds.into_iter().collect_view()}</select>
            <select name="folder" aria-label=t.target><option value="">{t.no_folder}</option>{folders.collect_view()}</select>
            <input type="text" name="tag" list="known-tags" placeholder=t.tag aria-label=t.tag maxlength=TAG_MAX.to_string() autocomplete="off"/>
            <datalist id="known-tags">{tags.collect_view()}</datalist>
            <button type="submit" class="button small">{t.apply}</button>
            <span class="hint needs-script" role="status">{move || (t.selected)(chosen.get())}</span>
        </fieldset>
        <p class="hint needs-script">{t.keys}</p>
    }
}

/// A folder's name below those around it.
pub fn indented(folder: &Folder) -> String {
    format!("{}{}", "\u{2003}".repeat(folder.depth as usize), folder.form.name)
}
