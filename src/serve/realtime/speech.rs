//! What a client was told of the words that are being said.
//!
//! Invariant: deltas are never taken back, so only words are told that two readings in a row agree on.

/// An item that is being said.
pub struct Speech {
    /// The name that it will have.
    pub item: String,
    /// What was told of its words.
    told: String,
    /// What was understood last.
    before: String,
}

impl Speech {
    pub fn new(item: String) -> Self {
        Self {
            item,
            told: String::new(),
            before: String::new(),
        }
    }

    /// So much is understood now. Returns what is to be told beyond what was told already.
    pub fn understood(&mut self, partial: &str) -> Option<String> {
        if partial.is_empty() || partial == self.before {
            return None;
        }
        let sure = agreed(&self.before, partial);
        partial.clone_into(&mut self.before);
        let more = sure.strip_prefix(self.told.as_str())?.to_owned();
        self.told.push_str(&more);
        (!more.is_empty()).then_some(more)
    }

    /// What is to be told still of all that was said, where it goes on from what was told.
    pub fn rest<'a>(&self, text: &'a str) -> Option<&'a str> {
        let rest = text.strip_prefix(self.told.as_str())?;
        (!rest.is_empty()).then_some(rest)
    }
}

/// The words at the beginning of `next` that `before` begins with as well, each with the space before it.
fn agreed<'a>(before: &str, next: &'a str) -> &'a str {
    let words = next.split_inclusive(char::is_whitespace);
    let same = words.zip(before.split_inclusive(char::is_whitespace));
    let same = same.take_while(|(next, before)| next.trim_end() == before.trim_end());
    let end: usize = same.map(|(next, _)| next.len()).sum();
    next.get(..end).unwrap_or_default().trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_told_once_two_readings_agree_and_never_taken_back() {
        let mut speech = Speech::new("item".to_owned());
        assert_eq!(speech.understood("What is the cap."), None);
        let told = speech.understood("What is the capital of");
        assert_eq!(told.as_deref(), Some("What is the"));
        assert_eq!(speech.understood("What is the capital of"), None);
        assert_eq!(speech.understood(""), None);
        let told = speech.understood("What is the capital of France?");
        assert_eq!(told.as_deref(), Some(" capital of"));
        // Another beginning cannot be told any more.
        assert_eq!(speech.understood("That is the capital of France?"), None);
        let whole = "What is the capital of France?";
        assert_eq!(speech.rest(whole), Some(" France?"));
        assert_eq!(speech.rest("That is it."), None);
        assert_eq!(Speech::new(String::new()).rest(whole), Some(whole));
    }
}
