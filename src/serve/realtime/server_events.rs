//! What the client is told.

use serde_json::{Value, json};
use tokio::sync::mpsc;

/// Where events for the client go, each with a number of its own.
pub struct Out {
    sender: mpsc::Sender<Value>,
    count: u64,
    is_stalled: bool,
}

/// An error in the client's event, or in what came of it.
#[derive(Debug, Clone)]
pub struct Problem {
    pub code: &'static str,
    pub message: String,
    pub param: Option<&'static str>,
}

impl Problem {
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            param: None,
        }
    }

    /// The value of this key is wrong.
    pub fn of(param: &'static str, message: impl Into<String>) -> Self {
        Self {
            param: Some(param),
            ..Self::new("invalid_value", message)
        }
    }
}

impl Out {
    pub fn new(sender: mpsc::Sender<Value>) -> Self {
        Self {
            sender,
            count: 0,
            is_stalled: false,
        }
    }

    /// Tells an event; `data` is an object.
    pub fn tell(&mut self, kind: &str, data: Value) {
        self.count += 1;
        let mut event = json!({"type": kind, "event_id": format!("event_{}", self.count)});
        if let (Some(event), Value::Object(data)) = (event.as_object_mut(), data) {
            event.extend(data);
        }
        self.is_stalled |= self.sender.try_send(event).is_err();
    }

    /// Tells an error; `event` is the client's name of what it sent.
    pub fn fail(&mut self, problem: &Problem, event: Option<&str>) {
        let kind = match problem.code {
            "engine_failed" => "server_error",
            _ => "invalid_request_error",
        };
        self.tell(
            "error",
            json!({"error": {
                "type": kind,
                "code": problem.code,
                "message": problem.message,
                "param": problem.param,
                "event_id": event,
            }}),
        );
    }

    /// Whether the client takes nothing, so that something could not be told.
    pub fn is_stalled(&self) -> bool {
        self.is_stalled
    }
}
