//! Matches what was said against templates of words.
//!
//! A template is words with one space between: `word`, `(one|of|these)`, `[one|of|these|or|nothing]`, `{slot}` for one word or more,
//! `[{slot}]` for none or more; `_` stands for a space within a choice. Earlier slots take as many words as they can. A
//! template matches the whole of what was said, whatever its case and punctuation; a word ending in `:` must be followed by a colon.

/// Words that say nothing here, at the beginning and the end of what was said.
const BEFORE: &[&str] = &[
    "jane",
    "hey",
    "hi",
    "hello",
    "ok",
    "okay",
    "please",
    "um",
    "uh",
    "so",
    "well",
    "and",
    "oh",
    "now",
    "then",
    "also",
    "yes",
    "can you",
    "could you",
    "would you",
    "will you",
    "can you please",
    "could you please",
    "i want you to",
    "i'd like you to",
    "can i",
    "could i",
    "let's",
    "let us",
    "i'd like to",
    "i want to",
    "i need to",
    "i need you to",
    "just",
    "kindly",
    "go ahead and",
    "can you just",
    "could you just",
    "would you mind",
    "i would like you to",
    "i would like to",
    "i'd like",
    "will you please",
    "would you please",
    "don't forget to",
    "remember to",
    "do me a favour and",
    "do me a favor and",
    "quickly",
    "but",
    "actually",
    "sorry",
    "excuse me",
    "thanks",
    "thank you",
    "great",
    "good morning",
    "good evening",
    "right",
    "alright",
    "all right",
    "tell me",
    "can you tell me",
    "could you tell me",
    "do you know",
    "i wonder",
    "yeah",
    "hm",
    "hmm",
    "uhm",
    "can we",
    "could we",
    "shall we",
    "we should",
    "you can",
    "you could",
    "you should",
    "maybe",
    "i think you should",
    "help me",
    "would you be so kind as to",
    "could you be so kind as to",
    "be so kind as to",
    "i was wondering if you could",
    "i was wondering whether you could",
    "i wonder if you could",
    "i wonder whether you could",
    "basically",
    "if it's not too much trouble",
    "it would be great if you could",
    "it would be nice if you could",
    "i would appreciate it if you could",
    "i'd appreciate it if you could",
    "any chance you could",
    "do you think you could",
    "when you get a chance",
    "when you have a moment",
    "go on and",
    "feel free to",
    "i'd love it if you could",
    "i'd love for you to",
    "i'd like for you to",
    "if you wouldn't mind",
    "if you don't mind",
    "be a dear and",
];
const AFTER: &[&str] = &[
    "please",
    "for me",
    "thanks",
    "thank you",
    "now",
    "jane",
    "right now",
    "too",
    "as well",
    "again",
    "will you",
    "would you",
    "could you",
    "can you",
    "if you can",
    "if you could",
    "if you would",
    "if you don't mind",
    "okay",
    "ok",
    "then",
    "thanks a lot",
    "thank you so much",
    "thank you very much",
    "real quick",
    "please and thank you",
    "if it's not too much trouble",
    "if that's okay",
    "when you get a chance",
    "when you can",
    "quickly",
    "by the way",
    "cheers",
    "at the moment",
    "currently",
    "thanks for watching",
    "thank you for watching",
];

/// Words of the longest request; only what is dictated is longer.
const MOST_WORDS: usize = 120;

/// What was said, as words.
pub struct Said<'t> {
    text: &'t str,
    words: Vec<Word>,
}

struct Word {
    /// Where it is in the text, without the punctuation around it.
    start: usize,
    end: usize,
    /// In lower case.
    form: String,
    /// Whether a colon or a dash follows.
    colon: bool,
}

/// What the slots of a template took.
#[derive(Debug, Default)]
pub struct Slots<'t>(Vec<(&'static str, &'t str)>);

impl<'t> Slots<'t> {
    pub fn get(&self, name: &str) -> Option<&'t str> {
        self.0.iter().find(|(slot, _)| *slot == name).map(|(_, text)| *text)
    }
}

impl<'t> Said<'t> {
    pub fn new(text: &'t str) -> Said<'t> {
        let mut words: Vec<Word> = Vec::new();
        for piece in text.split_whitespace() {
            let offset = piece.as_ptr() as usize - text.as_ptr() as usize;
            let core = piece.trim_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '%' | '€' | '$' | '£' | '+' | '°'));
            let after = piece.trim_end().ends_with([':', '–', '—']);
            if core.is_empty() {
                if let Some(last) = words.last_mut() {
                    last.colon |= matches!(piece, ":" | "-" | "–" | "—");
                }
                continue;
            }
            let start = offset + (core.as_ptr() as usize - piece.as_ptr() as usize);
            let form = core.to_lowercase().replace('’', "'");
            words.push(Word { start, end: start + core.len(), form, colon: after });
        }
        let mut said = Said { text, words };
        said.join_to_do();
        said.trim();
        said
    }

    /// Whether it is longer than any request.
    pub fn is_long(&self) -> bool {
        self.words.len() > MOST_WORDS
    }

    /// Whether one of these words was said.
    pub fn mentions(&self, any: &[&str]) -> bool {
        self.words.iter().any(|word| any.contains(&word.form.as_str()))
    }

    /// Whether it begins with one of these words.
    pub fn starts(&self, any: &[&str]) -> bool {
        self.words.first().is_some_and(|word| any.contains(&word.form.as_str()))
    }

    /// Whether it begins with this phrase.
    pub fn begins(&self, phrase: &str) -> bool {
        self.phrase(phrase, 0).is_some()
    }

    /// The words in lower case.
    pub fn forms(&self) -> Vec<&str> {
        self.words.iter().map(|word| word.form.as_str()).collect()
    }

    /// What begins where `slot` does, up to the end of what was said.
    pub fn from(&self, slot: &'t str) -> &'t str {
        let start = slot.as_ptr() as usize - self.text.as_ptr() as usize;
        self.text.get(start..).unwrap_or(slot).trim()
    }

    /// What the slots take, where the template matches.
    pub fn matches(&self, template: &'static str) -> Option<Slots<'t>> {
        self.both(template, "")
    }

    /// The same for a template and its continuation.
    pub fn both(&self, template: &'static str, then: &'static str) -> Option<Slots<'t>> {
        let mut slots = Slots::default();
        self.step(template, then, 0, &mut slots).then_some(slots)
    }

    /// Of the first template that matches.
    pub fn first(&self, templates: &[&'static str]) -> Option<Slots<'t>> {
        templates.iter().find_map(|template| self.matches(template))
    }

    pub fn any(&self, templates: &[&'static str]) -> bool {
        self.first(templates).is_some()
    }

    fn step(&self, template: &'static str, then: &'static str, at: usize, slots: &mut Slots<'t>) -> bool {
        if template.is_empty() {
            return if then.is_empty() { at == self.words.len() } else { self.step(then, "", at, slots) };
        }
        let (token, rest) = template.split_once(' ').unwrap_or((template, ""));
        let (inner, optional) = match token.strip_prefix('[').and_then(|token| token.strip_suffix(']')) {
            Some(inner) => (inner, true),
            None => (token, false),
        };
        if let Some(slot) = inner.strip_prefix('{').and_then(|inner| inner.strip_suffix('}')) {
            // What ends the template takes all the rest, however long that is.
            let least = if rest.is_empty() && then.is_empty() { self.words.len().max(at + 1) } else { at + 1 };
            for end in (least..=self.words.len()).rev() {
                slots.0.push((slot, self.between(at, end)));
                if self.step(rest, then, end, slots) {
                    return true;
                }
                slots.0.pop();
            }
        } else {
            let choices = inner.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(inner);
            for choice in choices.split('|') {
                if let Some(end) = self.phrase(choice, at)
                    && self.step(rest, then, end, slots)
                {
                    return true;
                }
            }
        }
        optional && self.step(rest, then, at, slots)
    }

    /// Where a phrase that begins at a word ends.
    fn phrase(&self, phrase: &str, at: usize) -> Option<usize> {
        let mut end = at;
        for wanted in phrase.split(['_', ' ']) {
            let word = self.words.get(end)?;
            let (wanted, colon) = wanted.strip_suffix(':').map_or((wanted, false), |wanted| (wanted, true));
            if word.form != wanted || (colon && !word.colon) {
                return None;
            }
            end += 1;
        }
        Some(end)
    }

    fn between(&self, from: usize, to: usize) -> &'t str {
        match (self.words.get(from), to.checked_sub(1).and_then(|last| self.words.get(last))) {
            (Some(first), Some(last)) => self.text.get(first.start..last.end).unwrap_or_default(),
            _ => "",
        }
    }

    /// "to do list" is one name, not a direction.
    fn join_to_do(&mut self) {
        let is = |word: &Word, form: &str| word.form == form;
        let found = self.words.windows(3).position(
            |words| matches!(words, [to, r#do, list] if is(to, "to") && is(r#do, "do") && (is(list, "list") || is(list, "lists"))),
        );
        if let Some(at) = found {
            let second = self.words.remove(at + 1);
            if let Some(word) = self.words.get_mut(at) {
                word.end = second.end;
                word.form = "to-do".into();
            }
        }
    }

    fn trim(&mut self) {
        // Nobody says so many words before a request.
        const MOST: usize = 30;
        let mut first = 0;
        while first < MOST
            && let Some(end) = BEFORE.iter().filter_map(|phrase| self.phrase(phrase, first)).max()
            && end < self.words.len()
        {
            first = end;
        }
        self.words.drain(..first);
        let least = self.words.len().saturating_sub(MOST);
        while self.words.len() > least
            && let Some(start) = AFTER
                .iter()
                .filter_map(|phrase| {
                    let start = self.words.len().checked_sub(phrase.split(' ').count())?;
                    self.phrase(phrase, start).is_some().then_some(start)
                })
                .min()
            && start > 0
        {
            self.words.truncate(start);
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test")]
mod tests {
    use super::*;

    #[test]
    fn slots_take_what_is_between() {
        let said = Said::new("Please add milk, eggs and bread to my to do list, please!");
        let slots = said.matches("(add|put) {items} (to|on) [my|the] [{list}] list").unwrap();
        assert_eq!(slots.get("items"), Some("milk, eggs and bread"));
        assert_eq!(slots.get("list"), Some("to do"));
        let said = Said::new("add a reply to Peter to the list");
        let slots = said.matches("add {items} (to|on) [my|the] [{list}] list").unwrap();
        assert_eq!(slots.get("items"), Some("a reply to Peter"));
        assert_eq!(slots.get("list"), None);
    }

    #[test]
    fn a_colon_may_be_required() {
        assert!(Said::new("Note: buy milk.").matches("note: {text}").is_some());
        assert!(Said::new("Note the time.").matches("note: {text}").is_none());
        assert!(Said::new("").matches("note").is_none());
    }
}
