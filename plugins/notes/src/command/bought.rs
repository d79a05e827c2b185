//! What is said of things that are bought, without a word of a list: "we're out of milk", "what do we need from the shops?".

use super::lists::items;
use super::{Command, Which};
use crate::groceries::is_grocery;
use crate::pattern::{Said, Slots};
use crate::words::is_vague;

/// What has run out is wanted again.
const OUT_OF: &[&str] = &[
    "(we're|we_are|i'm|i_am) [all|completely|nearly|almost|just|running] out of {items}",
    "(we're|we_are|i'm|i_am) [running|getting] (low|short) on {items}", "(we|i) (ran|have_run|just_ran|have_just_run|run) out of {items}",
    "(we've|i've) [just] run out of {items}", "(there's|there_is) no [more] {items} left",
    "the {items} (is|are) [all] (finished|used_up|all_gone|nearly_empty|running_out)", "(there's|there_is) no more {items}",
    "(we|i) (don't|do_not) have any [more] {items} left", "(we|i) (don't|do_not) have any [more] {items}",
    "(we|i) have no [more] {items} left", "(we|i) [just] used up [all] [of] [the] {items}",
];
const NEED: &[&str] = &[
    "(we|i) [also|still|really] (need|want) [some|more|some_more] {items}",
    "(we|i) [also|still|really] (need|have|ought) to (buy|get|pick_up) [some|more|some_more] {items}",
    "(we|i) (should|must|could|gotta) [also|really] (buy|get|pick_up) [some|more|some_more] {items}",
    "[the|my|our] (groceries|shopping|shop) (need|needs) [some|more] {items} (as_well|too|also)",
    "[the|my|our] (groceries|shopping|shop) (need|needs) [also] [some|more] {items}",
    "(we|i) could (use|do_with) [some|more|some_more] {items}", "(buy|get|pick_up) [some|more|some_more] {items}",
    "(add|put_down|note_down) [some|more|some_more] {items}", "(we|i) will need [some|more] {items}", "we'll need [some|more] {items}",
];
const NOT_NEEDED: &[&str] = &[
    "(we|i) (don't|do_not|no_longer|don't_actually|won't) need [any|the] {items} (any_more|anymore|any_longer|after_all|now)",
    "(we|i) (don't|do_not|no_longer|don't_actually|won't) need [any|the] {items}",
    "(we|i) (already|now) have [the] {items}",
    "(we've|we_have|i've|i_have) (already|now) got [the] {items}",
    "(we|i) (don't|do_not) (want|have_to_buy|have_to_get) [any|the] {items} (any_more|anymore|after_all)",
];
const OFF: &[&str] = &[
    "(take|cross|tick|check|strike|scratch) (off|out) [the] {items}",
    "(take|cross|tick|check|strike|scratch) [the] {items} (off|out)",
    "(scratch|strike) [the] {items}",
    "forget [about] the {items}",
    "(remove|delete) [the] {items}",
    "[i|we] (bought|got) [the] {items}",
    "(i've|i_have|we've|we_have) (bought|got|picked_up) [the] {items}",
];
const TO_BUY: &[&str] = &[
    "what [else|all|groceries|things|stuff] (do|did|should) (i|we) (have|need|want) to (buy|get|pick_up) [today|at_the_store|at_the_shop|at_the_supermarket|from_the_shop|from_the_store|from_the_supermarket]",
    "what [else|groceries|things|stuff] (do|did) (i|we) need (from|at) the (shop|shops|store|supermarket|grocery_store)",
    "what (should|must) (i|we) (buy|get) [today] (at_the_store|at_the_shop|at_the_supermarket|at_the_grocery_store)",
    "what [else] (do_we_need|is_left_to_buy|is_there_to_buy|do_i_still_need|do_we_still_need|are_we_out_of|groceries_do_we_need|groceries_do_i_need)",
    "what's left to buy",
    "[the|my|our] (shopping|grocery) list",
    "what am i (shopping_for|buying|supposed_to_buy)",
];
const TO_DO: &[&str] = &[
    "what [else] (do|did) i have to do [today]",
    "what's left to do [today]",
    "what [else] (have_i|do_i_have) (got_to|to) do [today]",
    "what are my (to-dos|todos|tasks)",
    "[my] to-do list",
];
/// What is said of things that are bought, without a word of a list.
pub(super) fn bought(said: &Said) -> Option<Command> {
    if said.any(TO_BUY) {
        return Some(Command::Read { list: Which::named("shopping") });
    }
    if said.any(&[
        "how many (things|items|groceries) (do_i|do_we) (need|have) to (buy|get|pick_up)",
        "how much (do_i|do_we) (need|have) to buy",
    ]) {
        return Some(Command::Count { list: Which::named("shopping") });
    }
    if said.any(TO_DO) {
        return Some(Command::ReadIfThere { name: "to-do".into() });
    }
    let things = |slots: &Slots| -> Option<Vec<String>> {
        let things = items(slots)?;
        things.iter().all(|thing| thing.split(' ').count() <= 4).then_some(things)
    };
    let all_groceries = |things: &Vec<String>| things.iter().all(|thing| is_grocery(thing));
    if let Some(slots) = said.first(&["(replace|swap|exchange) [the] {item} (with|for|by) {with}", "change [the] {item} to {with}"]) {
        let [item, with] = ["item", "with"].map(|slot| slots.get(slot).filter(|thing| !is_vague(thing) && thing.split(' ').count() <= 4));
        return Some(Command::ReplaceIfThere { item: item?.to_owned(), with: with?.to_owned() });
    }
    if let Some(slots) = said.first(&["(do_we|do_i) [still] need [to_buy|to_get] [any|some|more|any_more] {item}"]) {
        return slots.get("item").filter(|item| is_grocery(item)).map(|item| Command::Needs { item: item.to_owned() });
    }
    if let Some(things) = said.first(OUT_OF).and_then(|slots| things(&slots)) {
        return things
            .iter()
            .all(|thing| is_grocery(thing) || is_substance(thing))
            .then(|| Command::Add { items: things, list: Which::named("shopping") });
    }
    if let Some(things) = said.first(NEED).and_then(|slots| things(&slots)).filter(all_groceries) {
        return Some(Command::Add { items: things, list: Which::named("shopping") });
    }
    if let Some(things) = said.first(NOT_NEEDED).and_then(|slots| things(&slots)) {
        let sure = all_groceries(&things);
        return Some(Command::RemoveIfThere { items: things, sure });
    }
    let things = said.first(OFF).and_then(|slots| things(&slots))?;
    let sure = all_groceries(&things) && !said.starts(&["bought", "got", "i", "we", "i've", "we've"]);
    Some(Command::RemoveIfThere { items: things, sure })
}

/// What one buys when it is used up, by how it is called.
fn is_substance(thing: &str) -> bool {
    const ENDINGS: &[&str] = &[
        "powder", "paper", "spray", "liquid", "tablets", "bags", "soap", "oil", "cream", "food", "polish", "detergent", "cleaner", "wipes",
        "foil", "wrap", "refill", "refills", "capsules", "filters", "pods", "sauce", "juice", "mix",
    ];
    thing.split(' ').next_back().is_some_and(|last| ENDINGS.contains(&last.to_lowercase().as_str()))
}

/// Whether nothing but a thing that is bought is named: `milk`, not `I put milk`.
pub(super) fn is_named(item: &str) -> bool {
    const TOLD: &[&str] = &[
        "i", "we", "he", "she", "they", "you", "put", "was", "is", "are", "were", "no", "not", "had", "have", "got", "see", "saw", "never",
        "always",
    ];
    is_grocery(item) && !item.to_lowercase().split(' ').any(|word| TOLD.contains(&word))
}
