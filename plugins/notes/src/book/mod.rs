//! Carries out commands on what is kept.
//!
//! Each list is one value, `list/NAME`, and so are the notes, `notes`: a line for each item. `last` names the list that was
//! used last, which "the list" refers to. `asked` holds what was asked back, and in which turn.

mod lists;
mod notes;
#[cfg(test)]
mod tests;
mod text;

use serde::{Deserialize, Serialize};

use crate::command::{Command, Which};
use crate::words::{count, join, split, uncapitalised};
use lists::{Found, add, empty, find, list_key, lists, make, on_list, remove, target};
use notes::{NO_NOTES, delete_about, delete_note, is_about, newest, notes, read_notes, take};
use text::{are, ended, is, lines, put};

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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Question {
    Note,
    Add(String),
}

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
