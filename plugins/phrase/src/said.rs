//! What was said, without the words that only ask for attention or politely.

use crate::{
    Slots,
    plain::LONGEST,
    template::matches,
    words::{Word, split},
};

/// Words that say nothing here, at the beginning of what was said.
const BEFORE: &[&str] = &[
    "thanks", "thank you", "hey", "hi", "hello", "jane", "ok", "okay", "please", "um", "uh", "er", "so", "well", "and", "oh", "now", "then", "also", "yes", "just",
    "alright", "all right", "can you", "could you", "would you", "will you", "can i", "could i", "may i", "i want you to", "i would like you to",
    "i need you to", "i want to", "i would like to", "i need to", "i would like", "go ahead and", "let us", "kindly", "quickly", "quick",
    "do you know", "can you tell me", "could you tell me", "tell me", "do me a favour and", "do me a favor and", "listen", "hm", "hmm", "uhm",
    "erm", "umm", "but", "actually", "sorry", "excuse me", "thanks", "thank you", "great", "good morning", "good evening", "yeah", "would you please",
    "could you please", "can you please", "will you please", "would you mind telling me", "i wonder", "i was wondering", "i would like to know",
    "i want to know", "i need to know", "please tell me", "any idea", "have you any idea", "do you happen to know", "can we", "could we", "shall we",
    "remind me again", "by the way", "quick question", "one more thing", "i wanted to ask", "i wanted to know", "can you help me",
    "would you be so kind as to", "could you be so kind as to", "be so kind as to", "i was wondering whether you could", "i wonder whether you could",
    "i was wondering if you would", "i was hoping you could", "basically", "if it is not too much trouble", "it would be great if you could",
    "it would be nice if you could", "i would appreciate it if you could", "i would be grateful if you could", "any chance you could",
    "is there any chance you could", "do you think you could", "when you get a chance", "when you have a moment", "go on and", "feel free to",
    "i would love it if you could", "i would love for you to", "i would like for you to", "if you would not mind", "if you do not mind", "be a dear and",
    "can you quickly", "could you quickly", "hey there", "okay so", "right", "look",
];

/// The same, at the end.
const AFTER: &[&str] =
    &[
        "please", "for me", "thanks", "thank you", "thank you very much", "now", "right now", "jane", "too", "as well", "then", "okay", "ok", "again",
        "if you can", "if you could", "if you would", "if possible", "if you don't mind", "if you do not mind", "will you", "would you", "could you", "can you", "thanks a lot",
        "thank you so much", "thanks jane", "quickly", "real quick", "by the way", "exactly", "roughly", "approximately", "um", "uh", "or so", "do you think",
        "do you know", "thanks for watching", "thank you for watching", "cheers", "my dear", "dear", "mate", "buddy", "will you please", "or what", "please and thank you",
        "if it is not too much trouble", "if that is okay", "would you please", "when you get a chance", "when you can",
    ];

/// Sounds of somebody who thinks, wherever they are.
const SOUNDS: &[&str] = &["um", "uh", "uhm", "umm", "erm", "hm", "hmm"];

/// Words of the longest request.
const MOST_WORDS: usize = 120;

/// What was said, as words. What is too long for a request has none.
#[derive(Debug, Clone)]
pub struct Said<'t> {
    text: &'t str,
    words: Vec<Word>,
}

impl<'t> Said<'t> {
    pub fn new(text: &'t str) -> Said<'t> {
        // Nobody asks for anything in so many words, and templates would take long to match them.
        let mut words = if text.len() > LONGEST { Vec::new() } else { split(text) };
        words.retain(|word| !SOUNDS.contains(&word.form.as_str()));
        if words.len() > MOST_WORDS {
            words.clear();
        }
        let mut said = Said { text, words };
        said.trim();
        said
    }

    pub fn words(&self) -> &[Word] {
        &self.words
    }

    /// The words in one form each, with one space between.
    pub fn form(&self) -> String {
        self.words.iter().map(|word| word.form.as_str()).collect::<Vec<_>>().join(" ")
    }

    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Whether one of these words was said. Asked first, it spares all templates.
    pub fn has(&self, any: &[&str]) -> bool {
        self.words.iter().any(|word| any.contains(&word.form.as_str()))
    }

    /// What the slots of a template took, where it matches all that was said. See [`Slots`] and the crate's `template`.
    pub fn matches<'s, 'p>(&'s self, template: &'p str) -> Option<Slots<'s, 'p>> {
        matches(template, self.text, &self.words)
    }

    /// Whether one of these templates matches.
    pub fn is(&self, templates: &[&str]) -> bool {
        templates.iter().any(|template| self.matches(template).is_some())
    }

    /// What the first template that matches took.
    pub fn first<'s, 'p>(&'s self, templates: &[&'p str]) -> Option<Slots<'s, 'p>> {
        templates.iter().find_map(|template| self.matches(template))
    }

    fn trim(&mut self) {
        let form = |words: &[Word], phrase: &str| phrase.split(' ').eq(words.iter().map(|word| word.form.as_str()));
        let starts = |words: &[Word], phrase: &str| {
            let count = phrase.split(' ').count();
            words.get(..count).is_some_and(|words| form(words, phrase)).then_some(count)
        };
        let mut begin = 0;
        while let Some(count) = BEFORE.iter().filter_map(|phrase| starts(self.words.get(begin..)?, phrase)).max()
            && begin + count < self.words.len()
        {
            begin += count;
        }
        self.words.drain(..begin);
        while let Some(rest) = AFTER
            .iter()
            .filter_map(|phrase| {
                let rest = self.words.len().checked_sub(phrase.split(' ').count())?;
                self.words.get(rest..).is_some_and(|words| form(words, phrase)).then_some(rest)
            })
            .min()
            && rest > 0
        {
            self.words.truncate(rest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn politeness_says_nothing() {
        for (text, expected) in [
            ("Hey Jane, could you please stop?", "stop"),
            ("OK, so what's the time now, please?", "what is the time"),
            ("I'd like you to stop, thank you.", "stop"),
            ("Please", "please"),
            ("Can you tell me the time?", "the time"),
            ("", ""),
        ] {
            assert_eq!(Said::new(text).form(), expected, "{text}");
        }
    }

    #[test]
    fn slots_take_what_is_between() {
        let said = Said::new("Please add milk, eggs and bread to my to-do list, please!");
        let slots = said.matches("(add|put) {items} (to|on) [my|the] [{list}] list").unwrap();
        assert_eq!(slots.text("items"), Some("milk, eggs and bread"));
        assert_eq!(slots.form("items").as_deref(), Some("milk eggs and bread"));
        assert_eq!(slots.text("list"), Some("to-do"));
        let said = Said::new("add a reply to Peter to the list");
        let slots = said.matches("add {items} (to|on) [my|the] [{list}] list").unwrap();
        assert_eq!(slots.text("items"), Some("a reply to Peter"));
        assert_eq!(slots.text("list"), None);
    }

    #[test]
    fn typed_slots_take_what_fits() {
        let template = "remind me ([to] {what} in {time:duration}|in {time:duration} to {what})";
        let said = Said::new("Remind me to put it in the oven in ten and a half minutes");
        let slots = said.matches(template).unwrap();
        assert_eq!((slots.text("what"), slots.duration("time").unwrap().as_secs()), (Some("put it in the oven"), 630));
        let said = Said::new("remind me in an hour to call Mum");
        let slots = said.matches(template).unwrap();
        assert_eq!((slots.text("what"), slots.duration("time").unwrap().as_secs()), (Some("call Mum"), 3600));
        assert!(Said::new("remind me who wrote Hamlet").matches(template).is_none());
        let said = Said::new("Wake me at half past six tomorrow");
        let slots = said.matches("wake me at {time:time} [{day:day}]").unwrap();
        assert_eq!(slots.time("time").unwrap().minute, 30);
        assert_eq!(slots.day("day"), Some(crate::Day::Away(1)));
    }

    #[test]
    fn groups_nest_and_colons_count() {
        let said = Said::new("what's the time in Tokyo");
        assert!(said.matches("(what is|tell me) the (time|hour) [(in|at) {place}]").is_some());
        assert!(said.is(&["who", "what is the time [in {place:word}]"]));
        assert!(Said::new("Note: buy milk.").matches("note: {text}").is_some());
        assert!(Said::new("Note the time.").matches("note: {text}").is_none());
        assert!(Said::new("").matches("note").is_none());
    }
}
