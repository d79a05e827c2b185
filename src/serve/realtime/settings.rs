//! The session as the client sets it.

use jane_engines::Tool;
use serde_json::{Map, Value, json};

use super::server_events::Problem;
use crate::serve::Sessions;
use crate::serve::sessions::JANE;

/// Bytes of instructions at most.
const LONGEST_INSTRUCTIONS: usize = 64 << 10;

const MOST_TOOLS: usize = 128;

/// What is in force for a session.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    pub instructions: String,
    pub tools: Vec<Tool>,
    /// Whether she speaks; else she answers in text.
    pub speaks: bool,
    /// Whether she ends turns herself; else the client does.
    pub detects_turns: bool,
    /// The client's words for these, which are told as they came.
    tools_as_set: Value,
    tool_choice: Value,
    turn_detection: Value,
    transcription: Value,
    noise_reduction: Value,
    max_output_tokens: Value,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            instructions: String::new(),
            tools: Vec::new(),
            speaks: true,
            detects_turns: true,
            tools_as_set: json!([]),
            tool_choice: "auto".into(),
            turn_detection: json!({
                "type": "semantic_vad",
                "eagerness": "auto",
                "create_response": true,
                "interrupt_response": true,
            }),
            transcription: Value::Null,
            noise_reduction: Value::Null,
            max_output_tokens: "inf".into(),
        }
    }
}

impl Settings {
    /// The settings with what `session` changes.
    ///
    /// # Errors
    /// Where it wants what is not possible; nothing is changed then.
    pub fn updated(&self, session: &Value) -> Result<Self, Problem> {
        let mut new = self.clone();
        if session.get("type").is_some_and(|kind| kind != "realtime") {
            let message = "only sessions of the type `realtime` are held here";
            return Err(Problem::of("session.type", message));
        }
        if let Some(instructions) = session.get("instructions").filter(|value| !value.is_null()) {
            let text = instructions
                .as_str()
                .filter(|text| text.len() <= LONGEST_INSTRUCTIONS);
            let wrong = || {
                Problem::of(
                    "session.instructions",
                    "they must be text of at most 64 KiB",
                )
            };
            text.ok_or_else(wrong)?.clone_into(&mut new.instructions);
        }
        if let Some(modalities) = session
            .get("output_modalities")
            .filter(|value| !value.is_null())
        {
            new.speaks = match modalities.as_array().map(Vec::as_slice) {
                Some([Value::String(one)]) if one == "audio" => true,
                Some([Value::String(one)]) if one == "text" => false,
                _ => {
                    let message = "they must be `[\"audio\"]` or `[\"text\"]`";
                    return Err(Problem::of("session.output_modalities", message));
                }
            };
        }
        if let Some(tools) = session.get("tools").filter(|value| !value.is_null()) {
            new.tools = read_tools(tools)?;
            new.tools_as_set = tools.clone();
        }
        if let Some(choice) = session.get("tool_choice").filter(|value| !value.is_null()) {
            if !matches!(choice.as_str(), Some("auto" | "none")) {
                let message = "it must be `auto` or `none`";
                return Err(Problem::of("session.tool_choice", message));
            }
            new.tool_choice = choice.clone();
        }
        if let Some(most) = session.get("max_output_tokens") {
            new.max_output_tokens = most.clone();
        }
        for side in ["input", "output"] {
            let format = session.pointer(&format!("/audio/{side}/format"));
            let Some(format) = format.filter(|value| !value.is_null()) else {
                continue;
            };
            let is_pcm = format.get("type").is_some_and(|kind| kind == "audio/pcm");
            let rate = format.get("rate").and_then(Value::as_u64).unwrap_or(24_000);
            if !is_pcm || rate != 24_000 {
                let message = "sound is `audio/pcm` at 24000 Hz";
                return Err(Problem::of("session.audio.format", message));
            }
        }
        let input = session.pointer("/audio/input");
        let input = |key: &str| input.and_then(|input| input.get(key));
        if let Some(transcription) = input("transcription") {
            new.transcription = transcription.clone();
        }
        if let Some(noise_reduction) = input("noise_reduction") {
            new.noise_reduction = noise_reduction.clone();
        }
        if let Some(detection) = input("turn_detection") {
            new.detects_turns = detects(detection)?;
            new.turn_detection = as_in_force(detection);
        }
        Ok(new)
    }

    /// What the client's functions are, as far as they may be called.
    pub fn offered(&self) -> Vec<Tool> {
        match self.tool_choice == "none" {
            true => Vec::new(),
            false => self.tools.clone(),
        }
    }

    /// The session, for the client.
    pub fn value(&self, id: &str, sessions: &Sessions) -> Value {
        let names = sessions.models();
        let format = json!({"type": "audio/pcm", "rate": 24_000});
        let transcription = match &self.transcription {
            Value::Null => json!({"model": names.stt}),
            set => set.clone(),
        };
        json!({
            "id": id,
            "object": "realtime.session",
            "type": "realtime",
            "model": JANE,
            "instructions": self.instructions,
            "output_modalities": [if self.speaks { "audio" } else { "text" }],
            "tools": self.tools_as_set,
            "tool_choice": self.tool_choice,
            "max_output_tokens": self.max_output_tokens,
            "audio": {
                "input": {
                    "format": format,
                    "transcription": transcription,
                    "noise_reduction": self.noise_reduction,
                    "turn_detection": self.turn_detection,
                },
                "output": {"format": format, "voice": names.tts, "speed": 1.0},
            },
        })
    }
}

/// Whether she ends turns herself.
fn detects(detection: &Value) -> Result<bool, Problem> {
    if detection.is_null() {
        return Ok(false);
    }
    let kind = detection.get("type").and_then(Value::as_str);
    if !matches!(kind, Some("server_vad" | "semantic_vad")) {
        let message = "its type must be `server_vad` or `semantic_vad`, or it is null";
        return Err(Problem::of("session.audio.input.turn_detection", message));
    }
    for key in ["create_response", "interrupt_response"] {
        if detection.get(key) == Some(&Value::Bool(false)) {
            let message = format!(
                "`{key}` cannot be false: where she detects turns, she answers and can be interrupted; with null the client does all of it"
            );
            return Err(Problem::of("session.audio.input.turn_detection", message));
        }
    }
    Ok(true)
}

/// The detection of turns as it is in force, for the client: what it did not set is told as well, for clients go by that.
fn as_in_force(detection: &Value) -> Value {
    let Value::Object(set) = detection else {
        return Value::Null;
    };
    let mut whole = Map::new();
    whole.insert("create_response".to_owned(), true.into());
    whole.insert("interrupt_response".to_owned(), true.into());
    // What is null is not set.
    let set = set.iter().filter(|(_, value)| !value.is_null());
    whole.extend(set.map(|(key, value)| (key.clone(), value.clone())));
    Value::Object(whole)
}

fn read_tools(tools: &Value) -> Result<Vec<Tool>, Problem> {
    let wrong = || Problem::of("session.tools", "each must be a `function` with a name");
    let tools = tools.as_array().filter(|tools| tools.len() <= MOST_TOOLS);
    let tools = tools.ok_or_else(wrong)?.iter().map(|tool| {
        let text = |key: &str| tool.get(key).and_then(Value::as_str);
        let name = text("name").filter(|name| !name.is_empty());
        match (text("type"), name) {
            (Some("function"), Some(name)) => Ok(Tool {
                name: name.to_owned(),
                description: text("description").unwrap_or_default().to_owned(),
                parameters: tool.get("parameters").map_or_else(
                    || r#"{"type":"object","properties":{}}"#.to_owned(),
                    Value::to_string,
                ),
                examples: Vec::new(),
            }),
            _ => Err(wrong()),
        }
    });
    tools.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_client_sets_is_taken_whole_or_not_at_all() {
        let settings = Settings::default();
        let set = |session: Value| settings.updated(&session);
        let new = set(json!({
            "type": "realtime",
            "instructions": "Be kind.",
            "output_modalities": ["text"],
            "tools": [{"type": "function", "name": "f", "parameters": {"type": "object"}}],
            "audio": {"input": {"turn_detection": null, "format": {"type": "audio/pcm", "rate": 24000}}},
        }))
        .unwrap();
        assert!(!new.speaks && !new.detects_turns && new.offered().len() == 1);
        assert_eq!(new.instructions, "Be kind.");
        let detection = json!({"type": "semantic_vad", "interrupt_response": null});
        let new = set(json!({"audio": {"input": {"turn_detection": detection}}})).unwrap();
        assert_eq!(
            new.turn_detection,
            json!({"type": "semantic_vad", "create_response": true, "interrupt_response": true})
        );
        for (session, param) in [
            (json!({"type": "transcription"}), "session.type"),
            (
                json!({"output_modalities": ["audio", "text"]}),
                "session.output_modalities",
            ),
            (json!({"tools": [{"type": "mcp"}]}), "session.tools"),
            (json!({"tool_choice": "required"}), "session.tool_choice"),
            (
                json!({"audio": {"input": {"format": {"type": "audio/pcmu"}}}}),
                "session.audio.format",
            ),
            (
                json!({"audio": {"input": {"turn_detection": {"type": "server_vad", "create_response": false}}}}),
                "session.audio.input.turn_detection",
            ),
        ] {
            assert_eq!(set(session).unwrap_err().param, Some(param));
        }
    }
}
