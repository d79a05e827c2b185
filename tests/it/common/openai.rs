//! A server with OpenAI's interface, on loopback, that answers as it is told, and keeps what it was asked.
//!
//! It runs on a thread of its own and ends when it is dropped, connections in use included. Each request takes the next of the
//! answers that were queued; without one it gets what a good server would answer, under the server's name.
#![allow(dead_code, reason = "each scenario uses a part of it")]

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{Response, StatusCode};
use futures::stream::{self, StreamExt};
use serde_json::{Value, json};

/// How long something is waited for before the test is failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a request gets.
#[derive(Clone)]
pub enum Answer {
    /// This text, streamed word by word as a reply, or as a transcript.
    Text(String),
    /// Thoughts in the field of this name, streamed word by word, and then this text.
    Thoughts(&'static str, String, String),
    /// Calls of tools: id, name and arguments, streamed in pieces.
    Calls(Vec<[&'static str; 3]>),
    /// A status, headers and a body.
    Status(u16, Vec<(&'static str, String)>, String),
    /// These bytes, one after the other, and a regular end.
    Raw(Vec<Bytes>),
    /// These bytes, and then the connection breaks.
    Broken(Vec<Bytes>),
    /// These bytes, and then nothing more.
    Stalled(Vec<Bytes>),
    /// Not even a status.
    Silent,
    /// These bytes again and again.
    Endless(Bytes),
    /// These bytes, and then others again and again, with a pause before each.
    Dripped(Vec<Bytes>, Duration, Bytes),
    /// An answer after a while.
    After(Duration, Box<Answer>),
}

/// A request as it came.
#[derive(Clone)]
pub struct Received {
    /// The client's end of the connection.
    pub connection: SocketAddr,
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Received {
    pub fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|(known, _)| known == name);
        header.map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The body with what is not text replaced, for looking into multipart forms.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

#[derive(Default)]
struct Record {
    answers: VecDeque<Answer>,
    /// What is answered to a question where nothing was queued.
    by_question: Option<fn(&str) -> String>,
    received: Vec<Received>,
    /// Answers that the client did not read to their end.
    hung_up: usize,
}

struct Shared {
    name: String,
    record: Mutex<Record>,
    changed: Condvar,
}

/// The server. `/v1` of it has the three calls.
pub struct OpenAiServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: Option<tokio::sync::oneshot::Sender<Infallible>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl OpenAiServer {
    /// `name` is how tests tell which server answered.
    pub fn start(name: &str) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            name: name.to_owned(),
            record: Mutex::default(),
            changed: Condvar::new(),
        });
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let routes = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&shared))
            .into_make_service_with_connect_info::<SocketAddr>();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                tokio::select! {
                    served = async { axum::serve(listener, routes).await } => served.unwrap(),
                    _ = stopped => {}
                }
            });
        });
        Self {
            address,
            shared,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// What belongs in `remote.url`.
    pub fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Queues an answer.
    pub fn answer(&self, answer: Answer) {
        self.shared.record.lock().unwrap().answers.push_back(answer);
    }

    /// From now on, questions for which nothing is queued are answered by this.
    pub fn answer_by(&self, by: fn(&str) -> String) {
        self.shared.record.lock().unwrap().by_question = Some(by);
    }

    pub fn received(&self) -> Vec<Received> {
        self.shared.record.lock().unwrap().received.clone()
    }

    pub fn last(&self) -> Received {
        self.received().pop().expect("a request")
    }

    /// Waits until `count` requests have come. It blocks its thread.
    pub fn wait_for_requests(&self, count: usize) {
        self.wait("requests", |record| record.received.len() >= count);
    }

    /// Waits until the client has dropped `count` answers that had not ended. It blocks its thread.
    pub fn wait_for_hang_ups(&self, count: usize) {
        self.wait("answers that were dropped", |record| {
            record.hung_up >= count
        });
    }

    fn wait(&self, what: &str, reached: impl Fn(&Record) -> bool) {
        let record = self.shared.record.lock().unwrap();
        let (_record, waited) = self
            .shared
            .changed
            .wait_timeout_while(record, PATIENCE, |record| !reached(record))
            .unwrap();
        assert!(!waited.timed_out(), "the server waited for {what} in vain");
    }
}

impl Drop for OpenAiServer {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn change(&self, change: impl FnOnce(&mut Record)) {
        change(&mut self.record.lock().unwrap());
        self.changed.notify_all();
    }
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(connection): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response<Body> {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let header = |(name, value): (&axum::http::HeaderName, &axum::http::HeaderValue)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name.as_str().to_owned(), value)
    };
    let received = Received {
        connection,
        path: head.uri.path().to_owned(),
        headers: head.headers.iter().map(header).collect(),
        body: body.to_vec(),
    };
    let (mut queued, mut by) = (None, None);
    shared.change(|record| {
        record.received.push(received.clone());
        queued = record.answers.pop_front();
        by = record.by_question;
    });
    let mut answer = queued.unwrap_or_else(|| good(&shared.name, by, &received));
    while let Answer::After(wait, then) = answer {
        tokio::time::sleep(wait).await;
        answer = *then;
    }
    respond(shared, &received.path, answer).await
}

/// What a good server would answer.
fn good(name: &str, by: Option<fn(&str) -> String>, request: &Received) -> Answer {
    match request.path.as_str() {
        "/v1/chat/completions" => {
            let messages = request.json()["messages"].clone();
            let messages = messages.as_array().cloned().unwrap_or_default();
            let mut asked = messages
                .iter()
                .rev()
                .filter(|message| message["role"] == "user");
            let asked = asked.next().and_then(|message| message["content"].as_str());
            let asked = asked.unwrap_or_default();
            Answer::Text(by.map_or_else(|| format!("{name} heard: {asked}"), |by| by(asked)))
        }
        "/v1/audio/transcriptions" => Answer::Text(format!("{name} heard speech")),
        "/v1/audio/speech" => Answer::Raw(vec![tone(24_000, 0.5)]),
        _ => Answer::Status(404, Vec::new(), "404 page not found".to_owned()),
    }
}

async fn respond(shared: Arc<Shared>, path: &str, answer: Answer) -> Response<Body> {
    let pieces = |pieces: Vec<Bytes>| stream::iter(pieces.into_iter().map(Ok::<_, std::io::Error>));
    let unended = Unended(Some(shared));
    match answer {
        Answer::Text(text) if path.ends_with("/transcriptions") => {
            unended.end(Body::from(json!({ "text": text }).to_string()))
        }
        Answer::Text(text) => {
            let words = text
                .split_inclusive(' ')
                .map(|word| json!({ "content": word }));
            unended.end(Body::from_stream(pieces(reply(words.collect(), "stop"))))
        }
        Answer::Thoughts(field, thoughts, text) => {
            let thoughts = thoughts
                .split_inclusive(' ')
                .map(|word| json!({ field: word }));
            let words = text.split_inclusive(' ');
            let words = words.map(|word| json!({ "content": word }));
            let deltas = thoughts.chain(words).collect();
            unended.end(Body::from_stream(pieces(reply(deltas, "stop"))))
        }
        Answer::Calls(calls) => {
            let deltas = calls
                .iter()
                .enumerate()
                .flat_map(|(index, call)| call_pieces(index, call));
            unended.end(Body::from_stream(pieces(reply(
                deltas.collect(),
                "tool_calls",
            ))))
        }
        Answer::Status(status, headers, body) => {
            let mut response = unended.end(Body::from(body));
            *response.status_mut() = StatusCode::from_u16(status).unwrap();
            for (name, value) in headers {
                response.headers_mut().insert(name, value.parse().unwrap());
            }
            response
        }
        Answer::Raw(bytes) => unended.end(Body::from_stream(pieces(bytes))),
        Answer::Broken(bytes) => {
            let lost = stream::once(async {
                // what is waited for is written first
                tokio::task::yield_now().await;
                Err(std::io::Error::other("as it was told"))
            });
            unended.end(Body::from_stream(pieces(bytes).chain(lost)))
        }
        Answer::Stalled(bytes) => {
            let body = pieces(bytes).chain(stream::pending());
            // held by the stream, whose end is the client's
            Response::new(Body::from_stream(body.inspect(move |_| {
                let _ = &unended;
            })))
        }
        Answer::Silent => {
            let _unended = unended;
            std::future::pending().await
        }
        Answer::Endless(bytes) => {
            let body = stream::repeat(bytes).map(Ok::<_, std::io::Error>);
            Response::new(Body::from_stream(body.inspect(move |_| {
                let _ = &unended;
            })))
        }
        Answer::Dripped(bytes, pause, drop) => {
            let drops = stream::repeat(drop).then(move |drop| async move {
                tokio::time::sleep(pause).await;
                Ok::<_, std::io::Error>(drop)
            });
            let body = pieces(bytes).chain(drops);
            Response::new(Body::from_stream(body.inspect(move |_| {
                let _ = &unended;
            })))
        }
        Answer::After(..) => unreachable!("delays were waited for"),
    }
}

/// Notices that an answer was dropped before its end.
struct Unended(Option<Arc<Shared>>);

impl Unended {
    /// An answer that ends by itself.
    fn end(mut self, body: Body) -> Response<Body> {
        self.0 = None;
        Response::new(body)
    }
}

impl Drop for Unended {
    fn drop(&mut self) {
        if let Some(shared) = self.0.take() {
            shared.change(|record| record.hung_up += 1);
        }
    }
}

/// One event of a stream.
pub fn event(data: &Value) -> Bytes {
    Bytes::from(format!("data: {data}\n\n"))
}

/// The event of a piece of text.
pub fn text(text: &str) -> Bytes {
    event(&json!({ "choices": [{ "index": 0, "delta": { "content": text } }] }))
}

/// The events of a whole reply.
fn reply(deltas: Vec<Value>, finish: &str) -> Vec<Bytes> {
    let choice = |delta: &Value, finish: Option<&str>| json!({ "choices": [{ "index": 0, "delta": delta, "finish_reason": finish }], "usage": null });
    let usage = json!({
        "prompt_tokens": 20,
        "completion_tokens": deltas.len(),
        "prompt_tokens_details": { "cached_tokens": 12 },
    });
    let mut events = vec![event(&choice(
        &json!({ "role": "assistant", "content": "" }),
        None,
    ))];
    events.extend(deltas.iter().map(|delta| event(&choice(delta, None))));
    events.push(event(&choice(&json!({}), Some(finish))));
    events.push(event(&json!({ "choices": [], "usage": usage })));
    events.push(Bytes::from_static(b"data: [DONE]\n\n"));
    events
}

/// A call in three pieces: its name, and its arguments in halves.
fn call_pieces(index: usize, [id, name, arguments]: &[&'static str; 3]) -> Vec<Value> {
    let (first, second) = arguments.split_at(arguments.len() / 2);
    let piece = |piece: Value| json!({ "tool_calls": [piece] });
    vec![
        piece(
            json!({ "index": index, "id": id, "type": "function", "function": { "name": name, "arguments": "" } }),
        ),
        piece(json!({ "index": index, "function": { "arguments": first } })),
        piece(json!({ "index": index, "function": { "arguments": second } })),
    ]
}

/// A 16-bit WAV of a tone of 440 Hz, with a header as a streaming server writes it.
pub fn tone(sample_rate: u32, seconds: f32) -> Bytes {
    let mut wav = Vec::new();
    wav.extend(b"RIFF\xFF\xFF\xFF\xFFWAVEfmt \x10\0\0\0\x01\0\x01\0");
    wav.extend(sample_rate.to_le_bytes());
    wav.extend((sample_rate * 2).to_le_bytes());
    wav.extend(b"\x02\0\x10\0data\xFF\xFF\xFF\xFF");
    for index in 0..(sample_rate as f32 * seconds) as u32 {
        let phase = index as f32 * 440.0 * std::f32::consts::TAU / sample_rate as f32;
        wav.extend(((phase.sin() * 0.5 * 32_767.0) as i16).to_le_bytes());
    }
    wav.into()
}
