//! What is asked of a server, and what is made of its answer.

use futures::StreamExt;
use serde_json::{Value, json};

use super::{answering, chunk, event, heard, pcm, recogniser, recording, said, stop, voice};
use crate::{Speech, SpeechToText, TextToSpeech};

#[tokio::test]
async fn a_recording_is_sent_second_by_second_and_its_transcript_comes_back() {
    let transcript = event(
        "transcript",
        json!({ "text": " Hello  there.\n", "language": "de" }),
    );
    let (url, mut requests) = recording(transcript).await;
    let samples: Vec<f32> = (0..40_000)
        .map(|index| if index == 0 { 2.0 } else { -0.5 })
        .collect();

    let heard = recogniser(&url, |_| ())
        .transcribe(samples.into())
        .await
        .unwrap();
    assert_eq!(heard.text, "Hello there.");
    assert_eq!(heard.language.as_deref(), Some("de"));

    let events = requests.recv().await.unwrap();
    let kinds: Vec<&str> = events.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(
        kinds,
        [
            "transcribe",
            "audio-start",
            "audio-chunk",
            "audio-chunk",
            "audio-chunk",
            "audio-stop"
        ]
    );
    assert_eq!(json!(events[0].data), json!({ "language": "en" }));
    for event in &events[1..5] {
        assert_eq!(
            json!(event.data),
            json!({ "rate": 16000, "width": 2, "channels": 1 })
        );
    }
    let sizes: Vec<usize> = events[2..5]
        .iter()
        .map(|event| event.payload.len())
        .collect();
    assert_eq!(sizes, [32_000, 32_000, 16_000]);
    assert_eq!(events[2].payload[..4], pcm(&[i16::MAX, -16_384])[..]);
}

#[tokio::test]
async fn model_language_and_expected_words_are_what_jane_toml_says() {
    let (url, mut requests) = recording(event("transcript", json!({ "text": "" }))).await;
    let stt = recogniser(&url, |config| {
        config.model = "large".into();
        config.language = "auto".into();
        config.prompt = "Ana, Home Assistant,".into();
    });
    let heard = stt.transcribe(vec![0.0; 160].into()).await.unwrap();
    assert_eq!((heard.text.as_str(), heard.language), ("", None));
    let data = json!(requests.recv().await.unwrap()[0].data);
    assert_eq!(
        data,
        json!({ "name": "large", "transcript_terms": ["Ana", "Home Assistant"] })
    );
}

#[tokio::test]
async fn a_transcript_in_pieces_is_put_together() {
    let url = answering(vec![
        event("transcript-start", json!({ "language": "fr" })),
        event("transcript-chunk", json!({ "text": "Hello" })),
        event("pong", Value::Null),
        event("transcript-chunk", json!({ "text": " there." })),
        event("transcript-stop", Value::Null),
    ])
    .await;
    let heard = heard(&url).await.unwrap();
    assert_eq!(heard.text, "Hello there.");
    assert_eq!(heard.language.as_deref(), Some("fr"));
}

#[tokio::test]
async fn sound_of_any_rate_and_number_of_channels_becomes_one_mono_stretch() {
    let url = answering(vec![
        event(
            "audio-start",
            json!({ "rate": 44100, "width": 2, "channels": 2 }),
        ),
        chunk(44100, 2, 2, pcm(&[16_384, 0, -32_768, -32_768])),
        chunk(44100, 2, 2, pcm(&[])),
        chunk(44100, 2, 2, pcm(&[-16_384, 16_384])),
        stop(),
    ])
    .await;
    let expected = Speech::new(vec![0.25, -1.0, 0.0], 44_100);
    assert_eq!(said(&url).await.unwrap(), [expected]);
}

#[tokio::test]
async fn the_voice_and_its_speaker_are_what_jane_toml_says() {
    let (url, mut requests) = recording(stop()).await;
    // It says nothing, which is an error once all was asked.
    assert!(said(&url).await.is_err());
    assert_eq!(
        json!(requests.recv().await.unwrap()[0].data),
        json!({ "text": "Good morning." })
    );

    let tts = voice(&url, |config| {
        config.model = "en_GB-vctk-medium".into();
        config.speaker = "p239".into();
    });
    assert_eq!(tts.speak("Yes.".into()).count().await, 1);
    assert_eq!(
        json!(requests.recv().await.unwrap()[0].data),
        json!({ "text": "Yes.", "voice": { "name": "en_GB-vctk-medium", "speaker": "p239" } })
    );

    for text in [" \n", "…", "— ?!"] {
        assert_eq!(tts.speak(text.into()).count().await, 0);
    }
    assert!(
        requests.try_recv().is_err(),
        "nothing to say is not asked for"
    );
}
