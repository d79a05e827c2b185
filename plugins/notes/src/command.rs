//! What of a person's words is about lists and notes.

use crate::pattern::{Said, Slots};
use crate::words::{is_common, is_vague, list_name, split};

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
    /// What to add is asked for.
    AddWhat {
        list: Which,
    },
    Remove {
        items: Vec<String>,
        list: Which,
    },
    RemoveLast {
        list: Which,
    },
    Clear {
        list: Which,
    },
    DeleteList {
        list: Which,
    },
    Read {
        list: Which,
    },
    Count {
        list: Which,
    },
    Contains {
        item: String,
        list: Which,
    },
    Make {
        name: String,
        items: Vec<String>,
    },
    Lists,
    TakeNote(String),
    /// What to write is asked for.
    TakeWhat,
    ReadNotes,
    CountNotes,
    LastNote,
    FindNotes(String),
    DeleteLastNote,
    /// Counts from 1, the oldest first.
    DeleteNote(usize),
    DeleteNotesAbout(String),
    DeleteNotes,
}

/// How a list is referred to at the end of a request; whether that makes it the speaker's own; whether it has an article.
const LIST: &[(&str, bool, bool)] = &[
    ("(my|our) [{list}] list", true, true),
    ("[my|our|the] list (called|named) {list}", true, true),
    ("(the|that|this) [{list}] list", false, true),
    ("[{list}] list", false, false),
];

// What comes before that.
const REMOVE_LAST: &[&str] = &[
    "(remove|delete|take|cross|drop|erase) [off] the (last|latest|newest) (item|thing|entry|one) (from|off|on|in|out_of|of)",
];
const CLEAR: &[&str] = &[
    "(clear|empty|wipe|erase|reset) [out]",
    "(remove|delete|take|clear|erase|cross) [off] (everything|all_items|all_the_items|all_things|all|every_item|all_entries) (from|off|on|in|out_of)",
];
const DELETE: &[&str] = &["(delete|remove|get_rid_of|throw_away|drop|forget)"];
const ADD: &[&str] = &[
    "(add|put|stick) {items} (to|on|onto|on_to|in|into)",
    "(write|note|jot) [down] {items} (on|onto)",
];
const ADD_WHAT: &[&str] = &["(add|put) (to|on|onto)"];
const REMOVE: &[&str] = &[
    "(remove|delete|take|cross|strike|tick|check|scratch|drop|erase) [off|out] {items} (from|off|off_of|off_from|out_of)",
];
const READ: &[&str] = &[
    "(what's|what_is|whats|what_are|what_else_is|what_all_is) [currently|still|left|the_things|all] (on|in)",
    "(what|which) (things|items|stuff) (is|are) [currently|still|left] (on|in)",
    "what (do_i|do_we|did_i|have_i|have_we) [still|already] (have|got|put|add|need) (on|in|to)",
    "what [items|things] (do_i|do_we) have (on|in)",
    "(read|show|tell|give|list) [me|us] [out|aloud|back] (what's|what_is|whats|everything|everything_that's|all_that_is) (on|in)",
    "(read|show|tell) [me|us] [out|aloud|back]",
    "(do_i_have|have_i_got|is_there|are_there|have_we_got|do_we_have) (anything|something|any_items|anything_left) (on|in)",
    "let me (hear|see)",
];
const COUNT: &[&str] = &[
    "how (many|much) [things|items|entries] (are|is|do_i_have|have_i_got|are_there|do_we_have) [left|there] (on|in)",
];
const CONTAINS: &[&str] = &[
    "(is|are) [there] [any] {item} [already|still] (on|in)",
    "(do_i|do_we|have_i|have_we|did_i|did_we) [already] (have|got|put|add|write|added) [any] {item} (on|in|to|onto)",
];
const MAKE: &[&str] = &[
    "(make|create|start|begin|open|set_up) [me] [a|another] [new] list (called|named|with_the_name) {list} (with|containing|and_add|and_put) {items}",
    "(make|create|start|begin|open|set_up) [me] [a|another] [new] list (called|named|with_the_name) {list}",
    "(make|create|start|begin|open|set_up) (a|another|my|our) new {list} list",
    "(start|begin|open|set_up) (a|another|my|our) {list} list (with|and_add) {items}",
    "(start|begin|open|set_up) (a|another|my|our) {list} list",
];

/// The command in what was said, if it is one.
pub fn understand(text: &str) -> Option<Command> {
    let said = Said::new(text);
    notes(&said).or_else(|| lists(&said))
}

fn lists(said: &Said) -> Option<Command> {
    if said.any(&[
        "(what|which) lists (do_i_have|do_we_have|have_i_got|have_i_made|are_saved)",
        "(what_are|list|show|name|tell|read) [me] [all] [of] (my|our|the_names_of_my) lists",
        "do i have any lists",
    ]) {
        return Some(Command::Lists);
    }
    if let Some((_, list)) = ending(said, REMOVE_LAST) {
        return Some(Command::RemoveLast { list });
    }
    if let Some((_, list)) = ending(said, CLEAR) {
        return Some(Command::Clear { list });
    }
    if let Some((_, list)) = ending(said, DELETE).filter(|(_, list)| list.determined) {
        return Some(Command::DeleteList { list });
    }
    if let Some(slots) = said.first(&[
        "(add|put) (to|on) (my|our|the) {list} list {items}",
        "(to|on) (my|our|the) {list} list (add|put) {items}",
    ]) {
        let list = Which {
            name: Some(name(&slots)?),
            own: true,
            determined: true,
        };
        return Some(Command::Add {
            items: items(&slots)?,
            list,
        });
    }
    if let Some((slots, list)) = ending(said, ADD) {
        const SOMETHING: &[&str] = &[
            "something",
            "some things",
            "a few things",
            "an item",
            "a thing",
            "things",
            "some items",
            "a new item",
            "items",
        ];
        if slots
            .get("items")
            .is_some_and(|items| SOMETHING.contains(&items.to_lowercase().as_str()))
        {
            return Some(Command::AddWhat { list });
        }
        return Some(Command::Add {
            items: items(&slots)?,
            list,
        });
    }
    if let Some((_, list)) = ending(said, ADD_WHAT) {
        return Some(Command::AddWhat { list });
    }
    if let Some((slots, list)) = ending(said, REMOVE) {
        return Some(Command::Remove {
            items: items(&slots)?,
            list,
        });
    }
    if let Some((_, list)) = ending(said, READ) {
        return Some(Command::Read { list });
    }
    if let Some((_, list)) = ending(said, COUNT) {
        return Some(Command::Count { list });
    }
    if let Some((slots, list)) = ending(said, CONTAINS) {
        let item = slots.get("item").filter(|item| !is_vague(item))?;
        return Some(Command::Contains {
            item: item.to_owned(),
            list,
        });
    }
    if let Some(slots) = said.first(MAKE) {
        let name = name(&slots)?;
        let items = if slots.get("items").is_some() {
            items(&slots)?
        } else {
            Vec::new()
        };
        return Some(Command::Make { name, items });
    }
    if let Some(slots) = said.first(&["(make|create) (a|another|my|our) {list} list"]) {
        // Any other list is one that the model should think up.
        return Some(Command::Make {
            name: name(&slots).filter(|name| is_common(name))?,
            items: Vec::new(),
        });
    }
    let slots = said.first(&["(add|put) {items} (to|on|onto) [my|our|the] {list}"])?;
    Some(Command::AddIfThere {
        items: items(&slots)?,
        name: name(&slots)?,
    })
}

fn notes(said: &Said) -> Option<Command> {
    if said.any(&[
        "(take|make|add|create|save|record|start) (a|another) [new] note",
        "(take|write) [this|something] down",
        "write down (a_note|something)",
        "(new_note|take_notes|note_something_down)",
    ]) {
        return Some(Command::TakeWhat);
    }
    if let Some(slots) = said.first(&["(add|put|write) {text} (to|in|into|on) my notes"]) {
        return slots
            .get("text")
            .filter(|text| !is_vague(text))
            .map(|text| Command::TakeNote(text.to_owned()));
    }
    if let Some(slots) = said.first(&[
        "(take|make|add|create|save|keep|record) (a|another) [new] [quick] note (that_says|saying|that|of|to_self|about) {text}",
        "(take|make|create|save|keep|record) (a|another) [new] [quick] note {text}",
        "(write|add) a [new] note: {text}",
        "note to self [that] {text}",
        "(write|note|jot) down that {text}",
        "(note|jot) down {text}",
        "(note:|note_this:|new_note:|write_down:) {text}",
        "(write|note|take|jot) this down {text}",
    ]) {
        let text = slots.get("text").filter(|text| !is_vague(text) && !text.to_lowercase().starts_with("for "))?;
        return Some(Command::TakeNote(said.from(text).to_owned()));
    }
    if said.any(&[
        "(delete|remove|erase|forget|scratch|discard|throw_away) [my|the|that] (last|latest|newest|most_recent|previous) note",
        "(delete|remove|erase|scratch) (that|this) note",
    ]) {
        return Some(Command::DeleteLastNote);
    }
    if said.any(&["(delete|remove|erase|clear|discard|throw_away) (all|all_my|all_of_my|all_the|my|our) notes"]) {
        return Some(Command::DeleteNotes);
    }
    if let Some(slots) = said.first(&[
        "(delete|remove|erase|discard) [my|the] note [number] {number}",
        "(delete|remove|erase|discard) [my|the] {number} note",
    ]) && let Some(number) = slots.get("number").and_then(number)
    {
        return Some(Command::DeleteNote(number));
    }
    if let Some(slots) = said.first(&["(delete|remove|erase|forget|discard) (my|the) (note|notes) (about|on|with|saying|that_says) {topic}"]) {
        return Some(Command::DeleteNotesAbout(slots.get("topic")?.to_owned()));
    }
    if said.any(&["(read|show|tell|what's|what_is|what_was) [me] [out|aloud|back] (my|the) (last|latest|newest|most_recent) note", "what did i (note|write) down last"]) {
        return Some(Command::LastNote);
    }
    if let Some(slots) = said.first(&[
        "what (did_i|have_i) (note|noted|write|written) [down] about {topic}",
        "(find|read|show|get|look_up) [me] [out] my (note|notes) (about|on|with|for|of) {topic}",
        "(find|read|show|get) [me] the (note|notes) about {topic}",
        "(search|look_through|look_in) my notes for {topic}",
        "what (do|does) my (notes|note) say about {topic}",
        "(do_i_have|have_i_got) (a|any) (note|notes) about {topic}",
    ]) {
        return Some(Command::FindNotes(slots.get("topic")?.to_owned()));
    }
    if said.any(&["how many notes (do_i_have|have_i_got|have_i_taken|have_i_made)"]) {
        return Some(Command::CountNotes);
    }
    said.any(&[
        "(read|show|tell|list|give) [me] [out|aloud|back] [all] [of] (my|our) notes [out|aloud|back]",
        "(what_are|what's_in|what_is_in|what's_on|what_is_on) my notes",
        "what do my notes say",
        "(what|which) notes (do_i_have|have_i_got|have_i_taken|did_i_take|have_i_made)",
        "(do_i_have|have_i_got) any notes",
        "what (did_i_note|have_i_noted) down",
    ])
    .then_some(Command::ReadNotes)
}

/// Matches what begins like one of `beginnings` and ends in a list that may be one of hers.
fn ending<'t>(said: &Said<'t>, beginnings: &[&'static str]) -> Option<(Slots<'t>, Which)> {
    beginnings.iter().find_map(|beginning| {
        LIST.iter().find_map(|&(list, own, determined)| {
            let slots = said.both(beginning, list)?;
            let name = match slots.get("list") {
                Some(said) => Some(list_name(said)?),
                None => None,
            };
            Some((
                slots,
                Which {
                    name,
                    own,
                    determined,
                },
            ))
        })
    })
}

fn name(slots: &Slots) -> Option<String> {
    list_name(slots.get("list")?)
}

fn items(slots: &Slots) -> Option<Vec<String>> {
    let items = split(slots.get("items")?, slots.get("list"));
    (!items.is_empty() && !items.iter().any(|item| is_vague(item))).then_some(items)
}

fn number(said: &str) -> Option<usize> {
    const WORDS: &[(&str, usize)] = &[
        ("one", 1),
        ("first", 1),
        ("two", 2),
        ("second", 2),
        ("three", 3),
        ("third", 3),
        ("four", 4),
        ("fourth", 4),
        ("five", 5),
        ("fifth", 5),
        ("six", 6),
        ("sixth", 6),
        ("seven", 7),
        ("seventh", 7),
        ("eight", 8),
        ("eighth", 8),
        ("nine", 9),
        ("ninth", 9),
        ("ten", 10),
        ("tenth", 10),
    ];
    let said = said.to_lowercase();
    said.parse()
        .ok()
        .or_else(|| {
            WORDS
                .iter()
                .find(|(word, _)| *word == said)
                .map(|(_, number)| *number)
        })
        .filter(|number| *number > 0)
}
