//! What was said about a list in the turn before, for what goes on from there: "and eggs", "take that off again", "what's on it?".

use jane_skill::{TurnId, prelude::*};
use serde::{Deserialize, Serialize};

use crate::command::{self, Command, Notes, Which};
use crate::groceries::is_grocery;
use crate::pattern::Said;
use crate::words::split;

/// The key that it is kept by.
const RECENT: &str = "recent";

/// Turns for which it is spoken of.
const TURNS: TurnId = 2;

/// Words of the longest thing that is named in passing.
const LONGEST: usize = 4;

#[derive(Serialize, Deserialize)]
pub struct Recent {
    turn: TurnId,
    list: String,
    /// What was added to it.
    added: Vec<String>,
    /// Whether it was a note that was taken, and no list.
    #[serde(default)]
    noted: bool,
}

impl Recent {
    /// Takes it: it is about the turn before alone.
    pub fn take(turn: TurnId) -> Result<Option<Recent>, Failure> {
        let Some(bytes) = kv::get_bytes(RECENT)? else {
            return Ok(None);
        };
        kv::delete(RECENT)?;
        // What another version kept is over.
        let recent = serde_json::from_slice::<Recent>(&bytes).ok();
        Ok(recent.filter(|recent| recent.turn < turn && turn <= recent.turn + TURNS))
    }

    /// Keeps what these commands were about, where that was a list.
    pub fn keep(commands: &[Command], list: Option<Vec<u8>>, turn: TurnId) -> Result<(), Failure> {
        if matches!(commands, [Command::TakeNote(_)]) {
            return kv::set(RECENT, &Recent { turn, list: String::new(), added: Vec::new(), noted: true });
        }
        let Some(list) = list.filter(|_| commands.last().is_some_and(is_of_lists)) else {
            return Ok(());
        };
        let added = match commands.last() {
            Some(Command::Add { items, .. } | Command::AddIfThere { items, .. } | Command::Make { items, .. }) => items.clone(),
            _ => Vec::new(),
        };
        kv::set(RECENT, &Recent { turn, list: String::from_utf8_lossy(&list).into_owned(), added, noted: false })
    }

    /// What `text` asks for that goes on from there; `said` is the same with all that surrounds it.
    pub fn goes_on(&self, text: &str, said: &str) -> Option<Command> {
        if self.noted {
            let words = Said::new(text);
            if words.any(&["[no|wait|oops|sorry] (delete|remove|scrap|erase|discard) (it|that|this) [again]"]) {
                return Some(Command::Delete { which: Notes::Last, several: false });
            }
            return words.any(&["(read|show) [me] (it|that) [back|again|out|aloud]"]).then_some(Command::ReadNotes(Notes::Last));
        }
        let list = Which::named(&self.list);
        if let [item] = self.added.as_slice()
            && let Some(command) = command::corrected(text, &self.list, item)
        {
            return Some(command);
        }
        let words = Said::new(text);
        if !self.added.is_empty() {
            let items = self.added.clone();
            match command::one(text) {
                Some(Command::AddThat { list }) => return Some(Command::Add { items, list }),
                Some(Command::MoveThat { to }) => {
                    return Some(Command::Move { items, from: list, to });
                }
                Some(Command::CopyThat { to }) => return Some(Command::Add { items, list: to }),
                _ => {}
            }
            if let [item] = self.added.as_slice()
                && words.any(&["(is|are) (it|that|they) [already|still|now] on (it|there|the_list|my_list|the_shopping_list)"])
            {
                return Some(Command::Contains { item: item.clone(), list });
            }
            if words.any(TAKE_OFF) {
                return Some(Command::Remove { items, list });
            }
        }
        if !self.added.is_empty() && words.any(&["what did i [just] (add|put)", "what have i [just] (added|put)"]) {
            return Some(Command::Read { list });
        }
        if words.any(&["how (many|much) [things|items] (are|is) [there] (on|in) (it|there)"]) {
            return Some(Command::Count { list });
        }
        if words.any(&["(clear|empty) it [out]"]) {
            return Some(Command::Clear { list });
        }
        let place = words
            .first(&["(what's|what_is|what_was) the {number} (item|thing|one|entry)"])
            .and_then(|slots| slots.get("number").and_then(command::number));
        if let Some(number) = place {
            return Some(Command::ReadNumber { number: Some(number), list });
        }
        if words.any(&[
            "(what's|what_is|what_else_is) [all] (on|in) (it|there|that)",
            "(read|show|tell) [me] (it|that) [out|back|aloud]",
            "what's there",
        ]) {
            return Some(Command::Read { list });
        }
        if let Some(slots) = words
            .first(&["(is|are) [there] [any|the] {item} [already|still] (on|in) (it|there|that)", "(is|are) [there] [any] {item} there"])
        {
            let item = slots.get("item")?;
            let any = ["anything", "something"].iter().any(|word| item.to_lowercase().starts_with(word));
            return Some(if any { Command::Read { list } } else { Command::Contains { item: item.to_owned(), list } });
        }
        self.more(said).map(|items| Command::Add { items, list })
    }

    /// "and eggs", "butter too": more of what is bought.
    fn more(&self, said: &str) -> Option<Vec<String>> {
        const BEFORE: &[&str] = &["and", "also", "plus", "oh", "then", "please"];
        const BEHIND: &[&str] = &[" too", " as well", " also"];
        let lower = said.trim().trim_end_matches(['.', '!', '?']);
        let lower = lower.strip_suffix(" please").unwrap_or(lower).trim_end_matches(',');
        let strip = |text: &'_ str| {
            BEFORE.iter().find_map(|word| text.get(..word.len()).filter(|start| start.eq_ignore_ascii_case(word)).map(|_| word.len()))
        };
        let mut rest = lower;
        while let Some(taken) = strip(rest)
            && let Some(behind) = rest.get(taken..).map(|behind| behind.trim_start_matches(','))
            && behind.starts_with(' ')
        {
            rest = behind.trim_start();
        }
        let begun = (rest.len() < lower.len()).then_some(rest);
        let ended = || BEHIND.iter().find_map(|word| lower.strip_suffix(word));
        let items = split(begun.or_else(ended)?.trim_end_matches(','), Some(&self.list));
        // `the groceries need eggs as well` is a sentence.
        const VERBS: &[&str] = &["need", "needs", "is", "are", "was", "were", "has", "have", "want", "wants", "goes", "comes"];
        let is_sentence = |item: &String| item.split(' ').any(|word| VERBS.contains(&word.to_lowercase().as_str()));
        let fits = |item: &String| item.split(' ').count() <= LONGEST && is_grocery(item) && !is_sentence(item);
        (!self.added.is_empty() && self.list == "shopping" && !items.is_empty() && items.iter().all(fits)).then_some(items)
    }
}

const TAKE_OFF: &[&str] = &[
    "(take|remove|delete|cross) (it_all|them_all|all_of_it|all_of_them|both|both_of_them|everything) [off|out] [again]",
    "[no|wait|oops|sorry|no_wait|oh] (take|cross|scratch) (it|that|them|those) (off|out) [again|list|the_list|my_list]",
    "[no|wait|oops|sorry|no_wait|oh] (remove|delete|drop|scratch) (it|that|them|those|that_one)",
    "[no|wait|oops|sorry|no_wait|oh] (remove|delete) (it|that|them) from (it|there|the_list|my_list)",
];

fn is_of_lists(command: &Command) -> bool {
    matches!(
        command,
        Command::Add { .. }
            | Command::AddIfThere { .. }
            | Command::Make { .. }
            | Command::Remove { .. }
            | Command::RemoveIfThere { .. }
            | Command::RemoveNumber { .. }
            | Command::Replace { .. }
            | Command::Read { .. }
            | Command::ReadIfThere { .. }
            | Command::ReadNumber { .. }
            | Command::Count { .. }
            | Command::Contains { .. }
    )
}
