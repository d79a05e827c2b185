//! Carries out commands on what is kept.
//!
//! Each list is one value, `list/NAME`, and so are the notes, `notes`: a line for each item, that of a note with the time that it was taken
//! at before a tab. `last` names the list that was used last, which "the list" refers to. `read` holds the notes that were read out last, in
//! their order, which "the first note" refers to. `undo` holds what was there before the last change. `asked` holds what was asked back, `recent` what
//! was said about a list in the turn before.

mod asked;
mod lists;
mod notes;
#[cfg(test)]
mod tests;
mod text;
mod undo;

use serde::{Deserialize, Serialize};

pub use asked::answered;
pub use lists::names;
pub use notes::is_day;
pub use undo::{Recorder, supersede};

use crate::command::{Command, Doubt, Notes, Which};
use crate::words::{capitalised, count, join};
use lists::{Found, add, empty, find, list_key, lists, make, on_list, target};
use text::{are, is, lines, one_line, put};

/// Where values are kept; a failure says why not.
pub trait Store {
    fn get(&self, key: &str) -> Result<Option<String>, String>;
    fn set(&mut self, key: &str, value: &str) -> Result<(), String>;
    fn delete(&mut self, key: &str) -> Result<(), String>;
    /// Those that begin with `prefix`, in order.
    fn keys(&self, prefix: &str) -> Result<Vec<String>, String>;
    /// Milliseconds since 1970, local time.
    fn now_ms(&self) -> u64;
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
    /// What a new list is called.
    ListName,
    Add(String),
    /// Whether all lists are to be deleted.
    DeleteLists,
    ClearLists,
    DeleteNotes,
    /// Whether these notes are to be deleted.
    DeleteThese(Vec<String>),
    /// Which of these notes is to be deleted.
    WhichNote(Vec<String>),
    /// Which of these things is to be taken off the list.
    WhichItem {
        list: String,
        items: Vec<String>,
    },
    /// What is to be done at all.
    What,
}

impl Question {
    /// Whether a yes to it deletes something.
    pub fn deletes(&self) -> bool {
        matches!(self, Question::DeleteLists | Question::ClearLists | Question::DeleteNotes | Question::DeleteThese(_))
    }
}

const NOTES: &str = "notes";
pub const LAST: &str = "last";
const READ: &str = "read";

type Done = Result<Option<Reply>, String>;

/// What several commands come to, one after the other: all of it is said.
pub fn run_all(store: &mut dyn Store, commands: Vec<Command>) -> Done {
    let mut said: Vec<String> = Vec::new();
    for command in commands {
        match run(store, command)? {
            Some(Reply::Said(speech)) => said.push(speech),
            Some(Reply::Asked(speech, question)) => {
                said.push(speech);
                return Ok(Some(Reply::Asked(said.join(" "), question)));
            }
            None => return Ok((!said.is_empty()).then(|| Reply::Said(said.join(" ")))),
        }
    }
    Ok((!said.is_empty()).then(|| Reply::Said(said.join(" "))))
}

/// What is asked back where a request was not understood.
pub fn doubted(doubt: Doubt) -> Reply {
    let speech = match doubt {
        Doubt::Lists => {
            "I did not get what to do with the list. I can add to it, take things off, read, rename, clear or delete it. What shall I do?"
        }
        Doubt::Notes => {
            "I did not get what to do with your notes. I can take one, read them, look for a word in them, change the last one, or delete some. What shall I do?"
        }
    };
    Reply::Asked(speech.into(), Question::What)
}

/// `None` where the command turns out to be about nothing that is kept here, and is better left to the language model.
pub fn run(store: &mut dyn Store, command: Command) -> Done {
    let speech = match command {
        Command::Add { items, list } => return add(store, &items, &list),
        Command::AddIfThere { items, name } => {
            if lines(store, &list_key(&name))?.is_none() && !crate::words::is_common(&name) {
                return Ok(None);
            }
            return add(store, &items, &Which { own: false, ..Which::named(&name) });
        }
        Command::AddWhat { list } | Command::AddThat { list } => {
            let Some(name) = target(store, &list)? else {
                return Ok(None);
            };
            return Ok(Some(Reply::Asked(format!("What should I add to the {name} list?"), Question::Add(name))));
        }
        Command::Remove { items, list } => return lists::remove_from(store, &list, &items),
        Command::RemoveIfThere { items, sure } => return lists::remove_if_there(store, &items, sure),
        Command::RemoveNumber { number, list } => on_list(store, &list, |store, name, mut kept| {
            let at = number.unwrap_or(kept.len()).checked_sub(1).filter(|at| *at < kept.len());
            let Some(at) = at else {
                return Ok(if kept.is_empty() {
                    empty(name)
                } else {
                    format!("There {} only {} on the {name} list.", are(kept.len()), count(kept.len(), "thing"))
                });
            };
            let gone = kept.remove(at);
            put(store, &list_key(name), &kept)?;
            Ok(format!("I took {gone} off the {name} list."))
        })?,
        Command::MoveTo { items, to, copies, sure } => lists::move_to(store, &items, &to, copies, sure)?,
        Command::MoveThat { to } | Command::CopyThat { to } => {
            target(store, &to)?.map(|name| format!("I do not know what should go to the {name} list. Please say it by its name."))
        }
        Command::ReplaceIfThere { item, with } => {
            let Some(name) = lists::having(store, &item)? else {
                return Ok(None);
            };
            return run(store, Command::Replace { item, with, list: Which::named(&name) });
        }
        Command::Move { items, from, to } => lists::move_items(store, &items, &from, &to)?,
        Command::Replace { item, with, list } => on_list(store, &list, |store, name, mut kept| {
            let at = match find(&kept, &item) {
                Found::Exactly(at) | Found::One(at) => at,
                Found::Several(found) => {
                    return Ok(format!("{} are on the {name} list. Say which one I should change.", capitalised(&join(&found))));
                }
                Found::Nothing => return Ok(format!("{} {} not on the {name} list.", capitalised(&item), is(&item))),
            };
            let with = one_line(&with);
            let Some(old) = kept.get_mut(at).map(|old| std::mem::replace(old, with.clone())) else {
                return Ok(empty(name));
            };
            put(store, &list_key(name), &kept)?;
            Ok(format!("I changed {old} to {with} on the {name} list."))
        })?,
        Command::Clear { list } => on_list(store, &list, |store, name, kept| {
            put(store, &list_key(name), &[])?;
            Ok(if kept.is_empty() {
                format!("The {name} list was empty already.")
            } else {
                format!("I cleared the {name} list. It had {} on it.", count(kept.len(), "thing"))
            })
        })?,
        Command::DeleteList { list } => on_list(store, &list, |store, name, kept| {
            lists::forget(store, name)?;
            Ok(if kept.is_empty() {
                format!("I deleted the {name} list.")
            } else {
                format!("I deleted the {name} list with {} on it.", count(kept.len(), "thing"))
            })
        })?,
        Command::DeleteLists => return lists::ask_all(store, "delete", Question::DeleteLists),
        Command::ClearLists => return lists::ask_all(store, "clear", Question::ClearLists),
        Command::Rename { list, to } => lists::rename(store, &list, &to)?,
        Command::Read { list } => on_list(store, &list, |_, name, kept| Ok(lists::read_out(name, &kept)))?,
        Command::ReadIfThere { name } => match lines(store, &list_key(&name))? {
            Some(_) => return run(store, Command::Read { list: Which::named(&name) }),
            None => None,
        },
        Command::ReadNumber { number, list } => on_list(store, &list, |_, name, kept| {
            let at = number.unwrap_or(kept.len()).checked_sub(1);
            Ok(match at.and_then(|at| kept.get(at)) {
                Some(item) => format!("That is {item}."),
                None if kept.is_empty() => empty(name),
                None => format!("There {} only {} on the {name} list.", are(kept.len()), count(kept.len(), "thing")),
            })
        })?,
        Command::Needs { item } => match lines(store, &list_key("shopping"))? {
            Some(_) => {
                return run(store, Command::Contains { item, list: Which::named("shopping") });
            }
            None => None,
        },
        Command::ReadLists => {
            let mut all = Vec::new();
            for name in names(store)? {
                all.push(lists::read_out(&name, &lines(store, &list_key(&name))?.unwrap_or_default()));
            }
            Some(if all.is_empty() { NO_LISTS.into() } else { all.join(" ") })
        }
        Command::Count { list } => on_list(store, &list, |_, name, kept| {
            Ok(if kept.is_empty() {
                empty(name)
            } else {
                format!("There {} {} on the {name} list.", are(kept.len()), count(kept.len(), "thing"))
            })
        })?,
        Command::CountLists => Some(match names(store)?.len() {
            0 => NO_LISTS.into(),
            _ => lists(store)?,
        }),
        Command::Contains { item, list } => on_list(store, &list, |_, name, kept| {
            Ok(match find(&kept, &item) {
                Found::Exactly(_) => format!("Yes, {item} {} on the {name} list.", is(&item)),
                Found::One(at) => format!("There is {} on the {name} list.", kept.get(at).map_or("", String::as_str)),
                Found::Several(found) => format!("There are {} on the {name} list.", join(&found)),
                Found::Nothing => format!("No, {item} {} not on the {name} list.", is(&item)),
            })
        })?,
        Command::HasList { name } => {
            let kept = lines(store, &list_key(&name))?;
            match kept {
                Some(kept) => Some(format!("Yes, with {} on it.", count(kept.len(), "thing"))),
                None if crate::words::is_common(&name) => Some(format!("You have no {name} list.")),
                None => None,
            }
        }
        Command::MakeWhat => {
            return Ok(Some(Reply::Asked("What shall it be called?".into(), Question::ListName)));
        }
        Command::Make { name, items } => Some(make(store, &name, &items)?),
        Command::Lists => Some(lists(store)?),
        Command::TakeWhat => return Ok(Some(Reply::Asked("What shall I write down?".into(), Question::Note))),
        Command::TakeNote(text) => Some(notes::take(store, &text)?),
        Command::Append { text } => Some(notes::change_last(store, |note| format!("{}, {text}", note.trim_end_matches(['.', '!'])))?),
        Command::Change { text } => Some(notes::change_last(store, |_| text.clone())?),
        Command::CountNotes => Some(match notes::notes(store)?.len() {
            0 => notes::NO_NOTES.into(),
            number => format!("You have {}.", count(number, "note")),
        }),
        Command::ReadNotes(which) => Some(notes::read(store, &which)?),
        Command::FindIfThere(topic) => {
            let found = notes::find(store, &Notes::About(topic.clone()))?;
            match found.is_empty() {
                true => None,
                false => Some(notes::read(store, &Notes::About(topic))?),
            }
        }
        Command::Delete { which, several } => return notes::delete(store, &which, several).map(Some),
        Command::Undo => undo::undo(store)?,
        Command::Leave => Some("All right, I leave it as it is.".into()),
    };
    Ok(speech.map(Reply::Said))
}

const NO_LISTS: &str = "You have no lists yet.";
