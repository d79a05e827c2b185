//! Items that the client makes, and answers that it asks for.

use serde_json::{Value, json};

use super::client::Reader;
use super::conversation::{Conversation, MOST_HELD};
use super::response::Response;
use super::server_events::Problem;
use crate::conversation::live::Control;
use crate::serve::id;

/// Messages that the client may tell her besides its instructions.
const MOST_TOLD: usize = 50;

impl Conversation {
    pub(super) async fn create(
        &mut self,
        mut item: Value,
        reader: &mut Reader,
    ) -> Result<(), Problem> {
        let text = |key: &str| {
            item.get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let (kind, role, call_id) = (text("type"), text("role"), text("call_id"));
        match (kind.as_str(), role.as_str()) {
            ("message", "user") => {
                for part in item
                    .get("content")
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten()
                {
                    let of = |key: &str| part.get(key).and_then(Value::as_str).unwrap_or_default();
                    match of("type") {
                        "input_text" => self.typed.push(of("text").to_owned()),
                        "input_audio" => {
                            let samples = reader.sound(of("audio"))?;
                            if self.held.len() + samples.len() > MOST_HELD {
                                return Err(Problem::of("item.content", "it is too long"));
                            }
                            self.held.extend(samples);
                            self.committed = Some(id("item_"));
                        }
                        _ => {
                            return Err(Problem::of(
                                "item.content",
                                "only text and sound are understood",
                            ));
                        }
                    }
                }
            }
            ("message", "system" | "assistant") => {
                let parts = item
                    .get("content")
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten();
                let texts =
                    parts.filter_map(|part| part.get("text").or_else(|| part.get("transcript")));
                let texts: Vec<&str> = texts.filter_map(Value::as_str).collect();
                let mut texts = texts.join(" ");
                if role == "assistant" {
                    texts = format!("You said before: {texts}");
                }
                if self.told.len() >= MOST_TOLD {
                    return Err(Problem::of(
                        "item",
                        "too much is told besides the conversation",
                    ));
                }
                self.told.push(texts);
                if self.talk.is_some() {
                    let told = self.all_told();
                    self.control(Control::Tell(told)).await?;
                }
            }
            ("function_call_output", _) => {
                let result = self.waiting.remove(&call_id);
                let unknown =
                    || Problem::of("item.call_id", "no call of this name waits for a result");
                let result = result.ok_or_else(unknown)?;
                self.results.push((result, text("output")));
            }
            _ => return Err(Problem::of("item", "items of this type cannot be made")),
        }
        if let Some(item) = item.as_object_mut() {
            let given = item
                .get("id")
                .and_then(Value::as_str)
                .filter(|id| !id.is_empty());
            let name = given.map_or_else(|| id("item_"), str::to_owned);
            item.insert("id".to_owned(), name.into());
            item.insert("object".to_owned(), "realtime.item".into());
            item.insert("status".to_owned(), "completed".into());
            // Sound is not told again.
            for part in item
                .get_mut("content")
                .and_then(Value::as_array_mut)
                .into_iter()
                .flatten()
            {
                if let Some(part) = part.as_object_mut() {
                    part.remove("audio");
                }
            }
        }
        let before = self.items.push(item.clone());
        for kind in ["conversation.item.added", "conversation.item.done"] {
            self.out
                .tell(kind, json!({"item": item, "previous_item_id": before}));
        }
        Ok(())
    }

    /// The client wants an answer.
    pub(super) async fn respond(&mut self, instructions: Option<String>) -> Result<(), Problem> {
        if self.response.is_some() {
            let message = "a response is under way: cancel it, or wait for its end";
            return Err(Problem::new(
                "conversation_already_has_active_response",
                message,
            ));
        }
        if !self.results.is_empty() {
            // Functions were called: the answer goes on.
            self.response = Some(Response::begin(self.settings.speaks, &mut self.out));
            for (result, output) in self.results.drain(..) {
                let _ = result.send(output);
            }
            return Ok(());
        }
        if self.committed.is_some() {
            let held = std::mem::take(&mut self.held);
            if !self.talk()?.microphone.push(&held) {
                return Err(Problem::new(
                    "input_audio_buffer_full",
                    "too much sound waits to be heard",
                ));
            }
            self.awaits = true;
            return Ok(());
        }
        let typed = std::mem::take(&mut self.typed).join("\n");
        let asked = match typed.trim().is_empty() {
            false => typed,
            true => instructions.unwrap_or_default(),
        };
        if asked.trim().is_empty() {
            let message = "there is nothing to answer: say or write something first";
            return Err(Problem::new("nothing_to_answer", message));
        }
        self.awaits = true;
        self.control(Control::Ask(asked)).await
    }

    pub(super) async fn truncate(&mut self, item: &str, ms: u64) -> Result<(), Problem> {
        match &mut self.response {
            Some(response) if response.item() == item => {
                response.heard_ms = Some(ms);
                self.control(Control::StopAt(ms)).await
            }
            // It is over: it was sent as fast as it is heard, so that the history holds what was heard of it already.
            _ => {
                let missing = || Problem::new("item_not_found", "there is no such item");
                let kept = self.items.get(item).ok_or_else(missing)?;
                let transcript = kept.pointer("/content/0/transcript");
                let wrong = || Problem::of("item_id", "only what she says aloud can be cut");
                let is_hers = kept.get("role").is_some_and(|role| role == "assistant");
                let transcript = transcript.filter(|_| is_hers);
                let cut = json!({
                    "item_id": item,
                    "content_index": 0,
                    "audio_end_ms": ms,
                    "transcript": transcript.ok_or_else(wrong)?,
                });
                self.out.tell("conversation.item.truncated", cut);
                Ok(())
            }
        }
    }
}
