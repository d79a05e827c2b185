//! What was said so far, as the language model sees it, and how many tokens that is.
//!
//! Invariants: the first message is the system message: the prompt, the pinned facts and, last, the summary of what was cut, byte for
//! byte the same until one of them changes, so that the model's cache of it is reused; behind it come whole exchanges, oldest
//! first, of which only the oldest are ever cut.

use jane_engines::{Dialogue, Message};

use super::summary;

/// Stands before a skill's answer where a model sees it, so that it is told from the model's own.
pub const SKILLS_MARK: &str = "[skill] ";

/// Stands for the next question where prompts are counted: chat templates are written for prompts that end with a question.
const NEXT_QUESTION: &str = "?";

/// Bytes of messages that are counted in one request, or one exchange where that is larger.
const COUNTED_AT_ONCE: usize = 256 << 10;

#[derive(Clone)]
pub struct History {
    /// The system prompt and the pinned facts.
    instructions: String,
    /// Of what was cut; empty for none.
    summary: String,
    /// What was cut and is not in the summary yet; bounded.
    cut: String,
    exchanges: Vec<Exchange>,
    /// Tokens of a prompt that holds no exchange, once they were counted.
    base_tokens: Option<u32>,
    /// Tokens of the newest exchange's prompt as the model reported them, until that was compared with the count.
    reported: Option<u32>,
    /// Tokens that a prompt has beyond the count of its messages, as a report showed: those of tools for one.
    unaccounted_tokens: u32,
}

#[derive(Clone)]
struct Exchange {
    question: String,
    answer: String,
    /// Whether a skill answered.
    by_skill: bool,
    /// By how many tokens it lengthens a prompt, once that was counted.
    tokens: Option<u32>,
}

/// What a count is of.
#[derive(Debug, Clone, Copy)]
pub enum Part {
    /// The prompt without any exchange.
    Frame,
    /// The prompt with the exchange at this place alone.
    Exchange(usize),
    /// The newest question behind no exchange.
    NewestQuestion,
}

impl History {
    pub fn new(system_prompt: &str, pinned: &[String]) -> Self {
        Self {
            instructions: instructions(system_prompt, pinned),
            summary: String::new(),
            cut: String::new(),
            exchanges: Vec::new(),
            base_tokens: None,
            reported: None,
            unaccounted_tokens: 0,
        }
    }

    /// Replaces the beginning of the system message and keeps the rest.
    pub fn set_prompt(&mut self, system_prompt: &str, pinned: &[String]) {
        let instructions = instructions(system_prompt, pinned);
        if instructions != self.instructions {
            self.instructions = instructions;
            self.forget_frame();
        }
    }

    /// What was said so far, without the `skip` oldest exchanges.
    pub fn dialogue(&self, skip: usize) -> Dialogue {
        let exchanges = self.exchanges.iter().skip(skip);
        Dialogue {
            instructions: Some(self.instructions.clone()),
            summary: self.summary.clone(),
            turns: exchanges.flat_map(Exchange::messages).collect(),
        }
    }

    /// The messages of a prompt with `turns` alone.
    fn alone(&self, turns: Vec<Message>) -> Vec<Message> {
        let dialogue = Dialogue {
            instructions: Some(self.instructions.clone()),
            summary: self.summary.clone(),
            turns,
        };
        dialogue.messages()
    }

    /// Adds an exchange, whose prompt had so many tokens as the model says; 0 where it did not say.
    pub fn push(&mut self, question: &str, answer: &str, prompt_tokens: u32) {
        self.exchanges.push(Exchange {
            question: question.to_owned(),
            answer: answer.to_owned(),
            by_skill: false,
            tokens: None,
        });
        self.reported = (prompt_tokens > 0).then_some(prompt_tokens);
    }

    /// Marks the newest answer as a skill's, so that a model does not take it for words of its own and writes the like.
    pub fn mark_as_skills(&mut self) {
        if let Some(newest) = self.exchanges.last_mut() {
            newest.by_skill = true;
        }
    }

    /// Questions and answers, oldest first.
    pub fn exchanges(&self) -> impl Iterator<Item = (&str, &str)> {
        let exchanges = self.exchanges.iter();
        exchanges.map(|exchange| (exchange.question.as_str(), exchange.answer.as_str()))
    }

    /// The newest question and answer.
    pub fn last(&self) -> Option<(&str, &str)> {
        self.exchanges().last()
    }

    /// Leaves out the exchanges of such answers. Only for a copy: what is left out is not summed up.
    pub fn leave_out(&mut self, is_left_out: impl Fn(&str) -> bool) {
        self.exchanges
            .retain(|exchange| !is_left_out(&exchange.answer));
    }

    /// Leaves out skills' answers that nobody had time to read to the model, but for the newest `most`: a model reads some hundred tokens a second,
    /// and who says many things in a row waits for none of them. Only for a copy.
    pub fn leave_out_unread(&mut self, most: usize) {
        let is_unread = |exchange: &Exchange| exchange.by_skill && exchange.tokens.is_none();
        let unread = self.exchanges.iter().filter(|exchange| is_unread(exchange));
        let mut surplus = unread.count().saturating_sub(most);
        self.exchanges.retain(|exchange| {
            let goes = surplus > 0 && is_unread(exchange);
            surplus -= usize::from(goes);
            !goes
        });
    }

    /// Cuts the `count` oldest exchanges. Returns how many tokens they had.
    pub fn cut_oldest(&mut self, count: usize) -> u32 {
        let tokens = self
            .exchange_tokens()
            .take(count)
            .fold(0, u32::saturating_add);
        for exchange in self.exchanges.drain(..count.min(self.exchanges.len())) {
            summary::add(&mut self.cut, &exchange.question, &exchange.answer);
        }
        tokens
    }

    /// What was cut and is not in the summary yet.
    pub fn cut(&self) -> &str {
        &self.cut
    }

    /// Lets go of what was cut but for its newest part, of at most so many bytes.
    pub fn shorten_cut(&mut self, bytes: usize) {
        self.cut = summary::newest(&self.cut, bytes).to_owned();
    }

    /// Empty for none.
    pub fn summary(&self) -> &str {
        &self.summary
    }

    /// `summary` takes the place of the one before and of all that was cut; an empty one says nothing new.
    pub fn summarize(&mut self, summary: String) {
        self.cut.clear();
        if !summary.is_empty() {
            self.summary = summary;
            self.forget_frame();
        }
    }

    /// Lets go of the summary and of what was cut.
    pub fn drop_summary(&mut self) {
        self.cut.clear();
        if !std::mem::take(&mut self.summary).is_empty() {
            self.forget_frame();
        }
    }

    /// Forgets all counts: another model counts otherwise.
    pub fn forget_counts(&mut self) {
        self.forget_frame();
        self.unaccounted_tokens = 0;
        for exchange in &mut self.exchanges {
            exchange.tokens = None;
        }
    }

    fn forget_frame(&mut self) {
        self.base_tokens = None;
        self.reported = None;
    }

    /// The prompts that are to be counted next; none where all is known. An exchange is counted as what it adds to a prompt
    /// without exchanges: so a template's own additions cancel out, and a conversation is never counted as a whole. What
    /// is then still missing shows in what the model reports of a turn.
    pub fn uncounted(&self) -> Vec<(Part, Vec<Message>)> {
        let mut parts = Vec::new();
        if self.base_tokens.is_none() {
            let prompt = self.alone(vec![Message::user(NEXT_QUESTION)]);
            parts.push((Part::Frame, prompt));
        }
        let mut bytes = 0;
        for (place, exchange) in self.exchanges.iter().enumerate() {
            if exchange.tokens.is_some() {
                continue;
            }
            if bytes >= COUNTED_AT_ONCE {
                return parts;
            }
            let [question, answer] = exchange.messages();
            bytes += self.instructions.len() + question.content.len() + answer.content.len();
            let next = Message::user(NEXT_QUESTION);
            let prompt = self.alone(vec![question, answer, next]);
            parts.push((Part::Exchange(place), prompt));
        }
        if let (Some(_), Some(newest)) = (self.reported, self.exchanges.last()) {
            let prompt = self.alone(vec![Message::user(&newest.question)]);
            parts.push((Part::NewestQuestion, prompt));
        }
        parts
    }

    /// Takes the count of a prompt of [`History::uncounted`], in the same order.
    pub fn counted(&mut self, part: Part, tokens: u32) {
        match part {
            Part::Frame => self.base_tokens = Some(tokens),
            Part::Exchange(place) => {
                let frame = self.frame_tokens();
                if let Some(exchange) = self.exchanges.get_mut(place) {
                    exchange.tokens = Some(tokens.saturating_sub(frame));
                }
            }
            Part::NewestQuestion => {
                let before = self.exchanges.len().saturating_sub(1);
                let before = self.exchange_tokens().take(before);
                let counted = before.fold(tokens, u32::saturating_add);
                if let Some(reported) = self.reported.take() {
                    self.unaccounted_tokens = reported.saturating_sub(counted);
                }
            }
        }
    }

    /// Tokens of the next prompt, but for its question.
    pub fn tokens(&self) -> u32 {
        let beyond = self.frame_tokens().saturating_add(self.unaccounted_tokens);
        self.exchange_tokens().fold(beyond, u32::saturating_add)
    }

    /// Tokens of each exchange, oldest first.
    pub fn exchange_tokens(&self) -> impl ExactSizeIterator<Item = u32> {
        self.exchanges.iter().map(|exchange| {
            let estimate = || estimate(exchange.question.len() + exchange.answer.len());
            exchange.tokens.unwrap_or_else(estimate)
        })
    }

    fn frame_tokens(&self) -> u32 {
        let estimate = || estimate(self.instructions.len() + self.summary.len());
        self.base_tokens.unwrap_or_else(estimate)
    }
}

impl Exchange {
    fn messages(&self) -> [Message; 2] {
        [
            Message::user(&self.question),
            match self.by_skill {
                true => Message::assistant(format!("{SKILLS_MARK}{}", self.answer)),
                false => Message::assistant(&self.answer),
            },
        ]
    }
}

/// Tokens of so many bytes of text that was not counted: English has four bytes a token, scripts that a model hardly knows have
/// one, and each message has some tokens around it.
fn estimate(bytes: usize) -> u32 {
    u32::try_from(bytes / 2 + 16).unwrap_or(u32::MAX)
}

fn instructions(system_prompt: &str, pinned: &[String]) -> String {
    if pinned.is_empty() {
        return system_prompt.to_owned();
    }
    let facts = pinned
        .iter()
        .map(|fact| format!("\n- {}", summary::one_line(fact)));
    let facts: String = facts.collect();
    paragraphs(system_prompt, &format!("Facts to remember:{facts}"))
}

fn paragraphs(first: &str, second: &str) -> String {
    if first.is_empty() {
        second.to_owned()
    } else {
        format!("{first}\n\n{second}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_answers_of_skills_in_a_row_the_newest_are_read() {
        let mut history = History::new("", &[]);
        history.push("Who are you?", "Jane.", 0);
        for number in 0..5 {
            history.push(&format!("add {number}"), "Added.", 0);
            history.mark_as_skills();
        }
        history.counted(Part::Exchange(1), 20);
        history.leave_out_unread(2);
        let questions: Vec<&str> = history.exchanges().map(|(question, _)| question).collect();
        assert_eq!(questions, ["Who are you?", "add 0", "add 3", "add 4"]);
    }
}
