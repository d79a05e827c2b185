//! Several requests in one breath: "set a timer for 5 minutes and another for 10", "wake me at 7 and 7:30".

use std::time::Duration;

use phrase::Word;

use crate::{
    command::{Command, New, What, one},
    heard::Heard,
    reader::Reader,
    reasons,
    ring::Kind,
    setting, spoken_when,
    target::{noun, target},
    when::When,
};

/// The most requests in one breath.
const MOST: usize = 6;

pub fn part(heard: &Heard, words: &[Word]) -> Option<Heard> {
    let range = words.first()?.place.start..words.last()?.place.end;
    Heard::new(heard.text().get(range)?)
}

/// Where one may end and the next begin: the words of the first, and of the second.
fn splits(words: &[Word]) -> impl Iterator<Item = (&[Word], &[Word])> {
    (1..words.len()).filter_map(|at| {
        let (first, second) = words.split_at_checked(at).filter(|_| !in_length(words, at))?;
        let mut rest = Reader::new(second);
        let joined = rest.eat(&["and then", "and also", "and", "then", "also", "plus", "as well as"]);
        let last = first.last()?;
        // `a rice timer for 12 minutes a beans timer for 6 minutes`
        let another = matches!(rest.word(0), "a" | "an" | "another" | "one") && (1..5).any(|ahead| noun(rest.word(ahead)).is_some());
        let again = another && matches!(last.form.as_str(), "minutes" | "minute" | "seconds" | "second" | "hours" | "hour");
        (joined || last.pause || again).then(|| (first, rest.rest())).filter(|(_, rest)| !rest.is_empty())
    })
}

/// Whether a length goes on there: `an hour | and a half` is one.
fn in_length(words: &[Word], at: usize) -> bool {
    const LONGEST: usize = 8;
    let joins = words.get(at).is_some_and(|word| word.form == "and") && at.checked_sub(1).and_then(|at| words.get(at)).is_some_and(|word| !word.pause);
    joins && (at.saturating_sub(LONGEST)..at)
        .any(|from| words.get(from..).and_then(phrase::read::duration).is_some_and(|(_, taken)| from + taken > at))
}

/// Both are whole requests, each with its own verb.
pub fn pairs(heard: &Heard) -> Option<Vec<Command>> {
    const TAILS: &[&str] = &["tell me when", "let me know when", "notify me when", "alert me when", "start it", "ring when", "wake me when"];
    for (first, second) in splits(heard.words()).take(12) {
        let (Some(one_part), Some(rest)) = (part(heard, first), part(heard, second)) else { continue };
        let Some(command) = one(&one_part) else { continue };
        if Reader::new(second).eat(TAILS) {
            return Some(vec![command]);
        }
        if let Some(command) = called(&command, &rest) {
            return Some(vec![command]);
        }
        if let Some(new) = one_more(&command, &rest) {
            return Some(vec![command, new]);
        }
        if let Some(more) = too(&command, second) {
            return Some([command].into_iter().chain(more).collect());
        }
        let verb = Reader::new(second).eat(&[
            "set", "start", "make", "create", "remind", "wake", "cancel", "stop", "delete", "pause", "resume", "remove", "add", "turn", "clear", "an", "a",
        ]);
        let Some(mut more) = (verb && rest.words().len() > 1).then(|| pairs(&rest).or_else(|| one(&rest).map(|command| vec![command]))).flatten() else { continue };
        more.insert(0, command);
        return (more.len() <= MOST).then_some(more);
    }
    None
}

/// "… and call it laundry"
fn called(command: &Command, rest: &Heard) -> Option<Command> {
    let Command::Set(new) = command else {
        return None;
    };
    let mut reader = Reader::new(rest.words());
    let label = reader
        .eat(&["call it", "name it", "label it", "call that", "name that"])
        .then(|| crate::names::name(reader.rest(), rest.text()))
        .flatten()?;
    (new.label.is_empty() && new.kind != Kind::Reminder).then(|| Command::Set(New { label, ..new.clone() }))
}

/// "… and set a new one for 3 minutes"
fn one_more(command: &Command, rest: &Heard) -> Option<Command> {
    let kind = match command {
        Command::Act(query, What::Cancel | What::Stop) => query.kind?,
        _ => return None,
    };
    let sets = Reader::new(rest.words()).eat(&["set", "start", "make"]);
    let like = New::of(kind, String::new(), false, When::after(Duration::from_secs(60)));
    let new = sets.then(|| next(rest, &like)).flatten()?.into_iter().next()?;
    new.is_whole().then_some(Command::Set(new))
}

/// The same with others: "cancel the tea timer and the rice timer"
fn too(command: &Command, second: &[Word]) -> Option<Vec<Command>> {
    let Command::Act(_, what @ (What::Cancel | What::Stop | What::Pause | What::Resume | What::Restart)) = command else {
        return None;
    };
    let also = |words: &[Word]| target(words).filter(|query| !query.which.is_spoken_of() && query.kind.is_some());
    let (mut all, mut words) = (Vec::new(), second);
    loop {
        if let Some(query) = also(words) {
            all.push(Command::Act(query, what.clone()));
            return Some(all);
        }
        let (query, rest) = splits(words).find_map(|(first, rest)| also(first).map(|query| (query, rest)))?;
        all.push(Command::Act(query, what.clone()));
        words = rest;
    }
}

/// "remind me to call mum at 5 and to buy milk at 6": each has a time of its own.
pub fn reminders(heard: &Heard) -> Option<Vec<Command>> {
    let found = elliptic(heard)?;
    let whole = |command: &Command| matches!(command, Command::Set(new) if new.kind == Kind::Reminder && new.is_whole());
    found.iter().all(whole).then_some(found)
}

/// The second leaves out what the first said: "and another for 10", "and to buy milk at 6".
pub fn elliptic(heard: &Heard) -> Option<Vec<Command>> {
    for (first, second) in splits(heard.words()).take(12) {
        let Some(Command::Set(new)) = part(heard, first).as_ref().and_then(one) else { continue };
        if new.kind != Kind::Timer && !new.is_whole() {
            continue;
        }
        if let Some(more) = part(heard, second).and_then(|rest| next(&rest, &new)) {
            let mut all = vec![new];
            all.extend(more);
            share_day(&mut all);
            // `at 8 and at 9 to take my pills` is the same twice.
            let label = all.iter().map(|new| new.label.clone()).find(|label| !label.is_empty()).unwrap_or_default();
            for new in all.iter_mut().filter(|new| new.kind == Kind::Reminder && new.label.is_empty()) {
                new.label = label.clone();
            }
            return Some(all.into_iter().map(Command::Set).collect());
        }
    }
    None
}

/// `6:30 and another for 7:15 tomorrow morning`: a day that is said last is of the first, too, where that may be of then.
fn share_day(all: &mut [New]) {
    let Some((day, part)) = all.last().filter(|new| new.kind == Kind::Alarm).map(|new| (new.when.day, new.when.part)) else {
        return;
    };
    let open = |new: &When| new.day.is_none() && new.every.is_none() && new.after.is_none() && new.time.is_some_and(|time| !time.certain);
    for new in all.iter_mut().filter(|new| day.is_some() && open(&new.when)) {
        (new.when.day, new.when.part) = (day, new.when.part.or(part));
    }
}

/// "and another one for 8", after the turn before.
pub fn another(heard: &Heard) -> Option<Command> {
    let mut reader = Reader::new(heard.words());
    reader.eat(&["set", "start", "make", "add", "set me", "i need"]);
    let said = reader.eat(&[
        "another one for", "another for", "one more for", "a second one for", "another one at", "another at", "a third one for",
        "another one in",
    ]);
    // `set another one for the same time`
    let mut same = Reader::new(heard.words());
    let again = same.eat(&[
        "set another one", "start another one", "set one more", "set another", "start another", "set another timer", "start another timer",
        "another one",
    ]);
    same.eat(&[
        "for the same time", "for the same", "for as long", "of the same length", "the same", "like that", "just like that", "like it",
    ]);
    if again && same.is_over() && heard.words().len() > 2 {
        return Some(Command::Another(String::new()));
    }
    (said && (1..5).contains(&reader.rest().len())).then(|| Command::Another(heard.text().to_owned()))
}

pub fn next(rest: &Heard, before: &New) -> Option<Vec<New>> {
    if let Some((first, second)) = splits(rest.words()).next()
        && let Some(found) = part(rest, first).and_then(|first| next(&first, before))
        && let Some(more) = part(rest, second).and_then(|second| next(&second, before))
    {
        return Some(found.into_iter().chain(more).collect());
    }
    let mut reader = Reader::new(rest.words());
    reader.eat(&["set", "start", "make", "add", "set me", "do", "again"]);
    reader.eat(&[
        "another one",
        "another",
        "one more",
        "one",
        "a second one",
        "a second",
        "a third one",
        "a third",
        "the other",
        "the other one",
        "a new one",
        "a fresh one",
        "a new",
    ]);
    reader.eat(&["timer", "alarm", "reminder"]);
    match before.kind {
        Kind::Reminder => {
            let again = format!("remind me {}", rest.text().get(reader.rest().first()?.place.start..)?);
            let heard = Heard::new(&again)?;
            setting::set(heard.words(), heard.text()).filter(New::is_whole).map(|new| vec![new])
        }
        Kind::Alarm => {
            reader.eat(&["for"]);
            let when = spoken_when::whole(reader.rest(), true)?;
            let when = if when.day.is_none() && when.every.is_none() { When { day: before.when.day, every: before.when.every, ..when } } else { when };
            Some(vec![New { when, ..before.clone() }])
        }
        Kind::Timer => {
            reader.eat(&["for", "of", "at", "in"]);
            let time = match reader.length() {
                Some(time) => time,
                None => Duration::try_from_secs_f64(reader.number()? * unit(before.when.after?)).ok()?,
            };
            let label = if reader.eat(&["for the", "for my", "for", "called", "named"]) {
                crate::names::name(reader.rest(), rest.text())?
            } else {
                reader.is_over().then(String::new)?
            };
            Some(vec![New::timer(label, time)])
        }
    }
}

/// The seconds of the unit that a length is said in.
fn unit(time: Duration) -> f64 {
    match time.as_secs() {
        seconds if seconds >= 3600 && seconds.is_multiple_of(3600) => 3600.0,
        seconds if seconds >= 60 => 60.0,
        _ => 1.0,
    }
}

/// One verb and several times: "set three timers for 5, 10 and 15 minutes", "wake me at 7 and 7:30", "set alarms for 7, 8 and 9"
pub fn times(heard: &Heard) -> Option<Vec<Command>> {
    let mut reader = Reader::new(heard.words());
    let sets = reader.eat(&["set", "start", "make", "create", "give me", "i need", "set me", "set up", "put on", "i want"]);
    let wakes = !sets && reader.eat(&["wake me up at", "wake me at", "wake me up", "wake me"]);
    reader.eat(&["a", "two", "three", "four", "five", "2", "3", "4", "5", "a couple of", "several", "some", "my", "me"]);
    let kind = if wakes {
        Kind::Alarm
    } else if reader.eat(&["timers", "timer"]) {
        Kind::Timer
    } else if reader.eat(&["alarms", "alarm"]) {
        Kind::Alarm
    } else {
        // `a 5 and a 10 minute timer`
        let mut both = reader;
        if let (true, Some(first)) = (sets, both.number())
            && both.eat(&["and a", "and an", "and"])
            && let Some(second) = both.duration()
            && both.eat(&["timer", "timers"])
            && both.is_over()
        {
            let first = Duration::try_from_secs_f64(first * unit(second)).ok()?;
            return Some([first, second].map(|time| Command::Set(New::timer(String::new(), time))).to_vec());
        }
        // `three 5 minute timers`
        let (count, _) = phrase::read::number(heard.words().get(1..)?)?;
        let time = reader.duration()?;
        let same = sets && reader.eat(&["timers"]) && reader.is_over() && (2.0..=6.0).contains(&count);
        return same.then(|| (0..count as usize).map(|_| Command::Set(New::timer(String::new(), time))).collect());
    };
    reader.eat(&["please"]);
    reader.eat(&["for", "of", "at", "one for", "one of", "with"]);
    let mut all: Vec<New> = Vec::new();
    let mut numbers = Vec::new();
    while !reader.is_over() && all.len() + numbers.len() <= MOST {
        if !all.is_empty() || !numbers.is_empty() {
            reader.eat(&["and one for", "and for", "and at", "and one at", "and one of", "and", "one for", "one of", "for", "at"]);
        }
        if kind == Kind::Alarm {
            let (when, taken) = spoken_when::read(reader.rest(), true)?;
            // `ten minutes later tomorrow` is no time of day.
            if !when.has_time() || when.after.is_some() {
                return None;
            }
            reader.skip(taken);
            all.push(New::of(kind, String::new(), wakes, when));
        } else if let Some(time) = reader.length() {
            let unit = unit(time);
            for number in numbers.drain(..) {
                all.push(New::timer(String::new(), Duration::try_from_secs_f64(number * unit).ok()?));
            }
            all.push(New::timer(String::new(), time));
        } else {
            numbers.push(reader.number()?);
        }
    }
    if all.len() < 2 || !numbers.is_empty() || !reader.is_over() {
        return None;
    }
    // A day or a recurrence that is said of one is of all.
    let shared = all.iter().find(|new| new.when.day.is_some() || new.when.every.is_some()).map(|new| new.when.clone());
    if let Some(shared) = shared {
        for new in all.iter_mut().filter(|new| new.when.day.is_none() && new.when.every.is_none()) {
            (new.when.day, new.when.every, new.when.part) = (shared.day, shared.every, new.when.part.or(shared.part));
        }
    }
    Some(all.into_iter().map(Command::Set).collect())
}

/// Why one asks, and then what: "the pasta is in, so set a timer for 9 minutes".
pub fn prefaced(heard: &Heard) -> Option<Vec<Command>> {
    const SAYS: &[&str] = &[
        "i", "we", "the", "my", "our", "it", "there", "dinner", "lunch", "that", "this", "he", "she", "they", "mum", "mom", "dad", "leave",
        "go", "be",
    ];
    // What others said, wrote or would do is told.
    const TELLS: &[&str] = &[
        "say", "says", "said", "saying", "tell", "tells", "told", "ask", "asks", "asked", "write", "wrote", "writes", "shout", "shouted",
        "thought", "think", "wonder", "wondered", "heard", "if", "when", "whenever", "then", "always", "usually", "used", "never", "would",
        "should", "could", "might", "story", "example", "instance", "instructions", "recipe", "translate", "word", "words", "phrase",
        "sentence", "film", "movie", "book", "dream", "like", "as",
    ];
    let words = heard.words();
    let cuts = (3..words.len()).filter_map(|at| {
        let (first, second) = words.split_at_checked(at)?;
        let joined = matches!(second.first()?.form.as_str(), "so" | "and");
        (joined || first.last()?.pause).then_some((first, second.get(usize::from(joined)..)?))
    });
    for (first, second) in cuts.take(3) {
        let says = first.first().is_some_and(|word| SAYS.contains(&word.form.as_str()));
        if !says || first.len() > 14 || first.iter().any(|word| TELLS.contains(&word.form.as_str())) {
            continue;
        }
        let Some(rest) = part(heard, second) else {
            continue;
        };
        let found = pairs(&rest).or_else(|| one(&rest).map(|command| vec![command])).filter(|commands| {
            commands.iter().all(|command| match command {
                Command::Set(_) => true,
                Command::Act(query, what) => query.kind.is_some() && *what != What::Left,
                _ => false,
            })
        });
        if found.is_some() {
            return found;
        }
    }
    None
}

/// What is whole is done. Where the rest asks for something, it is said that this is not done; a statement is no request.
pub fn with_rest(heard: &Heard) -> Option<Vec<Command>> {
    let (first, second) = splits(heard.words()).find(|(first, second)| {
        let whole = part(heard, first).as_ref().and_then(one).is_some_and(|command| match command {
            Command::Set(new) => new.is_whole(),
            Command::Act(..) => true,
            _ => false,
        });
        whole && second.len() > 1
    })?;
    let command = part(heard, first).as_ref().and_then(one)?;
    let joined = first.len() + second.len() < heard.words().len();
    Some(if reasons::is_request(second, joined) { vec![command, Command::Rest] } else { vec![command] })
}
