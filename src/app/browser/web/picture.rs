//! A picture that the reader opened: drawn under the cropper's window, and sent as the square that is left. One at a time.

use std::cell::RefCell;

use js_sys::Reflect;
use leptos::prelude::{Callable, Callback};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    Blob, CanvasRenderingContext2d, ClipboardEvent, DataTransfer, DragEvent, Element, File, HtmlCanvasElement, HtmlImageElement,
    HtmlInputElement, PointerEvent, RequestInit, Response, Url, WheelEvent,
};

use super::{document, window};
use crate::app::browser::Pointer;
use crate::app::state::crop::Crop;
use crate::model::error::{ApiError, Code};

/// Pixels of the square that is sent.
const SIDE: u32 = 512;

type Opened = Callback<Option<(f64, f64)>>;

thread_local! {
    /// The opened picture. Kept here and not in the components, whose state has to be `Send` for the server's sake.
    static PICTURE: RefCell<Option<HtmlImageElement>> = const { RefCell::new(None) };
    /// Who hears of pasted pictures; the page's listener is made once.
    static PASTED: RefCell<Option<Opened>> = const { RefCell::new(None) };
}

/// Opens the file that was chosen. `opened` gets its size in pixels, or nothing if it is no picture.
pub fn open_chosen_picture(input: &HtmlInputElement, opened: Opened) {
    let file = input.files().and_then(|files| files.get(0));
    // The same file may be chosen again.
    input.set_value("");
    if let Some(file) = file {
        open(file, opened);
    }
}

/// Opens the file that was dropped.
pub fn open_dropped_picture(event: &DragEvent, opened: Opened) {
    match event.data_transfer().and_then(|data| first_file(&data)) {
        Some(file) => open(file, opened),
        None => opened.run(None),
    }
}

/// Opens a picture whenever one is pasted while the page with this callback is shown.
pub fn on_paste_picture(opened: Opened) {
    let listening = PASTED.with(|pasted| pasted.borrow_mut().replace(opened)).is_some();
    let Some(document) = document().filter(|_| !listening) else { return };
    let listener = Closure::<dyn Fn(ClipboardEvent)>::new(|event: ClipboardEvent| {
        let file = event.clipboard_data().and_then(|data| first_file(&data)).filter(|file| file.type_().starts_with("image/"));
        let opened = PASTED.with(|pasted| *pasted.borrow());
        if let (Some(file), Some(opened)) = (file, opened) {
            event.prevent_default();
            open(file, opened);
        }
    });
    let _ = document.add_event_listener_with_callback("paste", listener.as_ref().unchecked_ref());
    listener.forget();
}

fn first_file(data: &DataTransfer) -> Option<File> {
    data.files()?.get(0)
}

/// Reads the file as a picture, turned as its camera says.
fn open(file: File, opened: Opened) {
    spawn_local(async move {
        let image = load(&file).await;
        let size = image.as_ref().map(|image| (f64::from(image.natural_width()), f64::from(image.natural_height())));
        let size = size.filter(|(width, height)| *width > 0.0 && *height > 0.0);
        PICTURE.with(|picture| *picture.borrow_mut() = image);
        // The page may have been left meanwhile.
        let _ = opened.try_run(size);
    });
}

async fn load(file: &File) -> Option<HtmlImageElement> {
    let url = Url::create_object_url_with_blob(file).ok()?;
    let image = HtmlImageElement::new().ok()?;
    image.set_src(&url);
    let decoded = JsFuture::from(image.decode()).await;
    let _ = Url::revoke_object_url(&url);
    decoded.ok().map(|_| image)
}

/// Draws the picture under the window.
pub fn draw_picture(canvas: &HtmlCanvasElement, crop: Crop) {
    PICTURE.with(|picture| {
        if let Some(image) = picture.borrow().as_ref() {
            // Nothing can be done about a canvas that cannot be drawn on.
            let _ = draw(canvas, image, crop);
        }
    });
}

fn draw(canvas: &HtmlCanvasElement, image: &HtmlImageElement, crop: Crop) -> Option<()> {
    let context: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
    let side = f64::from(canvas.width());
    context.reset_transform().ok()?;
    context.clear_rect(0.0, 0.0, side, side);
    let _ = Reflect::set(&context, &"imageSmoothingQuality".into(), &"high".into());
    context.translate(side * (0.5 + crop.x), side * (0.5 + crop.y)).ok()?;
    context.rotate(f64::from(crop.turns) * std::f64::consts::FRAC_PI_2).ok()?;
    context.scale(side * crop.scale(), side * crop.scale()).ok()?;
    let (width, height) = (f64::from(image.natural_width()), f64::from(image.natural_height()));
    context.draw_image_with_html_image_element(image, -width / 2.0, -height / 2.0).ok()
}

/// Sends the square under the window as the reader's picture.
pub async fn send_picture(crop: Crop) -> Result<(), ApiError> {
    let broken = || ApiError::new(Code::Internal, "The browser could not make the picture.");
    let blob = square(crop).await.ok_or_else(broken)?;
    let init = RequestInit::new();
    init.set_method("PUT");
    init.set_body(&blob);
    let window = window().ok_or_else(broken)?;
    let sent = JsFuture::from(window.fetch_with_str_and_init("/api/users/me/avatar/", &init)).await;
    let offline = |_| ApiError::new(Code::Offline, "The server could not be reached.");
    let response: Response = sent.map_err(offline)?.dyn_into().map_err(|_| broken())?;
    if response.ok() {
        PICTURE.with(|picture| *picture.borrow_mut() = None);
        return Ok(());
    }
    let text = JsFuture::from(response.text().map_err(|_| broken())?).await.map_err(offline)?;
    let code = serde_json::from_str::<serde_json::Value>(&text.as_string().unwrap_or_default()).ok();
    let code = code.and_then(|problem| serde_json::from_value(problem["code"].clone()).ok()).unwrap_or(Code::Internal);
    Err(ApiError::new(code, "The picture was refused."))
}

async fn square(crop: Crop) -> Option<Blob> {
    let canvas: HtmlCanvasElement = document()?.create_element("canvas").ok()?.dyn_into().ok()?;
    canvas.set_width(SIDE);
    canvas.set_height(SIDE);
    draw_picture(&canvas, crop);
    let made = js_sys::Promise::new(&mut |resolve, _| {
        // PNG, which every browser writes: the server is to have what was seen.
        let _ = canvas.to_blob(&resolve);
    });
    JsFuture::from(made).await.ok()?.dyn_into().ok()
}

/// Where a pointer is, from the element's centre, in sides of the element.
pub fn pointer(event: &PointerEvent) -> Pointer {
    let (x, y) = place(event.current_target(), f64::from(event.client_x()), f64::from(event.client_y()));
    Pointer { id: event.pointer_id(), x, y }
}

/// The same of a turning wheel.
pub fn wheel_place(event: &WheelEvent) -> (f64, f64) {
    place(event.current_target(), f64::from(event.client_x()), f64::from(event.client_y()))
}

fn place(target: Option<web_sys::EventTarget>, x: f64, y: f64) -> (f64, f64) {
    let Some(rect) = target.and_then(|t| t.dyn_into::<Element>().ok()).map(|element| element.get_bounding_client_rect()) else {
        return (0.0, 0.0);
    };
    ((x - rect.left()) / rect.width().max(1.0) - 0.5, (y - rect.top()) / rect.height().max(1.0) - 0.5)
}

/// The element hears of this pointer until it is lifted, wherever it goes.
pub fn hold_pointer(event: &PointerEvent) {
    if let Some(element) = event.current_target().and_then(|t| t.dyn_into::<Element>().ok()) {
        let _ = element.set_pointer_capture(event.pointer_id());
    }
}
