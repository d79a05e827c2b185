//! A turn of Jane's for Home Assistant. Where the house is to do something, the model calls it, and Home Assistant does it.

use jane_engines::{Tool, ToolCall, WyomingEvent};
use serde_json::{Map, Value, json};

use super::House;
use super::connection::{Out, failed};
use crate::serve::sessions::{TurnPiece, TurnRequest};

/// Something that Home Assistant does by itself.
struct Intent {
    /// As Home Assistant calls it.
    name: &'static str,
    description: &'static str,
    parameters: &'static str,
    /// What people say for it, by which it is found.
    examples: &'static [&'static str],
}

const INTENTS: [Intent; 3] = [
    Intent {
        name: "HassTurnOn",
        description: "Turns on, opens or locks a device of the house, such as a light, or all in an area.",
        parameters: r#"{"type":"object","properties":{"name":{"type":"string","description":"Name of the device."},"area":{"type":"string","description":"Room."}}}"#,
        examples: &[
            "turn on the kitchen light",
            "turn on the lights in the living room",
            "switch on the lamp in the bedroom",
            "switch on the fan",
            "put the heating on",
            "turn on the television",
            "start the coffee machine",
            "open the blinds",
            "open the garage",
            "lock the front door",
        ],
    },
    Intent {
        name: "HassTurnOff",
        description: "Turns off, closes or unlocks a device of the house, such as a light, or all in an area.",
        parameters: r#"{"type":"object","properties":{"name":{"type":"string","description":"Name of the device."},"area":{"type":"string","description":"Room."}}}"#,
        examples: &[
            "turn off the kitchen light",
            "turn off the lights in the living room",
            "switch off the lamp in the bedroom",
            "switch off the fan",
            "put the heating off",
            "turn off the television",
            "stop the vacuum cleaner",
            "close the curtains",
            "close the garage",
            "unlock the front door",
        ],
    },
    Intent {
        name: "HassLightSet",
        description: "Sets how bright a light is, or its color.",
        parameters: r#"{"type":"object","properties":{"name":{"type":"string","description":"Name of the light."},"area":{"type":"string","description":"Room."},"brightness":{"type":"integer","minimum":0,"maximum":100},"color":{"type":"string"}}}"#,
        examples: &[
            "set the brightness of the kitchen light to 20 percent",
            "dim the bedroom lights to 30 percent",
            "make the living room light brighter",
            "turn the lights green",
            "set the lamp to red",
        ],
    },
];

/// Said where Home Assistant has done it and has nothing to say to that itself.
const DONE: &str = "Done.";

/// Asked where the model names neither a device nor a room: Home Assistant would take that for all devices, and fail.
const WHICH: &str = "Which one do you mean?";

/// What people call the devices of a room that are of one kind, and what Home Assistant calls that kind.
const KINDS: [(&str, &[&str]); 5] = [
    ("light", &["light", "lights", "lamp", "lamps"]),
    ("fan", &["fan", "fans"]),
    (
        "cover",
        &[
            "blind", "blinds", "curtain", "curtains", "shutter", "shutters",
        ],
    ),
    ("switch", &["switch", "switches", "socket", "sockets"]),
    ("lock", &["lock", "locks"]),
];

/// What stands before a name and is no part of it.
const ARTICLES: [&str; 4] = ["the", "a", "my", "our"];

/// Answers `question` in the conversation that Home Assistant calls `name`.
pub async fn handle(house: House, question: String, name: String, out: Out) {
    if question.trim().is_empty() {
        let text = json!({"text": "I heard nothing."});
        let _ = out.send(WyomingEvent::new("not-handled", text)).await;
        return;
    }
    let Ok(place) = house.sessions.enter("wyoming").await else {
        let _ = out
            .send(failed("she talks to as many as she can", "busy"))
            .await;
        return;
    };
    let tools = INTENTS.iter().map(|intent| Tool {
        name: intent.name.to_owned(),
        description: intent.description.to_owned(),
        parameters: intent.parameters.to_owned(),
        examples: intent
            .examples
            .iter()
            .map(|text| (*text).to_owned())
            .collect(),
    });
    let mut turn = house.sessions.turn(
        place,
        TurnRequest {
            exchanges: house.kept.exchanges(&name, house.idle),
            question: question.clone(),
            tools: tools.collect(),
            ..TurnRequest::default()
        },
    );
    let mut has_begun = false;
    // Home Assistant takes nothing but answers: what rang meanwhile is said before the next one.
    let before = unheard(&house);
    let mut unheard = before.clone();
    while let Some(piece) = turn.recv().await {
        match piece {
            TurnPiece::Text(text) => {
                let text = std::mem::take(&mut unheard) + &text;
                if !std::mem::replace(&mut has_begun, true) {
                    let begun = WyomingEvent::new("handled-start", json!({}));
                    let _ = out.send(begun).await;
                }
                let chunk = WyomingEvent::new("handled-chunk", json!({"text": text}));
                let _ = out.send(chunk).await;
            }
            TurnPiece::Ended(end) => {
                if let Some(call) = end.calls.first() {
                    let entities = entities(&call.arguments);
                    let is_whose = names_something(&entities);
                    let said = if is_whose { DONE } else { WHICH };
                    house.kept.push(&name, question, said.to_owned());
                    let event = match is_whose {
                        true => intent(call, entities, &before),
                        false => {
                            let text = format!("{before}{WHICH}");
                            WyomingEvent::new("handled", json!({"text": text}))
                        }
                    };
                    let _ = out.send(event).await;
                    return;
                }
                // Where there were chunks, they had it; the whole repeats them.
                let reply = format!("{before}{}", end.reply);
                house.kept.push(&name, question, end.reply);
                let reply = json!({"text": reply});
                let _ = out.send(WyomingEvent::new("handled", reply)).await;
                if has_begun {
                    let _ = out.send(WyomingEvent::new("handled-stop", json!({}))).await;
                }
                return;
            }
            TurnPiece::Failed(error) => {
                let _ = out.send(failed(&error.to_string(), "engine")).await;
                return;
            }
        }
    }
}

/// What is said before an answer, because nobody was there to hear it; empty for nothing.
fn unheard(house: &House) -> String {
    let texts = house.sessions.unheard().into_iter();
    texts.map(|text| text + " ").collect()
}

/// What the house is to do, and what is said where it has done it, behind what is said `before`.
fn intent(call: &ToolCall, entities: Vec<Value>, before: &str) -> WyomingEvent {
    let text = format!("{before}{DONE}");
    WyomingEvent::new(
        "intent",
        json!({"name": call.name, "entities": entities, "text": text}),
    )
}

/// Whether a device is named, or those of a room or kind.
fn names_something(entities: &[Value]) -> bool {
    let mut names = entities.iter().filter_map(|entity| entity["name"].as_str());
    names.any(|name| ["name", "area", "domain"].contains(&name))
}

/// What Home Assistant is told of the arguments: nothing that is empty, names without their article, and the kind of devices where no one of
/// them is named, for it knows them by their names alone.
fn entities(arguments: &str) -> Vec<Value> {
    let arguments: Map<String, Value> = serde_json::from_str(arguments).unwrap_or_default();
    let given = arguments.into_iter().filter_map(|(key, value)| {
        let value = match value.as_str() {
            Some(text) => Value::from(without_article(text)),
            None => value,
        };
        (!value.is_null() && value.as_str() != Some("")).then_some((key, value))
    });
    let mut given: Map<String, Value> = given.collect();
    let has_area = given.contains_key("area");
    let name = given.get("name").and_then(Value::as_str);
    if let Some(kind) = name.and_then(|name| kind(name, has_area)) {
        given.shift_remove("name");
        given.insert("domain".to_owned(), Value::from(kind));
    }
    let entities = given.into_iter();
    entities
        .map(|(name, value)| json!({"name": name, "value": value}))
        .collect()
}

/// The kind of devices of which `name` means all: those of a room, or where it says so, all there are.
fn kind(name: &str, has_area: bool) -> Option<&'static str> {
    let name = name.to_lowercase();
    let all = name.strip_prefix("all ").map(without_article);
    if all.is_none() && !has_area {
        return None;
    }
    let name = all.unwrap_or(&name);
    let mut kinds = KINDS.iter();
    kinds
        .find(|(_, names)| names.contains(&name))
        .map(|(kind, _)| *kind)
}

fn without_article(text: &str) -> &str {
    let text = text.trim();
    match text.split_once(' ') {
        Some((first, rest)) if ARTICLES.contains(&first.to_lowercase().as_str()) => {
            rest.trim_start()
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(arguments: &str) -> Value {
        Value::from(entities(arguments))
    }

    #[test]
    fn devices_are_named_as_home_assistant_knows_them() {
        assert_eq!(
            told(r#"{"name": "the kitchen light", "area": ""}"#),
            json!([{"name": "name", "value": "kitchen light"}])
        );
        assert_eq!(
            told(r#"{"name": "light", "area": "the kitchen", "brightness": 20}"#),
            json!([
                {"name": "area", "value": "kitchen"},
                {"name": "brightness", "value": 20},
                {"name": "domain", "value": "light"},
            ])
        );
        assert_eq!(
            told(r#"{"name": "All the lights"}"#),
            json!([{"name": "domain", "value": "light"}])
        );
        // Whose is not said: not those of the whole house.
        assert_eq!(
            told(r#"{"name": "lights", "area": null}"#),
            json!([{"name": "name", "value": "lights"}])
        );
        assert_eq!(told("nonsense"), json!([]));
        assert!(names_something(&entities(r#"{"area": "kitchen"}"#)));
        let nowhere = entities(r#"{"name": "", "brightness": 20}"#);
        assert!(!names_something(&nowhere));
    }
}
