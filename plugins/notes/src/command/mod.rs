//! What of a person's words is about lists and notes.

mod bought;
mod doubt;
mod lists;
mod moved;
mod notes;
mod several;

pub use doubt::{Doubt, doubt};

use crate::pattern::Said;

/// A list as somebody refers to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Which {
    /// Absent for "the list".
    pub name: Option<String>,
    /// Said with "my" or "our", so that it is about nothing else.
    pub own: bool,
    /// Said with "the" at least.
    pub determined: bool,
}

impl Which {
    /// The speaker's list of this name, without a doubt.
    pub fn named(name: &str) -> Which {
        Which { name: Some(name.to_owned()), own: true, determined: true }
    }

    /// "the list".
    pub const THE: Which = Which { name: None, own: false, determined: true };
}

/// Which notes are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notes {
    /// Counts from 1, in the order in which they were read out.
    Number(usize),
    Last,
    /// The one that was taken first, whatever was read out.
    Oldest,
    About(String),
    /// Of a day, as it was said: "yesterday".
    Day(String),
    All,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Add {
        items: Vec<String>,
        list: Which,
    },
    /// "add milk to groceries": only where there is a list of that name.
    AddIfThere {
        items: Vec<String>,
        name: String,
    },
    /// "put that on the list": what was spoken of before, where that is known here, and else it is asked for.
    AddThat {
        list: Which,
    },
    /// What to add is asked for.
    AddWhat {
        list: Which,
    },
    Remove {
        items: Vec<String>,
        list: Which,
    },
    /// "take milk off", "we don't need the bananas any more": only what is on a list.
    RemoveIfThere {
        items: Vec<String>,
        sure: bool,
    },
    /// Counts from 1; `None` is the last.
    RemoveNumber {
        number: Option<usize>,
        list: Which,
    },
    Move {
        items: Vec<String>,
        from: Which,
        to: Which,
    },
    /// From the list that has them; `copies` where they stay there as well.
    MoveTo {
        items: Vec<String>,
        to: Which,
        copies: bool,
        /// Where it was said that it is a list; otherwise only to one that there is.
        sure: bool,
    },
    /// "move it to the hardware list": what was spoken of before.
    MoveThat {
        to: Which,
    },
    CopyThat {
        to: Which,
    },
    /// "replace soap with shampoo": only what is on a list.
    ReplaceIfThere {
        item: String,
        with: String,
    },
    Replace {
        item: String,
        with: String,
        list: Which,
    },
    Clear {
        list: Which,
    },
    DeleteList {
        list: Which,
    },
    DeleteLists,
    ClearLists,
    Rename {
        list: Which,
        to: String,
    },
    Read {
        list: Which,
    },
    /// "what do I have to do": only where there is a list of that name.
    ReadIfThere {
        name: String,
    },
    ReadLists,
    /// Counts from 1; `None` is the last.
    ReadNumber {
        number: Option<usize>,
        list: Which,
    },
    Count {
        list: Which,
    },
    CountLists,
    Contains {
        item: String,
        list: Which,
    },
    /// "do we need milk": only where there is a shopping list.
    Needs {
        item: String,
    },
    HasList {
        name: String,
    },
    /// What to call it is asked for.
    MakeWhat,
    Make {
        name: String,
        items: Vec<String>,
    },
    Lists,
    TakeNote(String),
    /// What to write is asked for.
    TakeWhat,
    Append {
        text: String,
    },
    Change {
        text: String,
    },
    ReadNotes(Notes),
    CountNotes,
    /// "what did I say about the wifi": only where there is a note about it.
    FindIfThere(String),
    /// `several` where more than one may be meant.
    Delete {
        which: Notes,
        several: bool,
    },
    Undo,
    /// What was said not to do.
    Leave,
}

/// Words that what is said about lists and notes begins with, after which nothing is done: "don't delete my notes".
const NOT: &[&str] =
    &["(don't|do_not|dont|never|please_don't) (delete|remove|clear|erase|add|put|take|empty|cross|rename|wipe|throw) {rest}"];

/// The commands in what was said, if it is some.
pub fn understand(text: &str) -> Vec<Command> {
    if let Some(command) = several::put_right(text) {
        return vec![command];
    }
    several::split(text).or_else(|| several::meant(text).map(|command| vec![command])).unwrap_or_else(|| one(text).into_iter().collect())
}

/// The command in what was said, if it is one.
pub fn one(text: &str) -> Option<Command> {
    let said = Said::new(text);
    if said.is_long() {
        // Nobody says so many words but to have them written down.
        return notes::take(&said);
    }
    if said.first(NOT).is_some() && said.mentions(&["list", "lists", "note", "notes"]) {
        return Some(Command::Leave);
    }
    if said.any(UNDO) {
        return Some(Command::Undo);
    }
    notes::understand(&said).or_else(|| moved::behind_colon(text)).or_else(|| lists::understand(&said))
}

/// What puts right that `item` was just added to `list`: "make that oat milk", "no, not milk, butter".
pub fn corrected(text: &str, list: &str, item: &str) -> Option<Command> {
    let said = Said::new(text);
    let slots = said.first(&[
        "[no|wait|oops|sorry|no_wait|oh] (make_that|make_it|i_meant|i_mean|i_said|it_should_be|change_that_to|change_it_to) {with} instead",
        "[no|wait|oops|sorry|no_wait|oh] (make_that|make_it|i_meant|i_mean|i_said|it_should_be|change_that_to|change_it_to) {with}",
        "[no] not {item} but {with}",
        "no not {item} {with}",
    ])?;
    if slots.get("item").is_some_and(|wrong| !item.eq_ignore_ascii_case(wrong)) {
        return None;
    }
    let with = slots.get("with").filter(|with| with.split(' ').count() <= 6)?;
    Some(Command::Replace { item: item.to_owned(), with: with.to_owned(), list: Which::named(list) })
}

const UNDO: &[&str] = &[
    "[no|oops|wait|sorry|actually|no_wait|oh_no] undo [that|it|this|again|what_you_did|the_last_change|the_last_thing|the_last_action|my_last_change|your_last_change|the_last_one|please]",
    "[no|oops|wait|sorry|actually|no_wait|oh_no] (take_that_back|revert_that|revert_it|revert|scratch_that|reverse_that|undo_that|undelete_it|undelete_that)",
    "[no|oops|wait|sorry|actually|no_wait|oh_no] (put|bring|get) (it|that|them|those|this|everything|all_of_it|all_of_them|the_list|my_list|the_note|my_note|my_notes|the_notes|the_lists|my_lists) back [again|on|there]",
    "[no|oops|wait|sorry|actually|no_wait|oh_no] restore (it|that|them|those|the_list|my_list|the_note|my_note|my_notes|the_notes|the_lists|my_lists|everything)",
    "[no|oops|wait|sorry|actually|no_wait|oh_no] (i_changed_my_mind|that_was_wrong|that_was_a_mistake|i_didn't_mean_that|that's_wrong|i_didn't_mean_to_do_that) (undo|undo_it|undo_that|put_it_back|put_that_back|put_them_back|take_it_back)",
];

pub(crate) fn number(said: &str) -> Option<usize> {
    const WORDS: &[&[&str]] = &[
        &["one", "first", "top", "1st"],
        &["two", "second", "2nd"],
        &["three", "third", "3rd"],
        &["four", "fourth", "4th"],
        &["five", "fifth", "5th"],
        &["six", "sixth", "6th"],
        &["seven", "seventh", "7th"],
        &["eight", "eighth", "8th"],
        &["nine", "ninth", "9th"],
        &["ten", "tenth", "10th"],
    ];
    let said = said.to_lowercase();
    let word = || WORDS.iter().position(|words| words.contains(&said.as_str())).map(|at| at + 1);
    said.parse().ok().or_else(word).filter(|number| *number > 0)
}
