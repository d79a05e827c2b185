//! A reply of the language model alone, as a client asks for it.

use std::sync::Arc;

use futures::StreamExt;
use jane_engines::{BackendError, Generated, LanguageModel, Message, Prompt, Role, Sampling, Tool};
use serde_json::Value;
use tokio::sync::mpsc;

use super::Sessions;

/// Pieces of a reply that may wait for a client that is slow to take them.
const PIECES: usize = 4096;

/// What the model is told where only a call is wanted.
const MUST_CALL: &str =
    "Call one of these functions with what the conversation says, and say nothing else. Functions:";

/// The name of the function that stands for a reply in a given form.
const ANSWER: &str = "answer";

/// Whether the model calls tools.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Choice {
    #[default]
    Auto,
    None,
    /// One of them.
    Required,
}

/// What a reply has to be.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Format {
    #[default]
    Text,
    /// JSON that this schema describes.
    Json(Value),
}

/// What a client asks the model for.
#[derive(Debug, Clone, Default)]
pub struct ModelRequest {
    pub messages: Vec<Message>,
    pub tools: Vec<Tool>,
    pub choice: Choice,
    pub format: Format,
    pub sampling: Sampling,
    /// Whether Jane's instructions, and what she was told to remember, come first.
    pub as_jane: bool,
}

impl Sessions {
    /// Writes a reply. Dropping the receiver ends that.
    pub fn write(&self, request: ModelRequest) -> mpsc::Receiver<Result<Generated, BackendError>> {
        let (sender, pieces) = mpsc::channel(PIECES);
        let sessions = self.clone();
        self.spawn(async move {
            let gone = sender.clone();
            let writing = async {
                if let Err(error) = sessions.written(request, &sender).await {
                    let _ = sender.send(Err(error)).await;
                }
            };
            tokio::select! {
                () = gone.closed() => {}
                () = writing => {}
            }
        });
        pieces
    }

    async fn written(
        &self,
        mut request: ModelRequest,
        pieces: &mpsc::Sender<Result<Generated, BackendError>>,
    ) -> Result<(), BackendError> {
        // The semaphore is never closed.
        let _lent = self.inner.lent_model.acquire().await;
        let taken = self.runtime().take().await;
        if request.as_jane {
            let mut first = taken.config.instructions();
            let facts = taken.engines.mind.memory.as_ref();
            let facts = facts.filter(|_| taken.config.assistant.remembers);
            for fact in facts.map(|memory| memory.told()).unwrap_or_default() {
                first.push_str("\n- ");
                first.push_str(&fact);
            }
            before(&mut request.messages, &first);
        }
        let llm = Arc::clone(&taken.engines.llm);
        let as_text = prepare(&mut request, llm.as_ref(), pieces).await?;
        let Some(as_text) = as_text else {
            return Ok(());
        };
        let mut stream = llm.reply(Prompt {
            tools: request.tools,
            sampling: request.sampling,
            ..request.messages.into()
        });
        let mut is_answered = false;
        while let Some(piece) = stream.next().await {
            let piece = match piece? {
                // The arguments of the call that stands for the reply are the reply, once.
                Generated::ToolCall(_) if as_text && is_answered => continue,
                Generated::ToolCall(call) if as_text => {
                    is_answered = true;
                    Generated::Text(call.arguments)
                }
                piece => piece,
            };
            if pieces.send(Ok(piece)).await.is_err() {
                break;
            }
        }
        Ok(())
    }
}

/// Makes of choice and format what the model is asked. Whether the call that it writes stands for the text of the reply; `None` where the
/// reply was given already.
async fn prepare(
    request: &mut ModelRequest,
    llm: &dyn LanguageModel,
    pieces: &mpsc::Sender<Result<Generated, BackendError>>,
) -> Result<Option<bool>, BackendError> {
    if let Format::Json(schema) = &request.format {
        request.tools = vec![Tool {
            name: ANSWER.to_owned(),
            description: "The answer.".to_owned(),
            parameters: schema.to_string(),
            examples: Vec::new(),
        }];
        must_call(request);
        return Ok(Some(true));
    }
    match request.choice {
        _ if request.tools.is_empty() => {}
        Choice::None => request.tools.clear(),
        Choice::Required => must_call(request),
        // A model that was not made for tools is asked on the side whether one of them is meant.
        Choice::Auto if !llm.takes_tools().await? => {
            let tools = std::mem::take(&mut request.tools);
            let last = request.messages.last();
            let question = last.filter(|last| last.role == Role::User);
            if let Some(question) = question
                && let Some(call) =
                    jane_mind::call_for(llm, &tools, &tools, &question.content, None, false).await?
            {
                let generation = jane_engines::Generation {
                    finish: jane_engines::Finish::ToolCalls,
                    prompt_tokens: 0,
                    reused_tokens: 0,
                    reply_tokens: 0,
                    decode_seconds: 0.0,
                };
                let _ = pieces.send(Ok(Generated::ToolCall(call))).await;
                let _ = pieces.send(Ok(Generated::Ended(generation))).await;
                return Ok(None);
            }
        }
        Choice::Auto => {}
    }
    Ok(Some(false))
}

fn must_call(request: &mut ModelRequest) {
    let mut told = MUST_CALL.to_owned();
    for tool in &request.tools {
        told.push_str(&format!(
            "\n{}({}) {}",
            tool.name, tool.parameters, tool.description
        ));
    }
    before(&mut request.messages, &told);
    request.sampling.must_call = true;
}

/// Puts `text` before the system message, or in its place.
fn before(messages: &mut Vec<Message>, text: &str) {
    match messages.first_mut() {
        Some(first) if first.role == Role::System => {
            first.content = format!("{text}\n\n{}", first.content);
        }
        _ => messages.insert(0, Message::system(text)),
    }
}
