//! What somebody asks of the memory, in their words.

use super::{Fact, LONGEST};

/// How a fact about the name begins, and one that somebody stated.
pub(super) const NAME: &str = "The user's name is ";
pub(super) const SAID: &str = "The user said: ";

/// What is asked of the memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemoryRequest {
    /// To keep these facts, about which she says `answer`.
    Remember {
        facts: Vec<Fact>,
        answer: String,
    },
    /// To keep this fact in the place of those that begin so, where there are any.
    Update {
        begin: String,
        fact: Fact,
    },
    Forget(Forget),
    /// To say what is kept.
    Recall,
}

/// What is to be forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Forget {
    All,
    Name,
    /// What was to be remembered last.
    Last,
    /// What has to do with this. `certain`: nothing but a fact can be meant.
    About {
        what: String,
        certain: bool,
    },
}

/// What stands before a request and says nothing of it.
const POLITE: &[&str] = &[
    "please ",
    "hey ",
    "hi ",
    "hello ",
    "jane ",
    "okay ",
    "ok ",
    "can you ",
    "could you ",
    "will you ",
    "would you ",
    "i want you to ",
    "by the way ",
    "and ",
    "so ",
];

const NAMED: &[&str] = &[
    "my name is ",
    "my name's ",
    "call me ",
    "you can call me ",
    "i am called ",
    "i'm called ",
];

const REMEMBER: &[&str] = &[
    "remember that ",
    "don't forget that ",
    "do not forget that ",
    "remember this: ",
    "remember: ",
    "keep in mind that ",
];

const RECALL: &[&str] = &[
    "what do you remember",
    "what do you remember about me",
    "what do you know about me",
    "what have you remembered",
    "what did i tell you to remember",
    "what did i ask you to remember",
    "what have i told you to remember",
    "do you remember anything about me",
    "do you know anything about me",
    "what is in your memory",
    "what's in your memory",
    "tell me what you remember",
    "tell me what you remember about me",
    "tell me what you know about me",
];

const FORGET_ALL: &[&str] = &[
    "forget everything",
    "forget everything about me",
    "forget everything you know",
    "forget everything you know about me",
    "forget everything you remember",
    "forget everything you remember about me",
    "forget everything i told you",
    "forget everything i told you to remember",
    "forget all you know about me",
    "forget all about me",
    "clear your memory",
    "erase your memory",
    "wipe your memory",
    "delete your memory",
    "delete everything you know about me",
    "delete everything you remember about me",
];

const FORGET_LAST: &[&str] = &[
    "forget that",
    "forget it",
    "forget about that",
    "forget about it",
    "forget this",
    "forget that again",
    "forget what i just said",
    "forget what i said",
    "forget what i just told you",
    "don't remember that",
    "do not remember that",
];

/// What stands before what is put right, or taken back.
const CORRECTIONS: &[&str] = &[
    "actually, ",
    "actually ",
    "no, ",
    "no ",
    "sorry, ",
    "wait, ",
    "now ",
];

/// What asks to have remembered what stands before it.
const REMEMBER_BEHIND: &[&str] = &[
    ", keep that in mind",
    ", please keep that in mind",
    ", remember that",
    ", please remember that",
    ", don't forget that",
    ", so remember that",
    ". keep that in mind",
    ". please keep that in mind",
    ". remember that",
    ". please remember that",
];

const FORGET_NAME: &[&str] = &["forget my name", "forget what i am called"];

/// What names a fact for certain, and what may as well be meant for somebody else.
const FORGET_FACT: &[&str] = &[
    "forget that ",
    "forget what i said about ",
    "forget what i told you about ",
    "forget what you know about ",
    "don't remember that ",
    "stop remembering that ",
];
const FORGET_ABOUT: &[&str] = &["forget about ", "forget "];

/// What skills keep.
const SKILLS: &[&str] = &[
    "list",
    "alarm",
    "timer",
    "reminder",
    "note",
    "countdown",
    "meeting",
    "appointment",
];

/// "Call me tomorrow" names nobody.
const TIMES: &[&str] = &[
    "tomorrow", "tonight", "later", "at ", "in ", "when", "back", "a taxi", "on ", "an ", "if ",
];

/// How a statement about oneself begins.
const ABOUT_ONESELF: &[&str] = &[
    "i ", "i'm ", "i've ", "i'd ", "my ", "we ", "we're ", "our ",
];

impl MemoryRequest {
    /// What `text` asks of the memory; `None` where it does not.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() > LONGEST {
            return None;
        }
        let asks = text.ends_with('?');
        let text = text.trim_end_matches(['.', '!', '?']);
        // A text whose lower case is of another length cannot be cut alike.
        let plain = text.to_lowercase().replace('’', "'");
        let text = text.replace('’', "'");
        let rest = behind_politeness(&plain);
        let at = text.len().checked_sub(rest.len())?;
        let said = text.get(at..).filter(|said| said.len() == rest.len())?;
        let request = Request { rest, said };
        if RECALL.contains(&rest) {
            return Some(Self::Recall);
        }
        if FORGET_ALL.contains(&rest) {
            return Some(Self::Forget(Forget::All));
        }
        if FORGET_NAME.contains(&rest) || rest.starts_with("forget that my name is ") {
            return Some(Self::Forget(Forget::Name));
        }
        if let Some(what) = request.behind(FORGET_FACT) {
            return about(what, true);
        }
        let right = CORRECTIONS.iter().find_map(|word| rest.strip_prefix(word));
        if FORGET_LAST.contains(&right.unwrap_or(rest)) {
            return Some(Self::Forget(Forget::Last));
        }
        if let Some(what) = request.behind(FORGET_ABOUT) {
            // "Forget my wife's name" is of a fact, "forget my shopping list" perhaps of a skill's things.
            let is_own = ["my ", "our "]
                .iter()
                .any(|own| what.to_lowercase().starts_with(own));
            let is_a_skills = SKILLS
                .iter()
                .any(|thing| what.to_lowercase().contains(thing));
            return about(what, is_own && !is_a_skills);
        }
        if asks && !plain.contains("remember that ") {
            return None;
        }
        request
            .introduced()
            .or_else(|| request.stated())
            .or_else(|| request.behind_a_statement())
            .or_else(|| request.updated())
    }
}

/// What is asked, without what stands before it: in lower case, and as it was said.
struct Request<'a> {
    rest: &'a str,
    said: &'a str,
}

impl<'a> Request<'a> {
    /// What stands behind the first of `begins` that it begins with.
    fn behind(&self, begins: &[&str]) -> Option<&'a str> {
        begins.iter().find_map(|begin| {
            self.rest
                .strip_prefix(begin)
                .and_then(|_| self.said.get(begin.len()..))
        })
    }

    /// A name, and what is said of oneself behind it.
    fn introduced(&self) -> Option<MemoryRequest> {
        // "I'm Abigail, but you can call me Abby"
        let called = self.behind(&["i'm ", "i am "]).and_then(|said| {
            let at = [
                ", call me ",
                ", but call me ",
                ", you can call me ",
                " but you can call me ",
            ]
            .iter()
            .find_map(|between| said.find(between).map(|at| at + between.len()))?;
            said.get(at..)
        });
        let named = called.or_else(|| self.behind(NAMED))?;
        let (name, more) = [" and ", ", ", ". ", "; "]
            .iter()
            .filter_map(|between| named.split_once(between))
            .min_by_key(|(name, _)| name.len())
            .unwrap_or((named, ""));
        let more = more.trim().trim_start_matches("and ");
        let name = name.trim();
        let plain = more.to_lowercase();
        let is_about_oneself = ABOUT_ONESELF.iter().any(|begin| plain.starts_with(begin));
        if !is_name(name) || !(more.is_empty() || is_about_oneself) {
            return None;
        }
        let mut facts = vec![Fact {
            text: format!("{NAME}{name}."),
            replaces: Some(NAME),
        }];
        let mut answer = format!("Nice to meet you, {name}. I will remember your name.");
        if !more.is_empty() {
            facts.push(stated(more)?);
            answer = format!("Nice to meet you, {name}. I will remember that.");
        }
        Some(MemoryRequest::Remember { facts, answer })
    }

    /// "I'm vegetarian, keep that in mind"
    fn behind_a_statement(&self) -> Option<MemoryRequest> {
        let end = REMEMBER_BEHIND
            .iter()
            .find_map(|end| self.rest.strip_suffix(end))?;
        let is_about_oneself = ABOUT_ONESELF.iter().any(|begin| end.starts_with(begin));
        let fact = self.said.get(..end.len()).filter(|_| is_about_oneself)?;
        Some(MemoryRequest::Remember {
            facts: vec![stated(fact.trim())?],
            answer: "I will remember that.".to_owned(),
        })
    }

    /// "Actually, my door code is 9920"
    fn updated(&self) -> Option<MemoryRequest> {
        let right = CORRECTIONS
            .iter()
            .find_map(|word| self.rest.strip_prefix(word));
        let rest = right.unwrap_or(self.rest);
        let said = self.said.get(self.said.len().checked_sub(rest.len())?..)?;
        let (subject, _) = rest.strip_prefix("my ")?.split_once(" is ")?;
        // One is introduced in other words, or tells of a name.
        if subject == "name" {
            return None;
        }
        let fact = stated(said.trim())?;
        let begin: String = fact
            .text
            .chars()
            .take(SAID.chars().count() + "my  is ".len() + subject.chars().count())
            .collect();
        Some(MemoryRequest::Update { begin, fact })
    }

    /// What she is told to remember.
    fn stated(&self) -> Option<MemoryRequest> {
        let fact = self.behind(REMEMBER).or_else(|| {
            // "Remember my birthday is in May", and no "remember my birthday".
            let fact = self.behind(&["remember "])?;
            let plain = fact.to_lowercase();
            let is_about_oneself = ABOUT_ONESELF.iter().any(|begin| plain.starts_with(begin));
            let states = [
                " is ", " are ", " am ", "i'm ", " have ", " like ", " live ", " need ",
            ];
            (is_about_oneself && states.iter().any(|word| plain.contains(word))).then_some(fact)
        })?;
        if fact.split_whitespace().count() < 2 {
            return None;
        }
        Some(MemoryRequest::Remember {
            facts: vec![stated(fact.trim())?],
            answer: "I will remember that.".to_owned(),
        })
    }
}

fn behind_politeness(plain: &str) -> &str {
    let mut rest = plain;
    loop {
        let trimmed = rest.trim_start_matches([',', ' ']);
        let polite = |word: &str| {
            trimmed.strip_prefix(word).or_else(|| {
                let word = word.trim_end();
                trimmed
                    .strip_prefix(word)
                    .filter(|behind| behind.starts_with(','))
            })
        };
        match POLITE.iter().find_map(|word| polite(word)) {
            Some(behind) => rest = behind,
            None => return trimmed,
        }
    }
}

fn about(what: &str, certain: bool) -> Option<MemoryRequest> {
    let what = what.trim();
    // "Forget that", "forget about it" take back what was said last.
    let is_nothing = ["it", "that", "this", "them", ""].contains(&what.to_lowercase().as_str());
    (!is_nothing).then(|| {
        MemoryRequest::Forget(Forget::About {
            what: what.to_owned(),
            certain,
        })
    })
}

fn is_name(name: &str) -> bool {
    let plain = name.to_lowercase();
    let is_a_letter = |letter: char| letter.is_alphabetic() || " -'.".contains(letter);
    !name.is_empty()
        && name.split_whitespace().count() <= 3
        && name.chars().all(is_a_letter)
        && !TIMES.iter().any(|word| plain.contains(word))
}

/// A fact as it is kept: one line, which begins with a capital letter.
fn stated(fact: &str) -> Option<Fact> {
    let mut letters = fact.chars();
    let first = letters.next()?.to_uppercase();
    let rest = letters.as_str().replace(char::is_control, " ");
    Some(Fact {
        text: format!("{SAID}{first}{rest}."),
        replaces: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(text: &str) -> Vec<String> {
        match MemoryRequest::of(text) {
            Some(MemoryRequest::Remember { facts, .. }) => {
                facts.into_iter().map(|fact| fact.text).collect()
            }
            _ => Vec::new(),
        }
    }

    #[test]
    fn what_is_to_be_remembered_is_told_from_talk() {
        for (text, facts) in [
            (
                "Remember that I am allergic to nuts.",
                &["The user said: I am allergic to nuts."][..],
            ),
            (
                "Please remember that my sister lives in Ulm",
                &["The user said: My sister lives in Ulm."],
            ),
            (
                "Can you remember that I take my coffee black?",
                &["The user said: I take my coffee black."],
            ),
            (
                "Remember my birthday is on the third of May",
                &["The user said: My birthday is on the third of May."],
            ),
            ("My name is Ada.", &["The user's name is Ada."]),
            ("Hey Jane, call me Bob", &["The user's name is Bob."]),
            ("I'm Abigail, call me Abby", &["The user's name is Abby."]),
            (
                "My name is Anna and I'm allergic to nuts",
                &[
                    "The user's name is Anna.",
                    "The user said: I'm allergic to nuts.",
                ],
            ),
            (
                "Hello, my name is Mary Ann, and I live in Ulm.",
                &[
                    "The user's name is Mary Ann.",
                    "The user said: I live in Ulm.",
                ],
            ),
            (
                "don’t forget that the bin goes out on Tuesday",
                &["The user said: The bin goes out on Tuesday."],
            ),
        ] {
            assert_eq!(kept(text), facts, "{text}");
        }
        for text in [
            "Do you remember that song?",
            "I remember that day.",
            "call me tomorrow",
            "call me at five",
            "What is my name?",
            "my name is on the list of people who came",
            "My name is Anna and what time is it",
            "remember",
            "remember that",
            "remember to buy milk",
            "remember my birthday",
            "İstanbul'da",
            "",
        ] {
            assert_eq!(MemoryRequest::of(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_to_be_forgotten_or_told_is_known() {
        for text in [
            "What do you remember?",
            "Jane, what do you know about me?",
            "Please tell me what you remember about me.",
        ] {
            assert_eq!(
                MemoryRequest::of(text),
                Some(MemoryRequest::Recall),
                "{text}"
            );
        }
        for (text, forget) in [
            ("Forget everything you know about me.", Forget::All),
            ("Please clear your memory", Forget::All),
            ("forget my name", Forget::Name),
            (
                "Forget that I like tea.",
                Forget::About {
                    what: "I like tea".to_owned(),
                    certain: true,
                },
            ),
            (
                "forget about the key",
                Forget::About {
                    what: "the key".to_owned(),
                    certain: false,
                },
            ),
        ] {
            assert_eq!(
                MemoryRequest::of(text),
                Some(MemoryRequest::Forget(forget)),
                "{text}"
            );
        }
        for text in ["forget it", "Forget about it.", "no, forget that"] {
            assert_eq!(
                MemoryRequest::of(text),
                Some(MemoryRequest::Forget(Forget::Last)),
                "{text}"
            );
        }
        assert_eq!(MemoryRequest::of("Never mind"), None);
    }
}
