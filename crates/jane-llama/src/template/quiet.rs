//! How a template is asked to have its model answer without thoughts.
//!
//! Templates know different words for it, and some fail at a value that they do not know. So each word that a template mentions is tried on a short
//! conversation, and kept where the prompt differs for it and the model thinks no more than before.

use jane_reply_filter::ReplyFilter;
use minijinja::Value;

/// Variables of templates, and the value that asks for the least thoughts; of one variable the first that does something. What every prompt
/// has beside them is `enable_thinking` and `thinking`.
const TRIED: [(&str, Word); 9] = [
    ("reasoning_effort", Word::Text("low")),
    ("reasoning_effort", Word::Text("none")),
    ("thinking_budget", Word::Zero),
    ("thinking_mode", Word::Text("disabled")),
    ("thinking_option", Word::Text("off")),
    ("reasoning", Word::False),
    ("thinking_effort", Word::Text("low")),
    ("reasoning_strength", Word::Text("low")),
    ("reasoning_mode", Word::Text("no_think")),
];

/// What some models are told in their instructions.
const SWITCH: &str = "/no_think";

#[derive(Clone, Copy)]
enum Word {
    Text(&'static str),
    Zero,
    False,
}

impl From<Word> for Value {
    fn from(word: Word) -> Self {
        match word {
            Word::Text(text) => text.into(),
            Word::Zero => 0.into(),
            Word::False => false.into(),
        }
    }
}

/// What a template is told for it.
#[derive(Debug, Clone, Default)]
pub struct Quiet {
    pub variables: Vec<(&'static str, Value)>,
    /// Behind the instructions.
    pub switch: Option<&'static str>,
}

impl Quiet {
    /// What makes the template `source` ask for the least thoughts. `render` renders a short conversation: the prompt up to the end of what was
    /// said, and what is behind that.
    pub fn of(source: &str, render: impl Fn(&Self) -> Option<(String, String)>) -> Self {
        let mut best = Self::default();
        let Some(mut rendered) = render(&best) else {
            return best;
        };
        for (name, word) in TRIED {
            if quietness(&rendered.1) == Quietness::Answers {
                return best;
            }
            let is_known = best.variables.iter().any(|(known, _)| *known == name);
            if is_known || !source.contains(name) {
                continue;
            }
            let mut tried = best.clone();
            tried.variables.push((name, word.into()));
            if let Some(with) = render(&tried)
                && with != rendered
                && quietness(&with.1) >= quietness(&rendered.1)
            {
                (best, rendered) = (tried, with);
            }
        }
        if quietness(&rendered.1) < Quietness::Answers && source.contains(SWITCH) {
            let tried = Self {
                switch: Some(SWITCH),
                ..best.clone()
            };
            if let Some(with) = render(&tried)
                && with.1 != rendered.1
                && quietness(&with.1) >= quietness(&rendered.1)
            {
                best = tried;
            }
        }
        best
    }
}

/// What a model does behind the end of a prompt.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Quietness {
    Thinks,
    /// As it likes.
    Open,
    /// Its thoughts are over before they began.
    Answers,
}

fn quietness(tail: &str) -> Quietness {
    let filter = ReplyFilter::behind(tail);
    match (filter.is_thinking(), filter.has_thought()) {
        (true, _) => Quietness::Thinks,
        (false, false) => Quietness::Open,
        (false, true) => Quietness::Answers,
    }
}
