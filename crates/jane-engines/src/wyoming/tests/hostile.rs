//! Servers that send what no server should.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};

use super::{Peer, answering, chunk, event, heard, remote, said, server, stop, voice, writing};
use crate::TextToSpeech;
use crate::wyoming::codec::LONGEST_PAYLOAD;

#[tokio::test]
async fn what_the_server_could_not_do_is_told_in_its_words_and_commands_no_terminal() {
    let text = format!("no such voice\u{1b}[2J{}", "!".repeat(100_000));
    let url = answering(vec![event("error", json!({ "text": text, "code": "E" }))]).await;
    for (message, _, down) in [remote(heard(&url).await), remote(said(&url).await)] {
        assert!(message.contains(&format!(
            "the server at `{url}` failed: no such voice [2J!!!"
        )));
        assert!(
            message.len() < 400 && !message.contains(char::is_control),
            "{message}"
        );
        assert!(!down, "the request may be at fault");
    }
    let url = answering(vec![event("error", json!({ "text": 7 }))]).await;
    assert!(
        remote(heard(&url).await)
            .0
            .ends_with("failed: it does not say why")
    );
}

#[tokio::test]
async fn a_server_that_takes_nothing_up_is_given_up() {
    let answer = |_, peer: Peer| async move {
        let _held = peer;
        std::future::pending::<()>().await;
    };
    let (url, _) = server(answer).await;
    let mut tts = voice(&url, |_| ());
    tts.server.silent = Duration::from_millis(20);
    // More than the buffers of the system take.
    let mut speech = tts.speak("a".repeat(64 << 20));
    assert!(
        remote(speech.next().await.unwrap())
            .0
            .ends_with("was silent for 0.02 s")
    );
}

#[tokio::test]
async fn a_server_that_talks_for_ever_and_says_nothing_is_given_up() {
    let answer = |_, mut peer: Peer| async move {
        while peer.send(event("pong", Value::Null)).await.is_ok() {}
    };
    let (url, _) = server(answer).await;
    let mut tts = voice(&url, |_| ());
    tts.server.longest = Duration::from_millis(50);
    let result = tts.speak("Yes.".into()).next().await.unwrap();
    assert!(remote(result).0.ends_with("did not finish within 0.05 s"));
}

#[tokio::test]
async fn what_a_server_sends_is_bounded_as_a_whole_whatever_it_is() {
    let answer = |_, mut peer: Peer| async move {
        while peer.send(event("pong", Value::Null)).await.is_ok() {}
    };
    let (url, _) = server(answer).await;
    let mut tts = voice(&url, |_| ());
    tts.server.largest = 1000;
    let result = tts.speak("Yes.".into()).next().await.unwrap();
    let (message, hint, down) = remote(result);
    assert!(
        message.ends_with("answered with more than 1000 bytes"),
        "{message}"
    );
    assert!(hint.contains("`tts.remote.whole_mb`") && !down, "{hint}");
}

#[tokio::test]
async fn the_time_of_a_request_is_that_of_all_its_tries() {
    // It closes at once, so that it would be asked again for minutes.
    let (url, _) = server(|_, peer: Peer| async move { drop(peer) }).await;
    let mut tts = voice(&url, |tts| tts.remote.retries = 10);
    tts.server.longest = Duration::from_millis(50);
    let result = tts.speak("Yes.".into()).next().await.unwrap();
    let (message, hint, down) = remote(result);
    assert!(
        message.ends_with("did not finish within 0.05 s"),
        "{message}"
    );
    assert!(
        hint.contains("`tts.remote.whole_seconds`") && down,
        "{hint}"
    );
}

#[tokio::test]
async fn sound_that_cannot_be_played_is_refused() {
    let second = vec![0; 2 * 1000];
    for (events, reason) in [
        (vec![chunk(16000, 4, 1, vec![0; 8])], "4 bytes a sample"),
        (vec![chunk(16000, 0, 1, vec![0; 8])], "0 bytes a sample"),
        (vec![chunk(0, 2, 1, vec![0; 8])], "at 0 Hz"),
        (vec![chunk(4_000_000, 2, 1, vec![0; 8])], "at 4000000 Hz"),
        (vec![chunk(16000, 2, 0, vec![0; 8])], "0 channels"),
        (vec![chunk(16000, 2, 33, vec![0; 66])], "33 channels"),
        (vec![chunk(16000, 2, 2, vec![0; 6])], "without its end"),
        (
            vec![
                chunk(16000, 2, 1, vec![0; 2]),
                chunk(8000, 2, 1, vec![0; 2]),
            ],
            "changes its format",
        ),
        (
            vec![event("audio-chunk", json!({ "rate": -1 }))],
            "invalid value",
        ),
        (vec![event("audio-start", Value::Null)], "missing field"),
        (
            vec![chunk(1000, 2, 1, second); 121],
            "more than 120 s of sound",
        ),
        (
            vec![chunk(1000, 2, 1, vec![0; LONGEST_PAYLOAD])],
            "more than 120 s of sound",
        ),
    ] {
        let (message, _, down) = remote(said(&answering(events).await).await);
        assert!(
            message.contains("does not keep to the Wyoming protocol"),
            "{message}"
        );
        assert!(message.contains(reason) && !down, "{message}");
    }
}

#[tokio::test]
async fn a_transcript_without_end_is_refused() {
    let piece = event("transcript-chunk", json!({ "text": "ha ".repeat(1000) }));
    let whole = event("transcript", json!({ "text": "ha ".repeat(30_000) }));
    for events in [vec![piece; 100], vec![whole]] {
        let (message, _, _) = remote(heard(&answering(events).await).await);
        assert!(
            message.contains("more text than anyone can have said"),
            "{message}"
        );
    }
}

#[tokio::test]
async fn a_text_of_which_nothing_is_to_be_heard_counts_as_a_server_that_is_down() {
    let start = event(
        "audio-start",
        json!({ "rate": 16000, "width": 2, "channels": 1 }),
    );
    let silence = chunk(16000, 2, 1, vec![0; 3200]);
    for events in [
        vec![stop()],
        vec![start.clone(), stop()],
        vec![start, silence, stop()],
    ] {
        let (message, _, down) = remote(said(&answering(events).await).await);
        assert!(message.ends_with("offers no sound") && down, "{message}");
    }
}

#[tokio::test]
async fn another_kind_of_server_is_recognised() {
    for bytes in [
        b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(),
        b"{\"type\": \"audio-chunk\", \"payload_length\": 99999999999}\n".to_vec(),
        vec![b'x'; 70_000],
    ] {
        let (message, hint, down) = remote(heard(&writing(bytes).await).await);
        assert!(
            message.contains("does not keep to the Wyoming protocol"),
            "{message}"
        );
        assert!(hint.contains("`stt.backend`") && !down, "{hint}");
    }
}
