//! What nobody wants, each refused with its code.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::{home, raw, request};
use crate::common::clients::{Serving, client};
use crate::common::{Home, PATIENCE};

/// The status that is answered to `request`; the rest is not waited for.
fn status(address: &str, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(request).unwrap();
    let mut line = [0; 12];
    stream.read_exact(&mut line).unwrap();
    let line = String::from_utf8_lossy(&line);
    line.strip_prefix("HTTP/1.1 ").unwrap().to_owned()
}

#[test]
fn what_nobody_wants_is_refused_with_its_code() {
    let home = home("");
    let serving = Serving::start(&home);
    let address = serving.address.as_str();
    let host = format!("Host: {address}\r\n");
    let deep = format!(
        r#"{{"model": "jane", "messages": {}{}}}"#,
        "[".repeat(200_000),
        "]".repeat(200_000)
    );
    let websocket = "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let upgrade = format!(
        "GET /v1/realtime HTTP/1.1\r\n{host}Connection: Upgrade\r\n{websocket}Origin: http://evil.example\r\n\r\n"
    );
    let endless = format!("{host}X-A: {}\r\n", "a".repeat(200_000));
    let many: String = (0..500)
        .map(|number| format!("X-{number}: a\r\n"))
        .collect();
    let large =
        format!("POST /v1/chat/completions HTTP/1.1\r\n{host}Content-Length: 1073741824\r\n\r\n");
    let large_form = format!(
        "POST /v1/audio/transcriptions HTTP/1.1\r\n{host}Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 1073741824\r\n\r\n"
    );
    // A body of no known length, more of which comes than there may be.
    let mut endless_body =
        format!("POST /v1/chat/completions HTTP/1.1\r\n{host}Transfer-Encoding: chunked\r\n\r\n")
            .into_bytes();
    for _ in 0..12 {
        endless_body.extend(b"100000\r\n");
        endless_body.resize(endless_body.len() + 0x10_0000, b' ');
        endless_body.extend(b"\r\n");
    }
    let evil = "Host: evil.example\r\n";
    let foreign = format!("{host}Origin: http://evil.example\r\n");
    let models = "GET /v1/models";
    for (sent, status) in [
        (request(models, &host, b""), "200"),
        (request("GET /", &host, b""), "200"),
        (request(models, evil, b""), "403"),
        (request(models, &foreign, b""), "403"),
        (request("GET /", evil, b""), "403"),
        (upgrade.into_bytes(), "403"),
        (request(models, "", b""), "400"),
        (request(models, &endless, b""), "431"),
        (request(models, &format!("{host}{many}"), b""), "431"),
        (large.into_bytes(), "413"),
        (large_form.into_bytes(), "413"),
        (endless_body, "413"),
        (
            request("POST /v1/chat/completions", &host, deep.as_bytes()),
            "400",
        ),
        (
            request("POST /v1/chat/completions", &host, b"{\"model\": 1"),
            "400",
        ),
        (request("POST /v1/audio/transcriptions", &host, b"x"), "400"),
        (request("GET /v1/chat/completions", &host, b""), "405"),
        (request("GET /v1/realtime", &host, b""), "426"),
        (request("GET /v1/nothing", &host, b""), "404"),
        (request("GET /..%2f..%2fetc%2fpasswd", &host, b""), "404"),
        (b"\x16\x03\x01 garbage\r\n\r\n".to_vec(), "400"),
    ] {
        let answer = raw(address, &sent);
        let shown = String::from_utf8_lossy(&sent[..sent.len().min(300)]);
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{status} is not in `{}` for `{shown}`",
            &answer[..answer.len().min(400)]
        );
    }
    assert_eq!(serving.end().code(), Some(0));
}

#[test]
fn beyond_this_machine_a_token_is_required() {
    let home = Home::new();
    home.write_config("[serve]\nlisten = \"0.0.0.0:0\"\n[stt]\nmodel = \"whisper-tiny.en\"\n");
    let run = home.command(&["serve", "token"]).output().unwrap();
    assert!(run.status.success(), "{run:?}");
    let token = String::from_utf8(run.stdout).unwrap().trim().to_owned();
    assert_eq!(token.len(), 48);
    let serving = Serving::start(&home);
    let address = format!("127.0.0.1:{}", serving.port());
    let ask = |head: &str| {
        let head = format!("Host: {address}\r\n{head}");
        raw(&address, &request("GET /v1/models", &head, b""))
    };
    let given = format!("Authorization: Bearer {token}\r\n");
    let wrong = format!("Authorization: Bearer {}\r\n", "0".repeat(48));
    assert!(ask("").starts_with("HTTP/1.1 401"));
    assert!(ask(&wrong).starts_with("HTTP/1.1 401"));
    assert!(ask(&given).starts_with("HTTP/1.1 200"));
    // The page holds nothing, and asks for it.
    let page = raw(
        &address,
        &request("GET /", &format!("Host: {address}\r\n"), b""),
    );
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    // WebSockets come with the token as well, and from nowhere else.
    let upgrade = |head: &str| {
        let websocket = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
        let head = format!("GET /v1/realtime HTTP/1.1\r\nHost: {address}\r\n{websocket}{head}\r\n");
        status(&address, head.as_bytes())
    };
    let key =
        |key: &str| format!("Sec-WebSocket-Protocol: realtime, openai-insecure-api-key.{key}\r\n");
    let foreign = "Origin: https://evil.example\r\n";
    assert_eq!(upgrade(""), "401");
    assert_eq!(upgrade(&key("wrong")), "401");
    assert_eq!(upgrade(&format!("{}{foreign}", key(&token))), "403");
    assert_eq!(upgrade(&key(&token)), "101");
    assert_eq!(upgrade(&given), "101");
    // What happens in the server is for those who have the token; a name that was made to lead here is nobody's.
    for path in ["/events", "/jane/state"] {
        let get = |head: &str| request(&format!("GET {path}"), head, b"");
        let host = format!("Host: {address}\r\n");
        assert_eq!(status(&address, &get(&host)), "401");
        assert_eq!(status(&address, &get(&format!("{host}{wrong}"))), "401");
        assert_eq!(status(&address, &get(&format!("{host}{given}"))), "200");
        let rebound = format!("Host: evil.example\r\n{given}");
        assert_eq!(status(&address, &get(&rebound)), "403");
        let foreign = format!("{host}{given}{foreign}");
        assert_eq!(status(&address, &get(&foreign)), "403");
    }
    let run = serving.end();
    let told = format!("{:?}{}{}", run.events, run.stderr, home.log());
    assert!(!told.contains(&token));
}

#[test]
fn connections_are_encrypted_where_that_is_wanted() {
    let home = home("tls = true\n");
    let mut serving = Serving::start(&home);
    let told = serving.running.as_mut().unwrap().seen().to_vec();
    let named = |event: &&serde_json::Value| event["event"] == "serve.listening";
    let listening = told.iter().find(named).unwrap();
    assert_eq!(listening["interface"], "https", "{listening}");
    // Her own certificate is trusted by its file, and by nobody who does not have it.
    let file = home.path().join(".state/serve.pem");
    let arguments = [serving.address.as_str(), file.to_str().unwrap()];
    client("encrypted.py", &arguments);
    // Plain requests come to nothing.
    let host = format!("Host: {}\r\n", serving.address);
    let answer = raw(&serving.address, &request("GET /v1/models", &host, b""));
    assert!(!answer.starts_with("HTTP/"), "{answer}");
    assert_eq!(serving.end().code(), Some(0));
}

#[test]
fn a_client_that_closes_is_told_that_it_was_understood() {
    let home = home("");
    let serving = Serving::start(&home);
    let mut stream = TcpStream::connect(&serving.address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let websocket = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let upgrade = format!(
        "GET /v1/realtime HTTP/1.1\r\nHost: {}\r\n{websocket}\r\n",
        serving.address
    );
    stream.write_all(upgrade.as_bytes()).unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.extend(byte);
    }
    // A close frame of a client is masked, here with zeros; 1000 is a normal end (RFC 6455, sections 5.5.1 and 7.4.1).
    let close = [0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8];
    stream.write_all(&close).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert!(
        answer.ends_with(&[0x88, 0x02, 0x03, 0xe8]),
        "{}",
        String::from_utf8_lossy(&answer)
    );
}
