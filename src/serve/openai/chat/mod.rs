//! `/v1/chat/completions`. `model: "jane"` is a turn of Jane's: her instructions, her memory and her skills, in a session made from the
//! messages that are sent. Any other model is that engine alone.
//!
//! A turn of Jane's that continues with the results of the client's own tools, or whose answer is to have a form, is written by the
//! model with her instructions and memory; skills take no part in it.
//!
//! `request` is what is sent, `reply` what is answered

mod reply;
mod request;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use jane_engines::{Finish, Generated};
use tokio::sync::mpsc;

use super::super::Shared;
use super::super::sessions::{JANE, ModelRequest, TurnPiece};
use super::{Refusal, body};
use reply::{Completion, Piece, Usage};
use request::{Chat, Understood};

/// Pieces that may wait for a client that is slow to take them.
const PIECES: usize = 4096;

pub async fn complete(State(shared): State<Shared>, headers: HeaderMap, body: Body) -> Response {
    match answer(&shared, &headers, body).await {
        Ok(response) => response,
        Err(refusal) => refusal.into_response(),
    }
}

async fn answer(shared: &Shared, headers: &HeaderMap, body: Body) -> Result<Response, Refusal> {
    let chat: Chat = body::json(headers, body).await?;
    let names = shared.sessions.models();
    let is_jane = chat.model == JANE;
    if !is_jane && chat.model != names.llm {
        return Err(Refusal::no_model(&chat.model, &[JANE, &names.llm]));
    }
    let completion = Completion::new(chat.model.clone());
    let (streams, with_usage) = (chat.stream, chat.wants_usage());
    let understood = chat.understood()?;
    let place = shared.sessions.enter("chat").await?;
    let pieces = match understood.asked().filter(|_| is_jane) {
        Some(asked) => turn(shared.sessions.turn(place, asked)),
        None => {
            let Understood {
                messages,
                tools,
                choice,
                format,
                sampling,
            } = understood;
            let request = ModelRequest {
                messages,
                tools,
                choice,
                format,
                sampling,
                as_jane: is_jane,
            };
            let pieces = shared.sessions.write(request);
            model(pieces, place)
        }
    };
    match streams {
        true => completion.streamed(pieces, with_usage).await,
        false => completion.whole(pieces).await,
    }
}

/// What comes of a turn of Jane's, as a completion has it.
fn turn(mut turn: mpsc::Receiver<TurnPiece>) -> mpsc::Receiver<Piece> {
    let (sender, pieces) = mpsc::channel(PIECES);
    tokio::spawn(async move {
        let mut said = false;
        while let Some(piece) = turn.recv().await {
            let pieces = match piece {
                TurnPiece::Text(text) => {
                    said = true;
                    vec![Piece::Text(text)]
                }
                TurnPiece::Failed(error) => vec![Piece::Failed(error.into())],
                TurnPiece::Ended(end) => {
                    let finish = match (end.calls.is_empty(), end.cut_off) {
                        (false, _) => Finish::ToolCalls,
                        (true, true) => Finish::Length,
                        (true, false) => Finish::Stop,
                    };
                    let usage = Usage {
                        prompt: end.waterfall.prompt_tokens,
                        cached: end.waterfall.reused_tokens,
                        reply: end.waterfall.reply_tokens,
                    };
                    let unsaid = (!said && !end.reply.is_empty()).then_some(end.reply);
                    let calls = end.calls.into_iter().map(Piece::Call);
                    let text = unsaid.map(Piece::Text).into_iter();
                    text.chain(calls)
                        .chain([Piece::Ended { finish, usage }])
                        .collect()
                }
            };
            for piece in pieces {
                if sender.send(piece).await.is_err() {
                    return;
                }
            }
        }
    });
    pieces
}

/// What the model alone writes, as a completion has it. The place is held until its end.
fn model<P: Send + 'static>(
    mut reply: mpsc::Receiver<Result<Generated, jane_engines::BackendError>>,
    place: P,
) -> mpsc::Receiver<Piece> {
    let (sender, pieces) = mpsc::channel(PIECES);
    tokio::spawn(async move {
        while let Some(piece) = reply.recv().await {
            let piece = match piece {
                Ok(Generated::Text(text)) => Piece::Text(text),
                Ok(Generated::Thinking { .. }) => continue,
                Ok(Generated::ToolCall(call)) => Piece::Call(call),
                Ok(Generated::Ended(generation)) => Piece::Ended {
                    finish: generation.finish,
                    usage: Usage {
                        prompt: generation.prompt_tokens,
                        cached: generation.reused_tokens,
                        reply: generation.reply_tokens,
                    },
                },
                Err(error) => Piece::Failed(error.into()),
            };
            if sender.send(piece).await.is_err() {
                break;
            }
        }
        drop(place);
    });
    pieces
}
