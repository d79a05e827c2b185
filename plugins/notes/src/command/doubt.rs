//! Requests that are clearly about lists or notes and are not understood: what these are is asked back, since the language model would say
//! that it did something.
//!
//! Invariant: only what tells or asks to do something with lists or notes of the speaker's own is doubted, never talk about them.

use crate::pattern::Said;
use crate::words::is_common;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    Lists,
    Notes,
}

/// What one does to lists and notes, as somebody orders it.
const VERBS: &[&str] = &[
    "add",
    "put",
    "remove",
    "delete",
    "take",
    "clear",
    "empty",
    "erase",
    "wipe",
    "cross",
    "strike",
    "tick",
    "check",
    "uncheck",
    "rename",
    "move",
    "copy",
    "sort",
    "order",
    "reorder",
    "merge",
    "combine",
    "share",
    "send",
    "print",
    "email",
    "mail",
    "text",
    "read",
    "show",
    "open",
    "display",
    "undo",
    "restore",
    "swap",
    "replace",
    "change",
    "edit",
    "update",
    "mark",
    "count",
    "search",
    "get",
    "drop",
    "throw",
    "scratch",
    "stick",
    "archive",
    "close",
    "save",
    "export",
    "sync",
    "pin",
    "reset",
    "cancel",
    "stop",
    "duplicate",
    "double",
    "halve",
    "insert",
    "append",
    "include",
    "exclude",
    "number",
    "alphabetize",
    "alphabetise",
    "organize",
    "organise",
    "finish",
    "complete",
    "lock",
    "hide",
    "find",
    "start",
    "pull",
];

/// Beginnings of questions about what is on them.
const QUESTIONS: &[&str] = &[
    "what is on",
    "what's on",
    "what is in",
    "what's in",
    "whats on",
    "how many things",
    "how many items",
    "is there anything",
    "what's left on",
    "what is left on",
];

/// What makes something else of a list or note.
const ELSEWHERE: &[&str] = &[
    "python",
    "code",
    "function",
    "script",
    "java",
    "javascript",
    "rust",
    "array",
    "class",
    "element",
    "html",
    "css",
    "sql",
    "excel",
    "spreadsheet",
    "word",
    "poem",
    "story",
    "essay",
    "song",
    "chord",
    "scale",
    "music",
    "piano",
    "guitar",
    "linked",
    "mailing",
    "waiting",
    "wine",
    "guest",
    "bucket",
    "phone",
    "contact",
    "contacts",
    "email",
    "playlist",
    "recipe",
    "me",
    "him",
    "her",
    "us",
    "musical",
    "sticky",
    "bank",
    "thank-you",
    "app",
    "website",
    "page",
];

/// Words of something that is no list of hers, where no such list is named.
const SPOKEN_OF: &[&str] = &["it", "them", "that", "this", "these", "those", "one"];

/// `names` are the lists that there are.
pub fn doubt(text: &str, names: &[String]) -> Option<Doubt> {
    let said = Said::new(text);
    let words = said.forms();
    let (first, rest) = words.split_first()?;
    let is_order = VERBS.contains(first) || (matches!(*first, "get" | "throw") && !rest.is_empty());
    let is_question = QUESTIONS.iter().any(|question| said.begins(question));
    if words.len() > 24 || !(is_order || is_question) || rest.iter().any(|word| ELSEWHERE.contains(word)) {
        return None;
    }
    for (at, word) in rest.iter().enumerate() {
        let what = match *word {
            "list" | "lists" => Doubt::Lists,
            "note" | "notes" => Doubt::Notes,
            _ => continue,
        };
        let before = rest.get(..at).unwrap_or_default();
        let last = |back: usize| before.len().checked_sub(back).and_then(|at| before.get(at)).copied().unwrap_or_default();
        let own = (1..=3).any(|back| matches!(last(back), "my" | "our"));
        let common = is_common(&crate::words::list_name(last(1)).unwrap_or_default());
        let plural_of_all = (1..=3).any(|back| last(back) == "all");
        let determined = (1..=3).any(|back| matches!(last(back), "the" | "that" | "last" | "first" | "second" | "third"));
        let kept = last(2) == "the" && names.iter().any(|name| name == last(1));
        let vague = rest.iter().any(|word| SPOKEN_OF.contains(word)) && !common && !kept;
        let numbered = *word == "notes" && rest.get(at + 1).is_some_and(|next| super::number(next).is_some());
        let fits = match what {
            Doubt::Lists => (own || common || plural_of_all || kept) && !vague,
            // `the notes of a chord` are others.
            Doubt::Notes if vague && !numbered => false,
            Doubt::Notes => {
                own || plural_of_all
                    || numbered
                    || (determined && rest.get(at + 1).is_none_or(|next| matches!(*next, "about" | "from" | "i" | "number")))
            }
        };
        if fits {
            return Some(what);
        }
    }
    None
}
