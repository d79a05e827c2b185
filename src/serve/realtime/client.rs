//! What the client sends.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jane_audio::duplex::NETWORK_RATE;
use jane_audio::{Resampler, SPEECH_RATE};
use serde_json::Value;

use super::server_events::Problem;

/// An event of the client, as far as it is understood.
#[derive(Debug, Clone, PartialEq)]
pub enum FromClient {
    Update(Value),
    Append(Vec<f32>),
    Commit,
    Clear,
    /// An item, and the text or result in it.
    Create(Value),
    Retrieve(String),
    Delete(String),
    Truncate {
        item: String,
        ms: u64,
    },
    Respond {
        instructions: Option<String>,
    },
    Cancel,
}

/// Reads events; sound is brought to the rate of the front end.
pub struct Reader {
    resampler: Resampler,
}

impl Reader {
    pub fn new() -> Option<Self> {
        let resampler = Resampler::new(NETWORK_RATE, SPEECH_RATE).ok()?;
        Some(Self { resampler })
    }

    /// The event, and the client's name of it.
    pub fn read(&mut self, text: &str) -> (Option<String>, Result<FromClient, Problem>) {
        let event: Value = match serde_json::from_str(text) {
            Ok(event) => event,
            Err(error) => {
                let message = format!("that is no event: {error}");
                return (None, Err(Problem::new("invalid_json", message)));
            }
        };
        let name = event
            .get("event_id")
            .and_then(Value::as_str)
            .map(str::to_owned);
        (name, self.understood(&event))
    }

    fn understood(&mut self, event: &Value) -> Result<FromClient, Problem> {
        let text = |key: &'static str| {
            let value = event.get(key).and_then(Value::as_str);
            let missing = || Problem::of(key, format!("`{key}` is missing"));
            value.map(str::to_owned).ok_or_else(missing)
        };
        let kind = event
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or_default();
        match kind {
            "session.update" => {
                let session = event.get("session").cloned();
                let missing = || Problem::of("session", "`session` is missing");
                Ok(FromClient::Update(session.ok_or_else(missing)?))
            }
            "input_audio_buffer.append" => Ok(FromClient::Append(self.sound(&text("audio")?)?)),
            "input_audio_buffer.commit" => Ok(FromClient::Commit),
            "input_audio_buffer.clear" => Ok(FromClient::Clear),
            "conversation.item.create" => {
                let item = event.get("item").filter(|item| item.is_object()).cloned();
                let missing = || Problem::of("item", "`item` is missing");
                Ok(FromClient::Create(item.ok_or_else(missing)?))
            }
            "conversation.item.retrieve" => Ok(FromClient::Retrieve(text("item_id")?)),
            "conversation.item.delete" => Ok(FromClient::Delete(text("item_id")?)),
            "conversation.item.truncate" => {
                let ms = event.get("audio_end_ms").and_then(Value::as_u64);
                let missing = || Problem::of("audio_end_ms", "`audio_end_ms` is missing");
                Ok(FromClient::Truncate {
                    item: text("item_id")?,
                    ms: ms.ok_or_else(missing)?,
                })
            }
            "response.create" => {
                let instructions = event.pointer("/response/instructions");
                let instructions = instructions.and_then(Value::as_str).map(str::to_owned);
                Ok(FromClient::Respond { instructions })
            }
            "response.cancel" | "output_audio_buffer.clear" => Ok(FromClient::Cancel),
            other => {
                let other: String = other.chars().take(100).collect();
                let message = format!("there is no event `{other}`");
                Err(Problem {
                    param: Some("type"),
                    ..Problem::new("unknown_event", message)
                })
            }
        }
    }

    /// Sound, as it comes in events and in items: 16-bit at 24 kHz.
    pub fn sound(&mut self, audio: &str) -> Result<Vec<f32>, Problem> {
        let wrong = || Problem::of("audio", "it must be base64 of 16-bit samples");
        let bytes = STANDARD.decode(audio).map_err(|_| wrong())?;
        if bytes.len() % 2 != 0 {
            return Err(wrong());
        }
        let samples = bytes.chunks_exact(2).map(|bytes| match bytes {
            [low, high] => f32::from(i16::from_le_bytes([*low, *high])) / 32_768.0,
            _ => 0.0,
        });
        Ok(self.resampler.push(&samples.collect::<Vec<_>>()))
    }
}

/// Bytes as events have them.
pub fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_and_what_is_none_is_named() {
        let mut reader = Reader::new().unwrap();
        let mut read = |text: &str| reader.read(text).1;
        assert_eq!(
            read(r#"{"type": "input_audio_buffer.commit"}"#).unwrap(),
            FromClient::Commit
        );
        assert_eq!(
            read(r#"{"type": "conversation.item.truncate", "item_id": "a", "content_index": 0, "audio_end_ms": 7}"#).unwrap(),
            FromClient::Truncate { item: "a".to_owned(), ms: 7 }
        );
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        for (text, code) in [
            ("hello", "invalid_json"),
            (deep.as_str(), "invalid_json"),
            (r#"{"type": "nothing"}"#, "unknown_event"),
            (r#"{"type": "input_audio_buffer.append"}"#, "invalid_value"),
            (
                r#"{"type": "input_audio_buffer.append", "audio": "?"}"#,
                "invalid_value",
            ),
            (
                r#"{"type": "input_audio_buffer.append", "audio": "AAAA"}"#,
                "invalid_value",
            ),
            (r#"{"type": "session.update"}"#, "invalid_value"),
        ] {
            assert_eq!(read(text).unwrap_err().code, code);
        }
    }
}
