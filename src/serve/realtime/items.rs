//! The items of a conversation, as the client is told of them.

use std::collections::VecDeque;

use serde_json::{Value, json};

/// Items that are kept, for a client that asks for them again.
const MOST: usize = 200;

/// The newest items, oldest first.
#[derive(Default)]
pub struct Items {
    items: VecDeque<Value>,
    last: Option<String>,
}

impl Items {
    /// Adds an item, and returns the name of the one before.
    pub fn push(&mut self, item: Value) -> Option<String> {
        if self.items.len() >= MOST {
            self.items.pop_front();
        }
        let id = id_of(&item).map(str::to_owned);
        self.items.push_back(item);
        std::mem::replace(&mut self.last, id)
    }

    pub fn get(&self, id: &str) -> Option<&Value> {
        self.items.iter().find(|item| id_of(item) == Some(id))
    }

    /// Puts `item` in the place of the one of its name.
    pub fn replace(&mut self, item: Value) {
        let id = id_of(&item).map(str::to_owned);
        let same = self
            .items
            .iter_mut()
            .find(|other| id_of(other) == id.as_deref());
        if let Some(same) = same {
            *same = item;
        }
    }
}

fn id_of(item: &Value) -> Option<&str> {
    item.get("id").and_then(Value::as_str)
}

/// What somebody said.
pub fn heard(id: &str, transcript: &str) -> Value {
    json!({
        "id": id,
        "object": "realtime.item",
        "type": "message",
        "role": "user",
        "status": "completed",
        "content": [{"type": "input_audio", "transcript": transcript}],
    })
}

/// What she says.
pub fn said(id: &str, status: &str, speaks: bool, text: Option<&str>) -> Value {
    let content = text.map(|text| match speaks {
        true => json!({"type": "output_audio", "transcript": text}),
        false => json!({"type": "output_text", "text": text}),
    });
    json!({
        "id": id,
        "object": "realtime.item",
        "type": "message",
        "role": "assistant",
        "status": status,
        "content": content.into_iter().collect::<Vec<_>>(),
    })
}

/// A function that the client is to call.
pub fn call(id: &str, call_id: &str, name: &str, arguments: &str, status: &str) -> Value {
    json!({
        "id": id,
        "object": "realtime.item",
        "type": "function_call",
        "status": status,
        "call_id": call_id,
        "name": name,
        "arguments": arguments,
    })
}
