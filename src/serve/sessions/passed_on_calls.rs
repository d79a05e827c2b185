//! Tools of a client that asks once: what is called of them ends the turn, and the client goes on by itself.

use std::sync::Arc;

use async_trait::async_trait;
use jane_engines::{Tool, ToolCall};
use jane_skills::ToolResult;
use tokio::sync::mpsc;

use crate::conversation::ClientTools;

/// The tools, and where a call goes.
pub struct PassedOnCalls {
    tools: Vec<Tool>,
    calls: mpsc::UnboundedSender<ToolCall>,
}

impl PassedOnCalls {
    /// None where there are no tools.
    pub fn of(
        tools: Vec<Tool>,
    ) -> (
        Option<Arc<dyn ClientTools>>,
        mpsc::UnboundedReceiver<ToolCall>,
    ) {
        let (calls, receiver) = mpsc::unbounded_channel();
        let handed = (!tools.is_empty()).then(|| {
            let handed: Arc<dyn ClientTools> = Arc::new(Self { tools, calls });
            handed
        });
        (handed, receiver)
    }
}

#[async_trait]
impl ClientTools for PassedOnCalls {
    fn tools(&self) -> Vec<Tool> {
        self.tools.clone()
    }

    /// Never returns: whoever takes the call drops the turn.
    async fn call(&self, call: &ToolCall) -> ToolResult {
        let _ = self.calls.send(call.clone());
        std::future::pending().await
    }
}
