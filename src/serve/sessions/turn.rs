//! A turn of Jane's in a session of its own, made from what a client says was said before.

use std::sync::Arc;

use jane_core::event::{Event, Events, FinishReason, Waterfall};
use jane_engines::{Engines, Sampling, Tool, ToolCall};
use tokio::sync::mpsc;

use super::limited_model::LimitedModel;
use super::passed_on_calls::PassedOnCalls;
use super::{Place, Sessions, relay};
use crate::conversation::{Conversation, Question, TurnError};
use crate::runtime::InForce;

/// Pieces of an answer that may wait for a client that is slow to take them: a reply is bounded by its tokens.
const PIECES: usize = 4096;

/// What is asked.
#[derive(Debug, Clone, Default)]
pub struct TurnRequest {
    /// What the client tells her besides her own instructions.
    pub instructions: Vec<String>,
    /// Questions and answers before, oldest first.
    pub exchanges: Vec<(String, String)>,
    pub question: String,
    pub sampling: Sampling,
    /// Tools that the client calls itself.
    pub tools: Vec<Tool>,
}

/// What comes of it, in order.
#[derive(Debug)]
pub enum TurnPiece {
    Text(String),
    /// Nothing follows.
    Ended(TurnEnd),
    /// Nothing follows.
    Failed(TurnError),
}

/// A turn that has ended.
#[derive(Debug, Default)]
pub struct TurnEnd {
    pub reply: String,
    /// What the client is to call.
    pub calls: Vec<ToolCall>,
    /// Whether the limit of tokens cut it off.
    pub cut_off: bool,
    pub waterfall: Waterfall,
}

impl Sessions {
    /// Answers in text. Dropping the receiver ends the turn.
    pub fn turn(&self, place: Place, asked: TurnRequest) -> mpsc::Receiver<TurnPiece> {
        let (sender, pieces) = mpsc::channel(PIECES);
        let sessions = self.clone();
        self.spawn(async move {
            let gone = sender.clone();
            tokio::select! {
                () = gone.closed() => {}
                () = sessions.answer(&place, asked, sender) => {}
            }
            drop(place);
        });
        pieces
    }

    async fn answer(&self, place: &Place, asked: TurnRequest, pieces: mpsc::Sender<TurnPiece>) {
        let taken = self.runtime().take().await;
        let llm = Arc::new(LimitedModel {
            model: Arc::clone(&taken.engines.llm),
            sampling: asked.sampling,
        });
        let (client, mut calls) = PassedOnCalls::of(asked.tools);
        // What was taken stays in force until the turn's end, with the model as the client wants it.
        let in_force = InForce {
            config: taken.config.clone(),
            engines: Engines {
                llm,
                ..taken.engines.clone()
            },
            skills: taken.skills.clone(),
            generation: taken.generation,
        };
        let (events, process) = place.events();
        let mut told = events.subscribe();
        let mut conversation =
            Conversation::continued(events, asked.instructions, &asked.exchanges, client);
        let mut cut_off = false;
        let result = {
            let turn = conversation.turn(&in_force, Question::Text(asked.question), None);
            let mut turn = std::pin::pin!(turn);
            loop {
                tokio::select! {
                    biased;
                    Some(stamped) = told.recv() => {
                        cut_off |= tell(stamped.event, &process, &pieces).await;
                    }
                    Some(call) = calls.recv() => break Err(call),
                    result = &mut turn => break Ok(result),
                }
            }
        };
        while let Ok(stamped) = told.try_recv() {
            cut_off |= tell(stamped.event, &process, &pieces).await;
        }
        let last = match result {
            Ok(Ok(answer)) => TurnPiece::Ended(TurnEnd {
                reply: answer.reply,
                calls: Vec::new(),
                cut_off,
                waterfall: answer.waterfall,
            }),
            Ok(Err(error)) => TurnPiece::Failed(error),
            Err(call) => TurnPiece::Ended(TurnEnd {
                calls: vec![call],
                ..TurnEnd::default()
            }),
        };
        let _ = pieces.send(last).await;
    }
}

/// Tells what happened. Whether the reply was cut off at its limit, where the event says so.
async fn tell(event: Event, process: &Events, pieces: &mpsc::Sender<TurnPiece>) -> bool {
    relay(&event, process);
    match event {
        Event::ReplyDelta { text, .. } => {
            let _ = pieces.send(TurnPiece::Text(text)).await;
            false
        }
        Event::Reply { finish, .. } => finish == FinishReason::Length,
        _ => false,
    }
}
