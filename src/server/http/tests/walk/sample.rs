//! With what a route is asked, so that what is refused is refused to the person and not to the words: documented bodies from
//! their schema, arguments of server functions from what they say is missing.

use http::Method;
use serde_json::{Map, Value, json};

use super::people::{Person, World};
use super::route::Route;
use super::rule::{self, OPTIONAL, Thing};
use crate::server::http::rest;

/// Fills in the query and the body of a documented operation.
pub fn fill(route: &mut Route, operation: &Value, world: &World, things: &mut Vec<Thing>) {
    let document = serde_json::to_value(rest::openapi()).unwrap();
    let mut named = |name: &str| {
        let thing = rule::thing(&route.path, name)?;
        things.push(thing);
        Some(world.id(thing))
    };
    let mut query = Vec::new();
    for parameter in operation["parameters"].as_array().into_iter().flatten().filter(|parameter| parameter["in"] == "query") {
        let name = parameter["name"].as_str().unwrap();
        let value =
            named(name).map(Value::from).or_else(|| (parameter["required"] == true).then(|| sample(&document, &parameter["schema"])));
        query.extend(value.map(|value| format!("{name}={}", value.as_str().map_or_else(|| value.to_string(), str::to_owned))));
    }
    let Some(content) = operation["requestBody"]["content"].as_object() else {
        route.url = with_query(&route.url, &query);
        return;
    };
    let (kind, content) = content.iter().next().unwrap();
    let mut body = sample(&document, &content["schema"]);
    let properties = resolved(&document, &content["schema"])["properties"].as_object().cloned().unwrap_or_default();
    for name in properties.keys() {
        if let (Some(id), Some(body)) = (named(name), body.as_object_mut()) {
            body.insert(name.clone(), id.into());
        }
    }
    route.url = with_query(&route.url, &query);
    let text = if kind == "application/json" { body.to_string() } else { "no such thing".to_owned() };
    route.body = Some((kind.clone(), text));
}

fn with_query(url: &str, query: &[String]) -> String {
    if query.is_empty() { url.to_owned() } else { format!("{url}?{}", query.join("&")) }
}

/// The schema that is meant: references followed, null left aside.
fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    if let Some(pointer) = schema["$ref"].as_str() {
        return resolved(document, document.pointer(pointer.trim_start_matches('#')).unwrap());
    }
    let either = schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array());
    let Some(either) = either else { return schema };
    either.iter().find(|one| one["type"] != "null").map_or(schema, |one| resolved(document, one))
}

/// A value that the schema allows, with what is required only.
fn sample(document: &Value, schema: &Value) -> Value {
    let schema = resolved(document, schema);
    let given = [&schema["example"], &schema["examples"][0], &schema["enum"][0], &schema["const"]];
    if let Some(value) = given.into_iter().find(|value| !value.is_null()) {
        return value.clone();
    }
    if let Some(all) = schema["allOf"].as_array() {
        let parts = all.iter().map(|part| sample(document, part));
        return parts.filter_map(|part| part.as_object().cloned()).flatten().collect::<Map<_, _>>().into();
    }
    let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str());
    match kind.unwrap_or_default() {
        "object" => {
            let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            required.map(|name| (name.to_owned(), sample(document, &schema["properties"][name]))).collect::<Map<_, _>>().into()
        }
        "array" => json!([sample(document, &schema["items"])]),
        "integer" | "number" => schema.get("minimum").cloned().unwrap_or(json!(1)),
        "boolean" => json!(false),
        _ if schema["format"] == "uuid" => rule::unknown().into(),
        _ if schema["format"] == "date-time" => json!("2026-11-23T12:00:00Z"),
        _ => json!("sample"),
    }
}

/// An argument that is being learned: its name, its value, and other values to try.
struct Argument {
    name: String,
    value: String,
    others: Vec<String>,
}

/// Fills in the arguments of a server function: it says which one it misses, and which it cannot read.
pub async fn learn(route: &mut Route, world: &World, things: &mut Vec<Thing>) -> Result<(), String> {
    let mut arguments: Vec<Argument> = Vec::new();
    let optional = OPTIONAL.iter().filter(|(path, _)| *path == route.path).map(|(_, name)| *name);
    arguments.extend(optional.map(|name| argument(route, world, things, name)));
    for _ in 0..60 {
        let form: Vec<String> = arguments.iter().map(|argument| format!("{}={}", argument.name, argument.value)).collect();
        let form = form.join("&");
        if route.method == Method::GET {
            route.url = format!("{}?{form}", route.path);
        } else {
            route.body = Some(("application/x-www-form-urlencoded".to_owned(), form));
        }
        let answer = world.ask(route, Person::Nobody).await;
        if !answer.said.contains("\"malformed\"") {
            return Ok(());
        }
        let said = answer.said;
        let missing = said.split("missing field `").nth(1).and_then(|rest| rest.split('`').next());
        match (missing, arguments.last_mut()) {
            (Some(name), _) => arguments.push(argument(route, world, things, name)),
            (None, Some(last)) if said.contains("QsDeserializer") && !last.name.contains('[') => {
                // A group of arguments, all of which may be left out.
                (last.name, last.value) = (format!("{}[_]", last.name), String::new());
            }
            (None, Some(last)) => last.value = next_value(last, &said).ok_or_else(|| unlearned(route, &said))?,
            (None, None) => return Err(unlearned(route, &said)),
        }
    }
    Err(unlearned(route, "it never ends"))
}

fn argument(route: &Route, world: &World, things: &mut Vec<Thing>, name: &str) -> Argument {
    let thing = rule::thing(&route.path, name);
    things.extend(thing);
    let value = thing.map_or_else(rule::unknown, |thing| world.id(thing));
    Argument { name: name.to_owned(), value, others: ["2026-11-23T12:00:00Z", "1", "true"].map(str::to_owned).to_vec() }
}

/// One of the words that are expected, else the next kind of value.
fn next_value(argument: &mut Argument, said: &str) -> Option<String> {
    let word = said.split("expected ").nth(1).filter(|_| said.contains("unknown variant")).and_then(|rest| rest.split('`').nth(1));
    word.map(str::to_owned).or_else(|| argument.others.pop())
}

fn unlearned(route: &Route, said: &str) -> String {
    format!("{}: its arguments could not be found out: {said}", route.name())
}
