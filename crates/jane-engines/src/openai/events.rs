//! The events of a streamed answer (server-sent events), bounded.
//!
//! `sse-stream` takes the bytes apart. It bounds nothing itself, so that is done before it: no event is held that has more
//! than [`LARGEST_EVENT`] bytes and one read, comments before it included, and no stream is read beyond its limit.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::stream::{BoxStream, StreamExt};
use reqwest::Response;
use sse_stream::{Error, SseByteStream};

/// An event is a few letters in some hundred bytes of JSON.
const LARGEST_EVENT: usize = 1 << 20;

/// Why there are no further events.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    #[error(transparent)]
    Connection(reqwest::Error),
    #[error("more than {0} bytes")]
    TooLarge(usize),
    #[error("not UTF-8")]
    NotText,
}

/// The data of the events of `response`, as they come; it may have `largest` bytes.
pub(super) fn events(
    response: Response,
    largest: usize,
) -> BoxStream<'static, Result<String, Broken>> {
    let since_event = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&since_event);
    let mut all = 0;
    let bytes = response.bytes_stream().map(move |bytes| {
        let bytes = bytes.map_err(Broken::Connection)?;
        all += bytes.len();
        let held = counter.fetch_add(bytes.len(), Ordering::Relaxed);
        if held > LARGEST_EVENT {
            return Err(Broken::TooLarge(LARGEST_EVENT));
        }
        if all > largest {
            return Err(Broken::TooLarge(largest));
        }
        Ok(bytes)
    });
    SseByteStream::new(bytes)
        .filter_map(move |event| {
            since_event.store(0, Ordering::Relaxed);
            let data = match event {
                Ok(event) => event.data.map(Ok),
                Err(Error::Body(cause)) => Some(Err(match cause.downcast::<Broken>() {
                    Ok(broken) => *broken,
                    Err(_) => Broken::NotText,
                })),
                Err(_) => Some(Err(Broken::NotText)),
            };
            std::future::ready(data)
        })
        .boxed()
}
