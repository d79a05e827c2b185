//! What becomes of lists.

use super::text::{are_all, is, lines, one_line, put};
use super::{Done, LAST, Question, Reply, Store};
use crate::command::Which;
use crate::words::{capitalised, count, is_common, join, key};

pub(super) fn add(store: &mut dyn Store, items: &[String], list: &Which) -> Done {
    let Some(name) = target(store, list)? else {
        return Ok(None);
    };
    let before = lines(store, &list_key(&name))?;
    let is_new = before.is_none();
    let mut kept = before.unwrap_or_default();
    let (mut added, mut known): (Vec<String>, Vec<String>) = Default::default();
    for item in items {
        let item = one_line(item);
        if kept.iter().any(|other| key(other) == key(&item)) {
            known.push(item);
        } else {
            kept.push(item.clone());
            added.push(item);
        }
    }
    put(store, &list_key(&name), &kept)?;
    remember(store, &name)?;
    let speech = match (added.is_empty(), known.is_empty()) {
        (true, _) => format!("{} {} already on the {name} list.", capitalised(&join(&known)), are_all(&known)),
        (false, true) if is_new => format!("I started a {name} list with {}.", join(&added)),
        (false, true) => format!("I added {} to the {name} list.", join(&added)),
        (false, false) => {
            format!(
                "I added {} to the {name} list; {} {} already on it.",
                join(&added),
                join(&known),
                if known.len() > 1 || is(&join(&known)) == "are" { "were" } else { "was" }
            )
        }
    };
    Ok(Some(Reply::Said(speech)))
}

/// Takes things off a list; which one of several is asked.
pub(super) fn remove_from(store: &mut dyn Store, list: &Which, items: &[String]) -> Done {
    // What is asked, where that is needed.
    let mut asked = None;
    let said = on_list(store, list, |store, name, kept| {
        let (speech, several) = remove(store, name, kept, items)?;
        asked = several.map(|items| Question::WhichItem { list: name.to_owned(), items });
        Ok(speech)
    })?;
    Ok(said.map(|speech| match asked {
        Some(question) => Reply::Asked(speech, question),
        None => Reply::Said(speech),
    }))
}

/// What is said, and the things of which one was meant.
pub(super) fn remove(
    store: &mut dyn Store,
    name: &str,
    mut kept: Vec<String>,
    items: &[String],
) -> Result<(String, Option<Vec<String>>), String> {
    let (mut gone, mut missing): (Vec<String>, Vec<String>) = Default::default();
    for item in items {
        match find(&kept, item) {
            Found::Exactly(at) | Found::One(at) => gone.push(kept.remove(at)),
            Found::Several(found) => {
                let speech = format!("{} are on the {name} list. Which one shall I take off?", capitalised(&join(&found)));
                return Ok((speech, Some(found)));
            }
            Found::Nothing => missing.push(item.clone()),
        }
    }
    put(store, &list_key(name), &kept)?;
    let speech = match (gone.is_empty(), missing.is_empty()) {
        (true, _) => format!("{} {} not on the {name} list.", capitalised(&join(&missing)), are_all(&missing)),
        (false, true) => format!("I took {} off the {name} list.", join(&gone)),
        (false, false) => format!(
            "I took {} off the {name} list; {} {} not on it.",
            join(&gone),
            join(&missing),
            if missing.len() > 1 { "were" } else { "was" }
        ),
    };
    Ok((speech, None))
}

/// Takes off what is on a list, whichever that is, the one used last first. What is on none is said where it surely was meant so.
pub(super) fn remove_if_there(store: &mut dyn Store, items: &[String], sure: bool) -> Done {
    let mut names = names(store)?;
    if let Some(current) = current(store)? {
        names.retain(|name| *name != current);
        names.insert(0, current);
    }
    for name in names {
        let kept = lines(store, &list_key(&name))?.unwrap_or_default();
        // Words of a sentence may be those of a thing by chance: all of it is to be there.
        let is_there = |item: &String| match find(&kept, item) {
            Found::Exactly(_) => true,
            Found::One(_) | Found::Several(_) => sure,
            Found::Nothing => false,
        };
        if items.iter().all(is_there) {
            return remove_from(store, &Which::named(&name), items);
        }
    }
    if !sure {
        return Ok(None);
    }
    Ok(Some(Reply::Said(format!("{} {} on none of your lists.", capitalised(&join(items)), are_all(items)))))
}

pub(super) fn move_items(store: &mut dyn Store, items: &[String], from: &Which, to: &Which) -> Result<Option<String>, String> {
    let Some(target) = target(store, to)? else { return Ok(None) };
    on_list(store, from, |store, name, mut kept| {
        let mut moved = Vec::new();
        for item in items {
            if let Found::Exactly(at) | Found::One(at) = find(&kept, item) {
                moved.push(kept.remove(at));
            }
        }
        if moved.is_empty() {
            return Ok(format!("{} {} not on the {name} list.", capitalised(&join(items)), are_all(items)));
        }
        put(store, &list_key(name), &kept)?;
        add(store, &moved, &Which::named(&target))?;
        Ok(format!("I moved {} from the {name} list to the {target} list.", join(&moved)))
    })
}

/// The list that has a thing on it: the one used last, or any other.
pub(super) fn having(store: &dyn Store, item: &str) -> Result<Option<String>, String> {
    let mut names = names(store)?;
    if let Some(current) = current(store)? {
        names.retain(|name| *name != current);
        names.insert(0, current);
    }
    for name in names {
        if matches!(find(&lines(store, &list_key(&name))?.unwrap_or_default(), item), Found::Exactly(_)) {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

/// Moves or copies things from the list that has them.
pub(super) fn move_to(store: &mut dyn Store, items: &[String], to: &Which, copies: bool, sure: bool) -> Result<Option<String>, String> {
    let Some(target) =
        target(store, to)?.filter(|_| sure || to.name.as_ref().is_some_and(|name| matches!(store.get(&list_key(name)), Ok(Some(_)))))
    else {
        return Ok(None);
    };
    let Some(first) = items.first() else {
        return Ok(None);
    };
    match having(store, first)?.filter(|name| *name != target) {
        Some(from) if copies => {
            let Some(Reply::Said(_)) = add(store, items, &Which::named(&target))? else {
                return Ok(None);
            };
            Ok(Some(format!("I copied {} from the {from} list to the {target} list.", join(items))))
        }
        Some(from) => move_items(store, items, &Which::named(&from), &Which::named(&target)),
        None if matches!(find(&lines(store, &list_key(&target))?.unwrap_or_default(), first), Found::Exactly(_)) => {
            Ok(Some(format!("{} {} on the {target} list already.", capitalised(&join(items)), are_all(items))))
        }
        None => Ok(sure.then(|| format!("{} {} on none of your other lists.", capitalised(&join(items)), are_all(items)))),
    }
}

pub(super) fn rename(store: &mut dyn Store, list: &Which, to: &str) -> Result<Option<String>, String> {
    on_list(store, list, |store, name, kept| {
        if name == to {
            let both = is_common(name);
            return Ok(if both { format!("The {name} list goes by both names already.") } else { format!("It is called {name} already.") });
        }
        if store.get(&list_key(to))?.is_some() {
            return Ok(format!("There is a {to} list already. I left both as they are."));
        }
        put(store, &list_key(to), &kept)?;
        store.delete(&list_key(name))?;
        store.set(LAST, to)?;
        Ok(format!("The {name} list is called {to} now."))
    })
}

/// Asks whether all lists are to be deleted or cleared.
pub(super) fn ask_all(store: &dyn Store, verb: &str, question: Question) -> Done {
    let names = names(store)?;
    Ok(Some(match names.as_slice() {
        [] => Reply::Said(super::NO_LISTS.into()),
        [one] => Reply::Asked(format!("Shall I {verb} the {one} list? It is the only one."), question),
        [one, other] => Reply::Asked(format!("Shall I {verb} both lists, {one} and {other}?"), question),
        more => Reply::Asked(format!("Shall I {verb} all {} lists?", more.len()), question),
    }))
}

/// Deletes a list.
pub(super) fn forget(store: &mut dyn Store, name: &str) -> Result<(), String> {
    store.delete(&list_key(name))?;
    if store.get(LAST)?.as_deref() == Some(name) {
        store.delete(LAST)?;
    }
    Ok(())
}

pub(super) fn read_out(name: &str, kept: &[String]) -> String {
    match kept {
        [] => empty(name),
        [one] => format!("The {name} list has one thing on it: {one}."),
        more => format!("The {name} list has {} on it: {}.", count(more.len(), "thing"), join(more)),
    }
}

pub(super) fn make(store: &mut dyn Store, name: &str, items: &[String]) -> Result<String, String> {
    if let Some(kept) = lines(store, &list_key(name))? {
        if !items.is_empty() {
            let list = Which { name: Some(name.to_owned()), own: true, determined: true };
            return Ok(match add(store, items, &list)? {
                Some(Reply::Said(speech)) => speech,
                _ => String::new(),
            });
        }
        remember(store, name)?;
        return Ok(format!("There is a {name} list already, with {} on it.", count(kept.len(), "thing")));
    }
    let items: Vec<String> = items.iter().map(|item| one_line(item)).collect();
    put(store, &list_key(name), &items)?;
    remember(store, name)?;
    Ok(if items.is_empty() { format!("I started a {name} list.") } else { format!("I started a {name} list with {}.", join(&items)) })
}

pub(super) fn lists(store: &dyn Store) -> Result<String, String> {
    let names = names(store)?;
    Ok(match names.as_slice() {
        [] => "You have no lists yet.".into(),
        [one] => format!("You have one list: {one}."),
        more => format!("You have {}: {}.", count(more.len(), "list"), join(more)),
    })
}

/// The list that something is to be added to, there already or not; `None` where it is doubtful that one of hers is meant.
pub(super) fn target(store: &dyn Store, list: &Which) -> Result<Option<String>, String> {
    match &list.name {
        Some(name) => {
            let sure = list.own || list.determined || is_common(name) || store.get(&list_key(name))?.is_some();
            Ok(sure.then(|| name.clone()))
        }
        None if list.determined => Ok(Some(current(store)?.unwrap_or_else(|| "shopping".into()))),
        None => Ok(None),
    }
}

/// What becomes of a list that is there. Of one that is not, only where it is surely hers that is asked about.
pub(super) fn on_list(
    store: &mut dyn Store,
    list: &Which,
    act: impl FnOnce(&mut dyn Store, &str, Vec<String>) -> Result<String, String>,
) -> Result<Option<String>, String> {
    let name = match &list.name {
        Some(name) => Some(name.clone()),
        None if list.determined => current(store)?,
        None => return Ok(None),
    };
    let Some(name) = name else {
        return Ok(list.own.then(|| "You have no lists yet.".into()));
    };
    match lines(store, &list_key(&name))? {
        Some(kept) => {
            remember(store, &name)?;
            act(store, &name, kept).map(Some)
        }
        None if list.own || (list.determined && is_common(&name)) => Ok(Some(format!("You have no {name} list."))),
        None => Ok(None),
    }
}

/// The list that "the list" refers to.
pub(super) fn current(store: &dyn Store) -> Result<Option<String>, String> {
    if let Some(last) = store.get(LAST)? {
        return Ok(Some(last));
    }
    let mut names = names(store)?;
    Ok(if names.len() == 1 { names.pop() } else { names.into_iter().find(|name| name == "shopping") })
}

pub fn names(store: &dyn Store) -> Result<Vec<String>, String> {
    Ok(store.keys("list/")?.iter().filter_map(|key| key.strip_prefix("list/")).map(str::to_owned).collect())
}

pub(super) fn remember(store: &mut dyn Store, name: &str) -> Result<(), String> {
    if store.get(LAST)?.as_deref() == Some(name) { Ok(()) } else { store.set(LAST, name) }
}

pub(super) fn list_key(name: &str) -> String {
    format!("list/{name}")
}

pub(super) fn empty(name: &str) -> String {
    format!("The {name} list is empty.")
}

pub(super) enum Found {
    Exactly(usize),
    /// The only one that has these words in it.
    One(usize),
    Several(Vec<String>),
    Nothing,
}

pub(super) fn find(kept: &[String], wanted: &str) -> Found {
    let wanted = key(wanted);
    if let Some(at) = kept.iter().position(|item| key(item) == wanted) {
        return Found::Exactly(at);
    }
    let like: Vec<(usize, &String)> = kept.iter().enumerate().filter(|(_, item)| has_words(&key(item), &wanted)).collect();
    match like.as_slice() {
        [] => Found::Nothing,
        [(at, _)] => Found::One(*at),
        several => Found::Several(several.iter().map(|(_, item)| (*item).clone()).collect()),
    }
}

pub(super) fn has_words(text: &str, wanted: &str) -> bool {
    !wanted.is_empty() && format!(" {text} ").contains(&format!(" {wanted} "))
}
