//! What an administrator says of one model, as a plain form.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::components::A;
use leptos_router::hooks::use_navigate;

use super::area::Area;
use super::choose::Choose;
use super::door::DoorError;
use super::field::Field;
use super::sending::sending;
use super::setup_fields::SetupFields;
use crate::app::page::model::LIST;
use crate::app::state::session::Models;
use crate::i18n::usage::count;
use crate::i18n::use_texts;
use crate::model::catalogue::{Access, CatalogueEntry, ICON_MAX, Known, ModelForm as Said, TITLE_MAX, typed_price, typed_rate};
use crate::model::error::ApiError;
use crate::model::voice::Task;
use crate::rpc::catalogue::{Forget, Save};
use crate::rpc::{self, Rpc};

/// Longest list of people that the form takes, in characters.
const PEOPLE_TEXT: usize = 20_000;

#[component]
pub fn ModelForm(entry: CatalogueEntry) -> impl IntoView {
    let texts = use_texts();
    let t = texts.catalogue();
    let navigate = use_navigate();
    let Models(models) = expect_context();
    let saved = Callback::new(move |()| {
        models.refetch();
        navigate(&format!("{LIST}?saved=1"), Default::default());
    });
    let (error, submit) = sending(save, saved);
    let wrong = error.into();
    let CatalogueEntry { model, provider_id, known, own, .. } = entry;
    let name = model.split_once('/').map(|(_, name)| name.to_owned()).unwrap_or_default();
    let forget = own.is_some().then(|| view! { <ForgetForm id=provider_id.to_string() name=name.clone()/> });
    let said = own.unwrap_or_default();
    let setup = RwSignal::new(said.setup.clone().into());
    view! {
        <form method="post" action=Save::url() class="panel" on:submit=move |event| submit.run(event)>
            <h2>{model}</h2>
            {move || view! { <DoorError error=error.get()/> }}
            <input type="hidden" name="id" value=provider_id.to_string()/>
            <input type="hidden" name="name" value=name/>
            <label class="check"><input type="checkbox" name="enabled" value="true" checked=said.enabled/>{t.enabled}</label>
            <Shown said=said.clone() known=known.clone() wrong/>
            <Users said=said.clone() wrong/>
            <Facts said known wrong/>
            <fieldset class="field-group">
                <legend>{t.setup}</legend>
                <p class="hint">{t.setup_hint}</p>
                <SetupFields typed=setup ignores=Signal::stored(Vec::new()) error=wrong/>
            </fieldset>
            <div class="panel-actions">
                <A href=LIST attr:class="button quiet">{texts.common.cancel}</A>
                <button type="submit" class="button seal-button">{texts.common.save}</button>
            </div>
        </form>
        {forget}
    }
}

async fn save(form: Save) -> Rpc<()> {
    let Save { id, name, enabled, title, icon, position, access, people, context, output, .. } = form;
    let Save {
        price_input, price_output, price_cached, price_minute, price_characters, vision, tools, reasoning, files, task, setup, ..
    } = form;
    rpc::catalogue::save(
        id,
        name,
        enabled,
        title,
        icon,
        position,
        access,
        people,
        context,
        output,
        price_input,
        price_output,
        price_cached,
        price_minute,
        price_characters,
        vision,
        tools,
        reasoning,
        files,
        task,
        setup,
    )
    .await
}

#[component]
fn ForgetForm(id: String, name: String) -> impl IntoView {
    view! {
        <form method="post" action=Forget::url() class="plain">
            <input type="hidden" name="id" value=id/>
            <input type="hidden" name="name" value=name/>
            <button type="submit" class="button quiet small">{use_texts().catalogue().forget}</button>
        </form>
    }
}

/// How people find it.
#[component]
fn Shown(said: Said, known: Known, wrong: Signal<Option<ApiError>>) -> impl IntoView {
    let t = use_texts().catalogue();
    let hint = known.title.map_or_else(|| t.name_hint.to_owned(), |title| (t.known)(&title));
    let position = said.position.map(|place| place.to_string()).unwrap_or_default();
    view! {
        <Field name="title" label=t.name value=said.title.unwrap_or_default() hint=hint max=TITLE_MAX autocomplete="off" error=wrong/>
        <div class="field-pairs">
            <Field name="icon" label=t.icon value=said.icon.unwrap_or_default() hint=t.icon_hint max=ICON_MAX autocomplete="off" error=wrong/>
            <Field name="position" label=t.position kind="number" value=position hint=t.position_hint autocomplete="off" error=wrong/>
        </div>
    }
}

/// Who may use it.
#[component]
fn Users(said: Said, wrong: Signal<Option<ApiError>>) -> impl IntoView {
    let t = use_texts().catalogue();
    let ways = Access::ALL.map(|access| {
        let checked = access == said.access;
        view! { <label class="check"><input type="radio" name="access" value=access.name() checked=checked/>{(t.accesses)(access)}</label> }
    });
    view! {
        <fieldset class="checks"><legend>{t.access}</legend>{ways.into_iter().collect_view()}</fieldset>
        <Area name="people" label=t.people value=said.people.join("\n") hint=t.people_hint max=PEOPLE_TEXT error=wrong/>
    }
}

/// What it can do, and for how much.
#[component]
fn Facts(said: Said, known: Known, wrong: Signal<Option<ApiError>>) -> impl IntoView {
    let t = use_texts().catalogue();
    let tokens = |n: Option<u32>| n.map_or_else(|| t.unknown.to_owned(), |n| count(u64::from(n)));
    let dollars = |micro: Option<u64>| micro.map_or_else(|| t.unknown.to_owned(), typed_price);
    let typed = |n: Option<u32>| n.map(|n| n.to_string()).unwrap_or_default();
    let (own, price) = (said.price, known.price);
    let numbers = [
        ("context", t.context, typed(said.context), tokens(known.context)),
        ("output", t.output, typed(said.output), tokens(known.output)),
        ("price_input", t.price_input, own.map(|p| typed_price(p.input)).unwrap_or_default(), dollars(price.map(|p| p.input))),
        ("price_output", t.price_output, own.map(|p| typed_price(p.output)).unwrap_or_default(), dollars(price.map(|p| p.output))),
        (
            "price_cached",
            t.price_cached,
            own.and_then(|p| p.cached).map(typed_price).unwrap_or_default(),
            dollars(price.and_then(|p| p.cached)),
        ),
    ];
    let (rate, rates) = (typed_rate(said.rate), typed_rate(known.rate));
    let paid = [("price_minute", t.price_minute), ("price_characters", t.price_characters)];
    let paid = paid
        .into_iter()
        .zip(rate.into_iter().zip(rates))
        .map(|((name, label), (own, known))| (name, label, own.unwrap_or_default(), known.unwrap_or_else(|| t.unknown.to_owned())));
    let numbers = numbers.into_iter().chain(paid).map(|(name, label, value, known)| {
        view! { <Field name=name label=label value=value hint=(t.known)(&known) autocomplete="off" error=wrong/> }
    });
    let (can, knows) = (said.abilities, known.abilities);
    let abilities = [
        ("vision", t.vision, can.vision, knows.vision),
        ("tools", t.tools, can.tools, knows.tools),
        ("reasoning", t.reasoning, can.reasoning, knows.reasoning),
        ("files", t.files, can.files, knows.files),
    ];
    let abilities = abilities.map(|(name, label, own, known)| view! { <Ability name label own known/> });
    let tasks = Task::ALL.map(|task| (task.name().to_owned(), (t.tasks)(task).to_owned())).to_vec();
    let (as_known, task) = ((t.known)((t.tasks)(known.task)), said.task.map(|task| task.name().to_owned()));
    view! {
        <fieldset class="field-group">
            <legend>{t.facts}</legend>
            <p class="hint">{t.facts_hint}</p>
            <div class="field-pairs">{numbers.collect_view()}{abilities.into_iter().collect_view()}
                <Choose name="task" label=t.task none=as_known options=tasks chosen=task/>
            </div>
        </fieldset>
    }
}

#[component]
fn Ability(name: &'static str, label: &'static str, own: Option<bool>, known: Option<bool>) -> impl IntoView {
    let t = use_texts().catalogue();
    let (yes, no) = (t.yes, t.no);
    let none = match known {
        Some(true) => yes,
        Some(false) => no,
        None => t.unknown,
    };
    let none = (t.known)(none);
    let options = [("yes", yes), ("no", no)].map(|(value, label)| (value.to_owned(), label.to_owned()));
    let chosen = own.map(|can| if can { "yes" } else { "no" }.to_owned());
    view! { <Choose name label none options=options.to_vec() chosen/> }
}
