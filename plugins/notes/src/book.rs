//! Carries out commands on what is kept.
//!
//! Each list is one value, `list/NAME`, and so are the notes, `notes`: a line for each item. `last` names the list that was
//! used last, which "the list" refers to. `asked` holds what was asked back, and in which turn.

use crate::command::{Command, Which};
use crate::words::{capitalised, count, is_common, join, key, split, uncapitalised};

/// Where values are kept; a failure says why not.
pub trait Store {
    fn get(&self, key: &str) -> Result<Option<String>, String>;
    fn set(&mut self, key: &str, value: &str) -> Result<(), String>;
    fn delete(&mut self, key: &str) -> Result<(), String>;
    /// Those that begin with `prefix`, in order.
    fn keys(&self, prefix: &str) -> Result<Vec<String>, String>;
}

/// What the skill says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    Said(String),
    /// It asks something back.
    Asked(String, Question),
}

/// What the next words answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    Note,
    Add(String),
}

/// An item is cut here, in bytes; nobody speaks longer.
const LONGEST: usize = 2000;
/// As many notes are read out at once, the newest.
const READ_OUT: usize = 5;
const NOTES: &str = "notes";
const LAST: &str = "last";

type Done = Result<Option<Reply>, String>;

/// `None` where the command turns out to be about nothing that is kept here, and is better left to the language model.
pub fn run(store: &mut dyn Store, command: Command) -> Done {
    let speech = match command {
        Command::Add { items, list } => return add(store, &items, &list),
        Command::AddIfThere { items, name } => {
            if lines(store, &list_key(&name))?.is_none() {
                return Ok(None);
            }
            return add(
                store,
                &items,
                &Which {
                    name: Some(name),
                    own: false,
                    determined: true,
                },
            );
        }
        Command::AddWhat { list } => {
            let Some(name) = target(store, &list)? else {
                return Ok(None);
            };
            return Ok(Some(Reply::Asked(
                format!("What should I add to the {name} list?"),
                Question::Add(name),
            )));
        }
        Command::Remove { items, list } => on_list(store, &list, |store, name, kept| {
            remove(store, name, kept, &items)
        })?,
        Command::RemoveLast { list } => on_list(store, &list, |store, name, mut kept| {
            let Some(last) = kept.pop() else {
                return Ok(empty(name));
            };
            put(store, &list_key(name), &kept)?;
            Ok(format!("I took {last} off the {name} list."))
        })?,
        Command::Clear { list } => on_list(store, &list, |store, name, kept| {
            put(store, &list_key(name), &[])?;
            Ok(if kept.is_empty() {
                format!("The {name} list was empty already.")
            } else {
                format!(
                    "I cleared the {name} list. It had {} on it.",
                    count(kept.len(), "thing")
                )
            })
        })?,
        Command::DeleteList { list } => on_list(store, &list, |store, name, kept| {
            store.delete(&list_key(name))?;
            if store.get(LAST)?.as_deref() == Some(name) {
                store.delete(LAST)?;
            }
            Ok(if kept.is_empty() {
                format!("I deleted the {name} list.")
            } else {
                format!(
                    "I deleted the {name} list with {} on it.",
                    count(kept.len(), "thing")
                )
            })
        })?,
        Command::Read { list } => on_list(store, &list, |_, name, kept| {
            Ok(match kept.as_slice() {
                [] => empty(name),
                [one] => format!("The {name} list has one thing on it: {one}."),
                more => format!(
                    "The {name} list has {} on it: {}.",
                    count(more.len(), "thing"),
                    join(more)
                ),
            })
        })?,
        Command::Count { list } => on_list(store, &list, |_, name, kept| {
            Ok(if kept.is_empty() {
                empty(name)
            } else {
                format!(
                    "There {} {} on the {name} list.",
                    are(kept.len()),
                    count(kept.len(), "thing")
                )
            })
        })?,
        Command::Contains { item, list } => on_list(store, &list, |_, name, kept| {
            Ok(match find(&kept, &item) {
                Found::Exactly(_) => format!("Yes, {item} {} on the {name} list.", is(&item)),
                Found::One(at) => format!(
                    "There is {} on the {name} list.",
                    kept.get(at).map_or("", String::as_str)
                ),
                Found::Several(found) => format!("There are {} on the {name} list.", join(&found)),
                Found::Nothing => format!("No, {item} {} not on the {name} list.", is(&item)),
            })
        })?,
        Command::Make { name, items } => Some(make(store, &name, &items)?),
        Command::Lists => Some(lists(store)?),
        Command::TakeWhat => {
            return Ok(Some(Reply::Asked(
                "What shall I write down?".into(),
                Question::Note,
            )));
        }
        Command::TakeNote(text) => Some(take(store, &text)?),
        Command::CountNotes => Some(match notes(store)?.len() {
            0 => NO_NOTES.into(),
            number => format!("You have {}.", count(number, "note")),
        }),
        Command::ReadNotes => Some(read_notes(&notes(store)?)),
        Command::LastNote => Some(notes(store)?.last().map_or_else(
            || NO_NOTES.into(),
            |note| format!("Your last note: {}", ended(note)),
        )),
        Command::FindNotes(topic) => {
            let notes = notes(store)?;
            let found: Vec<&String> = notes.iter().filter(|note| is_about(note, &topic)).collect();
            Some(match found.as_slice() {
                [] => format!("You have no note about {topic}."),
                [one] => format!("You noted: {}", ended(one)),
                more => format!(
                    "You have {} about {topic}. {}",
                    count(more.len(), "note"),
                    newest(more)
                ),
            })
        }
        Command::DeleteLastNote => {
            let last = notes(store)?.len();
            Some(if last == 0 {
                NO_NOTES.into()
            } else {
                delete_note(store, last)?
            })
        }
        Command::DeleteNote(number) => Some(delete_note(store, number)?),
        Command::DeleteNotesAbout(topic) => Some(delete_about(store, &topic)?),
        Command::DeleteNotes => {
            let number = notes(store)?.len();
            store.delete(NOTES)?;
            Some(if number == 0 {
                NO_NOTES.into()
            } else {
                format!(
                    "I deleted {}.",
                    if number == 1 {
                        "your note".into()
                    } else {
                        format!("all {number} notes")
                    }
                )
            })
        }
    };
    Ok(speech.map(Reply::Said))
}

/// What comes of the words that answer a question; `None` where they take it back.
pub fn answered(store: &mut dyn Store, question: &Question, text: &str) -> Result<String, String> {
    let plain = text.to_lowercase();
    let plain = plain.trim_matches(|c: char| !c.is_alphanumeric());
    if matches!(
        plain,
        "nothing"
            | "never mind"
            | "nevermind"
            | "cancel"
            | "no"
            | "forget it"
            | "stop"
            | "nothing thanks"
            | "no thanks"
            | "no, thanks"
    ) {
        return Ok("Never mind, then.".into());
    }
    match question {
        Question::Note => take(store, text),
        Question::Add(name) => {
            // A sentence begins with a capital, a thing on a list does not, unless it is a name of several words.
            let items = split(&uncapitalised(text), Some(name));
            let list = Which {
                name: Some(name.clone()),
                own: true,
                determined: true,
            };
            match add(store, &items, &list)? {
                Some(Reply::Said(speech)) => Ok(speech),
                _ => Ok("Never mind, then.".into()),
            }
        }
    }
}

// Lists -----------------------------------------------------------------------------------------------------------------------

fn add(store: &mut dyn Store, items: &[String], list: &Which) -> Done {
    let Some(name) = target(store, list)? else {
        return Ok(None);
    };
    let before = lines(store, &list_key(&name))?;
    let is_new = before.is_none();
    let mut kept = before.unwrap_or_default();
    let (mut added, mut known): (Vec<String>, Vec<String>) = Default::default();
    for item in items {
        let item = one_line(item);
        if kept.iter().any(|other| key(other) == key(&item)) {
            known.push(item);
        } else {
            kept.push(item.clone());
            added.push(item);
        }
    }
    put(store, &list_key(&name), &kept)?;
    remember(store, &name)?;
    let speech = match (added.is_empty(), known.is_empty()) {
        (true, _) => format!(
            "{} {} already on the {name} list.",
            capitalised(&join(&known)),
            are_all(&known)
        ),
        (false, true) if is_new => format!("I started a {name} list with {}.", join(&added)),
        (false, true) => format!("I added {} to the {name} list.", join(&added)),
        (false, false) => {
            format!(
                "I added {} to the {name} list; {} {} already on it.",
                join(&added),
                join(&known),
                if known.len() > 1 || is(&join(&known)) == "are" {
                    "were"
                } else {
                    "was"
                }
            )
        }
    };
    Ok(Some(Reply::Said(speech)))
}

fn remove(
    store: &mut dyn Store,
    name: &str,
    mut kept: Vec<String>,
    items: &[String],
) -> Result<String, String> {
    let (mut gone, mut missing): (Vec<String>, Vec<String>) = Default::default();
    for item in items {
        match find(&kept, item) {
            Found::Exactly(at) | Found::One(at) => gone.push(kept.remove(at)),
            Found::Several(found) => {
                return Ok(format!(
                    "{} are on the {name} list. Say which one I should take off.",
                    capitalised(&join(&found))
                ));
            }
            Found::Nothing => missing.push(item.clone()),
        }
    }
    put(store, &list_key(name), &kept)?;
    Ok(match (gone.is_empty(), missing.is_empty()) {
        (true, _) => format!(
            "{} {} not on the {name} list.",
            capitalised(&join(&missing)),
            are_all(&missing)
        ),
        (false, true) => format!("I took {} off the {name} list.", join(&gone)),
        (false, false) => format!(
            "I took {} off the {name} list; {} {} not on it.",
            join(&gone),
            join(&missing),
            if missing.len() > 1 { "were" } else { "was" }
        ),
    })
}

fn make(store: &mut dyn Store, name: &str, items: &[String]) -> Result<String, String> {
    if let Some(kept) = lines(store, &list_key(name))? {
        if !items.is_empty() {
            let list = Which {
                name: Some(name.to_owned()),
                own: true,
                determined: true,
            };
            return Ok(match add(store, items, &list)? {
                Some(Reply::Said(speech)) => speech,
                _ => String::new(),
            });
        }
        remember(store, name)?;
        return Ok(format!(
            "There is a {name} list already, with {} on it.",
            count(kept.len(), "thing")
        ));
    }
    let items: Vec<String> = items.iter().map(|item| one_line(item)).collect();
    put(store, &list_key(name), &items)?;
    remember(store, name)?;
    Ok(if items.is_empty() {
        format!("I started a {name} list.")
    } else {
        format!("I started a {name} list with {}.", join(&items))
    })
}

fn lists(store: &dyn Store) -> Result<String, String> {
    let names = names(store)?;
    Ok(match names.as_slice() {
        [] => "You have no lists yet.".into(),
        [one] => format!("You have one list: {one}."),
        more => format!("You have {}: {}.", count(more.len(), "list"), join(more)),
    })
}

/// The list that something is to be added to, there already or not; `None` where it is doubtful that one of hers is meant.
fn target(store: &dyn Store, list: &Which) -> Result<Option<String>, String> {
    match &list.name {
        Some(name) => {
            let sure = list.own
                || list.determined
                || is_common(name)
                || store.get(&list_key(name))?.is_some();
            Ok(sure.then(|| name.clone()))
        }
        None if list.determined => Ok(Some(current(store)?.unwrap_or_else(|| "shopping".into()))),
        None => Ok(None),
    }
}

/// What becomes of a list that is there. Of one that is not, only where it is surely hers that is asked about.
fn on_list(
    store: &mut dyn Store,
    list: &Which,
    act: impl FnOnce(&mut dyn Store, &str, Vec<String>) -> Result<String, String>,
) -> Result<Option<String>, String> {
    let name = match &list.name {
        Some(name) => Some(name.clone()),
        None if list.determined => current(store)?,
        None => return Ok(None),
    };
    let Some(name) = name else {
        return Ok(list.own.then(|| "You have no lists yet.".into()));
    };
    match lines(store, &list_key(&name))? {
        Some(kept) => {
            remember(store, &name)?;
            act(store, &name, kept).map(Some)
        }
        None if list.own || (list.determined && is_common(&name)) => {
            Ok(Some(format!("You have no {name} list.")))
        }
        None => Ok(None),
    }
}

/// The list that "the list" refers to.
fn current(store: &dyn Store) -> Result<Option<String>, String> {
    if let Some(last) = store.get(LAST)? {
        return Ok(Some(last));
    }
    let mut names = names(store)?;
    Ok(if names.len() == 1 {
        names.pop()
    } else {
        names.into_iter().find(|name| name == "shopping")
    })
}

fn names(store: &dyn Store) -> Result<Vec<String>, String> {
    Ok(store
        .keys("list/")?
        .iter()
        .filter_map(|key| key.strip_prefix("list/"))
        .map(str::to_owned)
        .collect())
}

fn remember(store: &mut dyn Store, name: &str) -> Result<(), String> {
    if store.get(LAST)?.as_deref() == Some(name) {
        Ok(())
    } else {
        store.set(LAST, name)
    }
}

fn list_key(name: &str) -> String {
    format!("list/{name}")
}

fn empty(name: &str) -> String {
    format!("The {name} list is empty.")
}

enum Found {
    Exactly(usize),
    /// The only one that has these words in it.
    One(usize),
    Several(Vec<String>),
    Nothing,
}

fn find(kept: &[String], wanted: &str) -> Found {
    let wanted = key(wanted);
    if let Some(at) = kept.iter().position(|item| key(item) == wanted) {
        return Found::Exactly(at);
    }
    let like: Vec<(usize, &String)> = kept
        .iter()
        .enumerate()
        .filter(|(_, item)| has_words(&key(item), &wanted))
        .collect();
    match like.as_slice() {
        [] => Found::Nothing,
        [(at, _)] => Found::One(*at),
        several => Found::Several(several.iter().map(|(_, item)| (*item).clone()).collect()),
    }
}

fn has_words(text: &str, wanted: &str) -> bool {
    !wanted.is_empty() && format!(" {text} ").contains(&format!(" {wanted} "))
}

// Notes -----------------------------------------------------------------------------------------------------------------------

const NO_NOTES: &str = "You have no notes.";

fn take(store: &mut dyn Store, text: &str) -> Result<String, String> {
    let note = one_line(text);
    let mut notes = notes(store)?;
    notes.push(note.clone());
    put(store, NOTES, &notes)?;
    Ok(format!("Noted: {}", ended(&note)))
}

fn notes(store: &dyn Store) -> Result<Vec<String>, String> {
    Ok(lines(store, NOTES)?.unwrap_or_default())
}

fn read_notes(notes: &[String]) -> String {
    match notes {
        [] => NO_NOTES.into(),
        [one] => format!("You have one note: {}", ended(one)),
        more => format!("You have {}. {}", count(more.len(), "note"), newest(more)),
    }
}

/// The newest of several, as many as one listens to.
fn newest<S: AsRef<str>>(notes: &[S]) -> String {
    let shown = notes.len().min(READ_OUT);
    let read: Vec<String> = notes
        .iter()
        .rev()
        .take(shown)
        .map(|note| ended(note.as_ref()))
        .collect();
    let before = if notes.len() > shown {
        format!("The newest {shown}: ")
    } else {
        String::new()
    };
    before + &read.join(" ")
}

fn is_about(note: &str, topic: &str) -> bool {
    let (note, topic) = (key(note), key(topic));
    !topic.is_empty() && topic.split(' ').all(|word| has_words(&note, word))
}

fn delete_note(store: &mut dyn Store, number: usize) -> Result<String, String> {
    let mut notes = notes(store)?;
    let Some(at) = number.checked_sub(1).filter(|at| *at < notes.len()) else {
        return Ok(if notes.is_empty() {
            NO_NOTES.into()
        } else {
            format!("You have only {}.", count(notes.len(), "note"))
        });
    };
    let gone = notes.remove(at);
    put(store, NOTES, &notes)?;
    Ok(format!("I deleted the note: {}", ended(&gone)))
}

fn delete_about(store: &mut dyn Store, topic: &str) -> Result<String, String> {
    let (gone, kept): (Vec<String>, Vec<String>) = notes(store)?
        .into_iter()
        .partition(|note| is_about(note, topic));
    put(store, NOTES, &kept)?;
    Ok(match gone.as_slice() {
        [] => format!("You have no note about {topic}."),
        [one] => format!("I deleted the note: {}", ended(one)),
        more => format!("I deleted {} about {topic}.", count(more.len(), "note")),
    })
}

// Text ------------------------------------------------------------------------------------------------------------------------

fn lines(store: &dyn Store, key: &str) -> Result<Option<Vec<String>>, String> {
    Ok(store
        .get(key)?
        .map(|text| text.lines().map(str::to_owned).collect()))
}

fn put(store: &mut dyn Store, key: &str, lines: &[String]) -> Result<(), String> {
    store.set(key, &lines.join("\n"))
}

/// As it is kept: one line, without the full stop of the recogniser.
fn one_line(text: &str) -> String {
    let mut line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut end = line.len().min(LONGEST);
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    line.truncate(end);
    line.trim_matches(|c: char| matches!(c, '.' | ',' | ':' | ';' | ' '))
        .to_owned()
}

/// As a sentence.
fn ended(text: &str) -> String {
    let end = if text.ends_with(['!', '?', '.']) {
        ""
    } else {
        "."
    };
    format!("{}{end}", capitalised(text))
}

fn are(number: usize) -> &'static str {
    if number == 1 { "is" } else { "are" }
}

fn is(item: &str) -> &'static str {
    let last = item.rsplit(' ').next().unwrap_or_default().to_lowercase();
    if last != key(&last) && last.ends_with('s') {
        "are"
    } else {
        "is"
    }
}

fn are_all(items: &[String]) -> &'static str {
    match items {
        [one] => is(one),
        _ => "are",
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test")]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::command::understand;

    #[derive(Default)]
    struct Memory(BTreeMap<String, String>);

    impl Store for Memory {
        fn get(&self, key: &str) -> Result<Option<String>, String> {
            Ok(self.0.get(key).cloned())
        }
        fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
            self.0.insert(key.into(), value.into());
            Ok(())
        }
        fn delete(&mut self, key: &str) -> Result<(), String> {
            self.0.remove(key);
            Ok(())
        }
        fn keys(&self, prefix: &str) -> Result<Vec<String>, String> {
            Ok(self
                .0
                .keys()
                .filter(|key| key.starts_with(prefix))
                .cloned()
                .collect())
        }
    }

    fn talk(turns: &[(&str, &str)]) {
        let mut store = Memory::default();
        for (said, expected) in turns {
            let reply = understand(said).and_then(|command| run(&mut store, command).unwrap());
            let speech = match &reply {
                Some(Reply::Said(speech) | Reply::Asked(speech, _)) => speech.as_str(),
                None => "(pass)",
            };
            assert_eq!(speech, *expected, "{said} ({:?})", understand(said));
        }
    }

    #[test]
    fn a_list_grows_and_shrinks() {
        talk(&[
            ("What's on my shopping list?", "You have no shopping list."),
            (
                "Add milk and eggs to the shopping list.",
                "I started a shopping list with milk and eggs.",
            ),
            (
                "Add milk, bread and butter to my shopping list, please.",
                "I added bread and butter to the shopping list; milk was already on it.",
            ),
            (
                "Put an egg on the list.",
                "An egg is already on the shopping list.",
            ),
            (
                "Please put some Earl Grey tea on the grocery list.",
                "I added Earl Grey tea to the shopping list.",
            ),
            (
                "What's on the list?",
                "The shopping list has 5 things on it: milk, eggs, bread, butter and Earl Grey tea.",
            ),
            ("Is milk on the list?", "Yes, milk is on the shopping list."),
            (
                "Are there any bananas on my shopping list?",
                "No, bananas are not on the shopping list.",
            ),
            (
                "Remove milk and cheese from the list.",
                "I took milk off the shopping list; cheese was not on it.",
            ),
            (
                "Cross off the tea from the shopping list.",
                "I took Earl Grey tea off the shopping list.",
            ),
            (
                "Remove the last item from the list.",
                "I took butter off the shopping list.",
            ),
            (
                "How many things are on my shopping list?",
                "There are 2 things on the shopping list.",
            ),
            (
                "Clear the shopping list.",
                "I cleared the shopping list. It had 2 things on it.",
            ),
            ("Read me my shopping list.", "The shopping list is empty."),
        ]);
    }

    #[test]
    fn there_may_be_several_lists() {
        talk(&[
            ("What lists do I have?", "You have no lists yet."),
            ("Make a list called holiday.", "I started a holiday list."),
            (
                "Add sunscreen to the list.",
                "I added sunscreen to the holiday list.",
            ),
            (
                "Add a hat to holiday.",
                "I added a hat to the holiday list.",
            ),
            (
                "Add call mum and dad to my to do list.",
                "I started a to-do list with call mum and dad.",
            ),
            (
                "Which lists do I have?",
                "You have 2 lists: holiday and to-do.",
            ),
            (
                "What's on the holiday list?",
                "The holiday list has 2 things on it: sunscreen and a hat.",
            ),
            (
                "Delete the holiday list.",
                "I deleted the holiday list with 2 things on it.",
            ),
            ("What's on the holiday list?", "(pass)"),
            (
                "What's on my list called holiday?",
                "You have no holiday list.",
            ),
            ("Add salt to the water.", "(pass)"),
            (
                "Add something to my to-do list.",
                "What should I add to the to-do list?",
            ),
        ]);
    }

    #[test]
    fn notes_are_kept() {
        talk(&[
            ("Read my notes.", "You have no notes."),
            (
                "Take a note: the key is under the mat.",
                "Noted: The key is under the mat.",
            ),
            (
                "Make a note that Peter's birthday is on May 4th, and call him again.",
                "Noted: Peter's birthday is on May 4th, and call him again.",
            ),
            ("Note to self, buy stamps!", "Noted: Buy stamps!"),
            (
                "Read my notes.",
                "You have 3 notes. Buy stamps! Peter's birthday is on May 4th, and call him again. The key is under the mat.",
            ),
            (
                "What did I note about the key?",
                "You noted: The key is under the mat.",
            ),
            (
                "Do I have a note about Paul?",
                "You have no note about Paul.",
            ),
            ("Delete the last note.", "I deleted the note: Buy stamps!"),
            (
                "Delete note two.",
                "I deleted the note: Peter's birthday is on May 4th, and call him again.",
            ),
            ("Delete all my notes.", "I deleted your note."),
            ("Take a note.", "What shall I write down?"),
        ]);
    }

    #[test]
    fn a_question_is_answered_or_taken_back() {
        let mut store = Memory::default();
        assert_eq!(
            answered(&mut store, &Question::Note, "The bins go out on Monday.").unwrap(),
            "Noted: The bins go out on Monday."
        );
        assert_eq!(
            answered(&mut store, &Question::Note, "Never mind.").unwrap(),
            "Never mind, then."
        );
        assert_eq!(
            answered(
                &mut store,
                &Question::Add("shopping".into()),
                "Milk and eggs."
            )
            .unwrap(),
            "I started a shopping list with milk and eggs."
        );
    }

    #[test]
    fn the_rest_is_left_to_the_model() {
        let mut store = Memory::default();
        run(
            &mut store,
            understand("add milk to the shopping list").unwrap(),
        )
        .unwrap();
        for said in [
            "Note that I am vegetarian.",
            "What is a shopping list?",
            "List the planets.",
            "Make a list of ten German cities.",
            "How do I add an item to a list in Python?",
            "Write a function to reverse a linked list.",
            "Add five to the list in Python.",
            "Add it to the list.",
            "What's on the wine list?",
            "Write a note of thanks to my teacher.",
            "Make me a packing list for Norway.",
            "What notes are in a C major chord?",
            "Remind me to buy milk.",
            "I made a list of my favourite books.",
            "Remove the background from the picture.",
            "Is Pluto on the list of planets?",
            "What should I put on my list for a party?",
            "Add me to the mailing list.",
            "Write down three facts about cats.",
            "Take milk out of the fridge.",
            "Clear the table.",
            "Is there life on Mars?",
            "Put the kettle on.",
            "Read me a story.",
            "Add 3 and 4.",
            "",
        ] {
            let reply = understand(said).and_then(|command| run(&mut store, command).unwrap());
            assert_eq!(reply, None, "{said}");
        }
    }
}
