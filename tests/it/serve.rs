//! `jane serve`, tried with the clients that people really use, and with those that nobody wants.

mod clients;
mod crowd;
mod refusals;
mod service;
mod watched;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;

use crate::common::openai::OpenAiServer;
use crate::common::stories::story_home;
use crate::common::{Home, PATIENCE};

/// Nothing is opened but free ports of this machine.
const SERVE: &str = "[serve]\nlisten = \"127.0.0.1:0\"\n";

fn home(text: &str) -> Home {
    let home = Home::new();
    home.write_config(&format!(
        "{SERVE}{text}\n[stt]\nmodel = \"whisper-tiny.en\"\n[llm]\nmax_reply_tokens = 60\ntemperature = 0\n"
    ));
    home
}

/// A home in which stories are told to others, and a question that asks for one.
fn teller() -> (OpenAiServer, Home, PathBuf) {
    let (server, home, long) = story_home();
    let config = std::fs::read_to_string(home.path().join("jane.toml")).unwrap();
    let config = format!("{config}\n{SERVE}");
    std::fs::write(home.path().join("jane.toml"), config).unwrap();
    (server, home, long)
}

/// A home whose model says again what it is asked.
fn echoing() -> (OpenAiServer, Home) {
    let server = OpenAiServer::start("she");
    let home = Home::new();
    let url = server.url();
    home.write_config(&format!(
        "{SERVE}[stt]\nmodel = \"whisper-tiny.en\"\n[llm]\nbackend = \"openai\"\nmodel = \"echo\"\n[llm.remote]\nurl = \"{url}\"\n"
    ));
    (server, home)
}

/// Sends `request` and returns all that is answered, as far as it comes.
fn raw(address: &str, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    // It may be refused before all of it is sent.
    let _ = stream.write_all(request);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// A request with these lines in its head, and a body.
fn request(line: &str, head: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "{line} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n{head}\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}
