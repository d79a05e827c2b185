//! What comes of the words that answer a question.

use super::lists::{add, forget, list_key, names, remove};
use super::text::{ended, lines, put};
use super::{NOTES, Question, Reply, Store, notes};
use crate::command::{Which, number};
use crate::words::{count, join, key, split, uncapitalised};

const NO: &[&str] = &[
    "nothing",
    "never mind",
    "nevermind",
    "cancel",
    "no",
    "nope",
    "forget it",
    "stop",
    "nothing thanks",
    "no thanks",
    "no thank you",
    "don't",
    "do not",
    "please don't",
    "none",
    "none of them",
    "leave it",
    "leave them",
    "not now",
    "rather not",
    "better not",
    "no way",
    "no don't",
    "no leave it",
    "neither",
    "no stop",
    "no not yet",
    "keep them",
    "keep it",
    "nah",
    "of course not",
    "no never mind",
    "no keep them",
];
const YES: &[&str] = &[
    "yes",
    "yeah",
    "yep",
    "yup",
    "sure",
    "ok",
    "okay",
    "do it",
    "do that",
    "go ahead",
    "please do",
    "of course",
    "definitely",
    "absolutely",
    "confirm",
    "confirmed",
    "correct",
    "right",
    "affirmative",
    "yes please",
    "yes do it",
    "yes do that",
    "yes sure",
    "yes go ahead",
    "yes delete them",
    "yes delete it",
    "delete them",
    "delete it",
    "delete them all",
    "yes delete them all",
    "all of them",
    "yes all of them",
    "yes i am sure",
    "i am sure",
    "i'm sure",
    "yes i'm sure",
    "please",
    "sure do it",
    "that's right",
    "yes clear them",
    "clear them",
    "yes delete all",
    "yes of course",
    "all right",
    "alright",
    "uh-huh",
    "mm-hm",
    "yes that's right",
    "yes thanks",
    "yes thank you",
    "oh yes",
    "sure thing",
    "yes absolutely",
    "yes definitely",
    "go for it",
];

/// `None` where these words are no answer. A new request may be said at any time.
pub fn answered(store: &mut dyn Store, question: &Question, text: &str) -> Result<Option<Reply>, String> {
    let words: Vec<String> = text
        .split_whitespace()
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric() && c != '\'').to_lowercase().replace('’', "'"))
        .filter(|word| !word.is_empty())
        .collect();
    let plain = words.join(" ");
    let (yes, no) = (YES.contains(&plain.as_str()), NO.contains(&plain.as_str()));
    let said = |speech: String| Ok(Some(Reply::Said(speech)));
    match question {
        Question::Add(_) | Question::ListName if is_other(&words, text) => Ok(None),
        Question::ListName if no => said("Never mind, then.".into()),
        Question::ListName => {
            let name = plain.strip_prefix("call it ").unwrap_or(&plain);
            let name = ["the ", "my ", "a "].iter().fold(name, |name, article| name.strip_prefix(article).unwrap_or(name));
            let Some(name) = crate::words::list_name(name.trim_end_matches(" list").trim_end_matches(" please")) else {
                return Ok(None);
            };
            said(super::lists::make(store, &name, &[])?)
        }
        Question::Note if no => said("Never mind, then.".into()),
        Question::Note => said(notes::take(store, text)?),
        Question::Add(_) if no => said("Never mind, then.".into()),
        Question::Add(name) => {
            // A sentence begins with a capital, a thing on a list does not, unless it is a name of several words.
            let items = split(&uncapitalised(text), Some(name));
            add(store, &items, &Which::named(name))
        }
        Question::What if no => said("Never mind, then.".into()),
        Question::What => Ok(None),
        Question::DeleteLists | Question::ClearLists | Question::DeleteNotes | Question::DeleteThese(_) if no => {
            said("All right, nothing was deleted.".into())
        }
        Question::DeleteLists if yes => {
            let names = names(store)?;
            for name in &names {
                forget(store, name)?;
            }
            said(format!("I deleted {}.", all(&names)))
        }
        Question::ClearLists if yes => {
            let names = names(store)?;
            for name in &names {
                put(store, &list_key(name), &[])?;
            }
            said(format!("I cleared {}.", all(&names)))
        }
        Question::DeleteNotes if yes => {
            let number = notes::notes(store)?.len();
            store.delete(NOTES)?;
            said(format!("I deleted all {number} notes."))
        }
        Question::DeleteThese(texts) if yes => {
            notes::remove(store, texts)?;
            said(format!("I deleted {}.", count(texts.len(), "note")))
        }
        Question::WhichNote(_) | Question::WhichItem { .. } if no => said("All right, I leave it as it is.".into()),
        Question::WhichNote(texts) => {
            let Some(chosen) = choose(&plain, texts, yes) else { return Ok(None) };
            notes::remove(store, &chosen)?;
            match chosen.as_slice() {
                [one] => said(format!("I deleted the note: {}", ended(one))),
                more => said(format!("I deleted {}.", count(more.len(), "note"))),
            }
        }
        Question::WhichItem { list, items } => {
            let Some(chosen) = choose(&plain, items, yes) else { return Ok(None) };
            let kept = lines(store, &list_key(list))?.unwrap_or_default();
            let (speech, _) = remove(store, list, kept, &chosen)?;
            said(speech)
        }
        _ => Ok(None),
    }
}

/// Whether these words ask or tell something else than what is to be added.
fn is_other(words: &[String], text: &str) -> bool {
    const ASKS: &[&str] = &[
        "what", "what's", "whats", "who", "who's", "why", "how", "when", "where", "which", "is", "are", "do", "does", "did", "can",
        "could", "will", "would", "should", "tell", "explain", "play", "sing", "set", "remind", "wake", "i", "i'm", "we", "you", "he",
        "she", "they", "it's", "that's",
    ];
    let asks = words.first().is_some_and(|word| ASKS.contains(&word.as_str())) && words.len() > 1;
    asks || text.trim_end().ends_with('?') || words.len() > 40
}

fn all(names: &[String]) -> String {
    match names {
        [one] => format!("the {one} list"),
        [_, _] => format!("both lists, {}", join(names)),
        more => format!("all {} lists", more.len()),
    }
}

/// Which of several is meant: by its place, by its words, or all.
fn choose(plain: &str, among: &[String], yes: bool) -> Option<Vec<String>> {
    let words: Vec<&str> = plain.split(' ').collect();
    if matches!(
        plain,
        "all"
            | "both"
            | "all of them"
            | "both of them"
            | "delete all"
            | "delete both"
            | "everything"
            | "delete them all"
            | "take all off"
            | "all three"
            | "delete them"
    ) {
        return Some(among.to_vec());
    }
    if yes || words.len() > 12 {
        return None;
    }
    let meant: Vec<&str> = words
        .iter()
        .copied()
        .filter(|word| {
            !matches!(
                *word,
                "the"
                    | "one"
                    | "note"
                    | "please"
                    | "delete"
                    | "remove"
                    | "take"
                    | "off"
                    | "about"
                    | "with"
                    | "that"
                    | "says"
                    | "number"
                    | "i"
                    | "mean"
                    | "meant"
                    | "just"
                    | "only"
                    | "a"
            )
        })
        .collect();
    if let [word] = meant.as_slice() {
        let at = if *word == "last" { Some(among.len()) } else { number(word) };
        if let Some(chosen) = at.and_then(|at| among.get(at.checked_sub(1)?)) {
            return Some(vec![chosen.clone()]);
        }
    }
    // `the one` alone names nothing.
    if meant.is_empty() {
        return (plain == "one" || plain == "number one" || plain == "note one").then(|| among.first().cloned().into_iter().collect());
    }
    let wanted: Vec<String> = meant.iter().map(|word| key(word)).collect();
    let exact = among.iter().find(|text| key(text) == wanted.join(" "));
    let like: Vec<&String> = among.iter().filter(|text| wanted.iter().all(|word| super::lists::has_words(&key(text), word))).collect();
    match (exact, like.as_slice()) {
        (Some(one), _) => Some(vec![one.clone()]),
        (None, [one]) => Some(vec![(*one).clone()]),
        _ => None,
    }
}
