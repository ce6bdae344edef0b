//! What administrators say of a model, as it is typed.

use serde::{Deserialize, Serialize};

use super::{Access, ModelForm, PRICE_MAX};
use crate::model::error::{ApiError, Fields, Rule};
use crate::model::provider::{Abilities, Price, Rate, Unit};
use crate::model::setup::{Setup, Typed};
use crate::model::voice::Task;

/// A [`ModelForm`] as people type it: a form's fields, all of them text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TypedModel {
    /// `true` or nothing.
    pub enabled: String,
    pub title: String,
    pub icon: String,
    pub position: String,
    pub access: String,
    /// One address a line.
    pub people: String,
    pub context: String,
    pub output: String,
    /// Dollars for a million tokens.
    pub price_input: String,
    pub price_output: String,
    pub price_cached: String,
    /// Dollars for a minute that is heard, or a million characters that are read aloud.
    pub price_minute: String,
    pub price_characters: String,
    /// `yes`, `no`, or nothing.
    pub vision: String,
    pub tools: String,
    pub reasoning: String,
    pub files: String,
    /// The name of a [`Task`], or nothing.
    pub task: String,
}

impl TypedModel {
    /// What was meant. What cannot be read is an error about its field.
    pub fn read(self, setup: Typed) -> Result<ModelForm, ApiError> {
        let mut fields = Fields::default();
        let input = dollars(&mut fields, "price_input", &self.price_input);
        let output = dollars(&mut fields, "price_output", &self.price_output);
        let cached = dollars(&mut fields, "price_cached", &self.price_cached);
        if input.is_some() != output.is_some() || (cached.is_some() && input.is_none()) {
            let field = if input.is_none() { "price_input" } else { "price_output" };
            fields.add(field, Rule::Required, "The prices of input and output belong together.");
        }
        let minute = dollars(&mut fields, "price_minute", &self.price_minute);
        let characters = dollars(&mut fields, "price_characters", &self.price_characters);
        if minute.and(characters).is_some() {
            fields.add("price_characters", Rule::Format, "A model hears or reads aloud: say only one of the two prices.");
        }
        let second = minute.map(|micro| Rate { unit: Unit::Second, price: micro * 1_000_000 / 60 });
        let form = ModelForm {
            enabled: self.enabled == "true",
            title: Some(self.title),
            icon: Some(self.icon),
            position: number(&mut fields, "position", &self.position),
            access: Access::ALL.into_iter().find(|access| access.name() == self.access).unwrap_or_default(),
            people: self.people.split(['\n', ',', ';', ' ']).map(str::to_owned).collect(),
            context: number(&mut fields, "context", &self.context),
            output: number(&mut fields, "output", &self.output),
            price: input.zip(output).map(|(input, output)| Price { input, output, cached }),
            rate: second.or(characters.map(|price| Rate { unit: Unit::Character, price })),
            abilities: Abilities {
                vision: flag(&self.vision),
                tools: flag(&self.tools),
                reasoning: flag(&self.reasoning),
                files: flag(&self.files),
            },
            task: Task::named(&self.task),
            setup: Setup::default(),
        };
        fields.check()?;
        ModelForm { setup: setup.read()?, ..form }.checked()
    }
}

fn flag(text: &str) -> Option<bool> {
    match text {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

fn number(fields: &mut Fields, name: &str, text: &str) -> Option<u32> {
    let text = text.trim().replace([',', ' '], "");
    let read = text.parse().ok();
    if read.is_none() && !text.is_empty() {
        fields.add(name, Rule::Format, format!("{name} must be a whole number."));
    }
    read
}

/// Micro-dollars.
fn dollars(fields: &mut Fields, name: &str, text: &str) -> Option<u64> {
    let text = text.trim().trim_start_matches('$').replace(',', ".");
    if text.is_empty() {
        return None;
    }
    match text.parse::<f64>() {
        Ok(price) if price >= 0.0 && price * 1e6 <= PRICE_MAX as f64 => Some((price * 1e6).round() as u64),
        _ => {
            fields.add(name, Rule::Format, format!("{name} must be a number of dollars from 0 to 10000."));
            None
        }
    }
}

/// A price as it is typed: micro-dollars as dollars.
pub fn typed_price(micro: u64) -> String {
    (micro as f64 / 1e6).to_string()
}

/// A rate as it is typed: dollars for a minute, and for a million characters.
pub fn typed_rate(rate: Option<Rate>) -> [Option<String>; 2] {
    let of = |unit, factor: f64| rate.filter(|rate| rate.unit == unit).map(|rate| (rate.price as f64 * factor).round() / 1e6);
    // Of a minute, a millionth of a dollar is the least that is told.
    [of(Unit::Second, 60.0 / 1e6), of(Unit::Character, 1.0)].map(|dollars| dollars.map(|dollars| dollars.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_by_the_minute_or_character_is_read_and_shown() {
        let read = |typed: TypedModel| typed.read(Typed::default());
        let heard = read(TypedModel { price_minute: "0.006".into(), ..Default::default() }).unwrap().rate;
        assert_eq!(heard, Some(Rate { unit: Unit::Second, price: 100_000_000 }));
        assert_eq!(typed_rate(heard), [Some("0.006".into()), None]);
        let read_aloud = read(TypedModel { price_characters: "15".into(), ..Default::default() }).unwrap().rate;
        assert_eq!(read_aloud, Some(Rate { unit: Unit::Character, price: 15_000_000 }));
        assert_eq!(typed_rate(read_aloud), [None, Some("15".into())]);
        let both = TypedModel { price_minute: "1".into(), price_characters: "1".into(), ..Default::default() };
        assert!(read(both).unwrap_err().field("price_characters").is_some());
    }

    #[test]
    fn what_is_typed_is_read() {
        let typed = TypedModel {
            enabled: "true".into(),
            title: " GPT ".into(),
            access: "people".into(),
            people: "Ada@example.org\r\nbob@example.org, ada@example.org".into(),
            context: "128,000".into(),
            price_input: "0.25".into(),
            price_output: "$2".into(),
            vision: "yes".into(),
            tools: "no".into(),
            files: "yes".into(),
            ..TypedModel::default()
        };
        let form = typed.read(Typed { temperature: "0.5".into(), ..Typed::default() }).unwrap();
        assert_eq!((form.title.as_deref(), form.context, form.setup.temperature), (Some("GPT"), Some(128_000), Some(0.5)));
        assert_eq!(form.people, ["ada@example.org", "bob@example.org"]);
        assert_eq!(form.price, Some(Price { input: 250_000, output: 2_000_000, cached: None }));
        assert_eq!(form.abilities, Abilities { vision: Some(true), tools: Some(false), reasoning: None, files: Some(true) });
        assert_eq!(typed_price(250_000), "0.25");
    }

    #[test]
    fn what_is_wrong_is_said_of_its_field() {
        let named = |typed: TypedModel| typed.read(Typed::default()).unwrap_err().fields.into_iter().map(|f| f.field).collect::<Vec<_>>();
        assert_eq!(
            named(TypedModel { price_input: "1".into(), context: "many".into(), ..Default::default() }),
            ["price_output", "context"]
        );
        assert_eq!(named(TypedModel { price_cached: "-1".into(), ..Default::default() }), ["price_cached"]);
        assert_eq!(named(TypedModel { access: "people".into(), ..Default::default() }), ["people"]);
    }
}
