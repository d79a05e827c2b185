//! A turn of Jane's for Home Assistant. Where the house is to do something, the model calls it, and Home Assistant does it.

use jane_engines::{Tool, ToolCall, WyomingEvent};
use serde_json::{Map, Value, json};

use super::House;
use super::connection::{Out, failed};
use crate::serve::sessions::{TurnPiece, TurnRequest};

/// What Home Assistant does by itself: the name of its intent, what it is for, and its arguments.
const INTENTS: [(&str, &str, &str); 3] = [
    (
        "HassTurnOn",
        "Turns on, opens or locks a device of the house, such as a light, or all in an area.",
        r#"{"type":"object","properties":{"name":{"type":"string","description":"Name of the device."},"area":{"type":"string","description":"Room."}}}"#,
    ),
    (
        "HassTurnOff",
        "Turns off, closes or unlocks a device of the house, such as a light, or all in an area.",
        r#"{"type":"object","properties":{"name":{"type":"string","description":"Name of the device."},"area":{"type":"string","description":"Room."}}}"#,
    ),
    (
        "HassLightSet",
        "Sets how bright a light is, or its color.",
        r#"{"type":"object","properties":{"name":{"type":"string","description":"Name of the light."},"area":{"type":"string","description":"Room."},"brightness":{"type":"integer","minimum":0,"maximum":100},"color":{"type":"string"}}}"#,
    ),
];

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
    let tools = INTENTS.iter().map(|(name, description, parameters)| Tool {
        name: (*name).to_owned(),
        description: (*description).to_owned(),
        parameters: (*parameters).to_owned(),
        examples: Vec::new(),
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
    let mut said = String::new();
    while let Some(piece) = turn.recv().await {
        match piece {
            TurnPiece::Text(text) => {
                said.push_str(&text);
                if !std::mem::replace(&mut has_begun, true) {
                    let begun = WyomingEvent::new("handled-start", json!({}));
                    let _ = out.send(begun).await;
                }
                let chunk = WyomingEvent::new("handled-chunk", json!({"text": text}));
                let _ = out.send(chunk).await;
            }
            TurnPiece::Ended(end) => {
                if let Some(call) = end.calls.first() {
                    let _ = out.send(intent(call, &end.reply)).await;
                    return;
                }
                house.kept.push(&name, question, end.reply.clone());
                let reply = json!({"text": end.reply});
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

/// What the house is to do.
fn intent(call: &ToolCall, said: &str) -> WyomingEvent {
    let arguments: Map<String, Value> = serde_json::from_str(&call.arguments).unwrap_or_default();
    let entities: Vec<Value> = arguments
        .into_iter()
        .map(|(name, value)| json!({"name": name, "value": value}))
        .collect();
    let text = (!said.is_empty()).then_some(said);
    WyomingEvent::new(
        "intent",
        json!({"name": call.name, "entities": entities, "text": text}),
    )
}
