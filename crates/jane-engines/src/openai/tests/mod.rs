//! The three engines against a server on this machine that answers as it is told, badly too.

mod chat;
mod client;
mod hostile;
mod sound;
mod thoughts;

#[path = "../../../../../tests/it/common/openai.rs"]
mod server;

use std::path::Path;

use futures::StreamExt;

use super::OpenAiChat;
use crate::{BackendError, Generated, Generation, LanguageModel, Message, ReplyStream};
use jane_config::{Llm, Remote};

/// No server of the tests grants anything for it; it must be seen nowhere.
const KEY: &str = "sk-hush-hush-hush";

/// A home with the file of the key.
fn home() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("key"), format!("{KEY}\n")).unwrap();
    home
}

/// A server that is waited for a second at most, and asked once.
fn remote(url: String) -> Remote {
    Remote {
        url,
        connect_seconds: 1,
        silent_seconds: 1,
        retries: 0,
        ..Remote::default()
    }
}

fn with_key(url: String) -> Remote {
    Remote {
        api_key_file: "key".to_owned(),
        ..remote(url)
    }
}

fn llm(remote: Remote) -> Llm {
    Llm {
        model: "a-model".to_owned(),
        remote,
        ..Llm::default()
    }
}

fn chat(remote: Remote) -> OpenAiChat {
    OpenAiChat::new(&llm(remote), Path::new("/nowhere")).unwrap()
}

/// The text, the calls and the end of a reply.
async fn whole(
    mut stream: ReplyStream,
) -> Result<(String, Vec<Generated>, Generation), BackendError> {
    let (mut text, mut calls, mut ended) = (String::new(), Vec::new(), None);
    while let Some(item) = stream.next().await {
        assert!(ended.is_none(), "nothing comes after the end");
        match item? {
            Generated::Text(piece) => text.push_str(&piece),
            call @ Generated::ToolCall(_) => calls.push(call),
            Generated::Thinking { .. } => {}
            Generated::Ended(generation) => ended = Some(generation),
        }
    }
    Ok((text, calls, ended.expect("an end")))
}

/// How the server fails when it is asked something.
async fn failure(chat: &OpenAiChat) -> BackendError {
    let reply = chat.reply(vec![Message::user("hello")].into());
    whole(reply)
        .await
        .expect_err("the server does not answer well")
}

fn is_down(error: &BackendError) -> bool {
    match error {
        BackendError::Remote { down, .. } => *down,
        other => panic!("an error of the server: {other:?}"),
    }
}

/// Everything that anybody is shown of an error.
fn shown(error: &BackendError) -> String {
    format!(
        "{error} | hint: {} | {error:?}",
        error.hint().unwrap_or_default()
    )
}
