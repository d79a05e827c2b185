//! An answer on its way to the client.

use jane_audio::duplex::NETWORK_RATE;
use jane_core::event::Waterfall;
use serde_json::{Map, Value, json};

use super::items::{self, Items};
use super::server_events::Out;
use crate::serve::id;

/// A response that has begun and is not done.
pub struct Response {
    id: String,
    item: String,
    speaks: bool,
    /// What she says, as far as it is written.
    text: String,
    /// Whether the client was told of the message.
    is_open: bool,
    /// Samples that were sent.
    sent: u64,
    /// What is done of it, before the message.
    output: Vec<Value>,
    /// The client wants its end.
    pub is_cancelled: bool,
    /// What was heard, where it was cut off.
    pub heard: Option<String>,
    /// Milliseconds that were heard, where the client said so.
    pub heard_ms: Option<u64>,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Completed,
    /// Somebody spoke, or the client wanted it.
    Cancelled,
    Failed,
}

impl Response {
    /// Begins one, and tells the client.
    pub fn begin(speaks: bool, out: &mut Out) -> Self {
        let response = Self {
            id: id("resp_"),
            item: id("item_"),
            speaks,
            text: String::new(),
            is_open: false,
            sent: 0,
            output: Vec::new(),
            is_cancelled: false,
            heard: None,
            heard_ms: None,
        };
        let value = response.value("in_progress", Value::Null, json!({}), Value::Null);
        out.tell("response.created", json!({"response": value}));
        response
    }

    /// The message's name.
    pub fn item(&self) -> &str {
        &self.item
    }

    /// Milliseconds that were sent.
    pub fn sent_ms(&self) -> u64 {
        self.sent * 1000 / u64::from(NETWORK_RATE)
    }

    /// More of what she says.
    pub fn write(&mut self, text: &str, items: &mut Items, out: &mut Out) {
        self.open(items, out);
        self.text.push_str(text);
        let kind = match self.speaks {
            true => "response.output_audio_transcript.delta",
            false => "response.output_text.delta",
        };
        out.tell(kind, self.part(json!({"delta": text})));
    }

    /// More of the sound of it.
    pub fn speak(&mut self, samples: &[f32], items: &mut Items, out: &mut Out) {
        self.open(items, out);
        self.sent += samples.len() as u64;
        let samples = samples.iter().map(|sample| crate::serve::pcm(*sample));
        let bytes: Vec<u8> = samples.flat_map(i16::to_le_bytes).collect();
        let delta = super::client::encode(&bytes);
        out.tell(
            "response.output_audio.delta",
            self.part(json!({"delta": delta})),
        );
    }

    /// The client is to call one of its functions: this response is done with that.
    pub fn call(
        mut self,
        call_id: &str,
        name: &str,
        arguments: &str,
        items: &mut Items,
        out: &mut Out,
    ) {
        if self.is_open {
            self.close("completed", None, items, out);
        }
        let item = id("item_");
        let index = self.output.len();
        let begun = items::call(&item, call_id, name, "", "in_progress");
        let whole = items::call(&item, call_id, name, arguments, "completed");
        let place = json!({"response_id": self.id, "output_index": index});
        let with = |mut more: Value| {
            if let (Some(more), Some(place)) = (more.as_object_mut(), place.as_object()) {
                more.extend(place.clone());
            }
            more
        };
        out.tell("response.output_item.added", with(json!({"item": begun})));
        let before = items.push(whole.clone());
        out.tell(
            "conversation.item.added",
            json!({"item": begun, "previous_item_id": before}),
        );
        let named = |more: Value| {
            let mut event = with(json!({"item_id": item, "call_id": call_id}));
            if let (Some(event), Value::Object(more)) = (event.as_object_mut(), more) {
                event.extend(more);
            }
            event
        };
        out.tell(
            "response.function_call_arguments.delta",
            named(json!({"delta": arguments})),
        );
        out.tell(
            "response.function_call_arguments.done",
            named(json!({"arguments": arguments, "name": name})),
        );
        out.tell("response.output_item.done", with(json!({"item": whole})));
        out.tell(
            "conversation.item.done",
            json!({"item": whole, "previous_item_id": before}),
        );
        self.output.push(whole);
        let value = self.value("completed", Value::Null, json!({}), Value::Null);
        out.tell("response.done", json!({"response": value}));
    }

    /// It is done. `heard` is what its history keeps, where it was cut off.
    pub fn end(
        mut self,
        outcome: Outcome,
        reason: Option<&str>,
        waterfall: &Waterfall,
        items: &mut Items,
        out: &mut Out,
    ) {
        let (status, reason) = match outcome {
            Outcome::Completed => ("completed", None),
            Outcome::Failed => ("failed", reason),
            Outcome::Cancelled => {
                let by_client = self.is_cancelled || self.heard_ms.is_some();
                let reason = if by_client {
                    "client_cancelled"
                } else {
                    "turn_detected"
                };
                ("cancelled", Some(reason))
            }
        };
        if self.is_open {
            let item_status = match outcome {
                Outcome::Completed => "completed",
                Outcome::Cancelled | Outcome::Failed => "incomplete",
            };
            let heard = self.heard.clone();
            self.close(item_status, heard.as_deref(), items, out);
            if let Some(heard) = heard.filter(|_| self.speaks) {
                let ms = self.heard_ms.unwrap_or_else(|| self.sent_ms());
                out.tell(
                    "conversation.item.truncated",
                    json!({
                        "item_id": self.item,
                        "content_index": 0,
                        "audio_end_ms": ms,
                        // What the history keeps of it.
                        "transcript": heard,
                    }),
                );
            }
        }
        let details = match (outcome, reason) {
            (Outcome::Completed, _) => Value::Null,
            (Outcome::Failed, code) => json!({
                "type": status,
                "error": {"type": "server_error", "code": code, "message": "there is no answer"},
            }),
            (Outcome::Cancelled, reason) => json!({"type": status, "reason": reason}),
        };
        let usage = json!({
            "total_tokens": u64::from(waterfall.prompt_tokens) + u64::from(waterfall.reply_tokens),
            "input_tokens": waterfall.prompt_tokens,
            "output_tokens": waterfall.reply_tokens,
            "input_token_details": {"cached_tokens": waterfall.reused_tokens},
        });
        let value = self.value(status, details, times(waterfall), usage);
        out.tell("response.done", json!({"response": value}));
    }

    fn open(&mut self, items: &mut Items, out: &mut Out) {
        if std::mem::replace(&mut self.is_open, true) {
            return;
        }
        let item = items::said(&self.item, "in_progress", self.speaks, None);
        let index = self.output.len();
        out.tell(
            "response.output_item.added",
            json!({"response_id": self.id, "output_index": index, "item": item}),
        );
        let before = items.push(item.clone());
        out.tell(
            "conversation.item.added",
            json!({"item": item, "previous_item_id": before}),
        );
        let part = match self.speaks {
            true => json!({"type": "audio", "transcript": ""}),
            false => json!({"type": "text", "text": ""}),
        };
        out.tell(
            "response.content_part.added",
            self.part(json!({"part": part})),
        );
    }

    /// The message is over. `heard` is what is kept of it, where that is not all.
    fn close(&mut self, status: &str, heard: Option<&str>, items: &mut Items, out: &mut Out) {
        self.is_open = false;
        let text = self.text.trim().to_owned();
        let part = if self.speaks {
            out.tell("response.output_audio.done", self.part(json!({})));
            out.tell(
                "response.output_audio_transcript.done",
                self.part(json!({"transcript": text})),
            );
            json!({"type": "audio", "transcript": text})
        } else {
            out.tell(
                "response.output_text.done",
                self.part(json!({"text": text})),
            );
            json!({"type": "text", "text": text})
        };
        out.tell(
            "response.content_part.done",
            self.part(json!({"part": part})),
        );
        let item = items::said(&self.item, status, self.speaks, Some(&text));
        let index = self.output.len();
        out.tell(
            "response.output_item.done",
            json!({"response_id": self.id, "output_index": index, "item": item}),
        );
        out.tell("conversation.item.done", json!({"item": item}));
        items.replace(items::said(
            &self.item,
            status,
            self.speaks,
            Some(heard.unwrap_or(&text)),
        ));
        self.output.push(item);
    }

    /// An event about a part of the message.
    fn part(&self, more: Value) -> Value {
        let mut event = json!({
            "response_id": self.id,
            "item_id": self.item,
            "output_index": self.output.len(),
            "content_index": 0,
        });
        if let (Some(event), Value::Object(more)) = (event.as_object_mut(), more) {
            event.extend(more);
        }
        event
    }

    fn value(&self, status: &str, details: Value, metadata: Value, usage: Value) -> Value {
        json!({
            "id": self.id,
            "object": "realtime.response",
            "status": status,
            "status_details": details,
            "output": self.output,
            "output_modalities": [if self.speaks { "audio" } else { "text" }],
            "metadata": metadata,
            "usage": usage,
        })
    }
}

/// The times of a turn, as metadata has them: texts by name.
fn times(waterfall: &Waterfall) -> Value {
    let stages = waterfall.stages().into_iter();
    let mut times: Map<String, Value> = stages
        .filter_map(|(name, ms)| Some((format!("{name}_ms"), ms?.to_string().into())))
        .collect();
    let rate = format!("{:.1}", waterfall.tokens_per_second);
    times.insert("tokens_per_second".to_owned(), rate.into());
    Value::Object(times)
}
