//! Servers that are away, slow, or close.

use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::{Peer, chunk, event, heard, pcm, recogniser, remote, request, said, server, voice};
use crate::wyoming::WyomingTranscription;
use crate::{SpeechToText, TextToSpeech};
use jane_config::Stt;

#[tokio::test]
async fn a_reason_that_comes_before_everything_was_sent_is_told() {
    let answer = |_, mut peer: Peer| async move {
        let reason = event("error", json!({ "text": "no room" }));
        peer.send(reason).await.unwrap();
    };
    let (url, _) = server(answer).await;
    let stt = recogniser(&url, |_| ());
    let (message, _, _) = remote(stt.transcribe(vec![0.0; 480_000].into()).await);
    assert!(message.ends_with("failed: no room"), "{message}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_down() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("tcp://{}", listener.local_addr().unwrap());
    drop(listener);
    let (message, hint, down) = remote(heard(&url).await);
    assert!(message.starts_with(&format!(
        "the speech recogniser failed: the server at `{url}` cannot be reached: "
    )));
    assert!(hint.contains("`stt.remote.url`") && down, "{hint}");
}

#[tokio::test]
async fn a_request_of_which_nothing_came_is_sent_again() {
    let answer = |connection, mut peer: Peer| async move {
        if connection == 2 {
            request(&mut peer).await;
            let transcript = event("transcript", json!({ "text": "At last." }));
            peer.send(transcript).await.unwrap();
        }
    };
    let (url, connections) = server(answer).await;
    assert_eq!(heard(&url).await.unwrap().text, "At last.");
    assert_eq!(connections.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_server_that_closes_every_time_is_down() {
    let (url, connections) = server(|_, _| async {}).await;
    let stt = recogniser(&url, |config| config.remote.retries = 1);
    let (message, _, down) = remote(stt.transcribe(vec![0.0; 160].into()).await);
    assert!(
        message.ends_with("closed the connection and said nothing") && down,
        "{message}"
    );
    assert_eq!(connections.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_request_that_was_half_answered_is_not_sent_again() {
    let format = json!({ "rate": 16000, "width": 2, "channels": 1 });
    let whole = vec![
        event("audio-start", format),
        chunk(16000, 2, 1, pcm(&[1, 2])),
    ];
    for (events, torn) in [(whole, &b""[..]), (Vec::new(), b"{\"type\": \"aud")] {
        let answer = move |_, mut peer: Peer| {
            let events = events.clone();
            async move {
                request(&mut peer).await;
                for event in events {
                    peer.send(event).await.unwrap();
                }
                peer.get_mut().write_all(torn).await.unwrap();
            }
        };
        let (url, connections) = server(answer).await;
        let (message, _, down) = remote(said(&url).await);
        assert!(
            message.ends_with("in the middle of its answer") && down,
            "{message}"
        );
        assert_eq!(connections.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn a_silent_server_is_given_up() {
    let answer = |_, mut peer: Peer| async move { while peer.next().await.is_some() {} };
    let (url, connections) = server(answer).await;
    let mut stt = recogniser(&url, |_| ());
    stt.server.silent = Duration::from_millis(20);
    let (message, hint, down) = remote(stt.transcribe(vec![0.0; 160].into()).await);
    assert!(
        message.ends_with("was silent for 0.02 s") && down,
        "{message}"
    );
    assert!(hint.contains("`stt.remote.silent_seconds`"));
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn dropping_a_request_closes_its_connection() {
    let (sender, mut reports) = mpsc::unbounded_channel();
    let answer = move |_, mut peer: Peer| {
        let sender = sender.clone();
        async move {
            request(&mut peer).await;
            sender.send("asked").unwrap();
            while let Some(Ok(_)) = peer.next().await {}
            sender.send("closed").unwrap();
        }
    };
    let (url, _) = server(answer).await;

    let (stt, tts) = (recogniser(&url, |_| ()), voice(&url, |_| ()));
    let recognition = stt.transcribe(vec![0.0; 160].into());
    tokio::select! {
        result = recognition => panic!("{result:?}"),
        report = reports.recv() => assert_eq!(report, Some("asked")),
    }
    assert_eq!(reports.recv().await, Some("closed"));

    let mut speech = tts.speak("Good morning.".to_owned());
    tokio::select! {
        result = speech.next() => panic!("{result:?}"),
        report = reports.recv() => assert_eq!(report, Some("asked")),
    }
    drop(speech);
    assert_eq!(reports.recv().await, Some("closed"));
}

#[test]
fn an_address_is_tcp_with_host_and_port_and_nothing_else() {
    let server = |url: &str| {
        let mut config = Stt::default();
        url.clone_into(&mut config.remote.url);
        WyomingTranscription::new(&config).map(|stt| stt.server.clone())
    };
    for url in [
        "tcp://127.0.0.1:10300",
        "tcp://voice.local:10300/",
        "tcp://[::1]:10300",
    ] {
        assert!(server(url).is_ok(), "{url}");
    }
    for url in [
        "",
        "127.0.0.1:10300",
        "tcp://127.0.0.1",
        "http://127.0.0.1:10300",
        "tcp://:10300",
        "tcp://user:secret@127.0.0.1:10300",
        "tcp://127.0.0.1:10300/path?secret",
        "tcp://127.0.0.1:123456",
    ] {
        let (message, hint, down) = remote(server(url));
        assert_eq!(
            message,
            "the speech recogniser failed: the server at `stt.remote.url` has no address of the form `tcp://HOST:PORT`"
        );
        assert!(hint.contains("[stt.remote]") && !down, "{hint}");
    }
}
