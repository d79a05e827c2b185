//! Whether a sentence may want something done, by its form: a question after something and what somebody tells of themselves or of others
//! do not, however near in meaning they are to what a tool does.

use jane_core::Tool;
use serde_json::Value;

use super::phrases::{behind, behind_all, words};

/// What a sentence may begin with that says nothing.
const OPENINGS: [&str; 15] = [
    "jane", "hey", "hi", "ok", "okay", "so", "well", "and", "oh", "um", "uh", "actually", "but",
    "yes", "no",
];

/// What a question begins with that is answered and not done.
const QUESTIONS: &[&str] = &[
    "when",
    "when's",
    "what",
    "what's",
    "which",
    "who",
    "who's",
    "whose",
    "where",
    "where's",
    "why",
    "how",
    "how's",
    "did",
    "was",
    "has",
    "hasn't",
    "haven't",
    "is",
    "isn't",
    "are",
    "aren't",
    "does",
    "doesn't",
    "were",
    "am",
    "do i",
    "do we",
    "do they",
    "do people",
    "don't you",
    "got any cure",
    "got any tips",
    "got any idea",
    "any idea",
    "any tips",
];

/// What begins like a question and proposes something.
const PROPOSALS: &[&str] = &[
    "how about",
    "what about",
    "what if",
    "why don't",
    "why not",
    "is it possible",
    "is there a chance",
    "is there any chance",
    "is there a way",
    "are you able",
    "are we out",
    "is it okay if",
];

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

/// Who or what a sentence may be about that tells of what is over.
const TOLD_OF: &[&str] = &[
    "i",
    "we",
    "he",
    "she",
    "they",
    "it",
    "that",
    "this",
    "there",
    "someone",
    "somebody",
    "everyone",
    "everybody",
    "nobody",
    "people",
    "the",
    "my",
    "our",
    "his",
    "her",
    "their",
    "your",
    "a",
    "once",
];

/// Words within which a sentence that tells of what is over has its verb.
const VERB_WITHIN: usize = 6;

/// Verbs of what is over. Those that look alike in the present ("put", "set") and those of a request that is told ("I said", "I wanted") are not
/// among them.
const PAST_VERBS: &[&str] = &[
    "was",
    "were",
    "went",
    "got",
    "had",
    "did",
    "saw",
    "came",
    "made",
    "took",
    "gave",
    "left",
    "wore",
    "wrote",
    "bought",
    "brought",
    "ate",
    "drank",
    "drove",
    "flew",
    "lost",
    "won",
    "met",
    "slept",
    "woke",
    "overslept",
    "broke",
    "fell",
    "felt",
    "found",
    "heard",
    "kept",
    "knew",
    "ran",
    "sat",
    "sent",
    "sold",
    "spent",
    "spoke",
    "stood",
    "swam",
    "taught",
    "thought",
    "threw",
    "used",
    "began",
    "built",
    "caught",
    "chose",
    "grew",
    "hid",
    "held",
    "rang",
    "rode",
    "rose",
    "sang",
    "stole",
    "paid",
    "slid",
    "shone",
    "blew",
    "burnt",
    "cooked",
    "waited",
];

/// Words on "-ed" that are no verbs of what is over, or ask for something ("I wanted", "I asked").
const NOT_OVER: &[&str] = &[
    "need", "bed", "red", "feed", "seed", "speed", "hundred", "indeed", "wanted", "asked",
    "supposed", "needed", "wondered", "hoped",
];

/// What makes a request of a sentence that tells of what is over.
const WANTED: &[&str] = &[
    "need",
    "needs",
    "want",
    "wants",
    "please",
    "remind",
    "tell",
    "let",
    "let's",
    "wake",
    "can",
    "could",
    "would",
    "should",
    "must",
    "needn't",
    "used up",
    "ran out",
    "run out",
    "last of",
    "all gone",
    "finished",
    "forgot",
    "forgotten",
    "cross",
    "scratch",
    "jane",
    "remove",
    "delete",
    "cancel",
    "set",
    "change",
    "stop",
    "start",
    "add",
    "put",
    "say",
    "give",
    "buzz",
    "shout",
    "nudge",
    "make it",
    "not",
    "keep",
    "remember",
    "write",
    "ping",
    "out of",
    "read",
    "show",
];

/// Who a sentence may be about, beside those, that compares or tells of what goes on for long.
const TOLD_OF_LASTING: &[&str] = &[
    "i've", "we've", "he's", "she's", "isn't", "doesn't", "don't",
];

/// What is told and not wanted: "better than ours", "I've been running since".
const LASTING: &[&str] = &[
    "than",
    "i've been",
    "we've been",
    "he's been",
    "she's been",
    "ever since",
    "isn't it",
    "doesn't it",
    "don't you",
];

/// What asks for something to be told.
const ASKING: &[&str] = &[
    "what", "what's", "how", "which", "when's", "where's", "who's",
];

/// Words of questions, and of what is asked to be told.
const QUESTION_WORDS: &[&str] = &[
    "what", "what's", "whats", "how", "how's", "which", "when", "when's", "where", "where's",
    "who", "who's", "why", "is", "isn't", "are", "do", "don't", "does", "did", "have", "has",
    "can", "could", "will", "would", "should", "any", "anything", "tell", "read", "list", "show",
    "check", "remind", "look", "see", "know", "wonder", "run", "go", "time",
];

/// How a question begins that nothing but knowledge answers.
const OF_KNOWLEDGE: &[&str] = &[
    "why is",
    "why are",
    "why do",
    "why does",
    "why did",
    "how do people",
];

/// Where a question asks for advice, however it begins: "there's gum on my jeans, how do I get it off?"
const ADVICE: &[&str] = &[
    "how do i",
    "how can i",
    "how would i",
    "how should i",
    "how do you",
    "how would you",
    "how can you",
    "what can i do",
    "what should i do",
    "what do i do",
    "what can be done",
];

/// What is asked of a place or thing that only knowledge answers, unless a word of [`NOW`] stands beside it.
const KNOWN: &[&str] = &[
    "the capital of",
    "in which state",
    "in what state",
    "in which country",
    "in what country",
    "how often does",
    "how often do",
    "how often should",
];

/// Words of what changes from hour to hour, which is looked up.
const NOW: &[&str] = &[
    "time",
    "hour",
    "hours",
    "o'clock",
    "late",
    "date",
    "day",
    "today",
    "now",
    "weather",
    "hot",
    "cold",
    "warm",
    "rain",
    "raining",
    "snow",
    "sun",
    "wind",
    "windy",
    "degrees",
    "temperature",
    "forecast",
];

/// Who a question is about that is about nothing of the user's: "did she get a prize for it".
const OF_OTHERS: &[&str] = &[
    "he", "she", "they", "him", "her", "them", "his", "hers", "their", "its", "he's", "she's",
    "they're", "it",
];

/// Who a question is about that may be about the user's things.
const OF_USER: &[&str] = &[
    "i", "me", "my", "mine", "we", "us", "our", "ours", "i'm", "i've",
];

/// Whether a tool of this name may serve `request`: one that changes something serves no question, and none serves what is merely told or asks for
/// knowledge.
#[must_use]
pub fn may_serve(tool: &Tool, request: &str) -> bool {
    if acts(&tool.name) {
        return may_want_it_done(request);
    }
    // What needs nothing to be said ("which timers are there") would serve anything.
    !is_told_without_asking(request) && (needs_something(tool) || may_ask(request))
}

/// Whether a tool cannot be called without arguments.
fn needs_something(tool: &Tool) -> bool {
    let schema: Value = serde_json::from_str(&tool.parameters).unwrap_or_default();
    let required = schema.get("required").and_then(Value::as_array);
    required.is_some_and(|names| !names.is_empty())
}

/// Whether `request` has a word of a question, or of what is asked to be told.
fn may_ask(request: &str) -> bool {
    let words = words(request);
    request.contains('?')
        || words
            .iter()
            .any(|word| QUESTION_WORDS.contains(&word.as_str()))
}

/// Whether `request` asks about somebody or something that was spoken of, and not about what is the user's.
pub fn asks_of_others(request: &str) -> bool {
    let words = words(request);
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    has(OF_OTHERS) && !has(OF_USER)
}

/// Whether nothing is to be told in answer to `request`, or nothing that a tool knows.
fn is_told_without_asking(request: &str) -> bool {
    let words = words(request);
    let words = behind_all(&words, &OPENINGS);
    let begins = |phrases: &[&str]| phrases.iter().any(|phrase| behind(words, phrase).is_some());
    if begins(OF_KNOWLEDGE) || asks_for_knowledge(request) {
        return true;
    }
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let is_question = request.trim_end().ends_with('?');
    !is_question && !has(ASKING) && (is_over(words) || is_of_others(words))
}

/// Whether `phrase` stands anywhere in `words`.
fn holds(words: &[String], phrase: &str) -> bool {
    (0..words.len()).any(|at| {
        let rest = words.get(at..).unwrap_or_default();
        behind(rest, phrase).is_some()
    })
}

/// Whether `request` asks for advice, or for what is written in books.
fn asks_for_knowledge(request: &str) -> bool {
    let words = words(request);
    let within = |phrases: &[&str]| phrases.iter().any(|phrase| holds(&words, phrase));
    let is_now = words.iter().any(|word| NOW.contains(&word.as_str()));
    request.contains('?') && !is_now && (within(ADVICE) || within(KNOWN))
}

/// Whether the words tell of something that is over, with nothing that is wanted: "I waited twenty minutes for the bus".
fn is_over(words: &[String]) -> bool {
    let is_subject = words
        .first()
        .is_some_and(|first| TOLD_OF.contains(&first.as_str()) || PEOPLE.contains(&first.as_str()));
    let verbs = words
        .get(1..words.len().min(VERB_WITHIN))
        .unwrap_or_default();
    let is_past = |word: &String| {
        let word = word.as_str();
        let is_regular = word.len() > 4 && word.ends_with("ed") && !NOT_OVER.contains(&word);
        PAST_VERBS.contains(&word) || is_regular
    };
    let is_wanted = || WANTED.iter().any(|wanted| holds(words, wanted));
    let lasts = words
        .first()
        .is_some_and(|first| TOLD_OF_LASTING.contains(&first.as_str()))
        || is_subject;
    let is_lasting = lasts && LASTING.iter().any(|lasting| holds(words, lasting));
    (is_lasting || (is_subject && verbs.iter().any(is_past))) && !is_wanted()
}

/// Whether the words begin with others, or with somebody of the user's: "she", "my mother".
fn is_of_others(words: &[String]) -> bool {
    let (first, second) = (words.first(), words.get(1));
    let is = |word: Option<&String>, list: &[&str]| {
        word.is_some_and(|word| list.contains(&word.as_str()))
    };
    is(first, &OTHERS) || (is(first, &POSSESSIVES) && is(second, &PEOPLE))
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
    if QUESTIONS
        .iter()
        .any(|question| behind(words, question).is_some())
    {
        return PROPOSALS.iter().any(|offer| behind(words, offer).is_some());
    }
    if has(&REQUESTS) {
        return true;
    }
    if asks_for_knowledge(request) {
        return false;
    }
    let second = rest.first().map_or("", String::as_str);
    let is_past = words.iter().enumerate().any(|(at, word)| {
        let next = words.get(at + 1).map(String::as_str);
        PAST.contains(&word.as_str()) && next != Some("of")
    });
    let is_over = (SUBJECTS.contains(&first) && is_past) || is_over(words);
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
    !(is_of_others(words) || is_over || is_at_it || is_habit || is_told)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(name: &str) -> Tool {
        Tool {
            name: name.to_owned(),
            description: String::new(),
            parameters: r#"{"type":"object","properties":{}}"#.to_owned(),
            examples: Vec::new(),
        }
    }

    #[test]
    fn what_needs_nothing_to_be_said_serves_only_what_asks() {
        let yell = "the bread comes out of the oven in forty minutes, give me a yell";
        assert!(!may_serve(&tool("list_timers"), yell));
        assert!(may_serve(&tool("set_timer"), yell));
        assert!(may_serve(
            &tool("list_timers"),
            "is anything still counting down"
        ));
        let converts = Tool {
            parameters: r#"{"type":"object","properties":{"value":{}},"required":["value"]}"#
                .to_owned(),
            ..tool("convert")
        };
        assert!(may_serve(
            &converts,
            "my recipe says 350 fahrenheit but the oven's in celsius"
        ));
    }

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
            "I waited twenty minutes for the bus this morning",
            "I bought twelve eggs and I've used five of them",
            "That film was three hours long and I loved every minute",
            "I got up at five today and I'm shattered",
            "someone left a note on my windscreen",
            "The milk in Switzerland tastes much better than ours",
            "I've been timing my runs since I was at college",
            "has the cake got long to go",
            "is there any milk left",
            "",
        ] {
            assert!(!may_serve(&tool("add_to_list"), told), "{told}");
        }
    }

    #[test]
    fn nothing_is_looked_up_for_what_is_told_or_asks_for_knowledge() {
        for told in [
            "My neighbour left a note on my windscreen",
            "My mother writes a shopping list for everything",
            "I lost ten pounds last year",
            "Why do people make to-do lists?",
            "Why are there sixty minutes in an hour?",
            "How do people predict the weather?",
        ] {
            assert!(!may_serve(&tool("read_list"), told), "{told}");
        }
        for asked in [
            "my watch has stopped, what do you make it",
            "it was 31.40 and I gave him a fifty, how much change should I get",
            "what was it I told you about the gate code",
            "I'm at the supermarket, what did I come for",
            "I wrote that down, read it to me",
            "My sister is in Madrid. Is it warm there?",
            "When is my pasta done?",
        ] {
            assert!(may_serve(&tool("get_time"), asked), "{asked}");
        }
    }

    #[test]
    fn advice_is_asked_of_nobody_but_her() {
        for asked in [
            "I've put far too much salt in the soup, how do I rescue it?",
            "There's chewing gum stuck to my jeans, how do I get it off?",
            "My trainers smell dreadful, what can I do about that?",
            "Got any cure for the hiccups?",
            "Is Sydney the capital of Australia?",
            "Los Angeles is in which state?",
            "How often does a cactus want watering?",
        ] {
            assert!(!may_serve(&tool("take_note"), asked), "{asked}");
        }
        for known in [
            "Is Sydney the capital of Australia?",
            "How often does a cactus want watering?",
        ] {
            assert!(!may_serve(&tool("get_time"), known), "{known}");
        }
        for looked_up in [
            "What time is it in the capital of Japan?",
            "Is it raining in the capital of Norway?",
        ] {
            assert!(may_serve(&tool("get_time"), looked_up), "{looked_up}");
        }
        for done in [
            "could you add milk to my list?",
            "add eggs to the list, how do I always forget them",
        ] {
            assert!(may_serve(&tool("add_to_list"), done), "{done}");
        }
    }

    #[test]
    fn who_is_asked_about_tells_whether_it_is_about_the_users_things() {
        assert!(asks_of_others("Did she get a prize for it?"));
        assert!(asks_of_others("What's it famous for?"));
        assert!(!asks_of_others("did I lock it"));
        assert!(!asks_of_others("what's on tonight"));
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
            "I just used up the last of the olive oil",
            "we ran out of milk",
            "I've just put the pasta on, it wants eleven minutes",
            "the bread went in now, give me a shout in forty minutes",
            "I already bought the milk, so you can cross that out",
            "I forgot to buy bread",
            "I said ten minutes",
            "is it possible to wake me at six",
            "don't let me oversleep",
            "do me a favour and add eggs to the list",
        ] {
            assert!(may_serve(&tool("set_timer"), asked), "{asked}");
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
