//! What a chat's models are told and set to, as fields: in a chat's panel and in the form of an assistant.
#![allow(clippy::too_many_arguments, reason = "the parts of a field are the arguments of its function")]

use leptos::prelude::*;

use super::area::escaped;
use super::setup_panel;
use crate::app::browser;
use crate::i18n::{field_sentence, use_texts};
use crate::model::error::ApiError;
use crate::model::setup::{Effort, Parameter, STOP_MAX, STOPS_MAX, SYSTEM_MAX, TOKENS_MAX, Typed};

/// One of the texts.
type Part = fn(&mut Typed) -> &mut String;

/// What all fields share.
#[derive(Clone, Copy)]
struct Around {
    typed: RwSignal<Typed>,
    /// The form that they belong to, where it is not around them.
    form: Option<&'static str>,
    /// What the model does not take.
    ignores: Signal<Vec<Parameter>>,
    error: Signal<Option<ApiError>>,
}

impl Around {
    fn input(self, part: Part) -> impl Fn(leptos::ev::Event) + Clone {
        move |event| self.typed.update(|typed| *part(typed) = event_target_value(&event))
    }

    fn value(self, part: Part) -> String {
        let mut typed = self.typed.get_untracked();
        std::mem::take(part(&mut typed))
    }

    /// What is wrong with a field, else whether it is left out, else what it is.
    fn note(self, name: &'static str, parameter: Option<Parameter>, hint: &'static str) -> impl IntoView {
        let texts = use_texts();
        move || {
            let wrong = self.error.read().as_ref().and_then(|error| error.field(name)).map(|field| field_sentence(texts, field));
            let ignored = parameter.is_some_and(|parameter| self.ignores.read().contains(&parameter));
            match wrong {
                Some(wrong) => view! { <p class="wrong" id=format!("{name}-note")>{wrong}</p> }.into_any(),
                None if ignored => view! { <p class="hint ignored" id=format!("{name}-note")>{texts.setup().ignored}</p> }.into_any(),
                None => view! { <p class="hint" id=format!("{name}-note")>{hint}</p> }.into_any(),
            }
        }
    }
}

/// The fields. They post as `setup[…]`, and `typed` follows what is typed.
#[component]
pub fn SetupFields(
    typed: RwSignal<Typed>,
    #[prop(optional_no_strip)] form: Option<&'static str>,
    ignores: Signal<Vec<Parameter>>,
    error: Signal<Option<ApiError>>,
) -> impl IntoView {
    let texts = use_texts();
    let around = Around { typed, form, ignores, error };
    let stops = STOPS_MAX * (STOP_MAX + 2);
    view! {
        {lines(around, "system_prompt", texts.setup().system_prompt, None, "", SYSTEM_MAX, |typed| &mut typed.system_prompt)}
        <div class="field-pairs">
            {number(around, "temperature", texts.setup().temperature, Parameter::Temperature, ("0", "2", "0.01"), |typed| &mut typed.temperature)}
            {number(around, "top_p", texts.setup().top_p, Parameter::TopP, ("0.01", "1", "0.01"), |typed| &mut typed.top_p)}
            {number(around, "max_tokens", texts.setup().max_tokens, Parameter::MaxTokens, ("1", "", "1"), |typed| &mut typed.max_tokens)}
            {effort(around)}
        </div>
        {lines(around, "stop", texts.setup().stop, Some(Parameter::Stop), texts.setup().stop_hint, stops, |typed| &mut typed.stop)}
    }
}

fn lines(
    around: Around,
    name: &'static str,
    label: &'static str,
    parameter: Option<Parameter>,
    hint: &'static str,
    max: usize,
    part: Part,
) -> AnyView {
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <textarea
                id=name
                name=format!("setup[{name}]")
                form=around.form
                rows="2"
                maxlength=max.to_string()
                aria-describedby=format!("{name}-note")
                on:input=around.input(part)
                inner_html=escaped(&around.value(part))
            ></textarea>
            {around.note(name, parameter, hint)}
        </div>
    }
    .into_any()
}

/// The browser can say what is wrong with a field only where that is in view.
fn show(around: Around) {
    if around.form.is_some() {
        browser::show_popover(setup_panel::ID);
    }
}

fn number(
    around: Around,
    name: &'static str,
    label: &'static str,
    parameter: Parameter,
    (min, max, step): (&'static str, &'static str, &'static str),
    part: Part,
) -> AnyView {
    let texts = use_texts();
    let hint = if parameter == Parameter::Temperature { texts.setup().temperature_hint } else { "" };
    let max = if max.is_empty() { TOKENS_MAX.to_string() } else { max.to_owned() };
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <input
                id=name
                name=format!("setup[{name}]")
                form=around.form
                type="number"
                inputmode="decimal"
                min=min
                max=max
                step=step
                value=around.value(part)
                placeholder=texts.setup().own
                autocomplete="off"
                aria-describedby=format!("{name}-note")
                on:input=around.input(part)
                on:invalid=move |_| show(around)
            />
            {around.note(name, Some(parameter), hint)}
        </div>
    }
    .into_any()
}

fn effort(around: Around) -> AnyView {
    let texts = use_texts();
    let chosen = around.value(|typed| &mut typed.reasoning_effort);
    let options = Effort::ALL.into_iter().zip(texts.setup().efforts).map(|(effort, label)| {
        view! { <option value=effort.name() selected=chosen == effort.name()>{label}</option> }
    });
    view! {
        <div class="field">
            <label for="reasoning_effort">{texts.setup().effort}</label>
            <select
                id="reasoning_effort"
                name="setup[reasoning_effort]"
                form=around.form
                aria-describedby="reasoning_effort-note"
                on:change=around.input(|typed| &mut typed.reasoning_effort)
            >
                <option value="">{texts.setup().effort_own}</option>
                {options.collect_view()}
            </select>
            {around.note("reasoning_effort", Some(Parameter::ReasoningEffort), "")}
        </div>
    }
    .into_any()
}
