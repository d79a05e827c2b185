//! What is written of a reply: by the model, which may call tools before it answers, or by a skill that answers by itself.
//!
//! Invariants: every turn ends in a sentence, also where tools fail or the model never stops calling them; what is handed to the voice has
//! passed the skills' sentence hooks.

use std::time::Instant;

use futures::StreamExt;
use jane_engines::{BackendError, Generated, Generation, Message, Role, Tool, ToolCall, ToolUse};
use jane_mind::Route;
use jane_skills::ToolResult;
use tokio::sync::mpsc;

use super::reply::{NOTHING, ReplyEvent, ReplyOutcome, ReplyRequest, Timed, begin};
use super::text::Text;

/// Said where the model goes on calling tools when it should answer.
const TOO_MANY_CALLS: &str = "I could not finish that: it takes too many steps.";

/// Said where the model has nothing to say about what its calls came to.
const NO_WORDS: &str = "That did not work, and I have no answer.";

/// Said where the model came to no words at all, whatever it wrote.
const NO_ANSWER: &str = "I came to no answer to that.";

/// Said in place of a claim that something was done.
const NOT_DONE: &str = "I can't do that: none of my skills does it, so nothing was done.";

/// What the result of a call begins with that failed.
const FAILED: &str = "error: ";

/// Told to the model with the results of the last calls that it may make.
const LAST_ROUND: &str = "(No more tools can be called now. Answer the user.)";

/// Characters of a tool's result that the model sees.
const LONGEST_RESULT: usize = 4_000;

/// Characters under which no result is shortened to make it fit.
const SHORTEST_RESULT: usize = 200;

/// Bytes of a tool's result that may be said as it is.
const LONGEST_SAID: usize = 300;

/// Said to who wants nothing more.
const ALL_RIGHT: &str = "All right.";

/// Calls in one message of the model.
const MOST_CALLS: usize = 8;

/// Writes the whole reply of `request`: text to `written`, and its sentences to the voice as well.
pub(super) async fn write(
    request: &ReplyRequest,
    sentences: mpsc::Sender<String>,
    written: &mpsc::UnboundedSender<Timed<ReplyEvent>>,
) -> Result<(), BackendError> {
    let mut text = Text::new(request, sentences, written);
    let (generation, tools) = match &request.answer {
        Some(answer) => {
            text.tell(ReplyEvent::Begun { skipped: 0 });
            text.push(answer.clone()).await;
            (NOTHING, Vec::new())
        }
        None => ask(request, &mut text).await?,
    };
    text.finish().await;
    let all = text.all.trim().to_owned();
    text.tell(ReplyEvent::Ended(ReplyOutcome {
        text: all,
        generation,
        tools,
    }));
    Ok(())
}

/// Finds out what is meant, has it done or answered. Returns the figures and the tools that were called.
async fn ask(
    request: &ReplyRequest,
    text: &mut Text<'_>,
) -> Result<(Generation, Vec<String>), BackendError> {
    let (engines, tools) = (&request.engines, request.skills.tools());
    // Skills were asked first: nothing of theirs is meant.
    if jane_turn_detection::command(&request.question).is_some() {
        text.tell(ReplyEvent::Begun { skipped: 0 });
        text.sentence(ALL_RIGHT).await;
        return Ok((NOTHING, Vec::new()));
    }
    let route = match engines.llm.tool_use() {
        ToolUse::InPrompt => {
            let answered = converse(request, text, &tools, Vec::new()).await?;
            if text.has_claimed() {
                text.sentence(NOT_DONE).await;
            }
            return Ok(answered);
        }
        ToolUse::None => None,
        ToolUse::Routed => {
            let mut may_serve = tools.clone();
            may_serve.retain(|tool| jane_mind::may_serve(tool, &request.question));
            engines.mind.route(&request.question, &may_serve).await
        }
    };
    let served = match route {
        Some(Route::Beyond { answer }) => {
            // What no skill reaches, somebody who brings tools along may.
            let brought = request.skills.client_tools();
            if !brought.is_empty() {
                let near = engines.mind.near(&request.question, &brought).await;
                if let Some(served) = serve(request, text, &near, false).await? {
                    return Ok(served);
                }
            }
            text.tell(ReplyEvent::Begun { skipped: 0 });
            text.sentence(&answer).await;
            return Ok((NOTHING, Vec::new()));
        }
        Some(Route::Tools {
            names,
            certain,
            otherwise,
        }) => {
            let served = serve(request, text, &names, certain).await?;
            if let (None, Some(answer)) = (&served, otherwise) {
                text.tell(ReplyEvent::Begun { skipped: 0 });
                text.sentence(&answer).await;
                return Ok((NOTHING, Vec::new()));
            }
            served
        }
        Some(Route::Talk) | None => None,
    };
    if let Some(served) = served {
        return Ok(served);
    }
    let answered = converse(request, text, &[], Vec::new()).await?;
    if !text.has_claimed() {
        return Ok(answered);
    }
    // It said that something is done which nobody did: what is near is tried, and where that is not meant either, she says so.
    let near = match engines.llm.tool_use() {
        ToolUse::Routed => engines.mind.near(&request.question, &tools).await,
        ToolUse::InPrompt | ToolUse::None => Vec::new(),
    };
    if let Some(served) = serve(request, text, &near, false).await? {
        return Ok(served);
    }
    if text.has_words() || request.history.last().is_none() {
        text.sentence(NOT_DONE).await;
        return Ok(answered);
    }
    // Answers of skills lead a small model to write like them: without what was said before it is asked once more.
    let mut alone = request.clone();
    alone.history.leave_out(|_| true);
    let answered = converse(&alone, text, &[], Vec::new()).await?;
    if text.has_claimed() {
        text.sentence(NOT_DONE).await;
    }
    Ok(answered)
}

/// Has the model call one of the tools of these names, and says what came of it. `None` where none of them is meant.
async fn serve(
    request: &ReplyRequest,
    text: &mut Text<'_>,
    names: &[String],
    certain: bool,
) -> Result<Option<(Generation, Vec<String>)>, BackendError> {
    let mut tools = request.skills.tools();
    let all = tools.clone();
    let may_serve = |tool: &Tool| jane_mind::may_serve(tool, &request.question);
    tools.retain(|tool| names.contains(&tool.name) && may_serve(tool));
    if tools.is_empty() {
        return Ok(None);
    }
    let before = request.history.last();
    let llm = request.engines.llm.as_ref();
    let Some(call) =
        jane_mind::call_for(llm, &tools, &all, &request.question, before, certain).await?
    else {
        return Ok(None);
    };
    text.tell(ReplyEvent::Begun { skipped: 0 });
    let (result, answer) = call_tool(request, text, &call).await;
    let used = vec![call.name.clone()];
    let failed = result.content.strip_prefix(FAILED).map(str::to_owned);
    match (answer, failed) {
        (Some(answer), _) => text.sentence(&answer).await,
        (None, Some(reason)) => {
            let reason = reason.trim_end_matches('.');
            text.sentence(&format!("That did not work: {reason}."))
                .await;
        }
        (None, None) => {
            let asked = Message {
                tool_calls: vec![call],
                ..Message::assistant("")
            };
            let found = result.content.clone();
            let (generation, _) = converse(request, text, &[], vec![asked, result]).await?;
            if text.has_claimed() && !text.has_words() {
                let is_sayable = found.len() <= LONGEST_SAID && !found.starts_with(['{', '[']);
                let said = if is_sayable { found.as_str() } else { NOT_DONE };
                text.sentence(said).await;
            }
            return Ok(Some((generation, used)));
        }
    }
    Ok(Some((NOTHING, used)))
}

/// Asks the model, and calls what it calls of `tools`, until it answers; an answer that it gave before to something else is written
/// again without what led there. `called` are calls that were made already, and their results.
async fn converse(
    request: &ReplyRequest,
    text: &mut Text<'_>,
    tools: &[Tool],
    called: Vec<Message>,
) -> Result<(Generation, Vec<String>), BackendError> {
    // What was only read is no reason to believe that anything was done.
    let calls = called.iter().flat_map(|message| &message.tool_calls);
    let has_acted = calls.into_iter().any(|call| jane_mind::acts(&call.name));
    text.guard(!has_acted);
    let answered = rounds(request, text, tools, called.clone()).await?;
    let Some(repeated) = text.take_repeated() else {
        return Ok(answered);
    };
    let mut without = request.clone();
    without.history.leave_out(|answer| repeated.is_of(answer));
    text.unguard_repeats();
    rounds(&without, text, tools, called).await
}

async fn rounds(
    request: &ReplyRequest,
    text: &mut Text<'_>,
    tools: &[Tool],
    mut called: Vec<Message>,
) -> Result<(Generation, Vec<String>), BackendError> {
    let mut used = Vec::new();
    let mut total: Option<Generation> = None;
    let mut round = 0;
    loop {
        let is_last = round == request.skills.rounds;
        let (skipped, first, stream) = match begin(request, &told(&called, is_last), tools).await {
            Err(error) if round > 0 && error.too_long().is_some() => {
                if shorten(&mut called) {
                    continue;
                }
                text.sentence(TOO_MANY_CALLS).await;
                break;
            }
            begun => begun?,
        };
        if round == 0 {
            text.tell(ReplyEvent::Begun { skipped });
        }
        let before = text.all.len();
        let (mut calls, mut generation) = (Vec::new(), NOTHING);
        let mut pieces = futures::stream::iter([Ok(first)]).chain(stream);
        while let Some(piece) = pieces.next().await {
            match piece? {
                Generated::Text(piece) => text.push(piece).await,
                Generated::Thinking { tokens } => text.tell(ReplyEvent::Thinking { tokens }),
                Generated::ToolCall(call) => calls.push(call),
                Generated::Ended(ended) => generation = ended,
            }
            if text.has_claimed() {
                break;
            }
        }
        total = Some(match total {
            None => generation,
            Some(total) => together(total, &generation),
        });
        if calls.is_empty() || text.has_claimed() {
            text.flush().await;
            break;
        }
        text.guard(false);
        if is_last {
            text.sentence(TOO_MANY_CALLS).await;
            break;
        }
        round += 1;
        // What was said before a call is heard while it runs.
        text.flush().await;
        let said = text.all.get(before..).unwrap_or_default().to_owned();
        calls.truncate(MOST_CALLS);
        called.push(Message {
            tool_calls: calls.clone(),
            ..Message::assistant(said)
        });
        let mut answers = Vec::new();
        for call in &calls {
            let (result, answer) = call_tool(request, text, call).await;
            used.push(call.name.clone());
            answers.extend(answer);
            called.push(result);
        }
        if !answers.is_empty() {
            text.sentence(&answers.join(" ")).await;
            break;
        }
    }
    if !text.has_words() && !text.has_claimed() {
        let sentence = match used.is_empty() {
            true => NO_ANSWER,
            false => NO_WORDS,
        };
        text.sentence(sentence).await;
    }
    Ok((total.unwrap_or(NOTHING), used))
}

/// What the model is told of its calls so far.
fn told(called: &[Message], is_last: bool) -> Vec<Message> {
    let mut told = called.to_vec();
    if is_last && let Some(last) = told.last_mut() {
        last.content = format!("{}\n{LAST_ROUND}", last.content);
    }
    told
}

/// Shortens the longest results of tools to half of the longest one. Returns whether that was possible.
fn shorten(called: &mut [Message]) -> bool {
    let length = |message: &Message| message.content.chars().count();
    let results = called
        .iter_mut()
        .filter(|message| message.role == Role::Tool);
    let results: Vec<&mut Message> = results.collect();
    let longest = results.iter().map(|result| length(result)).max();
    let Some(longest) = longest.filter(|longest| *longest > SHORTEST_RESULT) else {
        return false;
    };
    let most = (longest / 2).max(SHORTEST_RESULT);
    for result in results {
        result.content = result.content.chars().take(most).collect();
    }
    true
}

/// Calls a tool. Returns what the model is told of it, and the answer where the tool gives that itself.
async fn call_tool(
    request: &ReplyRequest,
    text: &Text<'_>,
    call: &ToolCall,
) -> (Message, Option<String>) {
    let begin = Instant::now();
    let called = request.skills.call(call).await;
    let ok = !matches!(called.result, ToolResult::Failed(_));
    let (content, answer) = match called.result {
        ToolResult::Told(result) => (result, None),
        ToolResult::Final(answer) => (answer.clone(), Some(answer)),
        ToolResult::Failed(reason) => (format!("{FAILED}{reason}"), None),
    };
    text.tell(ReplyEvent::Called {
        tool: call.name.clone(),
        skill: called.skill,
        ok,
        took: begin.elapsed(),
    });
    let content = content.chars().take(LONGEST_RESULT).collect();
    (Message::tool(call, content), answer)
}

/// The figures of two rounds: the prompt is that of the first, without what calls added.
fn together(first: Generation, next: &Generation) -> Generation {
    Generation {
        finish: next.finish,
        reply_tokens: first.reply_tokens + next.reply_tokens,
        decode_seconds: first.decode_seconds + next.decode_seconds,
        ..first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_halved_until_they_are_short() {
        let call = ToolCall {
            id: "1".to_owned(),
            name: "read".to_owned(),
            arguments: "{}".to_owned(),
        };
        let mut called = vec![
            Message::assistant("x".repeat(3000)),
            Message::tool(&call, "y".repeat(1000)),
            Message::tool(&call, "z".repeat(300)),
        ];
        let lengths = |called: &[Message]| -> Vec<usize> {
            called.iter().map(|message| message.content.len()).collect()
        };
        assert!(shorten(&mut called));
        assert_eq!(lengths(&called), [3000, 500, 300]);
        assert!(shorten(&mut called) && shorten(&mut called));
        assert_eq!(lengths(&called), [3000, 200, 200]);
        assert!(!shorten(&mut called));
    }
}
