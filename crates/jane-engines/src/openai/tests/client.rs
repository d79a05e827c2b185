//! Connections, keys, repeated requests, and what the user is told.

use std::collections::HashSet;
use std::io::Read;
use std::net::TcpListener;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use futures::StreamExt;
use tracing::Dispatch;
use tracing::subscriber::NoSubscriber;

use super::server::{Answer, OpenAiServer, text};
use super::{KEY, chat, failure, home, is_down, llm, remote, shown, whole, with_key};
use crate::openai::OpenAiChat;
use crate::{BackendError, LanguageModel, Message};
use jane_config::Remote;
use jane_core::Failure;

fn status(status: u16, body: &str) -> Answer {
    Answer::Status(status, Vec::new(), body.to_owned())
}

fn retry_after(seconds: u32) -> Answer {
    Answer::Status(
        429,
        vec![("retry-after", seconds.to_string())],
        String::new(),
    )
}

/// Everything that is logged on this thread, until the guard is dropped.
/// A subscriber beside that of [`log`]. With a single one, tracing asks the subscriber of whichever thread comes first to a place in
/// the code, and a test without one would silence that place for all (tracing-core 0.1.36, `callsite.rs`).
static ANOTHER: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(NoSubscriber::new()));

fn log() -> (tempfile::NamedTempFile, tracing::subscriber::DefaultGuard) {
    LazyLock::force(&ANOTHER);
    let log = tempfile::NamedTempFile::new().unwrap();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.reopen().unwrap())
        .finish();
    (log, tracing::subscriber::set_default(subscriber))
}

async fn reply(chat: &OpenAiChat) -> Result<String, BackendError> {
    let stream = chat.reply(vec![Message::user("hello")].into());
    Ok(whole(stream).await?.0)
}

#[tokio::test]
async fn the_key_is_sent_and_seen_nowhere_else() {
    let home = home();
    let server = OpenAiServer::start("s");
    let chat = OpenAiChat::new(&llm(with_key(server.url())), home.path()).unwrap();
    assert_eq!(reply(&chat).await.unwrap(), "s heard: hello");
    let bearer = format!("Bearer {KEY}");
    assert_eq!(server.last().header("authorization"), Some(bearer.as_str()));
}

#[tokio::test]
async fn a_server_that_sends_the_key_back_does_not_get_it_into_an_error_or_the_log() {
    let (log, _guard) = log();
    let home = home();
    let server = OpenAiServer::start("s");
    let config = llm(Remote {
        retries: 1,
        ..with_key(server.url())
    });
    let chat = OpenAiChat::new(&config, home.path()).unwrap();
    // in its words; behind so many others that it would be cut in two; with a control character in it; at an error that is
    // logged, because the request is sent again; and in the middle of a stream
    let (first, rest) = KEY.split_at(5);
    let in_two = format!("{}{KEY}", "x".repeat(190));
    let controlled = format!("{first}\\u0007\\u202e{rest}");
    let echo = |status_code, words: &str| {
        status(
            status_code,
            &format!(r#"{{"error":{{"message":"{words}"}}}}"#),
        )
    };
    let stream = format!("data: {{\"error\":{{\"message\":\"{KEY}\"}}}}\n\n");
    for (answers, expected) in [
        (
            vec![echo(401, &format!("wrong key: {KEY}!"))],
            "wrong key: …!",
        ),
        (vec![echo(400, &in_two)], "xxx…"),
        (vec![echo(403, &controlled)], "(Forbidden): …"),
        (vec![echo(503, KEY), echo(503, KEY)], "answered 503"),
        (vec![Answer::Raw(vec![stream.into()])], "reported an error"),
    ] {
        for answer in answers {
            server.answer(answer);
        }
        let shown = shown(&failure(&chat).await);
        assert!(shown.contains(expected), "{shown}");
        assert!(!shown.contains("hush"), "{shown}");
    }
    let logged = std::fs::read_to_string(log.path()).unwrap();
    assert!(
        logged.contains("the server is asked again, since it answered 503"),
        "{logged}"
    );
    assert!(!logged.contains("hush"), "{logged}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_asked_again_and_then_counts_as_down() {
    let (log, _guard) = log();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let chat = chat(Remote {
        retries: 1,
        ..remote(format!("http://{address}/v1"))
    });
    let error = failure(&chat).await;
    assert!(is_down(&error), "{error:?}");
    let shown = shown(&error);
    let expected = format!("the server at `http://{address}` cannot be reached");
    assert!(shown.contains(&expected), "{shown}");
    assert!(shown.contains("`llm.remote.url`"), "{shown}");
    let logged = std::fs::read_to_string(log.path()).unwrap();
    let again = logged.matches("the server is asked again, since it cannot be reached");
    assert_eq!(again.count(), 1, "{logged}");
}

#[tokio::test]
async fn a_server_that_hangs_up_before_it_answers_is_asked_again() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let hanging_up = std::thread::spawn(move || {
        for _ in 0..3 {
            let (mut connection, _) = listener.accept().unwrap();
            let _ = connection.read(&mut [0; 1024]).unwrap();
        }
    });
    let chat = chat(Remote {
        retries: 2,
        ..remote(format!("http://{address}/v1"))
    });
    let error = failure(&chat).await;
    assert!(is_down(&error), "{error:?}");
    hanging_up.join().unwrap();
}

#[tokio::test]
async fn a_server_that_is_overloaded_or_starting_is_asked_again_until_it_answers() {
    let server = OpenAiServer::start("s");
    let chat = chat(Remote {
        retries: 4,
        ..remote(server.url())
    });
    for code in [429, 502, 503, 504] {
        server.answer(status(code, ""));
    }
    assert_eq!(reply(&chat).await.unwrap(), "s heard: hello");
    assert_eq!(server.received().len(), 5);
}

#[tokio::test]
async fn it_is_asked_as_often_as_jane_toml_says_and_then_counts_as_down() {
    let server = OpenAiServer::start("s");
    let chat = chat(Remote {
        retries: 1,
        ..remote(server.url())
    });
    for _ in 0..3 {
        server.answer(status(503, r#"{"error":{"message":"Loading model"}}"#));
    }
    let error = failure(&chat).await;
    assert!(is_down(&error), "{error:?}");
    assert!(
        error
            .to_string()
            .ends_with("answered 503 (Service Unavailable): Loading model"),
        "{error}"
    );
    assert_eq!(server.received().len(), 2);
}

#[tokio::test]
async fn the_server_says_how_long_to_wait_within_reason() {
    let server = OpenAiServer::start("s");
    let chat = chat(Remote {
        retries: 1,
        ..remote(server.url())
    });
    server.answer(retry_after(1));
    let start = Instant::now();
    assert_eq!(reply(&chat).await.unwrap(), "s heard: hello");
    assert!(start.elapsed() >= Duration::from_secs(1));

    server.answer(retry_after(3600));
    assert!(is_down(&failure(&chat).await));
    assert_eq!(server.received().len(), 3, "an hour is not waited for");
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up_after_its_time() {
    let server = OpenAiServer::start("s");
    let chat = chat(Remote {
        retries: 1,
        ..remote(server.url())
    });
    server.answer(Answer::Silent);
    assert_eq!(reply(&chat).await.unwrap(), "s heard: hello", "asked again");
    server.answer(Answer::Silent);
    server.answer(Answer::Silent);
    let error = failure(&chat).await;
    assert!(is_down(&error), "{error:?}");
    assert!(error.to_string().contains("was silent for 1 s"), "{error}");
    assert!(
        error.hint().unwrap().contains("llm.remote.silent_seconds"),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_request_that_is_wrong_is_not_sent_again_and_the_hint_says_what_to_do() {
    let server = OpenAiServer::start("s");
    let chat = chat(Remote {
        retries: 3,
        ..remote(server.url())
    });
    for (code, expected) in [
        (302, "redirects are not followed"),
        (400, "`[llm]`"),
        (401, "`llm.remote.api_key_env`"),
        (403, "`a-model`"),
        (
            404,
            "usually ends in `/v1`, and whether the server has the model `a-model`",
        ),
        (422, "`a-model`"),
    ] {
        server.answer(status(code, "<html>no"));
        let error = failure(&chat).await;
        assert!(!is_down(&error), "{error:?}");
        assert!(
            error.to_string().contains(&format!("answered {code} (")),
            "{error}"
        );
        assert!(error.hint().unwrap().contains(expected), "{error:?}");
    }
    server.answer(status(500, ""));
    assert!(is_down(&failure(&chat).await));
    assert_eq!(server.received().len(), 7);
}

#[tokio::test]
async fn what_servers_call_an_error_is_quoted() {
    let server = OpenAiServer::start("s");
    let chat = chat(remote(server.url()));
    for body in [
        r#"{"error":{"message":"no such model","code":"model_not_found"}}"#,
        r#"{"error":"no such model"}"#,
        r#"{"detail":"no such model"}"#,
        r#"{"message":"no such model"}"#,
    ] {
        server.answer(status(404, body));
        let error = failure(&chat).await;
        assert!(
            error.to_string().ends_with("(Not Found): no such model"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let home = home();
    let (other, server) = (OpenAiServer::start("other"), OpenAiServer::start("s"));
    let location = format!("{}/chat/completions", other.url());
    server.answer(Answer::Status(
        307,
        vec![("location", location)],
        String::new(),
    ));
    let chat = OpenAiChat::new(&llm(with_key(server.url())), home.path()).unwrap();
    let error = failure(&chat).await;
    assert!(error.to_string().contains("answered 307"), "{error}");
    assert!(other.received().is_empty());
}

#[tokio::test]
async fn a_prompt_that_is_too_long_is_the_same_error_as_with_an_engine_of_this_machine() {
    let server = OpenAiServer::start("s");
    let chat = chat(Remote {
        retries: 3,
        ..remote(server.url())
    });
    let figures = r#"{"error":{"code":400,"message":"too much","type":"exceed_context_size_error","n_prompt_tokens":900,"n_ctx":512}}"#;
    let code = r#"{"error":{"message":"too much","code":"context_length_exceeded"}}"#;
    let words = r#"{"error":{"message":"This model's maximum context length is 512 tokens."}}"#;
    let stream = format!("data: {figures}\n\n");
    for (answer, expected) in [
        (status(400, figures), (900, 512)),
        (status(500, figures), (900, 512)),
        (Answer::Raw(vec![stream.into()]), (900, 512)),
        (status(400, code), (6, 4096)),
        (status(400, words), (6, 4096)),
    ] {
        server.answer(answer);
        let error = failure(&chat).await;
        assert!(error.too_long().is_some(), "{error:?}");
        let BackendError::Failed {
            failure: Failure::PromptTooLong { prompt, window, .. },
            ..
        } = error
        else {
            panic!("{error:?}")
        };
        assert_eq!((prompt, window), expected);
    }
    assert_eq!(server.received().len(), 5);
}

#[tokio::test]
async fn the_connection_is_used_again() {
    let server = OpenAiServer::start("s");
    let chat = chat(remote(server.url()));
    for _ in 0..5 {
        reply(&chat).await.unwrap();
    }
    let connections: HashSet<_> = server
        .received()
        .iter()
        .map(|request| request.connection)
        .collect();
    assert_eq!(connections.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn dropping_a_reply_ends_its_request() {
    let server = OpenAiServer::start("s");
    let chat = chat(Remote {
        silent_seconds: 600,
        ..remote(server.url())
    });
    server.answer(Answer::Stalled(vec![text("One ")]));
    let mut stream = chat.reply(vec![Message::user("hello")].into());
    assert!(stream.next().await.unwrap().is_ok());
    drop(stream);
    server.wait_for_hang_ups(1);

    server.answer(Answer::Silent);
    let mut stream = chat.reply(vec![Message::user("hello")].into());
    let waiting = tokio::spawn(async move { stream.next().await.is_some() });
    server.wait_for_requests(2);
    waiting.abort();
    server.wait_for_hang_ups(2);
}

#[tokio::test]
async fn a_server_that_cannot_be_used_is_refused_before_anything_is_sent() {
    let home = home();
    let refused = |remote: Remote| match OpenAiChat::new(&llm(remote), home.path()) {
        Ok(_) => panic!("it is refused"),
        Err(error) => shown(&error),
    };
    for (remote, expected) in [
        (
            remote(String::new()),
            "the server at `llm.remote.url` cannot be used: it is no address",
        ),
        (
            remote(format!("http://me:{KEY}@localhost/v1")),
            "a user name or password",
        ),
        (
            with_key("http://api.example.org/v1".to_owned()),
            "would cross the internet unencrypted",
        ),
        (
            Remote {
                api_key_env: "JANE_TEST_KEY_THAT_IS_NOT_SET".to_owned(),
                ..remote("https://api.example.org/v1".to_owned())
            },
            "`JANE_TEST_KEY_THAT_IS_NOT_SET`, which holds its key, is not set",
        ),
        (
            Remote {
                api_key_file: "no-file".to_owned(),
                ..remote("https://api.example.org/v1".to_owned())
            },
            "no-file",
        ),
    ] {
        let shown = refused(remote);
        assert!(shown.contains(expected), "{shown}");
        assert!(!shown.contains("hush"), "{shown}");
    }
    OpenAiChat::new(
        &llm(with_key("http://nas.local/v1".to_owned())),
        home.path(),
    )
    .unwrap();
    OpenAiChat::new(
        &llm(with_key("https://api.example.org/v1".to_owned())),
        home.path(),
    )
    .unwrap();
}
