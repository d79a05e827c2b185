//! What of a person's words moves things between lists, names a list anew, or has what is on it behind a colon.

use super::lists::{THAT, ending, items, name};
use super::{Command, Which};
use crate::pattern::Said;
use crate::words::{is_common, is_vague, list_name, split};

/// A list with what is on it behind a colon.
const MAKE_OF: &[&str] = &[
    "(make|create|start|begin|open|set_up) [me] (a|another) [new] list (of|for|called|named) [the|my|our] {list}",
    "(make|create|start|begin|open|set_up) (a|another|my|our) [new] {list} list [with]",
];
/// What stands behind a colon: "shopping list: milk, eggs", "start a list of films: Alien and Brazil", "add a task: pay the gas bill".
pub fn behind_colon(text: &str) -> Option<Command> {
    let (before, behind) = text.split_once(": ")?;
    let said = Said::new(before);
    if said.any(&["(add|create|make|new) [a|another] [new] (task|to-do|todo|to-do_item)", "(task|to-do|todo)"]) {
        return Some(Command::Add { items: vec![behind.trim_end_matches(['.', '!']).to_owned()], list: Which::named("to-do") });
    }
    if said.any(&["(add|put) (to|on) (my|our|the) list", "(my|our|the) list"]) {
        let items = split(behind, None);
        return (!items.is_empty() && !items.iter().any(|item| is_vague(item))).then_some(Command::Add { items, list: Which::THE });
    }
    let adds = said.any(&["[my|our|the|for_my|on_my|for_the|on_the] (shopping|grocery|to-do|todo) list"]);
    let slots = if adds { said.first(&["[my|our|the|for_my|on_my|for_the|on_the] {list} list"])? } else { said.first(MAKE_OF)? };
    let name = name(&slots)?;
    let items = split(behind, Some(&name));
    if items.is_empty() || items.iter().any(|item| is_vague(item)) {
        return None;
    }
    Some(if adds { Command::Add { items, list: Which::named(&name) } } else { Command::Make { name, items } })
}

/// "move milk to the hardware list", "copy soap to the packing list", "move nails from shopping to hardware"
pub(super) fn moved(said: &Said) -> Option<Command> {
    if let Some(slots) = said.first(&[
        "(put|add|move) (it|that|this|them|those) (on|to|onto) (my|our|the) {list} list instead",
        "(it|that|this|they|those) (belongs|belong|goes|go|should_go|should_be) (on|to|onto) (my|our|the) {list} list [instead]",
    ]) {
        return Some(Command::MoveThat { to: Which::named(&name(&slots)?) });
    }
    const TO: &[(&str, bool)] = &[
        ("(move|transfer|shift) [the] {items} (to|onto|on_to|into|over_to)", false),
        ("(copy|duplicate) [the] {items} (to|onto|on_to|into|over_to)", true),
    ];
    for (beginning, copies) in TO {
        let Some((slots, to)) = ending(said, &[beginning]) else {
            continue;
        };
        let all = |items: &str| {
            matches!(items.to_lowercase().as_str(), "everything" | "all" | "all of it" | "all items" | "all of them" | "the rest")
        };
        if slots.get("items").is_some_and(all) {
            return Some(Command::MoveThat { to });
        }
        if slots.get("items").is_some_and(|items| THAT.contains(&items.to_lowercase().as_str())) {
            return Some(if *copies { Command::CopyThat { to } } else { Command::MoveThat { to } });
        }
        let items = items(&slots)?;
        // A whole list is no thing on one.
        return (!items.iter().any(|item| item.ends_with(" list") || item == "list")).then_some(Command::MoveTo {
            items,
            to,
            copies: *copies,
            sure: true,
        });
    }
    if let Some(slots) = said.first(&["(move|transfer|shift) [the] {items} from [my|our|the] {other} [list] to [my|our|the] {list} [list]"])
    {
        let from = list_name(slots.get("other")?.trim_end_matches(" list"))?;
        let to = list_name(slots.get("list")?.trim_end_matches(" list"))?;
        let sure = is_common(&from) || is_common(&to);
        return sure.then_some(Command::Move { items: items(&slots)?, from: Which::named(&from), to: Which::named(&to) });
    }
    let slots = said.first(&["(move|transfer) [the] {items} (to|onto|over_to) [my|our|the] {list}"])?;
    Some(Command::MoveTo { items: items(&slots)?, to: Which { own: false, ..Which::named(&name(&slots)?) }, copies: false, sure: false })
}

pub(super) fn rename(said: &Said) -> Option<Command> {
    let slots = said.first(&[
        "(rename|retitle) (my|our|the) {list} list [to|as|into] {to}", "(change|set) the name of (my|our|the) {list} list (to|into) {to}",
        "change (my|our|the) {list} list's name to {to}", "call (my|our|the) {list} list {to}", "name (my|our|the) {list} list {to}",
        "(rename|retitle) (my|our|the) list (called|named) {list} (to|as) {to}", "(rename|retitle) (my|our|the) list [to|as|into] {to}",
        "(rename|retitle) {list} to {to}",
    ])?;
    let list = match slots.get("list") {
        Some(list) => Which::named(&list_name(list)?),
        None => Which::THE,
    };
    let to = slots.get("to")?;
    let lower = to.to_lowercase();
    let to = lower.trim_start_matches("the ").trim_start_matches("my ").trim_end_matches(" list").trim_end_matches(" instead");
    Some(Command::Rename { list, to: list_name(to)? })
}
