//! Requests that change one: by an amount, to a time, or its name.

use phrase::{Word, read};

use crate::{
    acts::{more_time, without_end},
    command::{Command, What},
    names::said_label,
    reader::Reader,
    spoken_when,
    target::{Query, Which, perhaps, target},
};

fn it(words: &[Word]) -> Option<Query> {
    if words.is_empty() { Some(Query::of(None, Which::It)) } else { target(words).or_else(|| perhaps(words)) }
}

fn change(query: Query, sign: i64, time: std::time::Duration) -> Option<Command> {
    Some(Command::Act(query, What::By(i64::try_from(time.as_millis()).ok()?.checked_mul(sign)?)))
}

/// "add 5 minutes to the timer", "remove 5 minutes from it", "extend it by an hour", "make it 10 minutes longer"
pub fn by(words: &[Word]) -> Option<Command> {
    let mut reader = Reader::new(words);
    let more = reader.eat(&["add", "put", "give", "tack on", "throw on", "put on", "add on"]);
    let less = !more && reader.eat(&["remove", "take", "subtract", "knock", "cut", "shave", "drop", "deduct", "delete", "lose", "take off", "knock off", "subtract another"]);
    if more || less {
        let sign = if more { 1 } else { -1 };
        let mut given = reader;
        given.eat(&["me", "us"]);
        if let Some((time, _)) = more_time(&mut given) {
            given.eat(&["to", "on", "onto", "on to", "for", "from", "off", "off of", "of", "away from", "away", "in"]);
            // `give me 5 more minutes` snoozes, `put 10 minutes on a timer` sets one.
            let off = Reader::new(words).eat(&["take off", "knock off"]);
            let vague = given.is_over()
                && !off
                && words.first().is_some_and(|word| matches!(word.form.as_str(), "give" | "put" | "cut" | "drop" | "take"));
            let sets = matches!(given.word(0), "a" | "an");
            return if vague || sets { None } else { it(given.rest()).and_then(|query| change(query, sign, time)) };
        }
        if !matches!(words.first().map(|word| word.form.as_str()), Some("give" | "add")) {
            return None;
        }
        // `give the timer another 5 minutes`
        return (1..reader.rest().len()).find_map(|at| {
            let (which, rest) = reader.rest().split_at_checked(at)?;
            let mut rest = Reader::new(rest);
            let (time, _) = more_time(&mut rest)?;
            rest.is_over().then(|| target(which).or_else(|| perhaps(which))).flatten().and_then(|query| change(query, sign, time))
        });
    }
    // `ten minutes later`
    let mut shift = reader;
    if let Some(time) = shift.length()
        && let Some(sign) =
            if shift.eat(&["later", "longer"]) { Some(1) } else { shift.eat(&["earlier", "shorter", "sooner"]).then_some(-1) }
        && shift.is_over()
    {
        return change(Query::of(None, Which::It), sign, time);
    }
    let sign = match () {
        () if reader.eat(&["extend", "lengthen", "prolong", "increase", "stretch", "delay", "postpone", "push back", "move back", "push out"]) => 1,
        () if reader.eat(&["shorten", "reduce", "decrease", "lower", "cut down", "bring forward", "move up", "move forward", "bring down"]) => -1,
        () if reader.eat(&["make", "set", "move", "push", "shift", "bring", "put", "change"]) => 0,
        () => return None,
    };
    (0..reader.rest().len()).find_map(|at| {
        let (which, rest) = reader.rest().split_at_checked(at)?;
        let mut rest = Reader::new(rest);
        let later = &["back", "later", "out"];
        let earlier = &["forward", "up", "ahead", "earlier", "down"];
        let mut sign = sign;
        if sign == 0 && rest.eat(later) {
            sign = 1;
        } else if sign == 0 && rest.eat(earlier) {
            sign = -1;
        }
        let by = rest.eat(&["by"]);
        rest.eat(&["for"]);
        // `extend it by 5`
        let bare = |rest: &mut Reader| {
            let minutes = rest.number().filter(|minutes| by && rest.is_over() && *minutes > 0.0)?;
            std::time::Duration::try_from_secs_f64(minutes * 60.0).ok()
        };
        let from = rest;
        let time = match more_time(&mut rest) {
            Some((time, _)) => time,
            None => {
                rest = from;
                bare(&mut rest)?
            }
        };
        if sign == 0
            && (rest.eat(&["later", "longer", "more"]) || words.last().is_some_and(|word| matches!(word.form.as_str(), "longer" | "more")))
        {
            sign = 1;
        } else if sign == 0 && rest.eat(&["earlier", "shorter", "less", "sooner"]) {
            sign = -1;
        }
        (rest.is_over() && sign != 0).then(|| it(which)).flatten().and_then(|query| change(query, sign, time))
    })
}

/// "rename the timer to pasta", "call it pasta"
pub fn rename(words: &[Word]) -> Option<Command> {
    let mut reader = Reader::new(words);
    let renames = reader.eat(&["rename", "relabel", "change the name of", "change the label of", "label"]);
    if !renames && !reader.eat(&["call", "name"]) {
        return None;
    }
    (1..reader.rest().len()).find_map(|at| {
        let (which, name) = reader.rest().split_at_checked(at)?;
        let mut name = Reader::new(name);
        let joined = name.eat(&["to", "as", "into"]);
        name.eat(&["the"]);
        let query = target(which)?;
        let words = without_end(name.rest(), &["timer"]).unwrap_or(name.rest());
        let label = said_label(words).filter(|_| words.len() <= 5)?;
        let is_it = matches!(which.first().map(|word| word.form.as_str()), Some("it" | "that" | "this"));
        (joined || !renames || is_it).then_some(Command::Act(query, What::Rename(label)))
    })
}

/// Whether the words are a time, a day or a length.
pub fn is_when(words: &[Word]) -> bool {
    let number = || read::number(words).is_some_and(|(_, taken)| taken == words.len());
    let length = || read::duration(words).is_some_and(|(_, taken)| taken == words.len());
    !words.is_empty() && (length() || spoken_when::whole(words, true).is_some() || number())
}

fn form(words: &[Word]) -> String {
    words.iter().map(|word| word.form.as_str()).collect::<Vec<_>>().join(" ")
}

/// "change the alarm to 8", "make it 15 minutes", and behind "actually" only "15 minutes"
pub fn to(words: &[Word], corrects: bool) -> Option<Command> {
    if corrects {
        let mut reader = Reader::new(words);
        reader.eat(&["for", "at", "to"]);
        // `wait a minute` asks for patience.
        let patience = matches!((reader.word(0), reader.word(1)), ("a" | "one" | "just", "minute" | "second" | "moment" | "sec"));
        if is_when(reader.rest()) && !patience {
            return Some(Command::Act(Query::of(None, Which::It), What::To(form(reader.rest()))));
        }
    }
    // `the timer should be 8 minutes`
    let should = words.iter().position(|word| matches!(word.form.as_str(), "should" | "must" | "needs" | "has"));
    if let Some((which, rest)) = should.and_then(|at| words.split_at_checked(at)) {
        let mut rest = Reader::new(rest);
        let verb = rest.eat(&[
            "should be", "should be for", "should be at", "should last", "should run for", "should go off at", "should ring at", "must be", "needs to be",
            "needs to be at", "has to be", "has to be at", "should have been", "should have been for",
        ]);
        return target(which).filter(|_| verb && is_when(rest.rest())).map(|query| Command::Act(query, What::To(form(rest.rest()))));
    }
    let mut reader = Reader::new(words);
    let set = reader.eat(&["set"]);
    let moves = !set
        && reader.eat(&[
            "change", "move", "make", "reset", "update", "adjust", "reschedule", "postpone", "push", "delay", "shift", "edit", "modify",
            "switch", "put", "push back", "bring", "repeat",
        ]);
    if !set && !moves {
        return None;
    }
    reader.eat(&["the time of", "the time on", "the time for", "the length of", "the duration of"]);
    (1..reader.rest().len()).find_map(|at| {
        let (which, rest) = reader.rest().split_at_checked(at)?;
        let mut rest = Reader::new(rest);
        let joined = rest.eat(&[
            "to", "for", "until", "till", "at", "into", "back to", "up to", "forward to", "to be at", "go off at", "to go off at", "on",
            "back until",
        ]);
        // `make it 15 minutes` needs no more, and `weekdays only` means these.
        let rest = Reader::new(without_end(rest.rest(), &["only"]).unwrap_or(rest.rest()));
        if !(joined || words.first().is_some_and(|word| matches!(word.form.as_str(), "make" | "repeat"))) || !is_when(rest.rest()) {
            return None;
        }
        let query = target(which)?;
        let makes = matches!(which.first().map(|word| word.form.as_str()), Some("a" | "an" | "me"));
        ((!set || query.which.is_spoken_of()) && !makes).then(|| Command::Act(query, What::To(form(rest.rest()))))
    })
}
