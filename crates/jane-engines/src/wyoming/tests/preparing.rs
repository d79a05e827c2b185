//! What is checked before a server is used.

use futures::SinkExt;
use serde_json::{Value, json};

use super::{Peer, chunk, event, pcm, recogniser, remote, request, server, stop, voice};
use crate::wyoming::codec::Event;
use crate::{SpeechToText, TextToSpeech};
use jane_config::Stt;

/// A server that offers `info`, and answers whatever else is asked with `answer`.
async fn offering(info: Value, answer: Vec<Event>) -> String {
    let respond = move |_, mut peer: Peer| {
        let (info, answer) = (info.clone(), answer.clone());
        async move {
            let asked = request(&mut peer).await;
            let describe = asked.iter().any(|event| event.kind == "describe");
            let events = if describe {
                vec![event("info", info)]
            } else {
                answer
            };
            for event in events {
                peer.send(event).await.unwrap();
            }
        }
    };
    server(respond).await.0
}

#[tokio::test]
async fn preparing_asks_for_the_model_and_has_it_read_something() {
    let info = json!({
        "asr": [{ "name": "faster-whisper", "models": [{ "name": "tiny" }, { "name": "base" }] }],
        "tts": [],
    });
    let transcript = event("transcript", json!({ "text": "" }));
    let url = offering(info.clone(), vec![transcript]).await;
    for model in ["base", &Stt::default().model] {
        let stt = recogniser(&url, |config| config.model = model.into());
        stt.prepare().await.unwrap();
    }

    let stt = recogniser(&url, |config| config.model = "bass".into());
    let (message, hint, _) = remote(stt.prepare().await);
    assert!(
        message.ends_with("offers no model `bass`, but `base`, `tiny`"),
        "{message}"
    );
    assert!(hint.contains("`stt.model`"));

    let (message, _, _) = remote(voice(&url, |_| ()).prepare().await);
    assert!(message.ends_with("offers no voice"), "{message}");

    let broken = event("error", json!({ "text": "out of memory" }));
    let url = offering(info, vec![broken]).await;
    let (message, _, _) = remote(recogniser(&url, |_| ()).prepare().await);
    assert!(message.ends_with("failed: out of memory"), "{message}");
}

#[tokio::test]
async fn preparing_a_voice_has_it_say_something() {
    let names: Vec<Value> = (0..200)
        .map(|index| json!({ "name": format!("voice-{index}") }))
        .collect();
    let info = json!({ "tts": [{ "name": "piper", "voices": names }] });
    let url = offering(info.clone(), vec![chunk(22050, 2, 1, pcm(&[1])), stop()]).await;
    voice(&url, |config| config.model = "voice-7".into())
        .prepare()
        .await
        .unwrap();

    let tts = voice(&url, |config| config.model = "voice-777".into());
    let (message, _, _) = remote(tts.prepare().await);
    assert!(
        message.contains("offers no voice `voice-777`, but `voice-77`, "),
        "{message}"
    );
    assert!(message.ends_with(" and 192 more"), "{message}");

    let url = offering(info, vec![stop()]).await;
    let (message, _, _) = remote(voice(&url, |_| ()).prepare().await);
    assert!(message.ends_with("offers no sound"), "{message}");
}
