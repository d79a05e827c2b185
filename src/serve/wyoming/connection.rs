//! One connection: what comes is done beside each other, and what comes of it is sent in order. It ends with the first error.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use jane_engines::{WyomingCodec, WyomingEvent};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::codec::{FramedRead, FramedWrite};

use super::hearing::Listening;
use super::speaking::Speaking;
use super::{House, handling, info};

/// Events that may wait for the other side.
const WAITING: usize = 32;

/// How long the other side may take nothing.
const STALLED: Duration = Duration::from_secs(30);

/// How long what still comes behind an error is taken, so that the other side reads the error.
const FAREWELL: Duration = Duration::from_secs(2);

/// What is sent to the other side.
pub type Out = mpsc::Sender<WyomingEvent>;

/// Serves it until the other side is done, or does nothing for too long, or she ends.
pub async fn serve(stream: TcpStream, house: House) {
    let _ = stream.set_nodelay(true);
    let (read, write) = stream.into_split();
    let mut events = FramedRead::new(read, WyomingCodec::default());
    let (out, mut to_send) = mpsc::channel::<WyomingEvent>(WAITING);
    let sending = async move {
        let mut sink = FramedWrite::new(write, WyomingCodec::default());
        while let Some(event) = to_send.recv().await {
            let is_error = event.kind == "error";
            let sent = tokio::time::timeout(STALLED, sink.send(event)).await;
            if !matches!(sent, Ok(Ok(()))) {
                return;
            }
            if is_error {
                // Older Home Assistants do not know errors, and wait until the connection ends.
                if SinkExt::<WyomingEvent>::close(&mut sink).await.is_ok() {
                    tokio::time::sleep(FAREWELL).await;
                }
                return;
            }
        }
    };
    let receiving = async move {
        let ending = house.sessions.ending().clone();
        let mut requests = Requests {
            work: JoinSet::new(),
            listening: None,
            speaking: None,
            out,
            house,
        };
        loop {
            let idle = tokio::time::sleep(requests.house.idle);
            let event = tokio::select! {
                () = ending.cancelled() => break,
                Some(_) = requests.work.join_next() => continue,
                () = idle => break,
                event = events.next() => event,
            };
            match event {
                Some(Ok(event)) => requests.take(event).await,
                Some(Err(error)) => {
                    tracing::debug!(%error, "a Wyoming client sends what is no event");
                    let _ = requests
                        .out
                        .send(failed("that is no event", "protocol"))
                        .await;
                    break;
                }
                None => break,
            }
        }
        requests.finish().await;
    };
    // Whatever is under way ends where nothing of it can be sent any more.
    tokio::select! {
        () = sending => {}
        () = async {
            receiving.await;
            std::future::pending::<()>().await;
        } => {}
    }
}

/// What is under way.
struct Requests {
    work: JoinSet<()>,
    listening: Option<Listening>,
    speaking: Option<Speaking>,
    out: Out,
    house: House,
}

impl Requests {
    async fn take(&mut self, event: WyomingEvent) {
        let text = |key: &str| event.data.get(key).and_then(Value::as_str);
        let (house, out) = (self.house.clone(), self.out.clone());
        match event.kind.as_str() {
            "describe" => {
                let _ = out
                    .send(WyomingEvent::new("info", info::info(&house.sessions)))
                    .await;
            }
            "ping" => {
                let pong = json!({"text": text("text")});
                let _ = out.send(WyomingEvent::new("pong", pong)).await;
            }
            "transcribe" => self.listening = Some(Listening::for_words()),
            "detect" => self.listening = Some(Listening::for_her_name()),
            "audio-start" => {
                let listening = self.listening.get_or_insert_with(Listening::for_words);
                listening.start(&event, house, out, &mut self.work);
            }
            "audio-chunk" => {
                let listening = self.listening.get_or_insert_with(Listening::for_words);
                listening.push(&event, house, out, &mut self.work).await;
            }
            "audio-stop" => {
                if let Some(listening) = &mut self.listening {
                    listening.stop();
                }
            }
            "transcript" => {
                let question = text("text").unwrap_or_default().to_owned();
                let name = event.data.get("context");
                let name = name.and_then(|context| context.get("conversation_id"));
                let name = name.and_then(Value::as_str).unwrap_or_default().to_owned();
                self.work
                    .spawn(handling::handle(house, question, name, out));
            }
            "synthesize-start" => {
                self.speaking = Some(Speaking::start(house, out, &mut self.work));
            }
            "synthesize-chunk" => {
                if let Some(speaking) = &self.speaking {
                    speaking.push(text("text").unwrap_or_default()).await;
                }
            }
            // The whole text, for servers that cannot take it in pieces.
            "synthesize" if self.speaking.is_some() => {}
            "synthesize" => {
                let text = text("text").unwrap_or_default().to_owned();
                Speaking::whole(text, house, out, &mut self.work);
            }
            "synthesize-stop" => self.speaking = None,
            // What is not known is passed over, as everybody does who speaks it.
            _ => {}
        }
    }

    /// What was asked is still answered where the other side has only closed its half; or she ends.
    async fn finish(mut self) {
        self.listening = None;
        self.speaking = None;
        while self.work.join_next().await.is_some() {}
    }
}

/// An error, as the other side is told.
pub fn failed(text: &str, code: &str) -> WyomingEvent {
    WyomingEvent::new("error", json!({"text": text, "code": code}))
}
