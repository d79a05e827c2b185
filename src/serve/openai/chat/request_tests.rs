//! What is understood of requests.

use super::*;
use serde_json::json;

fn understood(body: Value) -> Result<Understood, String> {
    let chat: Chat = serde_json::from_value(body).map_err(|error| error.to_string())?;
    let refused = |refusal: Refusal| refusal.value()["error"]["param"].to_string();
    chat.understood().map_err(refused)
}

#[test]
fn messages_become_a_session_with_its_exchanges() {
    let asked = understood(json!({"model": "jane", "messages": [
        {"role": "system", "content": "The house has two floors."},
        {"role": "assistant", "content": "Hello!"},
        {"role": "user", "content": [{"type": "text", "text": "One?"}]},
        {"role": "assistant", "content": "Two."},
        {"role": "user", "content": "Wait."},
        {"role": "user", "content": "Three?"},
    ]}));
    let asked = asked.unwrap().asked().unwrap();
    assert_eq!(asked.instructions, ["The house has two floors."]);
    assert_eq!(asked.exchanges, [("One?".to_owned(), "Two.".to_owned())]);
    assert_eq!(asked.question, "Wait.\nThree?");
}

#[test]
fn what_only_the_model_can_write_is_no_turn() {
    let messages = json!([{"role": "user", "content": "x"}]);
    let tool = json!([{"type": "function", "function": {"name": "f"}}]);
    for body in [
        json!({"model": "jane", "messages": [{"role": "tool", "tool_call_id": "1", "content": "x"}]}),
        json!({"model": "jane", "messages": messages, "response_format": {"type": "json_object"}}),
        json!({"model": "jane", "messages": messages, "tools": tool, "tool_choice": "required"}),
    ] {
        assert!(understood(body).unwrap().asked().is_none());
    }
}

#[test]
fn what_is_not_possible_is_refused_by_its_name() {
    let with = |key: &str, value: Value| {
        let mut body = json!({"model": "m", "messages": [{"role": "user", "content": "x"}]});
        body[key] = value;
        understood(body).err().unwrap_or_default()
    };
    for (key, value) in [
        ("messages", json!([])),
        ("messages", json!([{"role": "alien", "content": "x"}])),
        (
            "messages",
            json!([{"role": "user", "content": [{"type": "image_url"}]}]),
        ),
        ("n", json!(2)),
        ("max_tokens", json!(0)),
        ("temperature", json!(3)),
        ("top_p", json!(-1)),
        ("stop", json!([""])),
        ("tools", json!([{"type": "web_search"}])),
        ("tool_choice", json!("required")),
        (
            "tool_choice",
            json!({"type": "function", "function": {"name": "f"}}),
        ),
        ("response_format", json!({"type": "json_schema"})),
    ] {
        assert_eq!(with(key, value.clone()), format!("{key:?}"), "{value}");
    }
    assert_eq!(with("temperature", json!(null)), "");
}
