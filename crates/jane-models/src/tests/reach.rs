//! Which models can be had: with a Hugging Face that answers, with one that lacks something, and without one.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::formats::with_weights;
use super::{Home, Recorder, sha256};
use crate::{
    Capacity, ModelKind, ModelState, ModelStore, Pulled, Reach, WeightFormat, within_reach,
};

/// Two cores, without a graphics processor.
const CORES: Capacity = Capacity {
    bytes_per_second: 12e9,
    system: 2_000_000_000,
    video: 0,
};

/// A hub that answers each request with what `answer` makes of its first line; its address, and those lines.
async fn hub(
    answer: impl Fn(&str) -> Vec<u8> + Send + 'static,
) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let lines = Arc::new(Mutex::new(Vec::new()));
    let seen = lines.clone();
    tokio::spawn(async move {
        loop {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                request.push(connection.read_u8().await.unwrap());
            }
            let request = String::from_utf8(request).unwrap();
            let line = request.lines().next().unwrap().to_owned();
            seen.lock().push(line.clone());
            connection.write_all(&answer(&line)).await.unwrap();
            connection.shutdown().await.unwrap();
        }
    });
    (address, lines)
}

fn head(status: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\nConnection: close\r\n\r\n").into_bytes()
}

/// The store of the catalogue that is built in, whose hub is at `address`.
fn built_in(address: &str) -> (tempfile::TempDir, ModelStore) {
    let directory = tempfile::tempdir().unwrap();
    let mut store = ModelStore::open(directory.path()).unwrap();
    store.clients.hub = address.to_owned();
    (directory, store)
}

async fn best(store: &ModelStore, capacity: &Capacity) -> String {
    let candidates = store.candidates(capacity);
    let reaches = store.reaches(&candidates).await;
    within_reach(&candidates, &reaches).unwrap().name.clone()
}

#[tokio::test]
async fn a_network_of_python_packages_alone_gives_two_cores_the_largest_of_them_and_is_asked_once()
{
    // It closes each connection without a word.
    let (address, lines) = hub(|_| Vec::new()).await;
    let (_directory, store) = built_in(&address);
    assert_eq!(best(&store, &CORES).await, "qwen2.5-coder-1.5b-instruct");
    let device = Capacity {
        video: 8_000_000_000,
        ..CORES
    };
    assert_eq!(best(&store, &device).await, "qwen2.5-coder-1.5b-instruct");
    let small = Capacity {
        system: 400_000_000,
        ..CORES
    };
    assert_eq!(best(&store, &small).await, "smollm2-135m-instruct");
    assert_eq!(*lines.lock(), ["HEAD / HTTP/1.1"]);
    // A clone, as other threads have one, knows what was found out.
    best(&store.clone(), &CORES).await;
    assert_eq!(lines.lock().len(), 1);
}

#[tokio::test]
async fn a_hub_within_reach_gives_the_better_ones() {
    let (address, lines) = hub(|_| head("302 Found\r\nLocation: http://127.0.0.1:9/")).await;
    let (_directory, store) = built_in(&address);
    assert_eq!(best(&store, &CORES).await, "qwen3.5-2b");
    let device = Capacity {
        video: 8_000_000_000,
        ..CORES
    };
    assert_eq!(best(&store, &device).await, "qwen2.5-7b-instruct");
    // What is not suited is not asked for.
    let lines = lines.lock();
    assert!(lines.iter().all(|line| line.starts_with("HEAD ")));
    assert!(!lines.iter().any(|line| line.contains("gpt-oss")));
}

#[tokio::test]
async fn what_the_hub_lacks_or_has_otherwise_is_passed_over_and_said() {
    let (address, _) = hub(|line| {
        if line.contains("Qwen3.5-2B") {
            head("404 Not Found")
        } else if line.contains("Qwen3-1.7B") {
            head("200 OK\r\nContent-Length: 5")
        } else if line.contains("qwen2.5-1.5b") {
            head("302 Found\r\nX-Linked-Size: 1117320736\r\nContent-Length: 9")
        } else {
            head("200 OK")
        }
    })
    .await;
    let (_directory, store) = built_in(&address);
    assert_eq!(best(&store, &CORES).await, "qwen2.5-1.5b-instruct");
    let candidates = store.candidates(&CORES);
    let reaches = store.reaches(&candidates).await;
    let of = |name: &str| {
        let at = candidates.iter().position(|one| one.name == name).unwrap();
        reaches[at].clone()
    };
    let gone = "the server answered 404 Not Found".to_owned();
    assert_eq!(of("qwen3.5-2b"), Some(Reach::Nowhere(gone)));
    let Some(Reach::Nowhere(other)) = of("qwen3-1.7b") else {
        panic!("another file was taken for it");
    };
    assert!(
        other.contains("has 5 bytes there, and 1107409472"),
        "{other}"
    );
    assert!(matches!(of("qwen2.5-1.5b-instruct"), Some(Reach::Found(_))));
    assert_eq!(of("gpt-oss-20b"), None);
}

/// What `format` of the weights gives.
fn converted(format: WeightFormat) -> Vec<u8> {
    let (home, weights) = with_weights("");
    let store = home.store();
    store
        .import(&weights, None, Some("x"), Some(format))
        .unwrap();
    std::fs::read(home.models().join("x/ggml-model.bin")).unwrap()
}

/// A catalogue in which a file is published on the hub, and converted to another one from a Python package.
fn catalogue(published: &[u8], converted: &[u8]) -> String {
    format!(
        r#"
        [w]
        kind = "stt"
        licence = "MIT"
        description = ""
        files = [{{ name = "ggml-model.bin", size = {}, sha256 = "{}" }}]
        [[w.sources]]
        type = "hugging-face"
        repository = "owner/repository"
        revision = "abc"
        pieces = [{{ name = "ggml-model.bin", parts = ["ggml-w.bin"] }}]
        [[w.sources]]
        type = "python"
        import = "ctranslate2"
        converted = {{ size = {}, sha256 = "{}" }}
        packages = ["w==1"]
        python = "3.11"
        pieces = [
            {{ name = "model.bin", parts = ["w/model.bin"] }},
            {{ name = "tokenizer.json", parts = ["w/tokenizer.json"] }},
        ]
        "#,
        published.len(),
        sha256(published),
        converted.len(),
        sha256(converted)
    )
}

async fn pulled_as(home: &Home, content: &[u8], source: &str) {
    let store = home.store();
    let pulled = store.pull("w", false, &Recorder::default()).await.unwrap();
    let Pulled::Installed {
        source: from,
        not_pinned,
        ..
    } = pulled
    else {
        panic!("{pulled:?}");
    };
    assert!(from.contains(source), "{from}");
    assert!(not_pinned.is_empty());
    let file = home.models().join("w/ggml-model.bin");
    assert_eq!(std::fs::read(file).unwrap(), content);
    assert_eq!(store.list()[0].state, ModelState::Installed);
    store.verify("w").unwrap();
    store
        .resolve(ModelKind::Stt, "w", home.directory.path())
        .unwrap();
    let again = store.pull("w", false, &Recorder::default()).await.unwrap();
    assert!(matches!(again, Pulled::AlreadyInstalled { .. }));
}

#[tokio::test]
async fn the_published_file_comes_first_and_the_conversion_where_it_cannot_be_reached() {
    let [floats, blocks] = [WeightFormat::F16, WeightFormat::Q8_0].map(converted);
    // With a hub, the published file.
    let body = blocks.clone();
    let (address, lines) = hub(move |line| match line.starts_with("HEAD ") {
        true => head("200 OK"),
        false => {
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            );
            [head.as_bytes(), &body].concat()
        }
    })
    .await;
    let (mut home, _) = with_weights(&catalogue(&blocks, &floats));
    home.hub = address;
    pulled_as(&home, &blocks, "`owner/repository`").await;
    let expected = [
        "HEAD / HTTP/1.1",
        "GET /owner/repository/resolve/abc/ggml-w.bin HTTP/1.1",
    ];
    assert_eq!(*lines.lock(), expected);

    // Without one, the conversion, which is as good and stays when the hub is there again.
    let (home, _) = with_weights(&catalogue(&blocks, &floats));
    pulled_as(&home, &floats, "the Python package `w==1`").await;

    // What the conversion should not have given is not installed.
    let (home, _) = with_weights(&catalogue(&blocks, b"something else"));
    let error = home
        .store()
        .pull("w", false, &Recorder::default())
        .await
        .unwrap_err();
    assert!(error.to_string().contains("bytes"), "{error}");
    assert!(home.left().is_empty());
}
