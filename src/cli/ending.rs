//! How the program is asked to end, and ends though a part of it does not.
//!
//! Invariants: it is watched from the start, so that a request that comes early is not lost, whoever asks for it later; it ends some time after
//! it was asked, and at once where it is asked again.

use std::time::Duration;

use jane_platform::{EndRequest, EndRequests};
use tokio_util::sync::CancellationToken;

use super::Failure;
use super::prompt::Prompt;
use crate::telemetry;

/// Whether the program was asked to end.
pub struct Ending(CancellationToken);

impl Ending {
    /// Watches from now on; `hangups` is whether SIGHUP asks to end as well. Where the program does not end within `patience` of the first
    /// request, it is ended, whatever its threads are doing.
    #[must_use]
    pub fn watch(prompt: &Prompt, hangups: bool, patience: Duration) -> Self {
        let ending = Self(CancellationToken::new());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        // Without it the system ends the process where it is asked to.
        if let Ok(runtime) = runtime {
            let mut requests = {
                let _within = runtime.enter();
                EndRequests::listen(hangups)
            };
            let (asked, prompt) = (ending.0.clone(), prompt.clone());
            std::thread::spawn(move || {
                runtime.block_on(async {
                    requested(&mut requests, &prompt).await;
                    asked.cancel();
                    let again = requested(&mut requests, &prompt);
                    let _ = tokio::time::timeout(patience, again).await;
                });
                prompt.restore_settings();
                telemetry::flush();
                jane_platform::exit_now(Failure::interrupted().code().into());
            });
        }
        ending
    }

    /// Waits until the program was asked to end, at once where it has been.
    pub async fn asked(&self) {
        self.0.cancelled().await;
    }

    /// Waits for `patience` longer than [`Ending::asked`].
    pub async fn overdue(&self, patience: Duration) {
        self.asked().await;
        tokio::time::sleep(patience).await;
    }
}

/// Waits for a polite request to end, or Ctrl-C; where lines are edited at a terminal, the conversation takes that.
async fn requested(requests: &mut EndRequests, prompt: &Prompt) {
    while requests.next().await == EndRequest::Interrupt && prompt.has_editor() {}
}
