//! What the language model may do with lists and notes. Small models read this: the fewer and shorter, the better.

use jane_skill::prelude::*;
use serde::Deserialize;

use crate::book::{self, Recorder, Reply, Store};
use crate::command::{Command, Notes, Which};
use crate::examples;
use crate::words::list_name;

pub fn list() -> Vec<Tool> {
    examples::with(vec![
        Tool::new("add_to_list", "Adds things to a list of the user's, such as the shopping list.")
            .needs("items", Kind::Texts, "What to add, each thing alone.")
            .takes("list", Kind::Text, "Name of the list, `shopping` unless told."),
        Tool::new("remove_from_list", "Takes things off a list of the user's.").needs("items", Kind::Texts, "What to take off.").takes(
            "list",
            Kind::Text,
            "Name of the list, `shopping` unless told.",
        ),
        Tool::new("read_list", "Tells what is on a list of the user's, or which lists there are.").takes(
            "list",
            Kind::Text,
            "Name of the list; without it, all names are told.",
        ),
        Tool::new("take_note", "Writes a note down for the user, when asked to.").needs("text", Kind::Text, "The note."),
        Tool::new("read_notes", "Tells the user's notes.").takes("about", Kind::Text, "A word that is in them; without it, all are told."),
    ])
}

#[derive(Deserialize)]
struct Items {
    items: Vec<String>,
    list: Option<String>,
}

#[derive(Deserialize)]
struct List {
    list: Option<String>,
}

#[derive(Deserialize)]
struct Note {
    text: String,
}

#[derive(Deserialize)]
struct Topic {
    about: Option<String>,
}

pub fn call(store: &mut dyn Store, call: &ToolCall) -> Result<ToolOutput, Failure> {
    let command = match call.name.as_str() {
        "add_to_list" => {
            let (items, list) = items(call)?;
            Command::Add { items, list }
        }
        "remove_from_list" => {
            let (items, list) = items(call)?;
            Command::Remove { items, list }
        }
        "read_list" => match call.parse::<List>()?.list.filter(|list| !list.trim().is_empty()) {
            Some(list) => Command::Read { list: which(Some(list))? },
            None => Command::Lists,
        },
        "take_note" => {
            let text = call.parse::<Note>()?.text;
            if text.trim().is_empty() {
                return Err(Failure::invalid("`text` is empty"));
            }
            Command::TakeNote(text)
        }
        "read_notes" => match call.parse::<Topic>()?.about.filter(|about| !about.trim().is_empty()) {
            Some(topic) => Command::ReadNotes(Notes::About(topic)),
            None => Command::ReadNotes(Notes::All),
        },
        other => return Err(Failure::invalid(format!("there is no tool `{other}`"))),
    };
    let mut store = Recorder::new(store);
    let reply = book::run(&mut store, command).map_err(Failure::unavailable)?;
    store.keep().map_err(Failure::unavailable)?;
    match reply {
        // It needs no words of a model's, which would say that it noted something itself.
        Some(Reply::Said(speech) | Reply::Asked(speech, _)) => Ok(ToolOutput::say(speech)),
        None => Ok(ToolOutput::text("There is no such list.")),
    }
}

fn items(call: &ToolCall) -> Result<(Vec<String>, Which), Failure> {
    let Items { items, list } = call.parse()?;
    let items: Vec<String> = items.into_iter().filter(|item| !item.trim().is_empty()).collect();
    if items.is_empty() {
        return Err(Failure::invalid("`items` is empty"));
    }
    Ok((items, which(list)?))
}

fn which(list: Option<String>) -> Result<Which, Failure> {
    let said = list.unwrap_or_else(|| "shopping".into()).to_lowercase();
    let said = said.trim().trim_start_matches("my ").trim_start_matches("the ").trim_end_matches(" list").trim_end_matches("_list");
    let name = list_name(said).ok_or_else(|| Failure::invalid(format!("`{said}` is no name for a list")))?;
    Ok(Which::named(&name))
}
