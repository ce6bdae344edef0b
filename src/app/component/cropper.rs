//! Moves, zooms and turns the opened picture under a round window: by mouse, by one or two fingers, by keys, by the slider.

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::icon::{Glyph, Icon};
use crate::app::browser::{self, Pointer};
use crate::app::state::crop::{Crop, ZOOM_MAX};
use crate::i18n::use_texts;
use crate::model::error::ApiError;

/// How far an arrow key moves, in window sides, and how much a key or a notch of the wheel zooms.
const STEP: f64 = 0.04;
const NOTCH: f64 = 1.1;

/// The window, and what moves the picture under it. No crop (any more): cancelled.
#[component]
pub fn Cropper(crop: RwSignal<Option<Crop>>, done: Callback<Result<(), ApiError>>) -> impl IntoView {
    let texts = use_texts();
    let canvas = NodeRef::<html::Canvas>::new();
    let sending = RwSignal::new(false);
    let change = move |f: &dyn Fn(Crop) -> Crop| crop.update(|crop| *crop = crop.map(f));
    Effect::new(move || {
        if let (Some(canvas), Some(crop)) = (canvas.get(), crop.get()) {
            browser::draw_picture(&canvas, crop);
        }
    });
    canvas.on_load(|canvas| browser::focus(&canvas));
    let save = move |_| {
        let Some(crop) = crop.get_untracked().filter(|_| !sending.get_untracked()) else { return };
        sending.set(true);
        spawn_local(async move {
            let result = browser::send_picture(crop).await;
            let _ = sending.try_set(false);
            done.run(result);
        });
    };
    let slide = move |event: leptos::ev::Event| {
        let Ok(zoom) = event_target_value(&event).parse::<f64>() else { return };
        change(&|crop| crop.zoomed(zoom / crop.zoom, 0.0, 0.0));
    };
    let zoom = move || crop.get().map_or(1.0, |crop| crop.zoom).to_string();
    view! {
        <div class="cropper">
            <Window canvas crop/>
            <div class="cropper-tools">
                <button type="button" class="icon-button" aria-label=texts.person().turn_left title=texts.person().turn_left on:click=move |_| change(&|crop| crop.turned(-1))>
                    <Icon glyph=Glyph::TurnLeft/>
                </button>
                <input type="range" min="1" max=ZOOM_MAX.to_string() step="0.01" aria-label=texts.person().zoom prop:value=zoom on:input=slide/>
                <button type="button" class="icon-button" aria-label=texts.person().turn_right title=texts.person().turn_right on:click=move |_| change(&|crop| crop.turned(1))>
                    <Icon glyph=Glyph::Refresh/>
                </button>
            </div>
            <div class="panel-actions">
                <button type="button" class="button quiet" on:click=move |_| crop.set(None)>{texts.common.cancel}</button>
                <button type="button" class="button seal-button" aria-busy=move || sending.get().to_string() on:click=save>{texts.person().use_picture}</button>
            </div>
        </div>
    }
}

/// The window itself. The pointers that are down are kept, so that a second finger makes a pinch of a drag.
#[component]
fn Window(canvas: NodeRef<html::Canvas>, crop: RwSignal<Option<Crop>>) -> impl IntoView {
    let texts = use_texts();
    let down = StoredValue::new(Vec::<Pointer>::new());
    let change = move |f: &dyn Fn(Crop) -> Crop| crop.update(|crop| *crop = crop.map(f));
    let press = move |event: leptos::ev::PointerEvent| {
        let pointer = browser::pointer(&event);
        browser::hold_pointer(&event);
        down.update_value(|down| down.push(pointer));
    };
    let lift = move |event: leptos::ev::PointerEvent| {
        let id = browser::pointer(&event).id;
        down.update_value(|down| down.retain(|pointer| pointer.id != id));
    };
    let drag = move |event: leptos::ev::PointerEvent| {
        let now = browser::pointer(&event);
        let before = down.get_value();
        let Some(was) = before.iter().find(|pointer| pointer.id == now.id).copied() else { return };
        down.update_value(|down| down.iter_mut().filter(|pointer| pointer.id == now.id).for_each(|pointer| *pointer = now));
        match before.iter().find(|pointer| pointer.id != now.id) {
            None => change(&|crop| crop.moved(now.x - was.x, now.y - was.y)),
            Some(other) => change(&|crop| pinched(crop, *other, was, now)),
        }
    };
    let wheel = move |event: leptos::ev::WheelEvent| {
        event.prevent_default();
        let at = browser::wheel_place(&event);
        let factor = if event.delta_y() < 0.0 { NOTCH } else { 1.0 / NOTCH };
        change(&|crop| crop.zoomed(factor, at.0, at.1));
    };
    let key = move |event: leptos::ev::KeyboardEvent| {
        if let Some(moved) = keyed(&event.key()) {
            event.prevent_default();
            change(&moved);
        }
    };
    view! {
        <canvas
            node_ref=canvas
            class="cropper-window"
            width="576"
            height="576"
            tabindex="0"
            role="application"
            aria-label=texts.person().crop
            on:pointerdown=press
            on:pointermove=drag
            on:pointerup=lift
            on:pointercancel=lift
            on:wheel=wheel
            on:keydown=key
        ></canvas>
    }
}

/// Two fingers: the picture follows their middle and grows with their distance.
fn pinched(crop: Crop, other: Pointer, was: Pointer, now: Pointer) -> Crop {
    let distance = |a: Pointer| (a.x - other.x).hypot(a.y - other.y).max(0.01);
    let middle = ((now.x + other.x) / 2.0, (now.y + other.y) / 2.0);
    crop.zoomed(distance(now) / distance(was), middle.0, middle.1).moved((now.x - was.x) / 2.0, (now.y - was.y) / 2.0)
}

/// What a key does.
fn keyed(key: &str) -> Option<impl Fn(Crop) -> Crop> {
    let (x, y, factor, turn) = match key {
        "ArrowLeft" => (-STEP, 0.0, 1.0, 0),
        "ArrowRight" => (STEP, 0.0, 1.0, 0),
        "ArrowUp" => (0.0, -STEP, 1.0, 0),
        "ArrowDown" => (0.0, STEP, 1.0, 0),
        "+" | "=" => (0.0, 0.0, NOTCH, 0),
        "-" => (0.0, 0.0, 1.0 / NOTCH, 0),
        "r" => (0.0, 0.0, 1.0, 1),
        "R" => (0.0, 0.0, 1.0, -1),
        _ => return None,
    };
    Some(move |crop: Crop| if turn == 0 { crop.zoomed(factor, 0.0, 0.0).moved(x, y) } else { crop.turned(turn) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_move_zoom_and_turn() {
        let crop = Crop::new(400.0, 200.0);
        let press = |key: &str| keyed(key).map(|f| f(crop));
        assert_eq!(press("ArrowRight").unwrap().x, STEP);
        assert!(press("+").unwrap().zoom > 1.0 && press("-").unwrap().zoom == 1.0);
        assert_eq!((press("r").unwrap().turns, press("R").unwrap().turns), (1, 3));
        assert!(press("x").is_none());
    }

    #[test]
    fn two_fingers_going_apart_zoom_in() {
        let finger = |id, x, y| Pointer { id, x, y };
        let crop = Crop::new(200.0, 200.0);
        let apart = pinched(crop, finger(1, -0.1, 0.0), finger(2, 0.1, 0.0), finger(2, 0.3, 0.0));
        assert!((apart.zoom - 2.0).abs() < 1e-9);
    }
}
