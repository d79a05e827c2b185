//! Several requests in one breath: "add milk to the shopping list and call mum to my to-do list".

use super::{Command, one};

/// Verbs that begin a request of their own.
pub const VERBS: &[&str] = &[
    "add", "put", "remove", "delete", "take", "clear", "empty", "read", "create", "make", "cross", "tell", "what's", "note", "start",
    "write", "jot", "show", "rename", "move",
];

/// Parts of one utterance at most.
const MOST: usize = 5;

/// The commands where there are two or more and each part is one; otherwise what was said is looked at as a whole.
pub fn split(text: &str) -> Option<Vec<Command>> {
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.len() > 60 {
        return None;
    }
    let bare = |at: usize| {
        words.get(at).map(|word| word.trim_matches(|c: char| !c.is_alphanumeric() && c != '\'').to_lowercase()).unwrap_or_default()
    };
    let verb = (0..words.len()).map(bare).find(|word| VERBS.contains(&word.as_str()));
    let mut parts: Vec<String> = Vec::new();
    let mut begin = 0;
    let mut at = 1;
    while at < words.len() {
        let ended = words.get(at - 1).is_some_and(|word| word.ends_with(['.', '!', '?', ';']));
        let joined = matches!(bare(at).as_str(), "and" | "then");
        let mut next = at + usize::from(joined);
        while joined && matches!(bare(next).as_str(), "also" | "then" | "please") {
            next += 1;
        }
        let is_verb = VERBS.contains(&bare(next).as_str());
        // `… list and bread to the other list`: the verb is that of the first.
        let goes_on =
            joined && matches!(bare(at - 1).as_str(), "list" | "groceries") && words.get(next..).is_some_and(|rest| rest.len() >= 3);
        if (ended && next < words.len()) || (joined && (is_verb || goes_on)) {
            push(&mut parts, words.get(begin..at).unwrap_or_default(), None);
            begin = next;
            if !is_verb && !ended {
                push(&mut parts, words.get(next..).unwrap_or_default(), verb.as_deref());
                begin = words.len();
                break;
            }
            at = next;
        }
        at += 1;
    }
    push(&mut parts, words.get(begin..).unwrap_or_default(), None);
    if parts.len() < 2 || parts.len() > MOST {
        return None;
    }
    let commands: Vec<Command> = parts.iter().map(|part| one(part)).collect::<Option<_>>()?;
    // What is dictated may say anything; a refusal or an undoing speaks of all of it.
    let alone = |command: &Command| matches!(command, Command::Leave | Command::Undo);
    let dictated = commands
        .iter()
        .rev()
        .skip(1)
        .any(|command| matches!(command, Command::TakeNote(_) | Command::Append { .. } | Command::Change { .. }));
    let ended = text.trim_end_matches(['.', '!', '?', ' ']).contains(['.', '!', '?']);
    (!commands.iter().any(alone) && (!dictated || ended)).then_some(commands)
}

/// "add milk, no wait, oat milk to the list", "add milk to the list, no, butter"
pub fn put_right(text: &str) -> Option<Command> {
    /// Words of the longest thing that takes the place of another.
    const LONGEST: usize = 4;
    let phrase::Correction { wrong, right, .. } = phrase::correction(text).filter(|correction| correction.sure)?;
    let (left, meant) = (wrong.join(" "), right.join(" "));
    let is_order = wrong.first().is_some_and(|word| VERBS.contains(&word.to_lowercase().as_str()));
    let found = one(&meant);
    if matches!(found, Some(Command::Add { .. } | Command::Remove { .. } | Command::AddIfThere { .. })) && is_order {
        return found;
    }
    let short = right.len() <= LONGEST;
    match one(&left) {
        Some(Command::Add { mut items, list }) if short && found.is_none() => {
            *items.last_mut()? = meant.trim_end_matches(['.', '!']).to_owned();
            return Some(Command::Add { items, list });
        }
        Some(Command::Remove { mut items, list }) if short && found.is_none() => {
            *items.last_mut()? = meant.trim_end_matches(['.', '!']).to_owned();
            return Some(Command::Remove { items, list });
        }
        Some(_) => return None,
        None if !is_order => return None,
        None => {}
    }
    // The last thing before it is the wrong one.
    let left = left.trim_end_matches(|c: char| !c.is_alphanumeric());
    let kept = left.rfind([',']).or_else(|| left.rfind(" and ")).and_then(|at| left.get(..at));
    let verb = wrong.first()?;
    one(&format!("{}{meant}", kept.map_or_else(|| format!("{verb} "), |kept| format!("{kept}, "))))
}

/// "we're out of milk, put it on the shopping list": the thing of the first is that of the second.
pub fn meant(text: &str) -> Option<Command> {
    let at = text.find([',', '.', ';', '–', '—'])?;
    let (first, rest) = (text.get(..at)?, text.get(at..)?.trim_start_matches(|c: char| !c.is_alphanumeric()));
    let rest = ["so ", "and ", "please ", "can you ", "could you "].iter().fold(rest, |rest, word| rest.strip_prefix(word).unwrap_or(rest));
    let (Some(Command::Add { items, .. }), Some(Command::AddThat { list })) = (one(first), one(rest)) else {
        return None;
    };
    Some(Command::Add { items, list })
}

fn push(parts: &mut Vec<String>, words: &[&str], verb: Option<&str>) {
    if words.is_empty() {
        return;
    }
    let mut part = verb.map(|verb| format!("{verb} ")).unwrap_or_default() + &words.join(" ");
    // `… and remove eggs from it`
    if !parts.is_empty() {
        let trimmed = part.trim_end_matches(['.', ',', '!', '?', ' ']).to_owned();
        // `… and then read it`
        if let Some(verb) =
            trimmed.strip_suffix(" it").filter(|verb| ["read", "show", "clear", "empty"].contains(&verb.to_lowercase().as_str()))
        {
            part = format!("{verb} the list");
        }
        if let Some(before) = [" it", " there"]
            .iter()
            .find_map(|ending| trimmed.strip_suffix(ending))
            .filter(|before| [" from", " to", " on", " off"].iter().any(|word| before.ends_with(word)))
        {
            part = format!("{before} the list");
        }
    }
    parts.push(part);
}
