//! The page for browsers: files that are a part of the program, and what they show of her.
//!
//! Invariants: the page needs nobody's servers but this one, and its browser is told so (`Content-Security-Policy`); its files are for
//! everybody who may name this host, and hold nothing; what is told of her is for whoever has the token, and holds no word that was said.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rust_embed::RustEmbed;
use serde_json::json;

use super::openai::{Refusal, json_response};
use super::{Sessions, Shared};

#[derive(RustEmbed)]
#[folder = "src/serve/page/files/"]
struct Files;

/// Scripts and styles of its own, and nothing else; in nobody's frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The page and its files, and `/jane/state`.
pub fn routes(sessions: Sessions) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/{file}", get(file))
        .route("/jane/state", get(state))
        .with_state(Shared { sessions })
}

async fn page(headers: HeaderMap) -> Response {
    served("index.html", &headers)
}

async fn file(Path(name): Path<String>, headers: HeaderMap) -> Response {
    served(&name, &headers)
}

fn served(name: &str, headers: &HeaderMap) -> Response {
    let Some(file) = Files::get(name) else {
        return Refusal::new(StatusCode::NOT_FOUND, "there is no such page")
            .code("unknown_url")
            .into_response();
    };
    let kind = match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    };
    let hash = file.metadata.sha256_hash();
    let tag: String = hash
        .iter()
        .take(12)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let tag = format!("\"{tag}\"");
    let common = [
        (CONTENT_SECURITY_POLICY, POLICY.to_owned()),
        (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (REFERRER_POLICY, "no-referrer".to_owned()),
        // Asked again each time: another version of the program has other files.
        (CACHE_CONTROL, "no-cache".to_owned()),
        (ETAG, tag.clone()),
    ];
    if headers
        .get(IF_NONE_MATCH)
        .is_some_and(|known| known.as_bytes() == tag.as_bytes())
    {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    (common, [(CONTENT_TYPE, kind)], file.data.into_owned()).into_response()
}

/// Memory, models, skills, and the last turns in figures.
async fn state(State(Shared { sessions }): State<Shared>) -> Response {
    let snapshot = sessions.snapshot().await;
    json_response(&json!({
        "version": snapshot.version,
        "models": snapshot.models,
        "memory": snapshot.memory,
        "turns": snapshot.turns,
        "sessions": snapshot.sessions,
        "skills": sessions.skills(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_no_file_that_is_not_there_and_no_server_of_others() {
        let text =
            |name: &str| String::from_utf8(Files::get(name).unwrap().data.into_owned()).unwrap();
        let all: Vec<String> = Files::iter().map(|name| text(&name)).collect();
        let page = text("index.html");
        for name in ["icon.svg", "style.css", "main.js"] {
            assert!(page.contains(name) && Files::get(name).is_some(), "{name}");
        }
        for text in &all {
            let elsewhere = text.replace("http://www.w3.org/2000/svg", "");
            assert!(!elsewhere.contains("http://") && !elsewhere.contains("https://"));
            // The policy forbids both.
            assert!(!text.contains("style=\"") && !text.contains("onclick"));
        }
    }

    #[tokio::test]
    async fn a_file_that_did_not_change_is_not_sent_again() {
        let first = served("main.js", &HeaderMap::new());
        assert_eq!(first.status(), StatusCode::OK);
        let mut headers = HeaderMap::new();
        headers.insert(IF_NONE_MATCH, first.headers()[ETAG].clone());
        assert_eq!(
            served("main.js", &headers).status(),
            StatusCode::NOT_MODIFIED
        );
        assert_eq!(
            served("../mod.rs", &headers).status(),
            StatusCode::NOT_FOUND
        );
    }
}
