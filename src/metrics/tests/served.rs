//! The address for Prometheus: whom it answers, and whom it does not wait for.

use std::net::SocketAddr;

use jane_config::Listen;
use jane_core::event::TurnOutcome;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::exposed::samples;
use super::server::Endpoint;
use super::*;

async fn ask(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn figures_are_served_to_who_names_this_machine() {
    let scene = Scene::new();
    scene.turn(1, TurnOutcome::Answered, 100);
    let listen: Listen = "127.0.0.1:0".parse().unwrap();
    let endpoint = Endpoint::open(&listen, scene.metrics.clone())
        .await
        .unwrap();
    let address = endpoint.address;
    let get = |path: &str, host: &str| format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n");
    for host in [
        address.to_string(),
        "localhost:9999".to_owned(),
        "LOCALHOST".to_owned(),
    ] {
        let answer = ask(address, &get("/metrics", &host)).await;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{host}: {answer}");
        assert!(head.contains("text/plain; version=0.0.4"), "{head}");
        assert_eq!(
            samples(body)[r#"jane_turns_total{outcome="answered"}"#],
            1.0
        );
    }
    for (request, status) in [
        // A name that somebody else had resolve to this machine.
        (get("/metrics", "example.org"), 403),
        (
            get("/metrics", &format!("example.org:{}", address.port())),
            403,
        ),
        (get("/metrics", "127.0.0.2"), 403),
        (get("http://example.org/metrics", "localhost"), 403),
        (get("/metrics", "a b"), 400),
        (get("/metrics", "localhost\r\nHost: localhost"), 400),
        ("GET /metrics HTTP/1.0\r\n\r\n".to_owned(), 400),
        (get("/", "localhost"), 404),
        (get("/metrics", "localhost").replace("GET", "POST"), 405),
        (get("/metrics", "localhost").replace("GET", "HEAD"), 405),
        (format!("GET /{} HTTP/1.1\r\n", "a".repeat(20_000)), 431),
    ] {
        let answer = ask(address, &request).await;
        let expected = format!("HTTP/1.1 {status}");
        let expected = if request.contains("1.0") {
            expected.replace("1.1", "1.0")
        } else {
            expected
        };
        assert!(answer.starts_with(&expected), "{request:.80}: {answer}");
        assert!(!answer.contains("jane_turns_total"));
    }
    endpoint.close().await;
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn connections_that_ask_nothing_are_closed_and_hold_up_nobody_for_long() {
    let scene = Scene::new();
    let listen: Listen = "127.0.0.1:0".parse().unwrap();
    let endpoint = Endpoint::open(&listen, scene.metrics.clone())
        .await
        .unwrap();
    let mut silent = Vec::new();
    for _ in 0..40 {
        silent.push(TcpStream::connect(endpoint.address).await.unwrap());
    }
    let request = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let answer = ask(endpoint.address, request).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    for mut stream in silent {
        let mut rest = String::new();
        let _ = stream.read_to_string(&mut rest).await;
    }
}

#[tokio::test]
async fn two_hundred_clients_that_never_finish_their_request_hold_up_nobody() {
    let scene = Scene::new();
    let listen: Listen = "127.0.0.1:0".parse().unwrap();
    let endpoint = Endpoint::open(&listen, scene.metrics.clone())
        .await
        .unwrap();
    let mut stalled = Vec::new();
    for _ in 0..200 {
        let mut stream = TcpStream::connect(endpoint.address).await.unwrap();
        stream
            .write_all(b"GET /metrics HTTP/1.1\r\n")
            .await
            .unwrap();
        stalled.push(stream);
    }
    let request = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
    // All of them are still connected or were let go of: none has been given up for want of its request, which takes five seconds.
    let answer = tokio::time::timeout(
        std::time::Duration::from_secs(4),
        ask(endpoint.address, request),
    );
    assert!(answer.await.unwrap().starts_with("HTTP/1.1 200"));
    drop(stalled);
}
