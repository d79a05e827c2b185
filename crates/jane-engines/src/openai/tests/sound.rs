//! Speech to a server, and from one.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt;
use serde_json::json;

use super::server::{Answer, OpenAiServer, tone};
use super::{KEY, home, remote, shown, with_key};
use crate::openai::{OpenAiSpeech, OpenAiTranscription};
use crate::{BackendError, Speech, SpeechToText, TextToSpeech};
use jane_audio::wav_to_speech;
use jane_config::{Remote, Stt, Tts};

fn stt(remote: Remote) -> Stt {
    Stt {
        model: "whisper-large".to_owned(),
        remote,
        ..Stt::default()
    }
}

fn recogniser(config: &Stt) -> OpenAiTranscription {
    OpenAiTranscription::new(config, Path::new("/nowhere")).unwrap()
}

fn tts(remote: Remote) -> Tts {
    Tts {
        model: "kokoro".to_owned(),
        remote,
        ..Tts::default()
    }
}

fn voice(config: &Tts) -> OpenAiSpeech {
    OpenAiSpeech::new(config, Path::new("/nowhere")).unwrap()
}

async fn spoken(voice: &OpenAiSpeech) -> Result<Speech, BackendError> {
    let mut stream = voice.speak("Good morning.".to_owned());
    let speech = stream.next().await.expect("an item");
    assert!(stream.next().await.is_none(), "one item for each text");
    speech
}

/// The content of the part `name` of a multipart body.
fn part<'a>(body: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let find = |bytes: &[u8], wanted: &[u8]| {
        bytes
            .windows(wanted.len())
            .position(|window| window == wanted)
    };
    let boundary = &body[..find(body, b"\r\n")?];
    let named = format!("name=\"{name}\"");
    let body = &body[find(body, named.as_bytes())?..];
    let body = &body[find(body, b"\r\n\r\n")? + 4..];
    Some(&body[..find(body, &[b"\r\n", boundary].concat())?])
}

#[tokio::test]
async fn speech_is_sent_as_a_wav_and_its_transcript_comes_back() {
    let server = OpenAiServer::start("ears");
    let config = Stt {
        prompt: "Jane".to_owned(),
        ..stt(remote(server.url()))
    };
    let samples: Arc<[f32]> = vec![0.25; 800].into();
    let transcript = recogniser(&config).transcribe(samples).await.unwrap();
    assert_eq!(transcript.text, "ears heard speech");
    assert_eq!(transcript.language.as_deref(), Some("en"));
    assert_eq!(
        (
            transcript.no_speech_probability,
            transcript.mean_log_probability
        ),
        (0.0, 0.0)
    );

    let received = server.last();
    assert_eq!(received.path, "/v1/audio/transcriptions");
    for (name, expected) in [
        ("model", "whisper-large"),
        ("response_format", "json"),
        ("language", "en"),
        ("prompt", "Jane"),
    ] {
        assert_eq!(
            part(&received.body, name),
            Some(expected.as_bytes()),
            "{name}"
        );
    }
    let text = received.text();
    assert!(
        text.contains("filename=\"speech.wav\"\r\nContent-Type: audio/wav")
            || text.contains("filename=\"speech.wav\"\r\ncontent-type: audio/wav"),
        "{text}"
    );
    let (samples, sample_rate) = wav_to_speech(part(&received.body, "file").unwrap()).unwrap();
    assert_eq!((samples.len(), sample_rate), (800, 16_000));
    assert!(samples.iter().all(|sample| (sample - 0.25).abs() < 1e-3));
}

#[tokio::test]
async fn a_language_that_is_to_be_found_out_is_not_sent() {
    let server = OpenAiServer::start("ears");
    server.answer(Answer::Raw(vec![
        r#"{"text":" Bonjour. ","language":"fr"}"#.into(),
    ]));
    let config = Stt {
        language: "auto".to_owned(),
        ..stt(remote(server.url()))
    };
    let transcript = recogniser(&config)
        .transcribe(vec![0.0; 10].into())
        .await
        .unwrap();
    assert_eq!(
        (transcript.text.as_str(), transcript.language.as_deref()),
        ("Bonjour.", Some("fr"))
    );
    let body = server.last().body;
    assert_eq!(
        (part(&body, "language"), part(&body, "prompt")),
        (None, None)
    );
}

#[tokio::test]
async fn preparing_a_recogniser_has_silence_recognised() {
    let server = OpenAiServer::start("ears");
    let recogniser = recogniser(&stt(remote(server.url())));
    recogniser.prepare().await.unwrap();
    let body = server.last().body;
    let (samples, _) = wav_to_speech(part(&body, "file").unwrap()).unwrap();
    assert_eq!(samples, [0.0; 8000]);
    server.answer(Answer::Status(404, Vec::new(), String::new()));
    let error = recogniser.prepare().await.unwrap_err();
    assert!(
        error.hint().unwrap().contains("`stt.remote.url`"),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_recording_is_sent_again_whole() {
    let server = OpenAiServer::start("ears");
    server.answer(Answer::Status(503, Vec::new(), String::new()));
    let config = stt(Remote {
        retries: 1,
        ..remote(server.url())
    });
    let transcript = recogniser(&config)
        .transcribe(vec![0.5; 100].into())
        .await
        .unwrap();
    assert_eq!(transcript.text, "ears heard speech");
    let [first, second] = &server.received()[..] else {
        panic!("two requests")
    };
    assert_eq!(part(&first.body, "file"), part(&second.body, "file"));
    assert!(part(&first.body, "file").is_some());
}

#[tokio::test]
async fn what_is_no_transcript_is_an_error() {
    let server = OpenAiServer::start("ears");
    let recogniser = recogniser(&stt(remote(server.url())));
    let huge = json!({ "text": "x".repeat(300_000) }).to_string();
    let long = json!({ "text": "x".repeat(70_000) }).to_string();
    for (answer, expected) in [
        (
            Answer::Raw(vec!["<html>".into()]),
            "something else than a transcript",
        ),
        (
            Answer::Raw(vec![r#"{"text":7}"#.into()]),
            "something else than a transcript",
        ),
        (Answer::Raw(vec![huge.into()]), "more than 262144 bytes"),
        (
            Answer::Raw(vec![long.into()]),
            "more text than anyone can have said",
        ),
        (
            Answer::Endless(Bytes::from_static(b"{{{{{{{{")),
            "more than 262144 bytes",
        ),
        (
            Answer::Broken(vec![r#"{"text":"#.into()]),
            "broke the connection",
        ),
        (
            Answer::Stalled(vec![r#"{"text":"#.into()]),
            "was silent for 1 s",
        ),
    ] {
        server.answer(answer);
        let error = recogniser
            .transcribe(vec![0.0; 10].into())
            .await
            .unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[tokio::test]
async fn a_text_is_spoken_at_the_servers_own_rate() {
    let server = OpenAiServer::start("mouth");
    let speech = spoken(&voice(&tts(remote(server.url())))).await.unwrap();
    assert_eq!((speech.samples.len(), speech.sample_rate), (12_000, 24_000));
    assert!(speech.samples.iter().any(|sample| *sample > 0.45));
    let received = server.last();
    assert_eq!(received.path, "/v1/audio/speech");
    assert_eq!(
        received.json(),
        json!({
            "model": "kokoro",
            "input": "Good morning.",
            "voice": "alloy",
            "speed": 1.0,
            "response_format": "wav",
        })
    );
}

#[tokio::test]
async fn the_voice_and_its_pace_are_those_of_jane_toml() {
    let server = OpenAiServer::start("mouth");
    let config = Tts {
        speaker: "af_heart".to_owned(),
        speed: 1.25,
        ..tts(remote(server.url()))
    };
    voice(&config).prepare().await.unwrap();
    let sent = server.last().json();
    assert_eq!(
        (&sent["voice"], &sent["speed"], &sent["input"]),
        (&json!("af_heart"), &json!(1.25), &json!("Hello."))
    );
}

#[tokio::test]
async fn what_is_no_speech_is_an_error() {
    let server = OpenAiServer::start("mouth");
    let voice = voice(&tts(remote(server.url())));
    let header = tone(24_000, 0.0);
    let cut = {
        let mut wav = tone(24_000, 0.1).to_vec();
        wav[40..44].copy_from_slice(&100_000_u32.to_le_bytes());
        Bytes::from(wav)
    };
    for (bytes, expected) in [
        (Bytes::from_static(b""), "is empty"),
        (Bytes::from_static(b"ID3\x04 an MP3"), "not a WAV file"),
        (header, "0 samples"),
        (cut, "is cut off"),
    ] {
        server.answer(Answer::Raw(vec![bytes]));
        let error = spoken(&voice).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert!(error.hint().unwrap().contains("WAV"), "{error:?}");
    }
    server.answer(Answer::Endless(tone(24_000, 1.0)));
    let error = spoken(&voice).await.unwrap_err();
    assert!(
        error.to_string().contains("more than 16777216 bytes"),
        "{error}"
    );
}

/// A WAV of mono floats at 24 kHz.
fn floats(samples: &[f32]) -> Bytes {
    let bytes: Vec<u8> = samples
        .iter()
        .flat_map(|sample| sample.to_le_bytes())
        .collect();
    let length = u32::try_from(bytes.len()).unwrap();
    let mut wav = Vec::from(*b"RIFF");
    wav.extend((length + 36).to_le_bytes());
    wav.extend(b"WAVEfmt \x10\0\0\0\x03\0\x01\0");
    wav.extend(24_000_u32.to_le_bytes());
    wav.extend(96_000_u32.to_le_bytes());
    wav.extend(b"\x04\0\x20\0data");
    wav.extend(length.to_le_bytes());
    wav.extend(bytes);
    wav.into()
}

#[tokio::test]
async fn a_text_of_which_nothing_is_to_be_heard_counts_as_a_server_that_is_down() {
    let server = OpenAiServer::start("mouth");
    let voice = voice(&tts(remote(server.url())));
    for sample in [0.0, -0.0, f32::NAN, f32::INFINITY] {
        server.answer(Answer::Raw(vec![floats(&[sample; 2400])]));
        let error = spoken(&voice).await.unwrap_err();
        assert!(error.to_string().ends_with("offers no sound"), "{error}");
        assert!(error.is_down());
    }
    server.answer(Answer::Raw(vec![tone(24_000, 0.0)]));
    assert!(spoken(&voice).await.unwrap_err().is_down());
    server.answer(Answer::Raw(vec![floats(&[0.5; 2400])]));
    assert!(spoken(&voice).await.is_ok());
}

#[tokio::test]
async fn the_key_goes_with_speech_too_and_into_no_error() {
    let home = home();
    let server = OpenAiServer::start("both");
    let remote = with_key(server.url());
    let recogniser = OpenAiTranscription::new(&stt(remote.clone()), home.path()).unwrap();
    let voice = OpenAiSpeech::new(&tts(remote), home.path()).unwrap();
    let echo = || Answer::Status(401, Vec::new(), json!({ "error": KEY }).to_string());
    server.answer(echo());
    server.answer(echo());
    let errors = [
        recogniser.prepare().await.unwrap_err(),
        voice.prepare().await.unwrap_err(),
    ];
    for (error, section) in errors.iter().zip(["stt", "tts"]) {
        let shown = shown(error);
        assert!(
            shown.contains(&format!("`{section}.remote.api_key_env`")),
            "{shown}"
        );
        assert!(!shown.contains("hush"), "{shown}");
    }
    let bearer = format!("Bearer {KEY}");
    for received in server.received() {
        assert_eq!(received.header("authorization"), Some(bearer.as_str()));
    }
}
