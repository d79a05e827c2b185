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
    "it",
    "them",
    "that",
    "this",
    "these",
    "those",
    "me",
    "him",
    "her",
    "us",
    "one",
    "musical",
    "sticky",
    "bank",
    "thank-you",
    "app",
    "website",
    "page",
];

pub fn doubt(text: &str) -> Option<Doubt> {
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
        let fits = match what {
            Doubt::Lists => own || common || plural_of_all,
            // `the notes of a chord` are others.
            Doubt::Notes => {
                own || plural_of_all
                    || (determined && rest.get(at + 1).is_none_or(|next| matches!(*next, "about" | "from" | "i" | "number")))
            }
        };
        if fits {
            return Some(what);
        }
    }
    None
}
