//! Items and names as people say them.

use crate::groceries::is_grocery;

/// Things that are one thing although "and" is said.
const PAIRS: &[&str] = &[
    "mac and cheese",
    "macaroni and cheese",
    "fish and chips",
    "salt and vinegar",
    "gin and tonic",
    "rum and coke",
    "cookies and cream",
    "peanut butter and jelly",
    "ham and cheese",
    "cheese and onion",
    "sour cream and onion",
    "rock and roll",
    "bed and breakfast",
    "black and white",
    "head and shoulders",
    "pen and paper",
    "half and half",
];

/// What begins a task: "buy milk and call mum" are two, "call mum and dad" is one.
const TASKS: &[&str] = &[
    "buy", "call", "phone", "ring", "email", "mail", "write", "send", "fix", "repair", "clean", "wash", "book", "order", "pay", "pick",
    "water", "feed", "walk", "ask", "tell", "visit", "read", "finish", "start", "check", "cancel", "renew", "return", "take", "get",
    "make", "bake", "cook", "plan", "find", "do", "go", "bring", "text", "message", "prepare", "vacuum", "mow", "paint", "print",
    "schedule", "submit", "update", "sell", "meet", "post", "collect", "sort", "tidy", "file", "review", "practise", "practice",
];

/// Items that refer to something said before: only the model knows what.
const PRONOUNS: &[&str] = &[
    "it",
    "this",
    "that",
    "them",
    "these",
    "those",
    "me",
    "him",
    "her",
    "us",
    "one",
    "both",
    "all",
    "everything",
    "all of it",
    "all of them",
    "all of these",
    "all of those",
    "the ingredients",
    "the rest",
    "something else",
    "something",
    "anything",
    "what",
    "who",
    "that one",
    "this one",
    "these things",
    "those things",
    "the following",
    "myself",
    "yourself",
];

/// Lists that are not kept here, or that are something else altogether.
const OTHER_LISTS: &[&str] = &[
    "linked",
    "mailing",
    "waiting",
    "wait",
    "python",
    "array",
    "wine",
    "black",
    "white",
    "price",
    "endangered",
    "drop-down",
    "dropdown",
    "a-list",
    "distribution",
    "email",
    "contact",
    "contacts",
    "play",
    "sorted",
    "unsorted",
    "reverse",
    "item",
    "items",
    "top",
    "last",
    "first",
    "short",
    "long",
    "bulleted",
    "numbered",
    "ordered",
    "unordered",
    "complete",
    "full",
    "random",
    "quick",
    "comprehensive",
    "detailed",
    "exhaustive",
    "empty",
    "nested",
    "comma-separated",
    "alphabetical",
    "simple",
    "brief",
    "whole",
    "entire",
    "same",
    "next",
    "other",
    "html",
    "markdown",
];

/// Words that no list is called by: what was said is more than a name.
const NO_NAMES: &[&str] = &[
    "of", "for", "from", "in", "on", "to", "with", "that", "which", "the", "a", "an", "is", "are", "your", "my", "our", "this", "these",
    "what", "every", "any", "each", "it", "me", "you", "by", "about", "as", "if", "how", "some", "at",
];

const ARTICLES: &[&str] = &["a", "an", "the", "some", "any", "more", "my", "our"];

/// The name of a list as it is kept, `None` where it is none of ours.
pub fn list_name(said: &str) -> Option<String> {
    let lower = said.to_lowercase().replace('’', "'");
    let words: Vec<&str> = lower.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_alphanumeric())).collect();
    let name = words.join(" ");
    let strange = |word: &&str| OTHER_LISTS.contains(word) || NO_NAMES.contains(word);
    match name.as_str() {
        "to do" | "todo" | "to-do" | "to dos" | "todos" | "to-dos" => return Some("to-do".into()),
        "grocery" | "groceries" | "shopping" => return Some("shopping".into()),
        _ => {}
    }
    (!name.is_empty() && name.len() <= 60 && words.len() <= 4 && !words.iter().any(strange)).then_some(name)
}

/// Lists that everybody has, so that there is no doubt what is meant.
pub fn is_common(name: &str) -> bool {
    matches!(name, "shopping" | "to-do")
}

/// "milk, eggs and a loaf of bread" are three things.
pub fn split(said: &str, list: Option<&str>) -> Vec<String> {
    let tasks = list.and_then(list_name).is_some_and(|name| matches!(name.as_str(), "to-do" | "task" | "tasks" | "chores" | "work"));
    let mut items = Vec::new();
    // A comma between digits is part of a number.
    let bytes = said.as_bytes();
    let mut start = 0;
    let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    for (at, c) in said.char_indices() {
        let cut = matches!(c, ';' | '\n') || (c == ',' && !(digit(at.checked_sub(1)) && digit(Some(at + 1))));
        if cut {
            split_at_and(&said[start..at], tasks, &mut items);
            start = at + c.len_utf8();
        }
    }
    split_at_and(&said[start..], tasks, &mut items);
    if list.is_none_or(|list| list_name(list).as_deref() == Some("shopping")) {
        items.iter().flat_map(|item| apart(item)).collect()
    } else {
        items
    }
}

/// Things that a recogniser wrote without a comma: "milk eggs", "bananas oat milk". A plural begins no name of one thing, and neither do these.
fn apart(item: &str) -> Vec<String> {
    const STAPLES: &[&str] = &[
        "milk", "eggs", "bread", "butter", "cheese", "flour", "sugar", "salt", "pepper", "pasta", "rice", "coffee", "tea", "yogurt",
        "yoghurt", "bananas", "apples", "onions", "potatoes", "tomatoes", "bacon", "ham", "chicken", "cereal", "juice", "water", "beer",
        "wine",
    ];
    // Of these, the first is what the second is made of.
    const ONE: &[&str] = &[
        "rice flour", "chicken salt", "rice milk", "pepper cheese", "milk tea", "rice wine", "milk bread", "ham cheese", "rice pasta",
        "tea bread", "potatoes bread",
    ];
    let words: Vec<&str> = item.split(' ').collect();
    let cut = (1..words.len()).find(|at| {
        let [Some(before), Some(next)] = [words.get(at - 1), words.get(*at)].map(|word| word.map(|word| word.to_lowercase())) else {
            return false;
        };
        let (first, rest) = words.split_at(*at);
        let staples =
            STAPLES.contains(&before.as_str()) && STAPLES.contains(&next.as_str()) && !ONE.contains(&format!("{before} {next}").as_str());
        let plural = before.ends_with('s') && !before.ends_with("ss") && key(&before) != before && is_grocery(&before);
        let goes_on = is_grocery(&rest.join(" ")) && next != "of";
        is_grocery(&first.join(" ")) && goes_on && (staples || plural)
    });
    match cut {
        Some(at) => {
            let (first, rest) = words.split_at(at);
            std::iter::once(first.join(" ")).chain(apart(&rest.join(" "))).collect()
        }
        None => vec![item.to_owned()],
    }
}

fn split_at_and(part: &str, tasks: bool, items: &mut Vec<String>) {
    let words: Vec<&str> = part.split_whitespace().collect();
    let mut item: Vec<&str> = Vec::new();
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let joins = match word.to_lowercase().as_str() {
            "and" | "plus" | "&" => 1,
            "as" if words.get(at + 1).is_some_and(|next| *next == "well") && words.get(at + 2).is_some_and(|next| *next == "as") => 3,
            _ => 0,
        };
        let next = words.get(at + joins).copied().unwrap_or_default();
        if joins > 0 && !is_pair(&item, next) && (!tasks || item.is_empty() || TASKS.contains(&next.to_lowercase().as_str())) {
            push(&mut item, items);
            at += joins;
            // "and also bread", "and then bread"
            if words.len() > at + 1 && matches!(words.get(at), Some(&("also" | "then"))) {
                at += 1;
            }
        } else {
            item.push(word);
            at += 1;
        }
    }
    push(&mut item, items);
}

fn is_pair(before: &[&str], next: &str) -> bool {
    PAIRS.iter().any(|pair| {
        pair.split_once(" and ")
            .is_some_and(|(left, right)| right == next.to_lowercase() && before.join(" ").to_lowercase().ends_with(left))
    })
}

fn push(item: &mut Vec<&str>, items: &mut Vec<String>) {
    let joined = item.join(" ");
    item.clear();
    let trimmed = joined.trim_matches(|c: char| matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | '"' | '“' | '”' | ' '));
    let trimmed = strip_word(trimmed, &["some", "also", "the", "my"]);
    if !trimmed.is_empty() {
        items.push(trimmed.to_owned());
    }
}

fn strip_word<'t>(text: &'t str, words: &[&str]) -> &'t str {
    match text.split_once(' ') {
        Some((first, rest)) if words.contains(&first.to_lowercase().as_str()) => rest,
        _ => text,
    }
}

/// Whether only the model can know what is meant.
pub fn is_vague(item: &str) -> bool {
    let lower = item.to_lowercase();
    let first = lower.split(' ').next().unwrap_or_default();
    PRONOUNS.contains(&lower.as_str()) || matches!(first, "up" | "this" | "that" | "these" | "those" | "whatever" | "everything" | "all")
}

/// What two ways to say the same thing have in common.
pub fn key(item: &str) -> String {
    let lower = item.to_lowercase().replace('’', "'");
    let words: Vec<String> = lower
        .split(|c: char| c.is_whitespace() || c == '-')
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()))
        .filter(|word| !word.is_empty())
        .map(|word| singular(word.strip_suffix("'s").unwrap_or(word)))
        .collect();
    let articles = words.iter().take_while(|word| ARTICLES.contains(&word.as_str())).count();
    words.get(articles.min(words.len().saturating_sub(1))..).unwrap_or_default().join(" ")
}

fn singular(word: &str) -> String {
    if word.len() > 4
        && let Some(stem) = word.strip_suffix("ies")
    {
        return format!("{stem}y");
    }
    for ending in ["oes", "ches", "shes", "xes", "sses"] {
        if word.len() > ending.len() && word.ends_with(ending) {
            return word[..word.len() - 2].to_owned();
        }
    }
    match word.strip_suffix('s') {
        Some(stem) if word.len() > 3 && !stem.ends_with(['s', 'u', 'i']) => stem.to_owned(),
        _ => word.to_owned(),
    }
}

/// "milk, eggs and bread"
pub fn join<S: AsRef<str>>(items: &[S]) -> String {
    match items {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", first.join(", "), last.as_ref())
        }
    }
}

/// "1 thing", "3 things"
pub fn count(number: usize, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}

/// Undoes what begins a sentence, except before another capital: "Milk and eggs", but "Earl Grey".
pub fn uncapitalised(text: &str) -> String {
    let text = text.trim();
    let second = text.split_whitespace().nth(1).and_then(|word| word.chars().next());
    let mut chars = text.chars();
    match chars.next() {
        Some(first) if !second.is_some_and(char::is_uppercase) && !chars.clone().next().is_some_and(char::is_uppercase) => {
            first.to_lowercase().chain(chars).collect()
        }
        _ => text.to_owned(),
    }
}

pub fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_named_together_are_told_apart() {
        for (said, list, expected) in [
            ("milk and eggs", None, &["milk", "eggs"][..]),
            ("milk, eggs, and a loaf of bread", None, &["milk", "eggs", "a loaf of bread"]),
            ("mac and cheese and butter", None, &["mac and cheese", "butter"]),
            ("apples as well as some pears", None, &["apples", "pears"]),
            ("milk and also bread", None, &["milk", "bread"]),
            ("call mum and dad", Some("to do"), &["call mum and dad"]),
            ("buy stamps and call Peter", Some("to-do"), &["buy stamps", "call Peter"]),
            ("1,5 kg of flour", None, &["1,5 kg of flour"]),
            ("Earl Grey tea", Some("shopping"), &["Earl Grey tea"]),
            ("milk eggs and bread", Some("shopping"), &["milk", "eggs", "bread"]),
            ("bananas oat milk and a loaf of bread", Some("shopping"), &["bananas", "oat milk", "a loaf of bread"]),
            ("coffee beans and ice cream", Some("shopping"), &["coffee beans", "ice cream"]),
        ] {
            assert_eq!(split(said, list), expected, "{said}");
        }
    }

    #[test]
    fn the_same_thing_is_the_same() {
        for (one, other) in [
            ("Eggs", "egg"),
            ("a tomato", "tomatoes"),
            ("some milk", "Milk."),
            ("cherries", "cherry"),
            ("peaches", "a peach"),
            ("toilet-paper", "toilet paper"),
            ("the", "the"),
        ] {
            assert_eq!(key(one), key(other));
        }
        assert_ne!(key("oat milk"), key("milk"));
        assert_eq!(key("hummus"), "hummus");
    }

    #[test]
    fn not_every_list_is_ours() {
        assert_eq!(list_name("Groceries"), Some("shopping".into()));
        assert_eq!(list_name("holiday"), Some("holiday".into()));
        for said in ["linked", "reverse a linked", "endangered species", "of planets", "", "one two three four five"] {
            assert_eq!(list_name(said), None, "{said}");
        }
    }
}
