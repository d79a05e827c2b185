//! What was said so far, as the language model sees it.
//!
//! Invariants: the first message is the system prompt, byte for byte the same in every turn, so that the model's cache of it is
//! reused; behind it questions and answers alternate.

use crate::backend::Message;

#[derive(Clone)]
pub struct History {
    system_prompt: String,
    /// Questions and their answers, oldest first.
    exchanges: Vec<(String, String)>,
}

impl History {
    pub fn new(system_prompt: &str) -> Self {
        Self {
            system_prompt: system_prompt.to_owned(),
            exchanges: Vec::new(),
        }
    }

    /// The messages so far.
    pub fn messages(&self) -> Vec<Message> {
        let mut messages = vec![Message::system(&self.system_prompt)];
        for (question, answer) in &self.exchanges {
            messages.push(Message::user(question));
            messages.push(Message::assistant(answer));
        }
        messages
    }

    /// The messages so far, and `question`.
    pub fn messages_with(&self, question: &str) -> Vec<Message> {
        let mut messages = self.messages();
        messages.push(Message::user(question));
        messages
    }

    pub fn push(&mut self, question: &str, answer: &str) {
        self.exchanges
            .push((question.to_owned(), answer.to_owned()));
    }

    /// Forgets the older half of the exchanges, in one go so that the model's cache is rebuilt seldom. Returns how many that were.
    pub fn forget_older_half(&mut self) -> usize {
        let half = self.exchanges.len().div_ceil(2);
        self.exchanges.drain(..half);
        half
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_prompt_survives_forgetting() {
        let mut history = History::new("Be brief.");
        for number in 0..5 {
            history.push(&format!("question {number}"), "answer");
        }
        assert_eq!(history.forget_older_half(), 3);
        let messages = history.messages_with("now");
        assert_eq!(messages.first(), Some(&Message::system("Be brief.")));
        assert_eq!(messages.get(1), Some(&Message::user("question 3")));
        assert_eq!(messages.last(), Some(&Message::user("now")));
        assert_eq!(
            (
                history.forget_older_half(),
                history.forget_older_half(),
                history.forget_older_half()
            ),
            (1, 1, 0)
        );
    }
}
