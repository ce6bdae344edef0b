//! Files on their way to the server: small ones in one piece, others in parts that a broken line does not lose (tus).

use std::cell::RefCell;
use std::collections::HashMap;

use serde::Deserialize;
use uuid::Uuid;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{AbortController, AbortSignal, File, FormData, Headers, RequestInit, Response, Url};

use super::{file, new_id, window};
use crate::app::browser::{Picked, Sent};
use crate::app::state::upload::{Next, PART, Upload};
use crate::model::error::{ApiError, Code, FieldError};
use crate::model::file::File as Kept;

/// Where files are sent.
const FILES: &str = "/api/files/";
/// Largest picture that is shown before it is on the server, in bytes.
const PREVIEW_MAX: f64 = 20e6;
/// Milliseconds between looks whether there is a line again.
const LOOK_EVERY: u64 = 500;

/// A file that is held for a message.
struct Held {
    file: File,
    stop: AbortController,
    preview: Option<String>,
}

thread_local! {
    /// Kept here and not in the components, whose state has to be `Send` for the server's sake.
    static HELD: RefCell<HashMap<Uuid, Held>> = RefCell::default();
}

/// Why a step of an upload did not work.
enum Trouble {
    /// The line broke, or the server is busy.
    Lost,
    Refused(ApiError),
}

/// The files that were picked since the last time; their bytes are held until [`let_go`].
pub fn take_picked() -> Vec<Picked> {
    let hold = |file: File| {
        let preview =
            (file.type_().starts_with("image/") && file.size() < PREVIEW_MAX).then(|| Url::create_object_url_with_blob(&file).ok());
        let preview = preview.flatten();
        let stop = AbortController::new().ok()?;
        let picked =
            Picked { key: new_id(), name: file.name(), size: file.size() as u64, media_type: file.type_(), preview: preview.clone() };
        HELD.with(|held| held.borrow_mut().insert(picked.key, Held { file, stop, preview }));
        Some(picked)
    };
    file::take().into_iter().filter_map(hold).collect()
}

/// Ends an upload, if it is still going on, and lets go of the file.
pub fn let_go(key: Uuid) {
    if let Some(held) = HELD.with(|held| held.borrow_mut().remove(&key)) {
        held.stop.abort();
        held.preview.iter().for_each(|url| drop(Url::revoke_object_url(url)));
    }
}

/// Sends the file. `tell` hears how many bytes are there, and whether the line is broken. None: it was let go.
pub async fn send_file(key: Uuid, tell: impl Fn(u64, bool)) -> Option<Result<Sent, ApiError>> {
    let (file, stop) = HELD.with(|held| held.borrow().get(&key).map(|held| (held.file.clone(), held.stop.signal())))?;
    let small = file.size() as u64 <= PART;
    let mut upload = Upload::new(file.size() as u64);
    let mut at = 0;
    loop {
        let done = match (small, upload.next()) {
            (true, _) => in_one(&file, &stop).await.map(Some),
            (false, Next::Done(id)) => Ok(Some(Sent { id, fresh: true })),
            (false, next) => step(&file, &stop, &mut upload, next).await.map(|now| {
                at = now;
                None
            }),
        };
        if stop.aborted() {
            upload.id().into_iter().for_each(forget);
            return None;
        }
        match done {
            Ok(Some(sent)) => return Some(Ok(sent)),
            Ok(None) => tell(at, false),
            Err(Trouble::Refused(error)) => return Some(Err(error)),
            Err(Trouble::Lost) => {
                tell(at, true);
                let Some(millis) = upload.broken(!online()) else { return Some(Err(offline())) };
                pause(millis).await;
                while !online() && !stop.aborted() {
                    pause(LOOK_EVERY).await;
                }
            }
        }
    }
}

async fn in_one(file: &File, stop: &AbortSignal) -> Result<Sent, Trouble> {
    let form = FormData::new().map_err(broken)?;
    form.append_with_blob_and_filename("file", file, &file.name()).map_err(broken)?;
    let response = fetch("POST", FILES, &[], Some(&form), Some(stop)).await?;
    let fresh = response.status() == 201;
    Ok(Sent { id: read::<Kept>(&response).await?.id, fresh })
}

/// One step of an upload in parts; answers how many bytes are there after it.
async fn step(file: &File, stop: &AbortSignal, upload: &mut Upload, next: Next) -> Result<u64, Trouble> {
    let place = |id: Uuid| format!("{FILES}{id}/");
    match next {
        Next::Begin => {
            let (length, name) = (upload.size().to_string(), metadata(&file.name()));
            let response = fetch("POST", FILES, &[("upload-length", &length), ("upload-metadata", &name)], None, Some(stop)).await?;
            upload.begun(read::<Kept>(&response).await?.id);
            Ok(0)
        }
        Next::Ask(id) => {
            let response = fetch("HEAD", &place(id), &[], None, Some(stop)).await?;
            upload.has(offset(&response)?);
            offset(&response)
        }
        Next::Send(id, range) => {
            let part = file.slice_with_f64_and_f64(range.start as f64, range.end as f64).map_err(broken)?;
            let headers = [("upload-offset", &*range.start.to_string()), ("content-type", "application/offset+octet-stream")];
            let response = fetch("PATCH", &place(id), &headers, Some(&part), Some(stop)).await?;
            upload.has(offset(&response)?);
            offset(&response)
        }
        Next::Done(_) => Ok(upload.size()),
    }
}

/// The end of an upload that nobody waits for any more.
fn forget(id: Uuid) {
    spawn_local(async move {
        // If it fails, the server forgets it by itself after a day.
        let _ = fetch("DELETE", &format!("{FILES}{id}/"), &[], None, None).await;
    });
}

/// Asks the server. What it may do later counts as a broken line.
async fn fetch(
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&JsValue>,
    stop: Option<&AbortSignal>,
) -> Result<Response, Trouble> {
    let init = RequestInit::new();
    init.set_method(method);
    init.set_signal(stop);
    let given = Headers::new().map_err(broken)?;
    given.set("tus-resumable", "1.0.0").map_err(broken)?;
    for (name, value) in headers {
        given.set(name, value).map_err(broken)?;
    }
    init.set_headers(&given);
    if let Some(body) = body {
        init.set_body(body);
    }
    let window = window().ok_or(Trouble::Lost)?;
    let asked = JsFuture::from(window.fetch_with_str_and_init(path, &init)).await.map_err(|_| Trouble::Lost)?;
    let response: Response = asked.dyn_into().map_err(broken)?;
    match response.status() {
        200..=299 => Ok(response),
        // The part before is still being taken.
        409 if method == "PATCH" => Err(Trouble::Lost),
        429 | 500..=599 => Err(Trouble::Lost),
        _ => Err(Trouble::Refused(problem(&response).await)),
    }
}

async fn text(response: &Response) -> Option<String> {
    JsFuture::from(response.text().ok()?).await.ok()?.as_string()
}

async fn read<T: for<'a> Deserialize<'a>>(response: &Response) -> Result<T, Trouble> {
    let text = text(response).await.ok_or(Trouble::Lost)?;
    serde_json::from_str(&text).map_err(|_| Trouble::Lost)
}

/// Problem details, as far as they are told on.
#[derive(Deserialize)]
struct Problem {
    code: Code,
    #[serde(default)]
    detail: String,
    #[serde(default)]
    errors: Vec<FieldError>,
}

async fn problem(response: &Response) -> ApiError {
    let told = text(response).await.and_then(|text| serde_json::from_str::<Problem>(&text).ok());
    let Some(Problem { code, detail, errors }) = told else { return ApiError::new(Code::NotFound, "The upload is gone.") };
    ApiError { fields: errors, ..ApiError::new(code, detail) }
}

fn offset(response: &Response) -> Result<u64, Trouble> {
    let told = response.headers().get("upload-offset").ok().flatten();
    told.and_then(|text| text.parse().ok()).ok_or(Trouble::Lost)
}

/// The name as tus sends it. The browser's own base64 takes bytes written as characters.
fn metadata(name: &str) -> String {
    let bytes: String = name.bytes().map(char::from).collect();
    let coded = window().and_then(|window| window.btoa(&bytes).ok()).unwrap_or_default();
    format!("filename {coded}")
}

fn online() -> bool {
    window().is_none_or(|window| window.navigator().on_line())
}

fn offline() -> ApiError {
    ApiError::new(Code::Offline, "The server could not be reached.")
}

fn broken<E>(_: E) -> Trouble {
    Trouble::Refused(ApiError::new(Code::Internal, "The browser could not send the file."))
}

/// Waits.
pub async fn pause(millis: u64) {
    let waited = js_sys::Promise::new(&mut |resolve, _| {
        if let Some(window) = window() {
            let _ = window.set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, i32::try_from(millis).unwrap_or(i32::MAX));
        }
    });
    let _ = JsFuture::from(waited).await;
}
