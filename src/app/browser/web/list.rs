//! Lists of rows: moving through them by keys, choosing some, and the forms that filter them.

use wasm_bindgen::JsCast;
use web_sys::{Document, Event, FormData, HtmlElement, HtmlFormElement, HtmlInputElement, KeyboardEvent, SubmitEvent, UrlSearchParams};

/// The link of each row, and the rows themselves.
const LINKS: &str = "[data-row] a[data-open]";

fn document() -> Option<Document> {
    web_sys::window()?.document()
}

/// J and K (or the arrows) move through the rows, X chooses the row, / goes to the search. Enter follows the link by itself.
pub fn list_key(event: &KeyboardEvent) {
    if is_typing(event) || event.ctrl_key() || event.meta_key() || event.alt_key() || event.default_prevented() {
        return;
    }
    let Some(document) = document() else { return };
    // A question has to be answered first.
    if document.query_selector("dialog:modal").ok().flatten().is_some() {
        return;
    }
    let done = match event.key().as_str() {
        "j" | "ArrowDown" => step(&document, 1),
        "k" | "ArrowUp" => step(&document, -1),
        "x" => choose(&document),
        "/" => search(&document),
        _ => None,
    };
    if done.is_some() {
        event.prevent_default();
    }
}

/// Whether the key is a part of what is being typed.
pub fn is_typing(event: &KeyboardEvent) -> bool {
    event.target().and_then(|t| t.dyn_into::<HtmlElement>().ok()).is_some_and(|element| is_typed_in(&element))
}

fn is_typed_in(element: &HtmlElement) -> bool {
    let box_or_button = element.dyn_ref::<HtmlInputElement>().is_some_and(|input| matches!(input.type_().as_str(), "checkbox" | "submit"));
    matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT") && !box_or_button
}

fn step(document: &Document, by: i32) -> Option<()> {
    let links = document.query_selector_all(LINKS).ok()?;
    let here = document.active_element().and_then(|element| element.closest("[data-row]").ok().flatten());
    let count = i32::try_from(links.length()).ok()?;
    let link = |i: i32| links.get(u32::try_from(i).ok()?)?.dyn_into::<HtmlElement>().ok();
    let now = here.and_then(|row| (0..count).find(|i| link(*i).is_some_and(|link| row.contains(Some(&link)))));
    let next = now.map_or(if by > 0 { 0 } else { count - 1 }, |now| (now + by).clamp(0, count - 1));
    let next = link(next)?;
    next.focus().ok()?;
    next.scroll_into_view_with_bool(false);
    Some(())
}

fn choose(document: &Document) -> Option<()> {
    let row = document.active_element()?.closest("[data-row]").ok()??;
    let check: HtmlInputElement = row.query_selector("input[type=checkbox]").ok()??.dyn_into().ok()?;
    check.click();
    Some(())
}

fn search(document: &Document) -> Option<()> {
    let input: HtmlInputElement = document.query_selector("input[type=search]").ok()??.dyn_into().ok()?;
    input.focus().ok()?;
    input.select();
    Some(())
}

/// What a form is filled with, as the query of an address; empty fields are left out.
pub fn form_query(event: &SubmitEvent) -> Option<String> {
    let form: HtmlFormElement = event.target()?.dyn_into().ok()?;
    let filled = UrlSearchParams::new().ok()?;
    let data = FormData::new_with_form(&form).ok()?;
    for pair in js_sys::try_iter(data.as_ref()).ok()?? {
        let pair = js_sys::Array::from(&pair.ok()?);
        if let (Some(name), Some(value)) = (pair.get(0).as_string(), pair.get(1).as_string())
            && !value.is_empty()
        {
            filled.append(&name, &value);
        }
    }
    Some(String::from(filled.to_string()))
}

/// Whether the input method is in the middle of a word.
pub fn is_composing(event: &Event) -> bool {
    js_sys::Reflect::get(event, &"isComposing".into()).is_ok_and(|composing| composing.is_truthy())
}

/// Submits the form around what the event is of.
pub fn submit_form_around(event: &Event) {
    if let Some(form) = form_of(event) {
        let _ = form.request_submit();
    }
}

fn form_of(event: &Event) -> Option<HtmlFormElement> {
    let element: HtmlElement = event.target()?.dyn_into().ok()?;
    element.closest("form").ok()??.dyn_into().ok()
}

fn boxes(form: &HtmlFormElement) -> Vec<HtmlInputElement> {
    let Ok(all) = form.query_selector_all("[data-row] input[type=checkbox]") else { return Vec::new() };
    (0..all.length()).filter_map(|i| all.get(i)?.dyn_into().ok()).collect()
}

/// Chooses every row of the form, or none, like the box that the event is of.
pub fn check_all(event: &Event) {
    let like = event.target().and_then(|t| t.dyn_into::<HtmlInputElement>().ok()).is_some_and(|input| input.checked());
    if let Some(form) = form_of(event) {
        boxes(&form).iter().for_each(|check| check.set_checked(like));
    }
}

/// How many rows of the form are chosen.
pub fn count_checked(event: &Event) -> usize {
    form_of(event).map_or(0, |form| boxes(&form).iter().filter(|check| check.checked()).count())
}
