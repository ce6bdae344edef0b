//! What goes into an export, and in what order. Conversations are read page by page: a large account takes no more memory.

use std::collections::BTreeMap;
use std::path::Path;

use futures::StreamExt;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::text;
use crate::model::avatar::{Avatar, file_name};
use crate::model::chat::{Chat, ChatSetup};
use crate::model::folder::tree;
use crate::model::presence::{ToPage, What};
use crate::model::share::SHARES_MAX;
use crate::model::shelf::Selection;
use crate::server::Server;
use crate::server::db::Span;
use crate::server::error::{Error, Result};
use crate::server::job::{self, Failure};
use crate::server::service::{activity, digest, file, presence, sign_in};
use crate::server::storage::Archive;

/// Conversations and messages that are read at a time.
const CHATS: i64 = 50;
const MESSAGES: i64 = 200;
/// Most messages of the branch that is written as Markdown.
const BRANCH: i64 = 100_000;
/// How far it is, in percent, when the conversations are in it, and when the files are.
const CONVERSATIONS: usize = 60;
const FILES: usize = 95;

/// Writes the user's data into a ZIP file there. False: the job was cancelled.
pub async fn into(server: &Server, job: Uuid, user_id: Uuid, path: &Path) -> Result<bool, Failure> {
    let mut archive = Archive::create(path)?;
    let mut progress = Progress { server, job, user_id, told: 0 };
    archive.add("README.txt", text::README).await?;
    profile(server, user_id, &mut archive).await?;
    security(server, user_id, &mut archive).await?;
    if !conversations(server, user_id, &mut archive, &mut progress).await? {
        return Ok(false);
    }
    kept(server, user_id, &mut archive).await?;
    shares(server, user_id, &mut archive).await?;
    imports(server, user_id, &mut archive).await?;
    reports(server, user_id, &mut archive).await?;
    if !files(server, user_id, &mut archive, &mut progress).await? {
        return Ok(false);
    }
    usage(server, user_id, &mut archive).await?;
    log(server, user_id, &mut archive).await?;
    archive.finish().await?;
    Ok(true)
}

/// How far the job is, as its user hears of it.
struct Progress<'a> {
    server: &'a Server,
    job: Uuid,
    user_id: Uuid,
    told: usize,
}

impl Progress<'_> {
    /// So many of these of all that make up this part. False: the job was cancelled.
    async fn tell(&mut self, part: (usize, usize), done: usize, all: usize) -> Result<bool> {
        let percent = part.0 + (done * (part.1 - part.0) / all.max(1)).min(part.1 - part.0);
        if percent <= self.told {
            return Ok(true);
        }
        self.told = percent;
        let goes_on = job::progress(self.server, self.job, percent as u8).await?;
        presence::tell(self.server, self.user_id, ToPage::Changed { what: What::Export });
        Ok(goes_on)
    }
}

async fn profile(server: &Server, user_id: Uuid, archive: &mut Archive) -> Result<()> {
    let found = server.db.people().find(user_id).await?;
    let user = found.ok_or_else(|| Error::not_found("user"))?;
    let last_seen_at = server.db.people().seen(user_id).await?;
    if let Some(hash) = &user.avatar
        && let Some(picture) = server.storage.get(&format!("avatar/{}", file_name(hash, 512))).await?
    {
        archive.add("files/avatar.webp", picture).await?;
    }
    let linked = server.db.identities().list_for(user_id).await?;
    let reports = digest::kept(server, user_id).await?;
    let reports = reports.into_iter().map(|(scope, period, since)| json!({ "scope": scope, "period": period, "since": since }));
    let reports: Vec<_> = reports.collect();
    let profile = json!({ "user": user, "look": user.look, "avatar_urls": Avatar::of(&user), "last_seen_at": last_seen_at, "linked_accounts": linked,
        "reports_by_mail": reports });
    archive.add("profile.json", pretty(&profile)?).await
}

/// The folders, the prompts and assistants that the user keeps (what others share is theirs), what they did not send yet, and what they
/// think of answers.
async fn kept(server: &Server, user_id: Uuid, archive: &mut Archive) -> Result<()> {
    let mut prompts = server.db.prompts().list_for(user_id).await?;
    prompts.retain(|prompt| prompt.mine);
    archive.add("prompts.json", pretty(&prompts)?).await?;
    archive.add("folders.json", pretty(&tree(server.db.folders().list_for(user_id).await?))?).await?;
    let mut assistants = server.db.assistants().list_for(user_id).await?;
    assistants.retain(|assistant| assistant.mine);
    archive.add("assistants.json", pretty(&assistants)?).await?;
    let queued = server.db.waiting().list_for(user_id).await?;
    let queued = queued.into_iter().map(|(chat, text)| json!({ "conversation": chat, "message": text }));
    let drafts = server.db.drafts().list_for(user_id).await?;
    let drafts = drafts.into_iter().map(|(chat, text)| json!({ "conversation": chat, "text": text }));
    let unsent = json!({ "waiting": queued.collect::<Vec<_>>(), "drafts": drafts.collect::<Vec<_>>() });
    archive.add("unsent.json", pretty(&unsent)?).await?;
    feedback(server, user_id, archive).await
}

/// What the user thinks of answers.
async fn feedback(server: &Server, user_id: Uuid, archive: &mut Archive) -> Result<()> {
    let (mut after, mut all) = (None, Vec::new());
    loop {
        let page = server.db.feedback().list_for(user_id, None, after, MESSAGES).await?;
        let Some(last) = page.last() else { return archive.add("feedback.json", pretty(&all)?).await };
        after = Some(last.message_id);
        all.extend(page);
    }
}

/// What was reported as abuse.
async fn reports(server: &Server, user_id: Uuid, archive: &mut Archive) -> Result<()> {
    let all = server.db.reports().list_for(user_id, i64::MAX).await?;
    archive.add("reports.json", pretty(&all)?).await
}

/// The links by which conversations are shared: what they show and until when, not the links themselves, which open them.
async fn shares(server: &Server, user_id: Uuid, archive: &mut Archive) -> Result<()> {
    let all = server.db.shares().list_for(user_id, None, server.clock.now(), SHARES_MAX).await?;
    let told = all.into_iter().map(|share| {
        json!({ "conversation": share.chat_id, "title": share.title, "live": share.leaf_id.is_none(), "sign_in": share.sign_in, "files": share.files,
            "indexed": share.indexed, "views": share.views, "created_at": share.created_at, "expires_at": share.expires_at })
    });
    archive.add("shares.json", pretty(&told.collect::<Vec<_>>())?).await
}

/// What came from elsewhere, by which file; the conversations themselves are among all others.
async fn imports(server: &Server, user_id: Uuid, archive: &mut Archive) -> Result<()> {
    let all = server.db.imports().list_for(user_id, None, MESSAGES).await?;
    let all: Vec<_> = all.into_iter().map(|stored| stored.import).collect();
    archive.add("imports.json", pretty(&all)?).await
}

/// Every file as it was sent; unfinished uploads are none. False: the job was cancelled.
async fn files(server: &Server, user_id: Uuid, archive: &mut Archive, progress: &mut Progress<'_>) -> Result<bool> {
    let count = server.db.files().taken(user_id).await?.1.unsigned_abs() as usize;
    let (mut before, mut done, mut all) = (None, 0, Vec::new());
    loop {
        let page = server.db.files().list_for(user_id, before, MESSAGES).await?;
        for file in &page {
            done += 1;
            let (name, key) = (format!("files/{done:05}-{}", file.name), file::key(user_id, file.sha256.as_deref().unwrap_or_default()));
            let Some(mut pieces) = server.storage.stream(&key, 0..file.size).await? else { continue };
            archive.begin(name.clone()).await?;
            while let Some(piece) = pieces.next().await {
                archive.write(piece?).await?;
            }
            all.push(json!({ "path": name, "file": file }));
            if !progress.tell((CONVERSATIONS, FILES), done, count).await? {
                return Ok(false);
            }
        }
        match page.last() {
            Some(last) => before = Some(last.id),
            None => return archive.add("files.json", pretty(&all)?).await.map(|()| true),
        }
    }
}

/// How the user signs in, and from where: names and dates, nothing that anybody could sign in with.
async fn security(server: &Server, user_id: Uuid, archive: &mut Archive) -> Result<()> {
    let app = server.db.factors().find(user_id).await?;
    let security = json!({
        "has_password": server.db.credentials().password_hash(user_id).await?.is_some(),
        "authenticator_app_since": app.and_then(|app| app.confirmed_at),
        "recovery_codes_left": server.db.factors().standing(user_id).await?.codes,
        "passkeys": server.db.passkeys().list(user_id).await?,
        "sign_ins": sign_in::all(server, user_id, None).await?,
        "devices": server.db.devices().list(user_id).await?,
    });
    archive.add("security.json", pretty(&security)?).await
}

/// Every conversation twice: all of it as JSON, and what is shown of it as Markdown. False: the job was cancelled.
async fn conversations(server: &Server, user_id: Uuid, archive: &mut Archive, progress: &mut Progress<'_>) -> Result<bool> {
    let all = server.db.people().chats(user_id).await?.unsigned_abs() as usize;
    let (mut done, mut after) = (0, None);
    loop {
        let chats = server.db.chats().list_for(user_id, &Selection::default(), after, CHATS).await?;
        for chat in &chats {
            let name = format!("conversations/{}", text::file_name(done + 1, &chat.title, chat.id));
            as_json(server, user_id, chat, &name, archive).await?;
            as_markdown(server, user_id, chat, &name, archive).await?;
            done += 1;
            if !progress.tell((0, CONVERSATIONS), done, all).await? {
                return Ok(false);
            }
        }
        match chats.last() {
            Some(last) => after = Some((last.updated_at, last.id)),
            None => return Ok(true),
        }
    }
}

async fn as_json(server: &Server, user_id: Uuid, chat: &Chat, name: &str, archive: &mut Archive) -> Result<()> {
    archive.begin(format!("{name}.json")).await?;
    let found = server.db.chats().find_for(user_id, chat.id).await?;
    let (setup, context) = found.map(|found| (found.given.setup, found.given.strategy)).unwrap_or_default();
    let head = serde_json::to_string_pretty(&ChatSetup { chat: chat.clone(), setup, context }).map_err(Error::internal)?;
    let summaries = serde_json::to_string(&server.db.contexts().summaries(chat.id).await?).map_err(Error::internal)?;
    archive.write(format!("{{\"conversation\": {head},\n\"summaries\": {summaries},\n\"messages\": [")).await?;
    let (mut after, mut separator) = (None, "\n");
    loop {
        let messages = server.db.messages().list(chat.id, after, MESSAGES).await?;
        for message in &messages {
            archive.write(format!("{separator}{}", serde_json::to_string(message).map_err(Error::internal)?)).await?;
            separator = ",\n";
        }
        match messages.last() {
            Some(last) => after = Some(last.id),
            None => return archive.write("\n]}\n").await,
        }
    }
}

/// What calls to models used: the sums by model, and each call.
async fn usage(server: &Server, user_id: Uuid, archive: &mut Archive) -> Result<()> {
    let span = Span { from: 0, until: i64::MAX };
    let sums: BTreeMap<_, _> = server.db.ledger().of_models(user_id, span).await?.into_iter().collect();
    archive.add("usage.json", pretty(&sums)?).await?;
    archive.begin("usage.csv").await?;
    let (mut after, mut head) = (None, true);
    loop {
        let entries = server.db.ledger().entries(user_id, after, MESSAGES).await?;
        let mut writer = csv::WriterBuilder::new().has_headers(head).terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        for entry in &entries {
            writer.serialize(entry).map_err(Error::internal)?;
        }
        archive.write(writer.into_inner().map_err(Error::internal)?).await?;
        head = false;
        match entries.last() {
            Some(last) => after = Some((last.quarter, last.id)),
            None => return Ok(()),
        }
    }
}

async fn as_markdown(server: &Server, user_id: Uuid, chat: &Chat, name: &str, archive: &mut Archive) -> Result<()> {
    let found = server.db.chats().find_for(user_id, chat.id).await?;
    let branch = match found.and_then(|found| found.leaf_id) {
        Some(leaf) => server.db.messages().branch(leaf, BRANCH).await?,
        None => Vec::new(),
    };
    archive.begin(format!("{name}.md")).await?;
    archive.write(text::head(chat)).await?;
    for message in branch.iter().rev() {
        archive.write(text::message(message)).await?;
    }
    Ok(())
}

/// What the security log says about the account, as its owner reads it.
async fn log(server: &Server, user_id: Uuid, archive: &mut Archive) -> Result<()> {
    archive.begin("activity.json").await?;
    archive.write("[").await?;
    let (mut before, mut separator) = (None, "\n");
    loop {
        let page = activity::own_of(server, user_id, before).await?;
        for entry in &page.items {
            archive.write(format!("{separator}{}", serde_json::to_string(entry).map_err(Error::internal)?)).await?;
            separator = ",\n";
        }
        before = page.next.and_then(|next| next.parse().ok());
        if before.is_none() {
            return archive.write("\n]\n").await;
        }
    }
}

fn pretty(value: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec_pretty(value).map_err(Error::internal)
}
