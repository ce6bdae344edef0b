//! `/chats/tree/{id}`: the branches of a conversation. Lists within lists of links, drawn as a tree; each leads to its message in the chat.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::A;
use leptos_router::hooks::{use_params_map, use_query_map};
use uuid::Uuid;

use crate::app::component::header::OpenSidebar;
use crate::app::component::icon::{Glyph, Icon};
use crate::app::component::moment::Moment;
use crate::app::component::problem::failed;
use crate::app::state::address::address;
use crate::i18n::{Branching, use_texts};
use crate::model::feedback::Verdict;
use crate::model::generation::Status;
use crate::model::message::Author;
use crate::model::tree::{Tree, TreeItem, TreeKind, TreeMessage, TreeQuery};
use crate::rpc;

#[component]
pub fn TreePage() -> impl IntoView {
    let texts = use_texts();
    let t = texts.tree();
    let (params, query) = (use_params_map(), use_query_map());
    let asked = Memo::new(move |_| {
        let (params, query) = (params.read(), query.read());
        let id = |text: Option<String>| text.map(|id| Uuid::parse_str(&id).unwrap_or_default());
        let part = TreeQuery {
            from: id(query.get("from")),
            beside: query.get("beside").is_some(),
            before: id(query.get("before")),
            open: id(query.get("open")),
        };
        (id(params.get("id")).unwrap_or_default(), part)
    });
    let tree = Resource::new_blocking(move || asked.get(), |(id, part)| rpc::chat::tree(id, Some(part)));
    view! {
        <Title text=t.title/>
        <header class="chat-header"><OpenSidebar/><h1>{t.title}</h1></header>
        <div class="scroll">
            <div class="sheet tree-page">
                <Transition fallback=move || view! { <p class="lead">{texts.common.loading}</p> }>
                    {move || Suspend::new(async move {
                        match tree.await {
                            Ok(tree) => view! { <Drawing tree part=asked.get_untracked().1/> }.into_any(),
                            Err(error) => failed(error),
                        }
                    })}
                </Transition>
            </div>
        </div>
    }
}

/// What every place of the drawing has to know.
#[derive(Clone, Copy)]
struct Around {
    t: &'static Branching,
    chat: Uuid,
    leaf: Option<Uuid>,
    part: StoredValue<TreeQuery>,
}

impl Around {
    fn at(self, part: &TreeQuery) -> String {
        let id = |id: Option<Uuid>| id.map(|id| id.to_string());
        let beside = part.beside.then(|| "1".to_owned());
        let pairs = [("from", id(part.from)), ("beside", beside), ("before", id(part.before)), ("open", id(part.open))];
        address(&format!("/chats/tree/{}", self.chat), &pairs)
    }

    /// Where the rest is that this place stands for.
    fn rest(self, item: &TreeItem) -> String {
        let id = Some(item.id);
        match item.kind {
            TreeKind::Beside => self.at(&TreeQuery { from: id, beside: true, ..TreeQuery::default() }),
            TreeKind::Below => self.at(&TreeQuery { from: id, ..TreeQuery::default() }),
            // The messages come in the place of the link, in the same drawing.
            TreeKind::Fold | TreeKind::Message => {
                format!("{}#t-{}", self.at(&TreeQuery { open: id, ..self.part.get_value() }), item.id)
            }
        }
    }
}

#[component]
fn Drawing(tree: Tree, part: TreeQuery) -> impl IntoView {
    let texts = use_texts();
    let t = texts.tree();
    let Tree { session_id, title, leaf_id, messages, branches, earlier, items } = tree;
    let title = texts.titled(title);
    let around = Around { t, chat: session_id, leaf: leaf_id, part: StoredValue::new(part.clone()) };
    let whole = (part.from.is_some() || part.before.is_some())
        .then(|| view! { <A href=around.at(&TreeQuery::default()) attr:class="button small">{t.whole}</A> });
    let earlier = earlier.map(|before| {
        let href = around.at(&TreeQuery { before: Some(before), open: None, ..part.clone() });
        view! { <A href=href attr:class="button quiet small">{t.earlier}</A> }
    });
    let empty = items.is_empty().then(|| view! { <p class="lead">{t.empty}</p> });
    let drawn = (!items.is_empty()).then(|| line(&items, &mut 0, around));
    view! {
        <p class="lead"><a href=format!("/chat/{session_id}")>{title}</a>" · "{(t.counts)(messages, branches)}</p>
        <p class="lead">{t.lead}</p>
        <p class="pager">{whole}{earlier}</p>
        {empty}
        <nav class="tree" aria-label=t.title>{drawn}</nav>
    }
}

/// The line that begins here, with those beside it; `next` is left at what follows.
fn line(items: &[TreeItem], next: &mut usize, around: Around) -> AnyView {
    let (start, depth, t) = (*next, items[*next].depth, around.t);
    let mut places = Vec::new();
    while let Some(item) = items.get(*next).filter(|item| item.depth == depth && (*next == start || !item.begins)) {
        *next += 1;
        let mut beside = Vec::new();
        while items.get(*next).is_some_and(|item| item.depth > depth) {
            beside.push(view! { <li>{line(items, next, around)}</li> });
        }
        let beside = (!beside.is_empty()).then(|| view! { <ul class="tree-beside" aria-label=t.beside>{beside}</ul> });
        let place = match &item.message {
            Some(message) => view! { <Message item=item.clone() message=message.clone() around/> }.into_any(),
            None => view! { <Rest item=item.clone() around/> }.into_any(),
        };
        places.push(view! { <li class="tree-place" class:shown=item.active>{place}{beside}</li> });
    }
    let first = &items[start];
    let label = match first.kind {
        _ if first.active => t.shown.to_owned(),
        TreeKind::Message if first.versions > 1 => (t.version)(first.version, first.versions),
        _ => t.other.to_owned(),
    };
    view! { <ol class="tree-line" class:shown=first.active aria-label=label>{places}</ol> }.into_any()
}

/// What is not drawn here, as a link to it.
#[component]
fn Rest(item: TreeItem, around: Around) -> impl IntoView {
    let t = around.t;
    let words = match item.kind {
        TreeKind::Beside => (t.more_versions)(item.versions, item.messages),
        TreeKind::Below => (t.more_below)(item.messages),
        TreeKind::Fold | TreeKind::Message => (t.folded)(item.messages),
    };
    view! { <a class="tree-rest" href=around.rest(&item)>{words}</a> }
}

/// A message: its first words lead to it.
#[component]
fn Message(item: TreeItem, message: TreeMessage, around: Around) -> impl IntoView {
    let texts = use_texts();
    let t = around.t;
    let TreeItem { id, version, versions, .. } = item;
    let here = (around.leaf == Some(id)).then_some("true");
    let author = if message.role == Author::User { texts.chat.you } else { texts.chat.assistant };
    let words = match message.beginning {
        empty if empty.is_empty() => t.no_words.to_owned(),
        words => words,
    };
    let state = match message.status {
        Status::Done => None,
        Status::Running => Some(t.running),
        Status::Stopped => Some(t.stopped),
        Status::Interrupted => Some(t.interrupted),
        Status::Failed => Some(t.failed),
    };
    let state = state.map(|state| view! { <span class="tag">{state}</span> });
    let place = (versions > 1).then(|| view! { <span>{(t.version)(version, versions)}</span> });
    let model = message.model.map(|model| view! { <span class="tree-model">{model}</span> });
    let mark =
        |glyph: Glyph, label: &'static str| view! { <span class="tree-mark" role="img" aria-label=label title=label><Icon glyph/></span> };
    let verdict = message.verdict.map(|verdict| match verdict {
        Verdict::Good => ("👍", t.good),
        Verdict::Bad => ("👎", t.bad),
    });
    let verdict = verdict.map(|(sign, label)| view! { <span role="img" aria-label=label title=label>{sign}</span> });
    view! {
        <a id=format!("t-{id}") class="tree-card" href=format!("/chat/{}?at={id}#m-{id}", around.chat) aria-current=here>
            <b>{author}</b>
            <span class="tree-words" dir="auto">{words}</span>
            <small class="tree-facts">
                {here.map(|_| view! { <span class="tag">{t.here}</span> })}
                {place}
                {model}
                <Moment at=message.created_at/>
                {state}
                {message.files.then(|| mark(Glyph::Clip, texts.chat.files))}
                {message.pinned.then(|| mark(Glyph::Pin, t.pinned))}
                {verdict}
            </small>
        </a>
    }
}
