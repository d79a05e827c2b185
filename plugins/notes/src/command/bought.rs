//! What is said of things that are bought, without a word of a list: "we're out of milk", "what do we need from the shops?".

use super::lists::items;
use super::{Command, Which};
use crate::groceries::is_grocery;
use crate::pattern::{Said, Slots};
use crate::words::{is_vague, split};

/// What has run out is wanted again.
const OUT_OF: &[&str] = &[
    "(we're|we_are|i'm|i_am) [all|completely|nearly|almost|just|running] out of {items}",
    "(we're|we_are|i'm|i_am) [running|getting] (low|short) on {items}", "(we|i) (ran|have_run|just_ran|have_just_run|run) out of {items}",
    "(we've|i've) [just] run out of {items}", "(there's|there_is) no [more] {items} left",
    "the {items} (is|are|has|have|'s) [all|nearly|almost|just|about|pretty_much|completely|practically|well_and_truly] (finished|used_up|all_gone|gone|empty|nearly_empty|running_out|running_low|getting_low|run_out)",
    "the {items} (all|nearly|almost|just_about|pretty_much|completely|practically) (finished|used_up|gone|empty|run_out|out)",
    "(we|i|we've|i've|we_have|i_have|he|she|they|somebody|someone|the_kids|the_children) [has|have] [just|now|already] (used|used_up|finished|finished_off|emptied|eaten|drunk|drank|ate|had|polished_off) [up] (the_last_of|the_last_bit_of|the_rest_of|the_end_of|the_last_drop_of) [the|our|my] {items}",
    "(we've|i've|we_have|i_have|he|she|they|somebody|someone|the_kids|the_children) [has|have] [just|now] used up [all] [of] [the|our|my] {items}",
    "(that|this) (was|is|will_be) the (last|end|last_bit|last_drop) of (the|our|my) {items}", "that's the (last|end|last_bit|last_drop) of (the|our|my) {items}",
    "(there's|there_is|there_are|we've_got|we've|we_have|i've_got|i_have) (hardly|barely|scarcely) any {items} left", "(we've|i've) (got|only_got) (hardly|barely) any {items} left",
    "there goes the last of (the|our|my) {items}",
    "(there's|there_is) no more {items}",
    "(we|i) (don't|do_not) have any [more] {items} left", "(we|i) (don't|do_not) have any [more] {items}",
    "(we|i) have no [more] {items} left", "(we|i) [just] used up [all] [of] [the] {items}",
];
/// The same of what is eaten up, which a book and a dinner are not.
const FINISHED: &[&str] = &[
    "(we|i|we've|i've|we_have|i_have|he|she|they|somebody|someone|the_kids|the_children) [has|have] [just|now] (finished|finished_off|finished_up|polished_off) [off|up] [all] (the|our) {items}",
];
/// What may be said behind it.
const MORE_NEEDED: &[&str] = &[
    "[so|and|which_means] (we|i) [will|do|really] (need|want|could_do_with|should_get|must_get|need_to_get|need_to_buy|have_to_get|have_to_buy|could_use) (some|some_more|more|another|another_one|a_new_one|new_ones)",
    "[so|and] (we'll|i'll) (need|want|have_to_get) (some|some_more|more|another|another_one|a_new_one)", "[so|and] (we're|i'm) (going_to_need|gonna_need) (some|some_more|more|another|another_one)",
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
/// What somebody has, so that it is not to be bought any more.
const HAD: &[&str] = &[
    "(i've|we've|i_have|we_have|i|we|somebody|someone|he|she|they|mum|mom|dad) [has|have|had] (already|just|now|since) (bought|got|picked_up|got_hold_of|grabbed|brought|fetched) [the|some|our|those|in] {items}",
    "(i've|we've|i_have|we_have|i|we|somebody|someone|he|she|they|mum|mom|dad) [has|have|had] (bought|got|picked_up|got_hold_of|grabbed|brought|fetched) [the|some|our|those] {items} (already|now|yesterday|today|this_morning|on_the_way_home|in_the_end)",
    "(there's|there_is|there_are) no need (to_buy|to_get|to_pick_up|for) [any|the|more|any_more] {items} [now|anymore|after_all]",
    "no need (to_buy|to_get|to_pick_up|for) [any|the|more|any_more] {items} [now|anymore|after_all]",
    "(you|we) (needn't|don't_need_to|don't_have_to) (buy|get|pick_up) [any|the] {items} [now|any_more|anymore|after_all]",
    "(don't|do_not) bother (with|about|buying|getting) [the|any] {items} [now|any_more|anymore|after_all]",
    "(the|those|that) {items} (can|could|should|may|must|needs_to|need_to|has_to|have_to) [all] (come_off|be_taken_off|be_crossed_off|be_crossed_out|be_ticked_off|come_off_it|come_off_there|be_struck_off)",
];
/// What may be said behind it: that it is to be taken off.
const SO_OFF: &[&str] = &[
    "[so] [that_means] [you|we] (can|could|may) [just] (cross|take|tick|strike|scratch|check|remove|delete|drop) (that|it|them|those|that_one) [out|off|off_it|off_there]",
    "[so] [please] (cross|take|tick|strike|scratch|check|remove|delete|drop) (that|it|them|those|that_one) [out|off]",
    "[so|and] (that's|that_is) one (less_thing|thing_less|thing_fewer|fewer_thing|less) [to] [buy|get|pick_up|worry_about]",
    "[so|and] (that's|that_is) (done|sorted|that_sorted|that_one_done|taken_care_of)",
    "[so|and] (we|i|you) (don't|do_not|won't) need (it|them|that|those|any|any_more|more|to_buy_it|to_buy_them|to_buy_any|to_get_any) [any_more|anymore|now]",
    "[so] (there's|there_is) no need (to_buy_any|to_buy_it|to_buy_them|for_more|to_get_any|to_get_them)",
    "[so] no need (to_buy_any|to_get_any|to_buy_more|to_get_more|for_any|for_more|to_buy_it|to_buy_them)",
    "[so] (it|they|that|those) can (come_off|go|be_crossed_off|be_crossed_out|come_off_it)",
];
/// The same, why.
const WHY_OFF: &[&str] = &[
    "[because|as|since] (i|we|mum|mom|dad|he|she|they|somebody|someone) [just|actually|already] (found|have|had|got|bought|brought) {why}",
    "[because|as|since] (i've|we've) [just|actually|already] (found|got|bought|had|been_given) {why}",
    "[because|as|since] (there's|there_is|there_are|there_were|there_was) {why}",
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
/// What somebody says who stands before the shelves, or is on the way there.
const TO_BUY_THERE: &[&str] = &[
    "what (am|are) (i|we) supposed to be (picking_up|getting|buying|fetching) [here|there|today|on_the_way_home|from_the_shop|from_the_shops|from_the_store|from_the_supermarket|at_the_shop|at_the_store|at_the_supermarket]",
    "what (was|were|am|are) (i|we) (meant|supposed|going) to (get|buy|pick_up|fetch|bring_home) [here|there|today|on_the_way_home|from_the_shop|from_the_shops|from_the_store|from_the_supermarket|at_the_shop|at_the_store|at_the_supermarket]",
    "what [else] (do|did|should) (i|we) (need|want|have) [to_get|to_buy|to_pick_up] (from|at|in) the (shop|shops|store|supermarket|grocery_store|market|corner_shop)",
    "what [else] (have|do) (we|i) (got|have) [down|written_down] for the (shop|shops|supermarket|weekly_shop|shopping|store)",
    "what [else|all] (is|was) [there] [down|written_down] for the (shop|shops|supermarket|weekly_shop|shopping|store)", "what's [down|written_down] for the (shop|shops|supermarket|weekly_shop|shopping)",
    "what did (i|we) come (to|into) the (shop|shops|store|supermarket) for", "what [else] do (i|we) need to (pick_up|get|buy) [on_the_way_home|in_town|while_i'm_out|while_i'm_here]",
];
const AT_SHOP: &str = "(i'm|i_am|we're|we_are|i'm_standing|now_that_i'm) [just|now|here|stood|standing|currently|already|back] (at|in|inside|outside) [the|a] (supermarket|shop|shops|store|grocery_store|market|checkout|corner_shop|aldi|lidl|tesco|walmart|target|sainsbury's)";
const COME_FOR: &[&str] = &[
    "[and|so|but] what (did|have|was|were|had) (i|we) (come|come_here|come_in|coming|coming_here|coming_in) for", "[and|so|but] what (do|did) (i|we) need [again|here]",
    "[and|so|but] what was it (i|we) (needed|wanted|came_for|had_to_get)", "[and|so|but] what am i (here_for|after|getting|buying|looking_for)", "[and|so|but] what was i (here_for|after|getting|buying)",
    "[and|so|but] what (should|must|do) (i|we) (get|buy|have_to_get|have_to_buy|need_to_get|need_to_buy)",
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
    let at_shop = |templates: &'static [&'static str]| templates.iter().any(|template| said.both(AT_SHOP, template).is_some());
    if said.any(TO_BUY) || said.any(TO_BUY_THERE) || at_shop(COME_FOR) || at_shop(TO_BUY) || at_shop(TO_BUY_THERE) {
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
    let loose = |slots: &Slots| -> Option<Vec<String>> {
        let things = split(without_joins(slots.get("items")?), None);
        let fits = |thing: &String| thing.split(' ').count() <= 4 && !is_vague(thing);
        (!things.is_empty() && things.iter().all(fits)).then_some(things)
    };
    if let Some(items) = had(said).and_then(|slots| loose(&slots)) {
        return Some(Command::RemoveIfThere { items, sure: false });
    }
    if let Some(things) = with_tail(said, OUT_OF, &[MORE_NEEDED]).and_then(|slots| loose(&slots)) {
        // `the milk's nearly gone`
        let things: Vec<String> = things.iter().map(|thing| thing.trim_end_matches("'s").trim_end_matches("’s").to_owned()).collect();
        // `the battery is empty`, `the pizza is gone`
        let may_stay = said.starts(&["the"]);
        return things
            .iter()
            .all(|thing| (is_grocery(thing) || is_substance(thing)) && !(may_stay && is_served(thing)))
            .then(|| Command::Add { items: things, list: Which::named("shopping") });
    }
    if let Some(things) = with_tail(said, FINISHED, &[MORE_NEEDED]).and_then(|slots| loose(&slots)) {
        let eaten = |thing: &String| (is_grocery(thing) || is_substance(thing)) && !is_served(thing);
        return things.iter().all(eaten).then(|| Command::Add { items: things, list: Which::named("shopping") });
    }
    if let Some(things) = said.first(NEED).and_then(|slots| things(&slots)).filter(all_groceries) {
        return Some(Command::Add { items: things, list: Which::named("shopping") });
    }
    if let Some(things) = said.first(NOT_NEEDED).and_then(|slots| things(&slots)) {
        return Some(Command::RemoveIfThere { items: things, sure: false });
    }
    let things = with_tail(said, OFF, &[SO_OFF, WHY_OFF]).and_then(|slots| loose(&slots))?;
    let sure = all_groceries(&things) && !said.starts(&["bought", "got", "i", "we", "i've", "we've"]);
    Some(Command::RemoveIfThere { items: things, sure })
}

/// What is bought, without what joins the rest to it: a slot takes as many words as it can.
fn without_joins(items: &str) -> &str {
    const JOINS: &[&str] = &[
        "so", "and", "because", "as", "since", "now", "already", "any more", "anymore", "after all", "again", "yet", "which means", "today", "that means", "you", "we", "that",
    ];
    let mut items = items.trim_end_matches([',', ' ', ';', '.']);
    while let Some(rest) = JOINS.iter().find_map(|word| items.strip_suffix(word).and_then(|rest| rest.strip_suffix([' ', ','])).filter(|rest| !rest.trim().is_empty())) {
        items = rest.trim_end_matches([',', ' ', ';', '.']);
    }
    items
}

/// With something behind that goes with it, or without.
fn with_tail<'t>(said: &Said<'t>, heads: &[&'static str], tails: &[&[&'static str]]) -> Option<Slots<'t>> {
    let tails = || tails.iter().copied().flatten();
    heads.iter().find_map(|head| tails().find_map(|tail| said.both(head, tail)).or_else(|| said.matches(head)))
}

/// What is not to be bought any more, as one says it who has it.
fn had<'t>(said: &Said<'t>) -> Option<Slots<'t>> {
    // Without a word of taking it off, "I got the milk" is told.
    const BOUGHT: &[&str] =
        &["(i|we|i've|we've|i_have|we_have|somebody|someone|he|she|they|mum|mom|dad) [has|have] (bought|got|picked_up|found|grabbed|have|has) [the|some|our|enough|plenty_of|loads_of] {items}"];
    with_tail(said, HAD, &[SO_OFF, WHY_OFF]).or_else(|| BOUGHT.iter().find_map(|head| SO_OFF.iter().find_map(|tail| said.both(head, tail))))
}

/// What is finished when the plate is empty, or when it is written.
fn is_served(thing: &str) -> bool {
    const SERVED: &[&str] = &[
        "paper", "cake", "soup", "salad", "pizza", "pie", "roll", "bun", "toast", "pancake", "pancakes", "waffles", "steak", "fish", "sushi", "ramen", "curry",
        "pudding", "custard", "lasagne", "lasagna", "snack", "snacks", "fries", "popcorn", "card", "drink", "produce", "broth", "burger", "nails", "mop", "wrap", "stock", "battery", "bin",
        "bag", "box", "notebook", "bucket", "match",
    ];
    thing.split(' ').next_back().is_some_and(|last| SERVED.contains(&last.to_lowercase().as_str()))
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
