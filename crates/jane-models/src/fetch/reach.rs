//! Whether Hugging Face, or its mirror, can be reached, and whether it has what the catalogue names; nothing is fetched.
//!
//! - Whether it answers at all is found out once in the life of a store, within [`PATIENCE`]: a network without it costs that once,
//!   and not once for each model.
//! - That Python packages can be had only pip finds out, by fetching them.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{CONTENT_LENGTH, HeaderMap};
use reqwest::{Client, Method, Response, redirect};
use tokio::sync::OnceCell;

use super::http::with_causes;
use super::{Clients, describe};
use crate::catalogue::{Entry, HubSource, Piece, Source};

/// The longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(6);

/// The size of a file, in an answer that sends the client elsewhere for it.
const LINKED_SIZE: &str = "x-linked-size";

/// Whether a model that is not installed can be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// This source, in words, has all of it.
    Found(String),
    /// This source, in words, can be asked only by fetching; those before it do not have the model.
    Untried(String),
    /// No source has it, and why.
    Nowhere(String),
}

/// What was found out about the hub, kept for all clones of a store.
#[derive(Debug, Clone, Default)]
pub struct Answer(Arc<OnceCell<Option<String>>>);

impl Clients {
    /// Why nothing can be had from `source` at all, where it is known not to answer.
    pub async fn out_of_reach(&self, source: &Source) -> Option<String> {
        match source {
            Source::Python(_) => None,
            Source::HuggingFace(_) => self.hub_is_silent().await,
        }
    }

    /// Whether what `entry` names can be had.
    pub async fn reach(&self, entry: &Entry) -> Reach {
        let mut reasons = Vec::new();
        for source in &entry.sources {
            match source {
                Source::Python(_) => return Reach::Untried(describe(source)),
                Source::HuggingFace(hub) => match self.lacks(hub).await {
                    None => return Reach::Found(describe(source)),
                    Some(reason) => reasons.push(reason),
                },
            }
        }
        Reach::Nowhere(reasons.join("; "))
    }

    /// Why the hub does not answer, if it does not.
    async fn hub_is_silent(&self) -> Option<String> {
        let ask = || async {
            let hub = format!("{}/", self.hub.trim_end_matches('/'));
            self.head(&hub).await.err()
        };
        self.answer.0.get_or_init(ask).await.clone()
    }

    /// Why not all of `source` can be had, if it cannot.
    async fn lacks(&self, source: &HubSource) -> Option<String> {
        if let Some(reason) = self.hub_is_silent().await {
            return Some(reason);
        }
        for piece in &source.pieces {
            if let Some(reason) = self.lacks_piece(source, piece).await {
                return Some(reason);
            }
        }
        None
    }

    async fn lacks_piece(&self, source: &HubSource, piece: &Piece) -> Option<String> {
        let response = match self.head(&self.url(source, piece)).await {
            Ok(response) => response,
            Err(reason) => return Some(reason),
        };
        let status = response.status();
        if !(status.is_success() || status.is_redirection()) {
            return Some(format!("the server answered {status}"));
        }
        let length = || size_in(response.headers(), CONTENT_LENGTH.as_str());
        let linked = size_in(response.headers(), LINKED_SIZE);
        let stated = linked.or_else(|| status.is_success().then(length).flatten());
        match (stated, piece.size) {
            (Some(stated), Some(known)) if stated != known => Some(format!(
                "`{}` has {stated} bytes there, and {known} in the catalogue",
                piece.name
            )),
            _ => None,
        }
    }

    /// Asks for the head of what is at `url`, and goes nowhere else for it.
    async fn head(&self, url: &str) -> Result<Response, String> {
        let client = Client::builder()
            .user_agent(concat!("jane/", env!("CARGO_PKG_VERSION")))
            .timeout(PATIENCE)
            .redirect(redirect::Policy::none())
            .https_only(url.starts_with("https://"))
            .build()
            .map_err(with_causes)?;
        let request = client.request(Method::HEAD, url);
        request.send().await.map_err(with_causes)
    }
}

/// The size in bytes that the header `name` states, where it is there.
fn size_in(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.parse().ok()
}
