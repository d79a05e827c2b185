//! What becomes of lists.

use super::text::{are_all, is, lines, one_line, put};
use super::{Done, LAST, Reply, Store};
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
        (true, _) => format!(
            "{} {} already on the {name} list.",
            capitalised(&join(&known)),
            are_all(&known)
        ),
        (false, true) if is_new => format!("I started a {name} list with {}.", join(&added)),
        (false, true) => format!("I added {} to the {name} list.", join(&added)),
        (false, false) => {
            format!(
                "I added {} to the {name} list; {} {} already on it.",
                join(&added),
                join(&known),
                if known.len() > 1 || is(&join(&known)) == "are" {
                    "were"
                } else {
                    "was"
                }
            )
        }
    };
    Ok(Some(Reply::Said(speech)))
}

pub(super) fn remove(
    store: &mut dyn Store,
    name: &str,
    mut kept: Vec<String>,
    items: &[String],
) -> Result<String, String> {
    let (mut gone, mut missing): (Vec<String>, Vec<String>) = Default::default();
    for item in items {
        match find(&kept, item) {
            Found::Exactly(at) | Found::One(at) => gone.push(kept.remove(at)),
            Found::Several(found) => {
                return Ok(format!(
                    "{} are on the {name} list. Say which one I should take off.",
                    capitalised(&join(&found))
                ));
            }
            Found::Nothing => missing.push(item.clone()),
        }
    }
    put(store, &list_key(name), &kept)?;
    Ok(match (gone.is_empty(), missing.is_empty()) {
        (true, _) => format!(
            "{} {} not on the {name} list.",
            capitalised(&join(&missing)),
            are_all(&missing)
        ),
        (false, true) => format!("I took {} off the {name} list.", join(&gone)),
        (false, false) => format!(
            "I took {} off the {name} list; {} {} not on it.",
            join(&gone),
            join(&missing),
            if missing.len() > 1 { "were" } else { "was" }
        ),
    })
}

pub(super) fn make(store: &mut dyn Store, name: &str, items: &[String]) -> Result<String, String> {
    if let Some(kept) = lines(store, &list_key(name))? {
        if !items.is_empty() {
            let list = Which {
                name: Some(name.to_owned()),
                own: true,
                determined: true,
            };
            return Ok(match add(store, items, &list)? {
                Some(Reply::Said(speech)) => speech,
                _ => String::new(),
            });
        }
        remember(store, name)?;
        return Ok(format!(
            "There is a {name} list already, with {} on it.",
            count(kept.len(), "thing")
        ));
    }
    let items: Vec<String> = items.iter().map(|item| one_line(item)).collect();
    put(store, &list_key(name), &items)?;
    remember(store, name)?;
    Ok(if items.is_empty() {
        format!("I started a {name} list.")
    } else {
        format!("I started a {name} list with {}.", join(&items))
    })
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
            let sure = list.own
                || list.determined
                || is_common(name)
                || store.get(&list_key(name))?.is_some();
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
        None if list.own || (list.determined && is_common(&name)) => {
            Ok(Some(format!("You have no {name} list.")))
        }
        None => Ok(None),
    }
}

/// The list that "the list" refers to.
pub(super) fn current(store: &dyn Store) -> Result<Option<String>, String> {
    if let Some(last) = store.get(LAST)? {
        return Ok(Some(last));
    }
    let mut names = names(store)?;
    Ok(if names.len() == 1 {
        names.pop()
    } else {
        names.into_iter().find(|name| name == "shopping")
    })
}

pub(super) fn names(store: &dyn Store) -> Result<Vec<String>, String> {
    Ok(store
        .keys("list/")?
        .iter()
        .filter_map(|key| key.strip_prefix("list/"))
        .map(str::to_owned)
        .collect())
}

pub(super) fn remember(store: &mut dyn Store, name: &str) -> Result<(), String> {
    if store.get(LAST)?.as_deref() == Some(name) {
        Ok(())
    } else {
        store.set(LAST, name)
    }
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
    let like: Vec<(usize, &String)> = kept
        .iter()
        .enumerate()
        .filter(|(_, item)| has_words(&key(item), &wanted))
        .collect();
    match like.as_slice() {
        [] => Found::Nothing,
        [(at, _)] => Found::One(*at),
        several => Found::Several(several.iter().map(|(_, item)| (*item).clone()).collect()),
    }
}

pub(super) fn has_words(text: &str, wanted: &str) -> bool {
    !wanted.is_empty() && format!(" {text} ").contains(&format!(" {wanted} "))
}
