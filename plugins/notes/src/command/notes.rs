//! What of a person's words is about notes.

use super::{Command, Notes, number};
use crate::pattern::Said;
use crate::words::is_vague;

const WHAT: &[&str] = &[
    "(take|make|add|create|save|record|start|write) (a|another) [new|quick] note",
    "(take|write|note|jot|put|get) (that|this|it|something) down",
    "(take|write) down",
    "write down (a_note|something)",
    "(new_note|take_notes|note_something_down|note)",
    "(i_have|i've_got) something to write down",
];

const TAKE: &[&str] = &[
    "(take|make|add|create|save|keep|record) (a|another) [new] [quick|short|little|voice] note (that_says|that_reads|saying|that|of|to_self|to_myself|for_myself|about|with_the_text|reading|which_says) {text}",
    "(take|make|create|save|keep|record) (a|another) [new] [quick] note [for_me] {text}",
    "(write|leave|set|start) (a|another) [new|quick|short] note (that_says|that_reads|saying|to_self|to_myself|for_myself|reading|which_says) {text}",
    "(write|add) a [new] note: {text}",
    "(note|memo) to (self|myself) [that] {text}",
    "(write|note|jot|take|put|get) down that {text}",
    "(note|jot) down {text}",
    "(note:|note_this:|new_note:|write_down:|memo:) {text}",
    "(write|note|take|jot) (this|it) down {text}",
    "(write|note|take|jot) the following down {text}",
    "(write|note|jot) down the following {text}",
    "(note|write|take_down|jot) the_following: {text}",
    "make a memo [that|saying|to] {text}",
];

/// "note that Anna likes tea"
const NOTE_THAT: &[&str] = &["note that {text}"];

/// What is to be kept, in other words than those of a note.
const KEEP: &[&str] = &[
    "(get|have|put) (this|the_following) in writing [for_me] [that] {text}",
    "(keep|store|save|file|stash|park|hold) (this|the_following) (somewhere_safe|somewhere|for_later|on_file|on_record|safe|for_me) [for_me|for_later] {text}",
    "(keep|store|save|stash|file) (this|the_following): {text}",
    "(hang|hold) on to (this|the_following) [for_me|one_for_me|bit_for_me] {text}",
    "(hang_on|hold_on) to this one [for_me] {text}",
    "for the record [that] {text}",
    "(make|keep) a (record|note) of (this|the_following) [for_me] {text}",
    "(get|put|take) this down [for_me] [before_i_forget] {text}",
    "here's something to (write_down|note_down|jot_down|keep|hang_on_to) [for_me] {text}",
    "(make_sure|see_that) (this|the_following) gets (written_down|noted|noted_down) {text}",
];

/// Beginnings of what somebody says of themselves or of their own words, and means to be borne in mind.
const OF_THEMSELVES: &[&str] = &[
    "i am ", "i'm ", "i like ", "i love ", "i hate ", "i prefer ", "i don't ", "i do not ", "i can't ", "i cannot ", "i only ",
    "i always ", "i never ", "i speak ", "i live ", "this ", "that ", "these ", "those ", "you ", "your ", "it ", "not ", "all ", "if ",
    "when ", "there ", "in ", "for ", "as ", "any ",
];

/// What is to be written down.
pub fn take(said: &Said) -> Option<Command> {
    if let Some(text) = said.first(NOTE_THAT).and_then(|slots| slots.get("text")) {
        let lower = text.to_lowercase().replace('’', "'");
        return (!OF_THEMSELVES.iter().any(|beginning| lower.starts_with(beginning)))
            .then(|| Command::TakeNote(said.from(text).to_owned()));
    }
    if let Some(text) = said.first(KEEP).and_then(|slots| slots.get("text")) {
        let lower = text.to_lowercase().replace('’', "'");
        // `for the record, I think that he is right` is said to somebody.
        const SAID: &[&str] = &["i", "i'm", "i've", "i'd", "i'll", "we", "we're", "you", "you're", "he", "he's", "she", "she's", "they", "they're", "it", "it's", "that's", "this"];
        let told = said.begins("for the record") && lower.split(' ').next().is_some_and(|first| SAID.contains(&first));
        let fits = !told && text.split(' ').count() >= 3 && !OF_THEMSELVES.iter().any(|beginning| lower.starts_with(beginning));
        return fits.then(|| Command::TakeNote(said.from(text).to_owned()));
    }
    let slots = said.first(TAKE)?;
    let text =
        slots.get("text").filter(|text| !is_vague(text) && !["for ", "your "].iter().any(|word| text.to_lowercase().starts_with(word)))?;
    Some(Command::TakeNote(said.from(text).to_owned()))
}

pub fn understand(said: &Said) -> Option<Command> {
    if said.any(WHAT) {
        return Some(Command::TakeWhat);
    }
    if let Some(slots) = said.first(&[
        "(add|append) {text} to (my|the|that) (last|latest|previous|newest) note",
        "(add|append) to (my|the|that) (last|latest|previous|newest) note [that] {text}",
    ]) {
        return slots.get("text").filter(|text| !is_vague(text)).map(|text| Command::Append { text: text.to_owned() });
    }
    if let Some(slots) =
        said.first(&["(change|edit|replace|update|rewrite) (my|the|that) (last|latest|previous|newest) note (to|with|into|to_say) {text}"])
    {
        return slots.get("text").filter(|text| !is_vague(text)).map(|text| Command::Change { text: said.from(text).to_owned() });
    }
    if let Some(slots) = said.first(&["(add|put|write|save) {text} (to|in|into|on) (my|our) notes"]) {
        return slots.get("text").filter(|text| !is_vague(text)).map(|text| Command::TakeNote(text.to_owned()));
    }
    if let Some(command) = take(said) {
        return Some(command);
    }
    if let Some(command) = delete(said) {
        return Some(command);
    }
    if let Some(command) = read(said) {
        return Some(command);
    }
    if said.any(&["how many notes (do_i_have|have_i_got|have_i_taken|have_i_made|are_there|did_i_take|have_i_written)"]) {
        return Some(Command::CountNotes);
    }
    None
}

fn delete(said: &Said) -> Option<Command> {
    let one = |which| Some(Command::Delete { which, several: false });
    if said.any(&[
        "(delete|remove|erase|forget|scratch|discard|throw_away|drop|scrap|trash|bin) [my|the|that] (last|latest|newest|most_recent|previous) note",
        "(delete|remove|erase|scratch|discard|throw_away|drop|scrap|trash|bin|get_rid_of) (that|this) note",
        "(delete|remove|erase|discard) the note (i_just_took|i_just_made|you_just_took|you_just_made)",
        "(delete|remove|erase|discard) the last one of my notes",
    ]) {
        return one(Notes::Last);
    }
    if said.any(&["(delete|remove|erase|discard|drop|throw_away|scrap) [my|the] (oldest|earliest|very_first) (note|of_my_notes)"]) {
        return one(Notes::Oldest);
    }
    if said.any(&[
        "(delete|remove|erase|clear|discard|throw_away|wipe|get_rid_of|trash|drop) [out] (all|all_of|every|every_single) [my|our|the|of_my|of_our|of_the] (notes|note)",
        "(delete|remove|erase|clear|discard|throw_away|wipe|get_rid_of|trash) (my|our|the) notes",
        "(delete|remove|erase|clear|wipe) (everything|all) (in|from) my notes",
    ]) {
        return one(Notes::All);
    }
    if let Some(slots) = said.first(&[
        "(delete|remove|erase|discard|drop|throw_away|scrap) [my|the] note [number] {number}",
        "(delete|remove|erase|discard|drop|throw_away) [my|the] {number} [one] (note|of_my_notes|of_the_notes)",
        "(delete|remove|erase|discard|drop) [my|the] {number} note you [just] (read|told_me|mentioned|said)",
    ]) && let Some(number) = slots.get("number").and_then(number)
    {
        return one(Notes::Number(number));
    }
    if let Some(slots) =
        said.first(&["(delete|remove|erase|discard) (my|the|all_my|all|all_the) (notes|note) (from|of|i_took|i_made|i_wrote) {day}"])
        && let Some(day) = slots.get("day").filter(|day| crate::book::is_day(day))
    {
        return Some(Command::Delete { which: Notes::Day(day.to_lowercase()), several: said.mentions(&["notes"]) });
    }
    for day in ["today", "yesterday"] {
        if said.any(&[if day == "today" {
            "(delete|remove|erase|discard) [all] today's (notes|note)"
        } else {
            "(delete|remove|erase|discard) [all] yesterday's (notes|note)"
        }]) {
            return Some(Command::Delete { which: Notes::Day(day.into()), several: said.mentions(&["notes"]) });
        }
    }
    for (template, several) in [
        (
            "(delete|remove|erase|forget|discard|throw_away|drop) (all|all_of) [my|the] notes (about|on|with|saying|that_say|mentioning) {topic}",
            true,
        ),
        ("(delete|remove|erase|forget|discard|throw_away|drop) (my|the) notes (about|on|with|saying|that_say|mentioning) {topic}", true),
        (
            "(delete|remove|erase|forget|discard|throw_away|drop) (my|the|that) note (about|on|with|saying|that_says|mentioning|where_i_said|regarding) {topic}",
            false,
        ),
        ("(delete|remove|erase|discard) (my|the|that) {topic} note", false),
    ] {
        if let Some(slots) = said.matches(template) {
            return Some(Command::Delete { which: Notes::About(slots.get("topic")?.to_owned()), several });
        }
    }
    None
}

/// Where something is or what was said of it, of which there may be a note.
const FIND: &[&str] = &[
    "what (did_i_say|did_i_tell_you|have_i_said|have_i_told_you|did_i_ask_you_to_remember|did_i_get_you_to_remember) about [the|my|our] {topic}",
    "what was it [that] (i_said|i_told_you|i_asked_you_to_keep|i_wanted_to_remember|i_had_you_write_down|i_wanted_you_to_remember|i_mentioned) about [the|my|our] {topic}",
    "where did i (say|tell_you|note|write|write_down) [that] [the|my|our] {topic} (was|is|were|are|went|would_be|lives|live)",
    "where did i (say|tell_you|note|write|write_down) [that] i (put|left|hid|kept|keep|parked|stored|buried) [the|my|our] {topic}",
    "where was it [that] i (said|told_you) [that] [the|my|our] {topic} (was|is|were|are)",
    "(what|when) did i (say|tell_you|note|write_down) [that] (the|my|our) {topic} (was|is|were|are)",
    "(what|when) was it i (said|told_you) [that] (the|my|our) {topic} (was|is|were|are)",
    "what (did|have) i (have|had|get|got|ask|asked) you [to] (write_down|note|note_down|jot_down|keep|hang_on_to|remember) about [the|my|our] {topic}",
    "remind me what i (said|told_you|wrote_down|noted) about [the|my|our] {topic}",
];

fn read(said: &Said) -> Option<Command> {
    if said.any(&[
        "(read|show|tell|give|what's|what_is|what_was|hear) [me] [out|aloud|back] (my|the) (last|latest|newest|most_recent) note [aloud|again|out]",
        "(read|show) [me] [out|aloud|back] (that|this) note [again]",
        "what did i (note|write|jot) down last",
        "what was the last (thing_i_wrote_down|thing_i_noted|note_i_took|note_i_made)",
    ]) {
        return Some(Command::ReadNotes(Notes::Last));
    }
    if let Some(slots) = said.first(&[
        "(read|show|tell|give|what's|what_is|what_was|what_does) [me] [out|aloud|back] (my|the) {number} note [say|again]",
        "(read|show|tell|give|what's|what_is|what_does) [me] [out] [my] note [number] {number} [say]",
    ]) && let Some(number) = slots.get("number").and_then(number)
    {
        return Some(Command::ReadNotes(Notes::Number(number)));
    }
    if let Some(slots) = said.first(&[
        "what (did_i|have_i) (note|noted|write|written|jot|jotted) [down] {day}",
        "(read|show|tell|give|find) [me] [out] [all] [my|the] notes (from|of|i_took|i_made) {day}",
        "(what|which) notes did i (take|make|write) {day}",
        "what (are|were) my notes (from|of) {day}",
    ]) && let Some(day) = slots.get("day").filter(|day| crate::book::is_day(day))
    {
        return Some(Command::ReadNotes(Notes::Day(day.to_lowercase())));
    }
    if said.any(&["(read|show|tell) [me] [out] today's notes"]) {
        return Some(Command::ReadNotes(Notes::Day("today".into())));
    }
    if said.any(&["(read|show|tell) [me] [out] yesterday's notes"]) {
        return Some(Command::ReadNotes(Notes::Day("yesterday".into())));
    }
    if let Some(slots) = said.first(&[
        "what (did_i|have_i) (note|noted|write|written|jot|jotted) [down] (about|on|regarding|concerning) {topic}",
        "(find|read|show|get|look_up|open|give) [me] [out] my (note|notes) (about|on|with|for|of|regarding|mentioning) {topic}",
        "(find|read|show|get|look_up|open) [me] [out] (the|a|any) (note|notes) (about|on|regarding|mentioning) {topic}",
        "(search|look_through|look_in|go_through|check) my notes (for|about) {topic}",
        "what (do|does) (my|the) (notes|note) say (about|on) {topic}",
        "(do_i_have|have_i_got|is_there|are_there|did_i_take|did_i_make) (a|any) (note|notes) (about|on|regarding|mentioning) {topic}",
        "(read|show|what's|open) [me] (my|the) {topic} note",
        "(is_there|do_i_have) anything (about|on) {topic} in my notes",
        "(did_i|have_i) (note|noted|write|written|jot) [down] anything [down] (about|on|regarding) {topic}",
    ]) {
        return Some(Command::ReadNotes(Notes::About(slots.get("topic")?.to_owned())));
    }
    if let Some(slots) =
        said.first(FIND)
    {
        return Some(Command::FindIfThere(slots.get("topic")?.to_owned()));
    }
    said.any(&[
        "(read|show|tell|list|give|open|check|hear|go_through) [me|us] [out|aloud|back] [all|all_of] [of] (my|our|the) notes [out|aloud|back|again|to_me]",
        "(what_are|what's_in|what_is_in|what's_on|what_is_on|what're) [all] (my|our) notes",
        "what do my notes say",
        "what (have|did) i (had|have|get|got|asked|ask|made|make) you [to] (write_down|note_down|jot_down|put_down|note) [lately|recently|so_far|for_me|today|this_week]",
        "what (have_i_written|have_i_noted|did_i_write|did_i_note|have_i_jotted) down (lately|recently)",
        "(what|which) notes (do_i_have|have_i_got|have_i_taken|did_i_take|have_i_made|are_there)",
        "(do_i_have|have_i_got|are_there) any notes",
        "what (did_i_note|have_i_noted|did_i_write|have_i_written|did_i_jot|have_i_jotted) down [so_far]",
        "[my|any|all_my|all] notes",
        "(let_me_hear|i_want_to_hear|i'd_like_to_hear) my notes",
    ])
    .then_some(Command::ReadNotes(Notes::All))
}
