//! How long a model may think before it answers.
//!
//! Invariant: a reply that is not broken off ends in an answer: thoughts that last too long, or that the model ends its message in, are
//! ended for it.

/// Tokens of thoughts between two reports.
const REPORTED_EACH: u32 = 32;

/// How often thoughts are ended that the model begins anew.
const MOST_ENDS: u32 = 3;

/// Tokens that the end of thoughts may take, as often as it may have to be written.
const END_OF_THOUGHTS: u32 = 48;

/// The most tokens of thoughts of the `wanted`, where prompt and reply may have `room` and the prompt and the answer take so much of it.
pub fn most(wanted: u32, room: u32, taken: u32) -> u32 {
    wanted.min(room.saturating_sub(taken.saturating_add(END_OF_THOUGHTS)))
}

/// Counts the tokens of thoughts in one reply.
pub struct Thinking {
    most: u32,
    tokens: u32,
    ends: u32,
    is_thinking: bool,
}

impl Thinking {
    /// At most so many tokens.
    pub fn new(most: u32) -> Self {
        Self {
            most,
            tokens: 0,
            ends: 0,
            is_thinking: false,
        }
    }

    /// Tokens of thoughts.
    pub fn tokens(&self) -> u32 {
        self.tokens
    }

    /// A token was taken, after which the model thinks or does not. What is to be told, if anything: the tokens of thoughts so far.
    pub fn took(&mut self, is_thinking: bool) -> Option<u32> {
        let was_thinking = std::mem::replace(&mut self.is_thinking, is_thinking);
        if !(was_thinking || is_thinking) {
            return None;
        }
        self.tokens += 1;
        let is_due = self.tokens % REPORTED_EACH == 1 || !is_thinking;
        is_due.then_some(self.tokens)
    }

    /// Whether the thoughts have had their time.
    pub fn is_enough(&self) -> bool {
        self.is_thinking && self.tokens >= self.most
    }

    /// Thoughts are to be ended; whether that may still help.
    pub fn end(&mut self) -> bool {
        self.ends += 1;
        self.is_thinking = false;
        self.ends <= MOST_ENDS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thoughts_are_counted_told_of_and_ended() {
        let mut thinking = Thinking::new(40);
        assert_eq!(thinking.took(false), None);
        let told: Vec<u32> = (0..40).filter_map(|_| thinking.took(true)).collect();
        assert_eq!(told, [1, 33]);
        assert!(thinking.is_enough() && thinking.end() && !thinking.is_enough());
        assert_eq!(thinking.took(false), None);
        // It begins anew, and gets nothing.
        for _ in 0..2 {
            thinking.took(true);
            assert!(thinking.is_enough() && thinking.end());
        }
        thinking.took(true);
        assert!(thinking.is_enough() && !thinking.end());
    }

    #[test]
    fn thoughts_get_what_prompt_and_answer_leave() {
        assert_eq!(most(64, 1100, 900), 64);
        assert_eq!(most(64, 1100, 1040), 12);
        assert_eq!(most(64, 1100, 1100), 0);
    }

    #[test]
    fn the_end_of_thoughts_is_told() {
        let mut thinking = Thinking::new(40);
        assert_eq!(thinking.took(true), Some(1));
        assert_eq!(thinking.took(false), Some(2));
        assert_eq!(thinking.took(false), None);
        assert_eq!(thinking.tokens(), 2);
    }
}
