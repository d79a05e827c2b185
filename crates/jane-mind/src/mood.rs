//! Whether a sentence may want something done, by its form: a question after something and what somebody tells of themselves or of others
//! do not, however near in meaning they are to what a tool does.

use super::phrases::{behind, behind_all, words};

/// What a sentence may begin with that says nothing.
const OPENINGS: [&str; 15] = [
    "jane", "hey", "hi", "ok", "okay", "so", "well", "and", "oh", "um", "uh", "actually", "but",
    "yes", "no",
];

/// What a question begins with that is answered and not done.
const QUESTIONS: [&str; 15] = [
    "when", "when's", "what", "what's", "which", "who", "who's", "whose", "where", "where's",
    "why", "how", "how's", "did", "was",
];

/// What begins like a question and proposes something.
const PROPOSALS: [&str; 5] = ["how about", "what about", "what if", "why don't", "why not"];

/// Who others tell of.
const OTHERS: [&str; 3] = ["he", "she", "they"];

const POSSESSIVES: [&str; 6] = ["my", "our", "his", "her", "their", "your"];

const PEOPLE: [&str; 30] = [
    "aunt",
    "baby",
    "boss",
    "boyfriend",
    "brother",
    "cat",
    "colleague",
    "cousin",
    "dad",
    "daughter",
    "doctor",
    "dog",
    "father",
    "friend",
    "girlfriend",
    "grandfather",
    "grandma",
    "grandmother",
    "grandpa",
    "husband",
    "mom",
    "mother",
    "mum",
    "neighbor",
    "neighbour",
    "parents",
    "partner",
    "sister",
    "son",
    "wife",
];

/// What tells of somebody or something where it begins a sentence.
const SUBJECTS: [&str; 8] = ["i", "we", "my", "our", "the", "it", "there", "a"];

/// Who tells what they are doing: "we're driving to Hamburg".
const AT_IT: [&str; 10] = [
    "i'm", "i am", "we're", "we are", "they're", "they are", "he's", "he is", "she's", "she is",
];

/// What one does that wants something all the same: "we're running out of milk".
const WANTING: [&str; 4] = ["running", "going", "getting", "needing"];

/// What tells of a habit.
const HABITS: [&str; 6] = [
    "always",
    "usually",
    "normally",
    "often",
    "sometimes",
    "never",
];

/// What makes a request of "my … is …": something is missing, or is to be changed.
const MISSING: [&str; 16] = [
    "need", "needs", "out", "low", "empty", "gone", "missing", "finished", "make", "change",
    "move", "add", "set", "too", "wrong", "due",
];

/// Words of a statement about somebody's own things at most.
const SHORT: usize = 10;

/// What is said of what is over.
const PAST: [&str; 3] = ["yesterday", "ago", "last"];

/// What makes a request of any sentence.
const REQUESTS: [&str; 3] = ["please", "remind", "jane"];

/// The words in the name of a tool that changes nothing.
const READING: [&str; 20] = [
    "calculate",
    "check",
    "compute",
    "convert",
    "count",
    "define",
    "describe",
    "fetch",
    "find",
    "get",
    "info",
    "list",
    "look",
    "lookup",
    "query",
    "read",
    "search",
    "show",
    "tell",
    "translate",
];

/// The words in the name of a tool that changes something, whatever else is in it.
const ACTING: [&str; 38] = [
    "add", "book", "buy", "call", "cancel", "change", "clear", "close", "create", "delete",
    "forget", "lock", "make", "move", "note", "open", "order", "pause", "pay", "play", "put",
    "remember", "remove", "rename", "save", "schedule", "send", "set", "start", "stop", "store",
    "switch", "take", "turn", "undo", "unlock", "update", "write",
];

/// Whether a tool of this name may serve `request`: one that changes something serves no question and nothing that is merely told.
#[must_use]
pub fn may_serve(tool: &str, request: &str) -> bool {
    !acts(tool) || may_want_it_done(request)
}

/// Whether a tool of this name changes something, as far as the name tells; one that does not tell may.
pub fn acts(tool: &str) -> bool {
    let tool = tool.to_lowercase();
    let words: Vec<&str> = tool
        .split(|letter: char| !letter.is_alphanumeric())
        .collect();
    let has = |list: &[&str]| words.iter().any(|word| list.contains(word));
    has(&ACTING) || !has(&READING)
}

pub fn may_want_it_done(request: &str) -> bool {
    let words = words(request);
    let words = behind_all(&words, &OPENINGS);
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let Some((first, rest)) = words.split_first() else {
        return false;
    };
    let first = first.as_str();
    if QUESTIONS.contains(&first) {
        return PROPOSALS.iter().any(|offer| behind(words, offer).is_some());
    }
    if has(&REQUESTS) {
        return true;
    }
    let second = rest.first().map_or("", String::as_str);
    let is_of_others =
        OTHERS.contains(&first) || (POSSESSIVES.contains(&first) && PEOPLE.contains(&second));
    let is_over = SUBJECTS.contains(&first) && has(&PAST);
    let is_at_it = AT_IT.iter().any(|subject| {
        let does = behind(words, subject).and_then(<[String]>::first);
        does.is_some_and(|does| does.ends_with("ing") && !WANTING.contains(&does.as_str()))
    });
    let is_habit = ["i", "we"].contains(&first) && HABITS.contains(&second);
    let is_own = POSSESSIVES.contains(&first)
        || (["it's", "its"].contains(&first) && POSSESSIVES.contains(&second));
    let is_told = is_own
        && words.len() <= SHORT
        && (first.starts_with("it") || has(&["is", "are", "was", "were"]))
        && !has(&MISSING);
    !(is_of_others || is_over || is_at_it || is_habit || is_told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_and_what_is_told_have_nothing_done() {
        for told in [
            "When is my pasta done?",
            "what was that about the plumber",
            "So what's on the list?",
            "Did I set an alarm?",
            "My brother forgot his shopping list at home",
            "She added milk to her list.",
            "I wrote a note to my teacher yesterday",
            "we bought bananas two days ago",
            "we're driving to Hamburg on Friday",
            "we are having dinner with Paul",
            "I always wake up at six",
            "my wife's name is Anna",
            "it's my birthday next week",
            "actually, my door code is 9920",
            "",
        ] {
            assert!(!may_serve("add_to_list", told), "{told}");
            assert!(may_serve("read_list", told), "{told}");
        }
    }

    #[test]
    fn requests_in_whatever_words_may() {
        for asked in [
            "make sure I'm out of bed by seven fifteen tomorrow",
            "I could use a nudge in twenty minutes",
            "the groceries need eggs as well",
            "How about adding milk to the list?",
            "why don't you set a timer for ten minutes",
            "We're out of washing powder.",
            "My sister comes at eight, please remind me.",
            "could you ping me in 45 seconds",
            "note that I paid the rent yesterday",
            "we're running out of milk",
            "my milk is gone",
            "my rent is due on Friday",
        ] {
            assert!(may_serve("set_timer", asked), "{asked}");
        }
    }

    #[test]
    fn the_name_of_a_tool_tells_whether_it_changes_something() {
        for tool in [
            "set_timer",
            "notes.add_to_list",
            "lights_on",
            "take-note",
            "get_and_delete",
        ] {
            assert!(acts(tool), "{tool}");
        }
        for tool in [
            "get_weather",
            "timer.list_timers",
            "read_notes",
            "calculate",
            "convert",
        ] {
            assert!(!acts(tool), "{tool}");
        }
    }
}
