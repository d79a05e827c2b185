//! Panics while something of a skill's is worked on: they are caught, so that they cost the skill and nobody else.
//!
//! Nothing of a skill's should make anything panic. Where it does, in a library for one, that is the skill's fault.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};

use futures::FutureExt;

use super::instance::harmless;

/// Characters of a panic's message.
const LONGEST: usize = 200;

/// Something panicked, and said this.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Jane fails at what it does: {0}")]
pub struct Panicked(String);

impl Panicked {
    fn new(payload: &(dyn Any + Send)) -> Self {
        let text = payload.downcast_ref::<&str>().copied();
        let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        let text = harmless(text.unwrap_or("a panic without a message"), LONGEST);
        tracing::error!(panic = text, "what a skill does makes the program panic");
        Self(text)
    }
}

/// Waits for `work`, whose state is not used again where it panics.
///
/// # Errors
/// What it said where it panicked.
pub async fn caught<T>(work: impl Future<Output = T>) -> Result<T, Panicked> {
    let done = AssertUnwindSafe(work).catch_unwind().await;
    done.map_err(|payload| Panicked::new(&*payload))
}

/// Does `work`, whose state is not used again where it panics.
///
/// # Errors
/// What it said where it panicked.
pub fn caught_at_once<T>(work: impl FnOnce() -> T) -> Result<T, Panicked> {
    let done = catch_unwind(AssertUnwindSafe(work));
    done.map_err(|payload| Panicked::new(&*payload))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_told_and_ends_nothing() {
        assert_eq!(caught(async { 1 }).await, Ok(1));
        let number = 7;
        for panicked in [
            caught(async { panic!("{number} is too much\u{1b}") }).await,
            caught_at_once(|| panic!("{number} is too much\u{1b}")),
        ] {
            let panicked: Result<(), Panicked> = panicked;
            let reason = panicked.unwrap_err().to_string();
            assert_eq!(reason, "Jane fails at what it does: 7 is too much ");
        }
        let odd = caught_at_once(|| std::panic::panic_any(7));
        assert!(odd.is_err());
    }
}
