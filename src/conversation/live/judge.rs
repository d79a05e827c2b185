//! What is to be done with what was said.

use unicode_segmentation::UnicodeSegmentation;

use crate::hearing::{self, Wake};

/// The fewest words that can be told from a person who says the same as she.
const ECHO_WORDS: usize = 4;

/// What is to be done with an utterance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is for her, and this is what is asked.
    Answer(String),
    /// She is to be quiet.
    Stop,
    /// She has said enough: it ends her and is answered with nothing, unless more follows.
    Dismissed,
    /// Nothing was said.
    Nothing,
    /// Too little to take the floor from her.
    Short,
    /// A sound that says "go on".
    Backchannel,
    /// Her own words, which came back through the microphone.
    Echo,
    /// She was called, and nothing was asked yet.
    Called,
    /// It was not for her.
    NotAddressed,
    /// A skill wants it left unanswered.
    Dropped,
}

impl Verdict {
    /// What comes of it, in a word.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Answer(_) => "answered",
            Self::Stop | Self::Dismissed => "stop",
            Self::Nothing => "nothing_said",
            Self::Short => "short",
            Self::Backchannel => "backchannel",
            Self::Echo => "echo",
            Self::Called => "called",
            Self::NotAddressed => "not_addressed",
            Self::Dropped => "dropped",
        }
    }

    /// Whether more may follow that changes it: somebody who pauses after "hey" may go on with her name, and after "no" with what they
    /// meant.
    pub fn may_change(&self) -> bool {
        matches!(
            self,
            Self::Answer(_) | Self::Dismissed | Self::Called | Self::NotAddressed | Self::Dropped
        )
    }
}

/// Judges what was said in the circumstances in which it was said.
#[derive(Debug, Clone, Default)]
pub struct Judge {
    /// The phrase that she has to be called by; `None` where she listens to everything.
    pub wake: Option<Wake>,
    /// Where it was said while she spoke.
    pub over_her: Option<Over>,
    /// A question whose answer was not heard yet, and that this goes on with; empty for none.
    pub before: String,
}

/// Speech over hers.
#[derive(Debug, Clone, Default)]
pub struct Over {
    /// Whether it was long enough to take the floor.
    pub held: bool,
    /// What she says.
    pub saying: String,
    /// Whether it is a question of hers, which a word answers that else says "go on".
    pub asks: bool,
}

impl Judge {
    pub fn of(&self, transcript: &str) -> Verdict {
        let text = transcript.trim();
        if !text.chars().any(char::is_alphanumeric) {
            return Verdict::Nothing;
        }
        if hearing::command(text).is_some() {
            return Verdict::Stop;
        }
        if let Some(over) = &self.over_her {
            if hearing::is_backchannel(text) {
                return if over.asks {
                    Verdict::Answer(self.whole(text))
                } else {
                    Verdict::Backchannel
                };
            }
            if is_echo(text, &over.saying) {
                return Verdict::Echo;
            }
            // Before anything of an answer was heard, "thanks" belongs to the question.
            if self.before.is_empty() && hearing::is_dismissal(text) {
                return if over.asks {
                    Verdict::Answer(self.whole(text))
                } else {
                    Verdict::Dismissed
                };
            }
            if !over.held {
                return Verdict::Short;
            }
        }
        match &self.wake {
            None => Verdict::Answer(self.whole(text)),
            Some(wake) => match wake.strip(text) {
                Some(rest) if rest.trim().is_empty() => Verdict::Called,
                Some(rest) => Verdict::Answer(self.whole(&rest)),
                None => Verdict::NotAddressed,
            },
        }
    }

    fn whole(&self, text: &str) -> String {
        if self.before.is_empty() {
            text.to_owned()
        } else {
            format!("{} {text}", self.before)
        }
    }
}

/// Whether nearly all words of `text` stand in `saying`, one after the other.
fn is_echo(text: &str, saying: &str) -> bool {
    let words =
        |text: &str| -> Vec<String> { text.unicode_words().map(str::to_lowercase).collect() };
    let (text, saying) = (words(text), words(saying));
    if text.len() < ECHO_WORDS {
        return false;
    }
    saying
        .windows(text.len())
        .any(|said| 4 * said.iter().zip(&text).filter(|(a, b)| a == b).count() >= 3 * text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn over(held: bool) -> Judge {
        let saying = "The Pacific Ocean is the largest ocean on Earth.".to_owned();
        Judge {
            over_her: Some(Over {
                held,
                saying,
                asks: false,
            }),
            ..Judge::default()
        }
    }

    #[test]
    fn what_is_said_over_her_is_judged_otherwise() {
        let alone = Judge::default();
        assert_eq!(over(true).of("Mm-hm."), Verdict::Backchannel);
        assert_eq!(alone.of("Okay."), Verdict::Answer("Okay.".to_owned()));
        let question = "What is the capital of Spain?";
        assert_eq!(over(false).of(question), Verdict::Short);
        for judge in [alone, over(true)] {
            assert_eq!(judge.of("Stop!"), Verdict::Stop);
            assert_eq!(judge.of(" . "), Verdict::Nothing);
            assert_eq!(judge.of(question), Verdict::Answer(question.to_owned()));
        }
        assert_eq!(over(false).of("Stop."), Verdict::Stop);
    }

    #[test]
    fn a_word_that_says_go_on_answers_a_question() {
        let mut judge = over(false);
        judge.over_her.as_mut().unwrap().asks = true;
        assert_eq!(judge.of("Yeah."), Verdict::Answer("Yeah.".to_owned()));
        assert_eq!(judge.of("Stop."), Verdict::Stop);
    }

    #[test]
    fn who_has_heard_enough_says_so_over_her_and_else_it_is_an_answer() {
        for text in ["No.", "Okay, thank you.", "Got it.", "Hold on."] {
            for held in [false, true] {
                assert_eq!(over(held).of(text), Verdict::Dismissed, "{text}");
                let mut asked = over(held);
                asked.over_her.as_mut().unwrap().asks = true;
                assert_eq!(asked.of(text), Verdict::Answer(text.to_owned()));
            }
            let alone = Judge::default();
            assert_eq!(alone.of(text), Verdict::Answer(text.to_owned()));
            let unheard = Judge {
                before: "What time is it?".to_owned(),
                ..over(true)
            };
            let whole = format!("What time is it? {text}");
            assert_eq!(unheard.of(text), Verdict::Answer(whole));
        }
        let more = "No, I meant the lake.";
        assert_eq!(over(true).of(more), Verdict::Answer(more.to_owned()));
    }

    #[test]
    fn her_own_words_are_no_question() {
        let judge = over(true);
        assert_eq!(judge.of("is the largest ocean"), Verdict::Echo);
        assert_eq!(
            judge.of("Ocean is the largest oceans on earth."),
            Verdict::Echo
        );
        assert!(matches!(
            judge.of("Is the largest lake on Earth in Russia?"),
            Verdict::Answer(_)
        ));
        assert!(matches!(judge.of("The largest ocean?"), Verdict::Answer(_)));
    }

    #[test]
    fn a_question_goes_on_after_a_pause_that_was_taken_for_its_end() {
        let judge = Judge {
            before: "What is the capital".to_owned(),
            ..Judge::default()
        };
        let whole = "What is the capital of France?".to_owned();
        assert_eq!(judge.of("of France?"), Verdict::Answer(whole));
        assert_eq!(judge.of("Never mind."), Verdict::Stop);
    }

    #[test]
    fn with_a_wake_phrase_she_answers_when_she_is_called() {
        let judge = Judge {
            wake: Some(Wake::new("hey jane")),
            ..Judge::default()
        };
        assert_eq!(judge.of("The weather is nice."), Verdict::NotAddressed);
        assert_eq!(judge.of("Hey Jane."), Verdict::Called);
        let question = Verdict::Answer("what time is it?".to_owned());
        assert_eq!(judge.of("Hey Jane, what time is it?"), question);
        assert_eq!(judge.of("Stop."), Verdict::Stop);
    }
}
