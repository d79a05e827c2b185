//! A language model that counts words, and an ear and a voice that are never asked.

use parking_lot::Mutex;

use async_trait::async_trait;
use futures::{StreamExt, stream};
use jane_core::event::EngineKind;
use jane_engines::{
    BackendError, Finish, Generated, Generation, LanguageModel, Message, Prompt, ReplyStream, Role,
    SpeechStream, SpeechToText, TextToSpeech, ToolCall, Transcript, Window,
};
use jane_worker::Failure;

/// Tokens that the template puts around a prompt, and around each message.
const AROUND: u32 = 5;
const EACH: u32 = 4;

/// What becomes of replies after their first word.
#[derive(Clone, Copy, Default)]
pub enum After {
    #[default]
    GoesOn,
    Fails,
    Hangs,
}

/// Answers with as many words as the question's last word says; behind `call`, calls a tool with a name of so many words.
pub struct Fake {
    window: Window,
    /// Tokens of every prompt that are not counted.
    tools: u32,
    summary: String,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    prompt: Vec<Message>,
    prepared: Vec<Message>,
    /// What was asked on the side, and the room that the conversation left then.
    asides: Vec<(Vec<Message>, u32)>,
    failing_asides: u32,
    counting_fails: bool,
    replies: u32,
    after_first_word: After,
    /// How many prompts were counted, and the messages of the longest.
    counted: (usize, usize),
    most_tokens: u32,
}

impl Fake {
    pub fn new(window: Window) -> Self {
        Self {
            window,
            tools: 0,
            summary: "In short.".to_owned(),
            state: Mutex::default(),
        }
    }

    pub fn with_tools(self, tools: u32) -> Self {
        Self { tools, ..self }
    }

    pub fn with_summary(self, summary: &str) -> Self {
        Self {
            summary: summary.to_owned(),
            ..self
        }
    }

    pub fn with_failing_asides(self, failing: u32) -> Self {
        self.state.lock().failing_asides = failing;
        self
    }

    pub fn break_counting(&self, broken: bool) {
        self.state.lock().counting_fails = broken;
    }

    pub fn after_first_word(&self, after: After) {
        self.state.lock().after_first_word = after;
    }

    /// Tokens of a prompt with everything that the model reads.
    pub fn read(&self, messages: &[Message]) -> u32 {
        count(messages) + self.tools
    }

    pub fn last_prompt(&self) -> Vec<Message> {
        self.state.lock().prompt.clone()
    }

    pub fn last_prepared(&self) -> Vec<Message> {
        self.state.lock().prepared.clone()
    }

    pub fn last_aside(&self) -> Vec<Message> {
        self.asides().pop().unwrap().0
    }

    pub fn asides(&self) -> Vec<(Vec<Message>, u32)> {
        self.state.lock().asides.clone()
    }

    pub fn counted(&self) -> (usize, usize) {
        self.state.lock().counted
    }

    /// Tokens of the longest prompt and its reply together.
    pub fn most_tokens(&self) -> u32 {
        self.state.lock().most_tokens
    }

    fn failed(&self, failure: Failure) -> BackendError {
        BackendError::Failed {
            role: EngineKind::Llm,
            worker: "fake",
            failure,
        }
    }
}

fn count(messages: &[Message]) -> u32 {
    let words = |message: &Message| message.content.split_whitespace().count();
    let words = messages
        .iter()
        .map(|message| u32::try_from(words(message)).unwrap() + EACH);
    AROUND + words.sum::<u32>()
}

fn ended(prompt_tokens: u32, reply_tokens: u32) -> Generated {
    Generated::Ended(Generation {
        finish: Finish::Stop,
        prompt_tokens,
        reused_tokens: 0,
        reply_tokens,
        decode_seconds: 0.0,
    })
}

#[async_trait]
impl LanguageModel for Fake {
    async fn prepare(&self, prompt: &Prompt) -> Result<(), BackendError> {
        tokio::task::yield_now().await;
        self.state.lock().prepared = prompt.dialogue.messages();
        Ok(())
    }

    fn reply(&self, prompt: Prompt) -> ReplyStream {
        let Window { tokens, reply } = self.window;
        let messages = prompt.dialogue.messages();
        let read = self.read(&messages);
        if read + reply > tokens {
            let failure = Failure::PromptTooLong {
                prompt: read,
                window: tokens,
                reply,
            };
            return stream::iter([Err(self.failed(failure))]).boxed();
        }
        let last = messages.last().unwrap();
        if last.role == Role::Tool {
            self.state.lock().prompt = messages;
            let items = [Generated::Text("done.".to_owned()), ended(read, 1)];
            return stream::iter(items.map(Ok)).boxed();
        }
        let mut question = last.content.split_whitespace().rev();
        let wanted = question.next().unwrap().parse().unwrap();
        if question.next() == Some("call") {
            let call = Generated::ToolCall(ToolCall {
                id: "c".to_owned(),
                name: "word ".repeat(wanted as usize),
                arguments: "{}".to_owned(),
            });
            return stream::iter([call, ended(read, 1)].map(Ok)).boxed();
        }
        let words = reply.min(wanted);
        let mut state = self.state.lock();
        state.most_tokens = state.most_tokens.max(read + words);
        state.prompt = messages;
        // No two replies are the same.
        state.replies += 1;
        let word = format!("yes{} ", state.replies);
        // A sentence, which is told once it is whole.
        let begun = format!("{word}is what I say. And ");
        let first = stream::iter([Ok(Generated::Text(begun))]);
        match state.after_first_word {
            After::GoesOn => {}
            After::Fails => {
                let message = "broken".to_owned();
                let error = self.failed(Failure::Engine { message });
                return first.chain(stream::iter([Err(error)])).boxed();
            }
            After::Hangs => return first.chain(stream::pending()).boxed(),
        }
        let pieces = (0..words).map(|_| Generated::Text(word.clone()));
        stream::iter(
            pieces
                .chain([ended(read, words)])
                .map(Ok)
                .collect::<Vec<_>>(),
        )
        .boxed()
    }

    fn aside(&self, messages: Vec<Message>, max_tokens: u32) -> ReplyStream {
        let mut state = self.state.lock();
        if state.failing_asides > 0 {
            state.failing_asides -= 1;
            let message = "broken".to_owned();
            return stream::iter([Err(self.failed(Failure::Engine { message }))]).boxed();
        }
        let room = self.window.tokens - self.read(&state.prepared);
        assert!(
            count(&messages) + max_tokens <= room,
            "it fits beside the conversation"
        );
        state.asides.push((messages, room));
        let words = self.summary.split_inclusive(char::is_whitespace);
        let pieces = words
            .take(max_tokens as usize)
            .map(|word| Generated::Text(word.to_owned()));
        let pieces: Vec<_> = pieces.chain([ended(0, 0)]).map(Ok).collect();
        let pieces = stream::iter(pieces).then(async |piece| {
            tokio::task::yield_now().await;
            piece
        });
        Box::pin(pieces)
    }

    async fn count_tokens(&self, prompts: Vec<Vec<Message>>) -> Result<Vec<u32>, BackendError> {
        tokio::task::yield_now().await;
        let mut state = self.state.lock();
        if state.counting_fails {
            let message = "broken".to_owned();
            return Err(self.failed(Failure::Engine { message }));
        }
        let longest = prompts.iter().map(Vec::len).max().unwrap_or(0);
        state.counted = (
            state.counted.0 + prompts.len(),
            state.counted.1.max(longest),
        );
        Ok(prompts.iter().map(|prompt| count(prompt)).collect())
    }

    async fn window(&self) -> Result<Window, BackendError> {
        Ok(self.window)
    }
}

/// Hears and says nothing.
pub struct Silent;

#[async_trait]
impl SpeechToText for Silent {
    async fn prepare(&self) -> Result<(), BackendError> {
        Ok(())
    }

    async fn transcribe(&self, _: std::sync::Arc<[f32]>) -> Result<Transcript, BackendError> {
        unreachable!("every question is typed")
    }
}

#[async_trait]
impl TextToSpeech for Silent {
    async fn prepare(&self) -> Result<(), BackendError> {
        Ok(())
    }

    fn speak(&self, _: String) -> SpeechStream {
        stream::empty().boxed()
    }
}
