//! What of a person's words is about lists.

use super::bought::{bought, is_named};
use super::moved::{moved, rename};
use super::{Command, Which, number};
use crate::groceries::is_grocery;
use crate::pattern::{Said, Slots};
use crate::words::{is_common, is_vague, list_name, split};

/// How a list is referred to at the end of a request; whether that makes it the speaker's own; whether it has an article.
const LIST: &[(&str, bool, bool)] = &[
    ("(my|our) {list} (list|lists)", true, true),
    ("(my|our|the) {shop} [thing|stuff|items]", true, true),
    ("(my|our) [{list}] list", true, true),
    ("[my|our|the|a|a_new|another] list (called|named) {list}", true, true),
    ("(the|that|this) [{list}] list", false, true),
    ("[{list}] list", false, false),
];

// What comes before that.
const REMOVE_LAST: &[&str] =
    &["(remove|delete|take|cross|drop|erase) [off] the (last|latest|newest) (item|thing|entry|one) (from|off|on|in|out_of|of)"];
const CLEAR: &[&str] = &[
    "(clear|empty|wipe|erase|reset) [out|off]",
    "(start_over_with|start_again_with|start_fresh_with)",
    "(remove|delete|take|clear|erase|cross|wipe) [off] (everything|every_thing|all_items|all_the_items|all_things|all|every_item|all_entries) (from|off|on|in|out_of)",
];
const DELETE: &[&str] = &["(delete|remove|get_rid_of|throw_away|drop|forget)"];
const ADD: &[&str] = &[
    "(add|put|stick|throw|get|write|enter|include|insert|jot|pop|chuck|place|append) [down] {items} (to|on|onto|on_to|in|into|at_the_end_of|at_the_top_of)",
    "(write|note|jot) [down] {items} (on|onto)",
];
const NEEDS_ON: &[&str] = &[
    "(we|i) need {items} (on|in|to_be_on)",
    "(have|get) {items} (on|onto|to)",
    "(i'd_like|i_want|we_want) {items} (on|in)",
];
/// What goes on a list, by itself or as it should: "cat food should go on the shopping".
const GOES_ON: &[&str] =
    &["{items} (go|goes|going|be|be_put|be_added|be_written|be_written_down|be_noted|get_put|get_added|belong|belongs) [down] (on|onto|to|in)"];
/// Words between a thing and what it should do.
const SHOULD: &[&str] = &[
    "should", "ought", "to", "must", "has", "have", "needs", "need", "can", "could", "might", "may", "had", "better", "also", "really", "definitely", "probably",
    "just", "will", "would", "wants", "want", "is", "are", "still", "got", "supposed", "please", "then", "gotta", "simply", "all", "both", "meant",
];
/// What is to leave a list: "the lemons can come off my list".
const COMES_OFF: &[&str] =
    &["[the|those] {items} (can|could|should|must|may|needs_to|need_to|has_to|have_to) [all] (come|be_taken|be_crossed|be_struck|be_removed|be_deleted|go) (off|off_of|from)"];
const ADD_WHAT: &[&str] = &["(add|put) (to|on|onto)"];
const REMOVE: &[&str] = &[
    "(remove|delete|take|cross|strike|tick|check|scratch|drop|erase|get_rid_of) [off|out] {items} (from|off|off_of|off_from|out_of)",
    "(remove|delete|cross|strike|tick|check|mark) [off|out] {items} (on|in)",
    "(mark|tick|check) {items} (as_done|as_bought|as_complete|done|off) (on|in|from)",
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
    "(read|show|tell|give|open|check|display|list|look_at|go_through|go_over) [me|us] [out|aloud|back|up]",
    "(read|show|tell|give) [me|us] [all] the (items|things|entries|contents|content) (on|in|of)",
    "(what|which) [other] (items|things|stuff) [do_i_have|do_we_have|are|have_i] [got|put|still|left] (on|in)",
    "(what_does|what_do) (it_say_on)",
    "what (was|were) (on|in)",
    "what (did|have) (i|we) (put|add|write|written|added) (on|to|onto|in)",
    "(is|are) (anything|something) [left|still] (on|in)",
    "(what's|what_is) [all] (there|written) (on|in)",
];
const READ_NUMBER: &[&str] = &[
    "(what's|what_is|which_is|read|read_me|tell_me) [the] {number} (item|thing|one|entry) (on|in|of|from)",
    "(what's|what_is) [the] {number} (on|in)",
    "what (comes|is) {number} (on|in)",
];
const COUNT: &[&str] = &["how (many|much) [things|items|entries] (are|is|do_i_have|have_i_got|are_there|do_we_have) [left|there] (on|in)"];
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
    "(make|create|start|begin) (a|another|my|our) {list} list (with|and_add|containing) {items}",
];
/// A new list, without its name.
const MAKE_WHAT: &[&str] = &["(make|create|start|begin|open|set_up) [me] (a|another) [new] list", "[a] new list"];
/// Things that were spoken of before.
pub(super) const THAT: &[&str] = &[
    "it", "that", "this", "them", "these", "those", "that one", "this one", "those too", "that too", "it too", "some", "some more", "one",
];

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
    "some stuff",
    "stuff",
];

pub fn understand(said: &Said) -> Option<Command> {
    if said.any(&[
        "(what|which) lists (do_i_have|do_we_have|have_i_got|have_i_made|are_saved|are_there|exist)",
        "(what_are|list|show|name|tell|read) [me] [all] [of] (my|our|the_names_of_my|the_names_of_all_my) lists",
        "(do_i_have|do_we_have|are_there) any lists",
        "[my] lists",
        "(what_are|what's) [all] (my|our) lists [called]",
    ]) {
        return Some(Command::Lists);
    }
    if said.any(&["how many lists (do_i_have|do_we_have|have_i_got|are_there)"]) {
        return Some(Command::CountLists);
    }
    if said.any(&[
        "(read|tell) [me|us] [out|aloud] (everything|all) (on|in) [all] [of] (my|our|the) lists",
        "(read|show|give) [me|us] [out] (all|every) [of] (my|our|the) lists (out|aloud|in_full|with_everything)",
        "what's on [all] [of] (my|our|the) lists",
        "what is on [all] [of] (my|our|the) lists",
    ]) {
        return Some(Command::ReadLists);
    }
    if said.any(&[
        "(delete|remove|erase|discard|throw_away|drop|get_rid_of|trash|wipe|wipe_out|kill|destroy) (all|all_of|every|every_one_of|every_single_one_of|both|both_of) [my|our|the|of_my|of_our|of_the] (lists|list)",
        "(delete|remove|erase|discard|throw_away|get_rid_of|trash|wipe) (my|our|the) lists",
        "(throw|trash) (all|all_of) (my|our|the) lists away",
    ]) {
        return Some(Command::DeleteLists);
    }
    if said.any(&[
        "(clear|empty) [out] (all|all_of|every|both) [my|our|the|of_my|of_our|of_the] (lists|list)",
        "(clear|empty) [out] (my|our|the) lists",
    ]) {
        return Some(Command::ClearLists);
    }
    if let Some(slots) = said.first(&[
        "(do_i_have|do_we_have|is_there|have_i_got|have_we_got) (a|any) {list} list",
        "(do_i_have|is_there|have_i_got) a list (called|named) {list}",
    ]) && let Some(name) = name(&slots)
    {
        return Some(Command::HasList { name });
    }
    if let Some(command) = rename(said) {
        return Some(command);
    }
    if let Some((_, list)) = ending(said, REMOVE_LAST) {
        return Some(Command::RemoveNumber { number: None, list });
    }
    if let Some((slots, list)) = ending(
        said,
        &[
            "(remove|delete|take|cross|drop|erase) [off] [the] {number} (item|thing|entry|one) (from|off|on|in|out_of|of)",
            "(remove|delete|take|cross|drop|erase) [off] (item|number|entry) [number] {number} (from|off|on|in|out_of|of)",
        ],
    ) && let Some(number) = slots.get("number").and_then(number)
    {
        return Some(Command::RemoveNumber { number: Some(number), list });
    }
    // `cross out the first item`, of the list that was spoken of
    if let Some(slots) = said.first(&[
        "(remove|delete|cross|tick|check|strike|take) [off|out] [the] {number} (item|thing|entry)",
        "(remove|delete|cross|tick|check|strike|take) [the] {number} (item|thing|entry) (off|out)",
        "(remove|delete|cross|tick|check|strike|take) [off|out] (item|entry) [number] {number}",
    ]) && let Some(number) = slots.get("number").and_then(place)
    {
        return Some(Command::RemoveNumber { number, list: Which::THE });
    }
    if let Some(slots) = said.first(&["(what's|what_is|read_me|show_me|read) [on] (my|our|the) {list} list [for] today"]) {
        return Some(Command::Read { list: Which::named(&name(&slots)?) });
    }
    if let Some((slots, list)) = ending(said, READ_NUMBER)
        && let Some(number) = slots.get("number").and_then(place)
    {
        return Some(Command::ReadNumber { number, list });
    }
    if let Some(slots) = said.first(&["make (my|our|the) [{list}] list empty"]) {
        let list = slots.get("list").map_or(Some(Which::THE), |list| list_name(list).map(|name| Which::named(&name)))?;
        return Some(Command::Clear { list });
    }
    if let Some(slots) = said
        .first(&["(is|are) (my|our|the) [{list}] list (empty|done|finished|full) [already|yet]", "how long is (my|our|the) [{list}] list"])
    {
        let list = slots.get("list").map_or(Some(Which::THE), |list| list_name(list).map(|name| Which::named(&name)))?;
        return Some(Command::Count { list });
    }
    if let Some((_, list)) = ending(said, CLEAR) {
        return Some(Command::Clear { list });
    }
    if let Some((_, list)) = ending(said, DELETE).filter(|(_, list)| list.determined) {
        return Some(Command::DeleteList { list });
    }
    if let Some((slots, list)) = ending(
        said,
        &[
            "(replace|swap|exchange) [the] {item} (with|for|by) {with} (on|in)",
            "(change|turn) [the] {item} (to|into) {with} (on|in)",
            "(change|turn) [the] {item} (on|in)",
        ],
    ) && let (Some(item), Some(with)) = (slots.get("item"), slots.get("with"))
    {
        return Some(Command::Replace { item: item.to_owned(), with: with.to_owned(), list });
    }
    if let Some((slots, to)) = ending(said, &["(move|transfer|shift) [the] {items} from [my|the|our] {other} list (to|onto|on_to|into)"]) {
        let from = list_name(slots.get("other")?)?;
        return Some(Command::Move { items: items(&slots)?, from: Which::named(&from), to });
    }
    if let Some(command) = moved(said) {
        return Some(command);
    }
    if let Some(slots) =
        said.first(&["(add|put) (to|on) (my|our|the) {list} list {items}", "(to|on) (my|our|the) {list} list (add|put) {items}"])
    {
        return Some(Command::Add { items: items(&slots)?, list: Which::named(&name(&slots)?) });
    }
    if let Some(slots) = said.first(&["(add|put) (to|on) (my|our|the) list {items}"]) {
        return Some(Command::Add { items: items(&slots)?, list: Which::THE });
    }
    if let Some(slots) = said.first(&["[my|our|the] {list} list (add|put) {items}"])
        && let Some(name) = name(&slots).filter(|name| is_common(name))
    {
        return Some(Command::Add { items: items(&slots)?, list: Which::named(&name) });
    }
    if let Some((slots, list)) = ending(said, ADD) {
        if slots.get("items").is_some_and(|items| SOMETHING.contains(&items.to_lowercase().as_str())) {
            return Some(Command::AddWhat { list });
        }
        if slots.get("items").is_some_and(|items| THAT.contains(&items.to_lowercase().as_str())) {
            return Some(Command::AddThat { list });
        }
        return Some(Command::Add { items: items(&slots)?, list });
    }
    if let Some(slots) =
        said.first(&["(add|put) {items} (to|on|onto|in) (my|our|the) {list} list (and_also|and|also|plus|as_well_as|with) {more}"])
    {
        let more = split(slots.get("more")?, slots.get("list"));
        let first = |item: &str| item.split(' ').next().unwrap_or_default().to_lowercase();
        let fits = |item: &String| {
            item.split(' ').count() <= 4
                && !is_vague(item)
                && first(item) != "then"
                && !super::several::VERBS.contains(&first(item).as_str())
        };
        let items: Vec<String> = items(&slots)?.into_iter().chain(more).collect();
        return items.iter().all(fits).then_some(Command::Add { items, list: Which::named(&name(&slots)?) });
    }
    if let Some((slots, list)) = ending(said, CONTAINS) {
        let item = slots.get("item").filter(|item| !is_vague(item))?;
        return Some(Command::Contains { item: item.to_owned(), list });
    }
    if let Some((slots, list)) = ending(said, NEEDS_ON) {
        return Some(Command::Add { items: items(&slots)?, list });
    }
    if let Some((slots, list)) = ending(said, GOES_ON) {
        return goes_on(said, &slots, list);
    }
    if let Some((slots, list)) = ending(said, COMES_OFF) {
        return Some(Command::Remove { items: items(&slots)?, list });
    }
    if let Some((_, list)) = ending(said, ADD_WHAT) {
        return Some(Command::AddWhat { list });
    }
    if let Some((slots, list)) = ending(said, REMOVE) {
        return Some(Command::Remove { items: items(&slots)?, list });
    }
    if let Some((_, list)) = ending(said, READ) {
        return Some(Command::Read { list });
    }
    if let Some((_, list)) = ending(said, COUNT) {
        return Some(Command::Count { list });
    }
    if said.any(MAKE_WHAT) {
        return Some(Command::MakeWhat);
    }
    if let Some(slots) = said.first(MAKE) {
        let name = name(&slots)?;
        let items = if slots.get("items").is_some() { items(&slots)? } else { Vec::new() };
        return Some(Command::Make { name, items });
    }
    if let Some(slots) = said.first(&["(make|create) (a|another|my|our) {list} list"]) {
        // A longer name is one of a list that the model should think up.
        return Some(Command::Make { name: name(&slots).filter(|name| name.split(' ').count() < 3)?, items: Vec::new() });
    }

    if let Some(slots) = said.first(&["(add|put) {items} (to|on|onto) [my|our|the] {list}"])
        && let Some(name) = name(&slots)
    {
        return Some(Command::AddIfThere { items: items(&slots)?, name });
    }
    if let Some((slots, list)) = ending(said, &["{items} (on|onto|to)"]).filter(|(_, list)| list.name.as_deref() == Some("shopping"))
        && let Some(items) = items(&slots).filter(|items| items.iter().all(|item| item.split(' ').count() <= 3 && is_named(item)))
    {
        return Some(Command::Add { items, list });
    }
    bought(said)
}

/// "cat food should go on the shopping": the thing without what it should do.
fn goes_on(said: &Said, slots: &Slots, list: Which) -> Option<Command> {
    const ASKS: &[&str] = &["who", "why", "what", "which", "where", "how", "when", "whose", "should", "does", "do", "is", "are", "can", "could", "must", "did", "if"];
    const NOT: &[&str] = &["not", "never", "shouldn't", "can't", "cannot", "mustn't", "needn't", "won't", "doesn't", "don't", "that", "who", "which", "i", "you", "we", "name", "names"];
    let whole = slots.get("items")?;
    let lower = whole.to_lowercase().replace('’', "'");
    let words: Vec<&str> = lower.split_whitespace().collect();
    let should = words.iter().rev().take_while(|word| SHOULD.contains(word)).count();
    let kept = words.len().checked_sub(should).filter(|kept| *kept > 0)?;
    let thing = whole.split_whitespace().take(kept).collect::<Vec<_>>().join(" ");
    if ASKS.contains(words.first()?) || words.iter().any(|word| NOT.contains(word)) {
        return None;
    }
    let lower = thing.to_lowercase();
    // `make sure bread goes on the list`
    let asked = ["make sure that ", "make sure ", "see that ", "see to it that ", "ensure that ", "ensure "].iter().find(|ask| lower.starts_with(*ask));
    let thing = asked.and_then(|ask| thing.get(ask.len()..)).unwrap_or(&thing);
    if THAT.contains(&thing.to_lowercase().as_str()) {
        return Some(Command::AddThat { list });
    }
    let things = split(thing, slots.get("list"));
    // What is said to be on some other list is told, and not asked for.
    let told = said.mentions(&["be", "belong", "belongs"]) && !list.own && list.name.as_deref().is_none_or(|name| !is_common(name));
    let fits = !things.is_empty() && !things.iter().any(|item| is_vague(item) || (told && !is_grocery(item)));
    fits.then_some(Command::Add { items: things, list })
}

/// A place on a list; `Some(None)` is the last.
fn place(said: &str) -> Option<Option<usize>> {
    match said.to_lowercase().as_str() {
        "last" | "latest" | "newest" | "bottom" | "final" => Some(None),
        "at the top" | "next" => Some(Some(1)),
        other => number(other).map(Some),
    }
}

/// Matches what begins like one of `beginnings` and ends in a list that may be one of hers.
pub(super) fn ending<'t>(said: &Said<'t>, beginnings: &[&'static str]) -> Option<(Slots<'t>, Which)> {
    beginnings.iter().find_map(|beginning| {
        LIST.iter().find_map(|&(list, own, determined)| {
            let slots = said.both(beginning, list)?;
            let name = match (slots.get("list"), slots.get("shop")) {
                (Some(said), _) => Some(list_name(said)?),
                // `the groceries` need no word of a list, other names do.
                (None, Some(said)) => {
                    let said = ["thing", "stuff", "items"].iter().find_map(|word| said.strip_suffix(word)).unwrap_or(said);
                    Some(list_name(said).filter(|name| is_common(name))?)
                }
                (None, None) => None,
            };
            Some((slots, Which { name, own, determined }))
        })
    })
}

pub(super) fn name(slots: &Slots) -> Option<String> {
    list_name(slots.get("list")?)
}

pub(super) fn items(slots: &Slots) -> Option<Vec<String>> {
    let items = split(slots.get("items")?, slots.get("list"));
    (!items.is_empty() && !items.iter().any(|item| is_vague(item))).then_some(items)
}
