//! Both backends against servers of a few lines, well-behaved and not.

mod codec;
mod connections;
mod hostile;
mod preparing;
mod requests;

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_util::codec::Framed;

use super::codec::{Event, WyomingCodec};
use super::{WyomingSpeech, WyomingTranscription};
use crate::{BackendError, Speech, SpeechToText, TextToSpeech, Transcript};
use jane_config::{Stt, Tts};

type Peer = Framed<TcpStream, WyomingCodec>;

/// A server on loopback that answers each connection as `answer` does; its URL, and how many connections came.
async fn server<F, A>(answer: A) -> (String, Arc<AtomicUsize>)
where
    F: Future<Output = ()> + Send,
    A: Fn(usize, Peer) -> F + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("tcp://{}", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let connection = counted.fetch_add(1, Ordering::SeqCst);
            answer(connection, Framed::new(stream, WyomingCodec::default())).await;
        }
    });
    (url, connections)
}

/// A server that reads a request whole and answers with `events`.
async fn answering(events: Vec<Event>) -> String {
    let answer = move |_, mut peer: Peer| {
        let events = events.clone();
        async move {
            request(&mut peer).await;
            for event in events {
                // It may have heard enough.
                let _ = peer.send(event).await;
            }
        }
    };
    server(answer).await.0
}

/// A server that writes `bytes` as they are.
async fn writing(bytes: Vec<u8>) -> String {
    let answer = move |_, mut peer: Peer| {
        let bytes = bytes.clone();
        async move {
            request(&mut peer).await;
            let _ = peer.get_mut().write_all(&bytes).await;
        }
    };
    server(answer).await.0
}

/// The events of one request.
async fn request(peer: &mut Peer) -> Vec<Event> {
    let mut events = Vec::new();
    while let Some(Ok(event)) = peer.next().await {
        events.push(event);
        let last = events.last().map(|event| event.kind.as_str());
        if matches!(last, Some("audio-stop" | "synthesize" | "describe")) {
            break;
        }
    }
    events
}

fn event(kind: &str, data: Value) -> Event {
    Event::new(kind, data)
}

fn chunk(rate: u32, width: u16, channels: u16, payload: impl Into<Bytes>) -> Event {
    Event {
        payload: payload.into(),
        ..event(
            "audio-chunk",
            json!({ "rate": rate, "width": width, "channels": channels }),
        )
    }
}

fn stop() -> Event {
    event("audio-stop", Value::Null)
}

fn pcm(samples: &[i16]) -> Vec<u8> {
    samples
        .iter()
        .flat_map(|sample| sample.to_le_bytes())
        .collect()
}

fn recogniser(url: &str, change: impl FnOnce(&mut Stt)) -> WyomingTranscription {
    let mut config = Stt::default();
    url.clone_into(&mut config.remote.url);
    change(&mut config);
    WyomingTranscription::new(&config).unwrap()
}

fn voice(url: &str, change: impl FnOnce(&mut Tts)) -> WyomingSpeech {
    let mut config = Tts::default();
    url.clone_into(&mut config.remote.url);
    change(&mut config);
    WyomingSpeech::new(&config).unwrap()
}

async fn heard(url: &str) -> Result<Transcript, BackendError> {
    recogniser(url, |_| ())
        .transcribe(vec![0.0; 1600].into())
        .await
}

async fn said(url: &str) -> Result<Vec<Speech>, BackendError> {
    let stretches = voice(url, |_| ()).speak("Good morning.".to_owned());
    stretches.collect::<Vec<_>>().await.into_iter().collect()
}

/// The message, the hint, and whether the server counts as down.
fn remote<T: std::fmt::Debug>(result: Result<T, BackendError>) -> (String, String, bool) {
    let error = result.unwrap_err();
    let BackendError::Remote { down, .. } = error else {
        panic!("{error:?}");
    };
    (error.to_string(), error.hint().unwrap_or_default(), down)
}

/// A server that hands on every request and answers with `answer`.
async fn recording(answer: Event) -> (String, mpsc::UnboundedReceiver<Vec<Event>>) {
    let (sender, requests) = mpsc::unbounded_channel();
    let answer = move |_, mut peer: Peer| {
        let (sender, answer) = (sender.clone(), answer.clone());
        async move {
            sender.send(request(&mut peer).await).unwrap();
            peer.send(answer).await.unwrap();
        }
    };
    (server(answer).await.0, requests)
}
