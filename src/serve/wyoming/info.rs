//! What she tells of herself.

use serde_json::{Value, json};

use crate::serve::Sessions;

/// The name of each of her services, and of the models in them where there is one.
const NAME: &str = "jane";

/// The answer to `describe`.
pub fn info(sessions: &Sessions) -> Value {
    let names = sessions.models();
    let languages = sessions.languages();
    let phrase = sessions.wake_phrase();
    let recogniser = with(
        artifact(&names.stt, "Recognises speech"),
        json!({"languages": languages.heard}),
    );
    let voice = with(
        artifact(&names.tts, "Her voice"),
        json!({"languages": languages.spoken, "speakers": null}),
    );
    let asr = with(
        artifact(NAME, "Jane's ears"),
        json!({
            "models": [recogniser],
            "supports_transcript_streaming": true,
            // She knows herself when what is said is over.
            "requires_external_vad": false,
            "prefers_auto_gain_enabled": false,
            "prefers_noise_reduction_enabled": false,
        }),
    );
    let tts = with(
        artifact(NAME, "Jane's voice"),
        json!({"voices": [voice], "supports_synthesize_streaming": true}),
    );
    let mind = with(
        artifact(&names.llm, "Her language model"),
        // Empty means any to newer Home Assistants, and none to those of 2025, which then do not offer her.
        json!({"languages": languages.heard}),
    );
    let handle = with(
        artifact(NAME, "Jane, with her skills and her memory"),
        json!({
            "models": [mind],
            "supports_handled_streaming": true,
            "supports_home_control": true,
        }),
    );
    let wake = match phrase.is_empty() {
        true => json!([]),
        false => {
            let model = with(
                artifact(NAME, "The phrase that she is called by"),
                json!({"languages": languages.heard, "phrase": phrase}),
            );
            json!([with(
                artifact(NAME, "Jane listens for her phrase"),
                json!({"models": [model]})
            )])
        }
    };
    json!({
        "asr": [asr],
        "tts": [tts],
        "handle": [handle],
        "intent": [],
        "wake": wake,
        "mic": [],
        "snd": [],
        "satellite": null,
    })
}

fn artifact(name: &str, description: &str) -> Value {
    json!({
        "name": name,
        "description": description,
        "attribution": {"name": "Jane", "url": ""},
        "installed": true,
        "version": env!("CARGO_PKG_VERSION"),
    })
}

fn with(mut artifact: Value, more: Value) -> Value {
    if let (Some(artifact), Value::Object(more)) = (artifact.as_object_mut(), more) {
        artifact.extend(more);
    }
    artifact
}
