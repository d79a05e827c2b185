//! Functions of the client: called there, in the middle of a turn.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jane_engines::{Tool, ToolCall};
use jane_skills::ToolResult;
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};

use crate::conversation::ClientTools;

/// How long the client may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A call for the client, and where its result goes.
pub struct Asked {
    pub call: ToolCall,
    pub result: oneshot::Sender<String>,
}

/// What the client offers now.
pub struct Functions {
    offered: Mutex<Vec<Tool>>,
    calls: mpsc::UnboundedSender<Asked>,
}

impl Functions {
    pub fn new() -> (Arc<Self>, mpsc::UnboundedReceiver<Asked>) {
        let (calls, receiver) = mpsc::unbounded_channel();
        let offered = Mutex::default();
        (Arc::new(Self { offered, calls }), receiver)
    }

    pub fn offer(&self, tools: Vec<Tool>) {
        *self.offered.lock() = tools;
    }
}

#[async_trait]
impl ClientTools for Functions {
    fn tools(&self) -> Vec<Tool> {
        self.offered.lock().clone()
    }

    async fn call(&self, call: &ToolCall) -> ToolResult {
        let (result, told) = oneshot::channel();
        let call = call.clone();
        let failed = |reason: &str| ToolResult::Failed(reason.to_owned());
        if self.calls.send(Asked { call, result }).is_err() {
            return failed("nobody is there to do it");
        }
        match tokio::time::timeout(PATIENCE, told).await {
            Ok(Ok(result)) => ToolResult::Told(result),
            Ok(Err(_)) => failed("it was not done"),
            Err(_) => failed("it took too long"),
        }
    }
}
