//! Tells what an utterance is: a question, a command, or nothing that starts a turn.

use jane_core::event::DropReason;
use jane_turn_detection::Wake;
use unicode_segmentation::UnicodeSegmentation;

use super::state::TalkOver;

/// The fewest words that can be told from a person who says the same as she.
const ECHO_WORDS: usize = 4;

/// What an utterance is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Classification {
    /// It is for Jane, and this is what is asked.
    Question(String),
    /// It starts no turn.
    NoTurn(NoTurn),
}

/// Why an utterance starts no turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoTurn {
    /// Jane is to be quiet.
    Stop,
    /// Jane has said enough: this ends the reply and is answered with nothing, unless more follows.
    Dismissed,
    /// No word was said.
    Nothing,
    /// It was too little to interrupt the reply.
    Short,
    /// A sound that says "go on".
    Backchannel,
    /// Jane's own words, which came back through the microphone.
    Echo,
    /// The wake phrase was said, and nothing was asked yet.
    Called,
    /// It was not for Jane.
    NotAddressed,
    /// A skill wants it left unanswered.
    Dropped,
}

impl NoTurn {
    /// The same in the words of events.
    pub fn reason(self) -> DropReason {
        match self {
            Self::Stop | Self::Dismissed => DropReason::Stop,
            Self::Nothing => DropReason::NothingSaid,
            Self::Short => DropReason::Short,
            Self::Backchannel => DropReason::Backchannel,
            Self::Echo => DropReason::Echo,
            Self::Called => DropReason::Called,
            Self::NotAddressed => DropReason::NotAddressed,
            Self::Dropped => DropReason::Dropped,
        }
    }

    /// Whether more may follow that changes it: somebody who pauses after "hey" may go on with the name, and after "no" with what they
    /// meant.
    pub fn may_change(self) -> bool {
        matches!(
            self,
            Self::Dismissed | Self::Called | Self::NotAddressed | Self::Dropped
        )
    }
}

/// Tells what an utterance is in the circumstances in which it was said.
#[derive(Debug, Clone, Default)]
pub struct UtteranceClassifier {
    /// The phrase that it has to begin with; `None` where Jane listens to everything.
    pub wake: Option<Wake>,
    /// Where it was said over a reply.
    pub over: Option<SpokenOver>,
    /// A question whose answer was not heard yet, and that this goes on with; empty for none.
    pub before: String,
}

/// The reply that an utterance was spoken over.
#[derive(Debug, Clone)]
pub struct SpokenOver {
    /// What the utterance did to the reply.
    pub over: TalkOver,
    /// What the reply says.
    pub reply: String,
    /// Whether the reply asks something, which a word answers that else says "go on".
    pub asks: bool,
}

impl UtteranceClassifier {
    pub fn classify(&self, transcript: &str) -> Classification {
        let text = transcript.trim();
        if !text.chars().any(char::is_alphanumeric) {
            return Classification::NoTurn(NoTurn::Nothing);
        }
        if jane_turn_detection::command(text).is_some() {
            return Classification::NoTurn(NoTurn::Stop);
        }
        if let Some(spoken) = &self.over {
            if jane_turn_detection::is_backchannel(text) {
                return if spoken.asks {
                    Classification::Question(self.whole(text))
                } else {
                    Classification::NoTurn(NoTurn::Backchannel)
                };
            }
            if is_echo(text, &spoken.reply) {
                return Classification::NoTurn(NoTurn::Echo);
            }
            // Before anything of an answer was heard, "thanks" belongs to the question.
            if self.before.is_empty() && jane_turn_detection::is_dismissal(text) {
                return if spoken.asks {
                    Classification::Question(self.whole(text))
                } else {
                    Classification::NoTurn(NoTurn::Dismissed)
                };
            }
            if spoken.over == TalkOver::Ducked {
                return Classification::NoTurn(NoTurn::Short);
            }
        }
        match &self.wake {
            None => Classification::Question(self.whole(text)),
            Some(wake) => match wake.strip(text) {
                Some(rest) if rest.trim().is_empty() => Classification::NoTurn(NoTurn::Called),
                Some(rest) => Classification::Question(self.whole(&rest)),
                None => Classification::NoTurn(NoTurn::NotAddressed),
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

    fn over(held: bool) -> UtteranceClassifier {
        let reply = "The Pacific Ocean is the largest ocean on Earth.".to_owned();
        UtteranceClassifier {
            over: Some(SpokenOver {
                over: match held {
                    true => TalkOver::Held,
                    false => TalkOver::Ducked,
                },
                reply,
                asks: false,
            }),
            ..UtteranceClassifier::default()
        }
    }

    #[test]
    fn what_is_said_over_her_is_classified_otherwise() {
        let alone = UtteranceClassifier::default();
        assert_eq!(
            over(true).classify("Mm-hm."),
            Classification::NoTurn(NoTurn::Backchannel)
        );
        assert_eq!(
            alone.classify("Okay."),
            Classification::Question("Okay.".to_owned())
        );
        let question = "What is the capital of Spain?";
        assert_eq!(
            over(false).classify(question),
            Classification::NoTurn(NoTurn::Short)
        );
        for classifier in [alone, over(true)] {
            assert_eq!(
                classifier.classify("Stop!"),
                Classification::NoTurn(NoTurn::Stop)
            );
            assert_eq!(
                classifier.classify(" . "),
                Classification::NoTurn(NoTurn::Nothing)
            );
            assert_eq!(
                classifier.classify(question),
                Classification::Question(question.to_owned())
            );
        }
        assert_eq!(
            over(false).classify("Stop."),
            Classification::NoTurn(NoTurn::Stop)
        );
    }

    #[test]
    fn a_word_that_says_go_on_answers_a_question() {
        let mut classifier = over(false);
        classifier.over.as_mut().unwrap().asks = true;
        assert_eq!(
            classifier.classify("Yeah."),
            Classification::Question("Yeah.".to_owned())
        );
        assert_eq!(
            classifier.classify("Stop."),
            Classification::NoTurn(NoTurn::Stop)
        );
    }

    #[test]
    fn who_has_heard_enough_says_so_over_her_and_else_it_is_an_answer() {
        for text in ["No.", "Okay, thank you.", "Got it.", "Hold on."] {
            for held in [false, true] {
                assert_eq!(
                    over(held).classify(text),
                    Classification::NoTurn(NoTurn::Dismissed),
                    "{text}"
                );
                let mut asked = over(held);
                asked.over.as_mut().unwrap().asks = true;
                assert_eq!(
                    asked.classify(text),
                    Classification::Question(text.to_owned())
                );
            }
            let alone = UtteranceClassifier::default();
            assert_eq!(
                alone.classify(text),
                Classification::Question(text.to_owned())
            );
            let unheard = UtteranceClassifier {
                before: "What time is it?".to_owned(),
                ..over(true)
            };
            let whole = format!("What time is it? {text}");
            assert_eq!(unheard.classify(text), Classification::Question(whole));
        }
        let more = "No, I meant the lake.";
        assert_eq!(
            over(true).classify(more),
            Classification::Question(more.to_owned())
        );
    }

    #[test]
    fn her_own_words_are_no_question() {
        let classifier = over(true);
        assert_eq!(
            classifier.classify("is the largest ocean"),
            Classification::NoTurn(NoTurn::Echo)
        );
        assert_eq!(
            classifier.classify("Ocean is the largest oceans on earth."),
            Classification::NoTurn(NoTurn::Echo)
        );
        assert!(matches!(
            classifier.classify("Is the largest lake on Earth in Russia?"),
            Classification::Question(_)
        ));
        assert!(matches!(
            classifier.classify("The largest ocean?"),
            Classification::Question(_)
        ));
    }

    #[test]
    fn a_question_goes_on_after_a_pause_that_was_taken_for_its_end() {
        let classifier = UtteranceClassifier {
            before: "What is the capital".to_owned(),
            ..UtteranceClassifier::default()
        };
        let whole = "What is the capital of France?".to_owned();
        assert_eq!(
            classifier.classify("of France?"),
            Classification::Question(whole)
        );
        assert_eq!(
            classifier.classify("Never mind."),
            Classification::NoTurn(NoTurn::Stop)
        );
    }

    #[test]
    fn with_a_wake_phrase_she_answers_when_she_is_called() {
        let classifier = UtteranceClassifier {
            wake: Some(Wake::new("hey jane")),
            ..UtteranceClassifier::default()
        };
        assert_eq!(
            classifier.classify("The weather is nice."),
            Classification::NoTurn(NoTurn::NotAddressed)
        );
        assert_eq!(
            classifier.classify("Hey Jane."),
            Classification::NoTurn(NoTurn::Called)
        );
        let question = Classification::Question("what time is it?".to_owned());
        assert_eq!(classifier.classify("Hey Jane, what time is it?"), question);
        assert_eq!(
            classifier.classify("Stop."),
            Classification::NoTurn(NoTurn::Stop)
        );
    }
}
