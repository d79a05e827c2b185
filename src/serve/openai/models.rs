//! `/v1/models`: Jane, and the engines' models that are in force.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use jane_core::event::Models;
use serde_json::{Value, json};

use super::super::Shared;
use super::super::sessions::JANE;
use super::Refusal;

/// When she was made, for clients that sort by it: models are told without a date here.
const CREATED: u64 = 0;

pub async fn list(State(shared): State<Shared>) -> Response {
    let names = shared.sessions.models();
    let data: Vec<Value> = all(&names).into_iter().map(model).collect();
    json_response(&json!({"object": "list", "data": data}))
}

pub async fn retrieve(State(shared): State<Shared>, Path(name): Path<String>) -> Response {
    let names = shared.sessions.models();
    let all = all(&names);
    match all.contains(&name.as_str()) {
        true => json_response(&model(&name)),
        false => Refusal::no_model(&name, &all).into_response(),
    }
}

fn all(names: &Models) -> Vec<&str> {
    vec![JANE, &names.llm, &names.stt, &names.tts]
}

fn model(name: &str) -> Value {
    json!({"id": name, "object": "model", "created": CREATED, "owned_by": "jane"})
}

/// JSON as an answer.
pub fn json_response(value: &Value) -> Response {
    (
        [(axum::http::header::CONTENT_TYPE, "application/json")],
        value.to_string(),
    )
        .into_response()
}
