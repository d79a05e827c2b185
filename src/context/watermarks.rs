//! How much of a conversation has to go so that the next turn fits the context window.
//!
//! Invariants: the oldest exchanges go first, whole, and down to the low-water mark in one go, so that the model's cache is
//! rebuilt seldom; the newest exchange stays wherever it fits; the reply's room is never touched; nothing is cut where that would
//! not help.

use jane_config::Context;
use jane_engines::Window;

use super::history::History;
use super::summary::SUMMARY_TOKENS;

/// Tokens that are kept for the next question: some 90 words, which is half a minute of speech. Where the window is small, they
/// are a quarter of what the reply leaves of it.
const QUESTION_TOKENS: u32 = 128;

/// Tokens of a summary and of the words that introduce it.
const SUMMARY_ROOM: u32 = SUMMARY_TOKENS + 32;

/// The marks that a conversation is kept between, in tokens of the next prompt without its question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watermarks {
    /// Above this no question fits.
    pub prompt: u32,
    /// Above this a question might not fit.
    pub high: u32,
    /// What a conversation that is cut may keep at most.
    pub kept: u32,
    /// What a conversation that is cut is cut down to.
    pub low: u32,
}

impl Watermarks {
    pub fn new(window: Window, context: &Context) -> Self {
        let prompt = window.tokens.saturating_sub(window.reply.max(1));
        let high = prompt - QUESTION_TOKENS.min(prompt / 4);
        let summary = if context.summary { SUMMARY_ROOM } else { 0 };
        let kept = high.saturating_sub(summary);
        let low = share(window.tokens, context.low_water).min(kept);
        Self {
            prompt,
            high,
            kept,
            low,
        }
    }

    /// How many of the oldest exchanges have to go before the next question is asked.
    pub fn surplus(self, history: &History) -> usize {
        // What waits to be folded is about to make the summary longer.
        let folds = !history.cut().is_empty();
        let mark = if folds { self.kept } else { self.high };
        if history.tokens() > mark {
            self.above_low(history)
        } else {
            0
        }
    }

    /// How many of the oldest exchanges are above the low-water mark; none where there is no room for a question without them
    /// either, because the instructions alone are too long.
    fn above_low(self, history: &History) -> usize {
        let mut left = history.tokens();
        let all = history.exchange_tokens().fold(0, u32::saturating_add);
        if left.saturating_sub(all) > self.prompt {
            return 0;
        }
        let exchanges = history.exchange_tokens();
        let newest = exchanges.len().saturating_sub(1);
        let goes = exchanges.enumerate().take_while(|(place, tokens)| {
            let mark = if *place == newest {
                self.kept
            } else {
                self.low
            };
            let goes = left > mark;
            left = left.saturating_sub(*tokens);
            goes
        });
        goes.count()
    }
}

/// How many of the oldest exchanges have to go for a question whose prompt, without the `skipped` oldest, has `prompt` tokens and
/// does not fit `window`; more than are `skipped`. `None` where all are.
pub fn for_question(
    history: &History,
    skipped: usize,
    prompt: u32,
    window: Window,
    context: &Context,
) -> Option<usize> {
    let exchanges = history.exchange_tokens().len();
    if skipped >= exchanges {
        return None;
    }
    let mut excess = prompt
        .saturating_add(window.reply.max(1))
        .saturating_sub(window.tokens);
    let further = history
        .exchange_tokens()
        .skip(skipped)
        .take_while(|tokens| {
            let goes = excess > 0;
            excess = excess.saturating_sub(*tokens);
            goes
        });
    let needed = skipped + further.count().max(1);
    Some(needed.max(Watermarks::new(window, context).above_low(history)))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of the tokens, which is between 0 and their number"
)]
fn share(tokens: u32, share: f64) -> u32 {
    (f64::from(tokens) * share.clamp(0.0, 1.0)) as u32
}
