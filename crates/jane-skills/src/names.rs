//! The names by which the language model calls tools.
//!
//! Invariants: no two tools of a set have the same name; a name says whose tool it is where another skill has one that is called alike, and no
//! skill can give a tool a name that says so of another; which names there are follows from the skills of the set and their settings,
//! whatever becomes of them while it is in force.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use super::tool::{BETWEEN, LONGEST_NAME};

/// Characters of a skill's name and of a tool's in a full name that would be too long with all of them, and of what tells it from others then.
const SKILL: usize = 16;
const TOOL: usize = 32;
const MARK: usize = 12;

/// A skill and its tools, as they call themselves.
pub struct Offering<'a> {
    pub skill: &'a str,
    pub priority: i32,
    pub tools: Vec<&'a str>,
}

/// Several skills have a tool that is called alike.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Clash {
    /// What it is called.
    pub tool: String,
    /// The skills, and the names by which the model calls theirs; `None` where it cannot.
    pub names: Vec<(String, Option<String>)>,
}

impl Clash {
    /// What the owner can do about one.
    pub const HINT: &str = "one of them keeps the name with a lower `priority` in `[skills.NAME]`; `enabled = false` leaves one out";
}

impl std::fmt::Display for Clash {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let named = |(skill, name): &(String, Option<String>)| match name {
            Some(name) => format!("that of `{skill}` is `{name}`"),
            None => format!("that of `{skill}` is left out"),
        };
        let names: Vec<String> = self.names.iter().map(named).collect();
        let tool = &self.tool;
        let count = self.names.len();
        write!(
            formatter,
            "{count} skills have a tool `{tool}`: for the language model {}",
            names.join(", ")
        )
    }
}

/// The names of all tools, in the order of the skills and of their tools, and where they clash. Of several skills with a tool that is called alike,
/// the one that its owner put before all others by `priority` keeps the name; where nobody is before all others, each has its full name.
pub fn names(skills: &[Offering<'_>]) -> (Vec<Vec<Option<String>>>, Vec<Clash>) {
    let mut alike: BTreeMap<String, Vec<&Offering<'_>>> = BTreeMap::new();
    for skill in skills {
        let own: BTreeSet<String> = skill.tools.iter().map(|tool| key(tool)).collect();
        for key in own {
            alike.entry(key).or_default().push(skill);
        }
    }
    let keeps = |skill: &Offering<'_>, tool: &str| {
        let mut others = alike.get(&key(tool)).into_iter().flatten();
        others.all(|other| std::ptr::eq(*other, skill) || skill.priority < other.priority)
    };
    let mut taken = BTreeSet::new();
    let mut named = Vec::new();
    let mut clashes: BTreeMap<String, Clash> = BTreeMap::new();
    for skill in skills {
        let mut own = Vec::new();
        for tool in &skill.tools {
            let name = match keeps(skill, tool) {
                true => (*tool).to_owned(),
                false => full_name(skill.skill, tool),
            };
            let name = taken.insert(name.clone()).then_some(name);
            let is_alike = alike.get(&key(tool)).is_some_and(|skills| skills.len() > 1);
            if is_alike || name.is_none() {
                let clash = clashes.entry(key(tool)).or_insert_with(|| Clash {
                    tool: (*tool).to_owned(),
                    names: Vec::new(),
                });
                clash.names.push((skill.skill.to_owned(), name.clone()));
            }
            own.push(name);
        }
        named.push(own);
    }
    (named, clashes.into_values().collect())
}

/// What is the same for tools that are called alike: a model does not tell `set_timer` from `Set-Timer`.
fn key(tool: &str) -> String {
    tool.to_ascii_lowercase().replace('-', "_")
}

/// A skill's name and its tool's, in the letters that models and servers take and no longer than they do. What stands between them is in
/// no name of a tool; where the skill's name is not such a one as it is, or the whole is too long, a mark of both follows the
/// skill's, which is in no other full name.
fn full_name(skill: &str, tool: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    let is_plain = !skill.is_empty()
        && skill.chars().all(plain)
        && !skill.contains(BETWEEN)
        && !skill.starts_with('_')
        && !skill.ends_with('_');
    if is_plain && skill.len() + BETWEEN.len() + tool.len() <= LONGEST_NAME {
        return format!("{skill}{BETWEEN}{tool}");
    }
    let letters = skill.chars().filter(char::is_ascii_alphanumeric);
    let shown: String = letters.take(SKILL).collect();
    let shown = if shown.is_empty() {
        "skill".to_owned()
    } else {
        shown
    };
    let tool_shown: String = tool.chars().take(TOOL).collect();
    let mut mark = String::new();
    let digest = Sha256::new()
        .chain_update(skill)
        .chain_update([0])
        .chain_update(tool)
        .finalize();
    for byte in digest.iter().take(MARK / 2) {
        mark.push_str(&format!("{byte:02x}"));
    }
    format!("{shown}{BETWEEN}{mark}{BETWEEN}{tool_shown}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tool::check_name;

    fn offering<'a>(skill: &'a str, priority: i32, tools: &[&'a str]) -> Offering<'a> {
        Offering {
            skill,
            priority,
            tools: tools.to_vec(),
        }
    }

    fn named(skills: &[Offering<'_>]) -> (Vec<Vec<String>>, Vec<String>) {
        let (named, clashes) = names(skills);
        let named = named.into_iter();
        let named = named.map(|own| own.into_iter().map(Option::unwrap).collect());
        let clashes = clashes.iter().map(Clash::to_string);
        (named.collect(), clashes.collect())
    }

    #[test]
    fn nobody_takes_the_tool_of_another_by_its_name() {
        let timer = || offering("timer", 0, &["set_timer", "list_timers"]);
        let (names, clashes) = named(&[timer(), offering("notes", 0, &["add"])]);
        assert_eq!(names, [vec!["set_timer", "list_timers"], vec!["add"]]);
        assert!(clashes.is_empty());
        for alike in ["set_timer", "Set_Timer", "set-timer"] {
            let (names, clashes) = named(&[offering("aaa", 0, &[alike]), timer()]);
            assert_eq!(names[0], [format!("aaa__{alike}")]);
            assert_eq!(names[1], ["timer__set_timer", "list_timers"]);
            let [clash] = clashes.as_slice() else {
                panic!("{clashes:?}");
            };
            assert!(
                clash.contains("`aaa__") && clash.contains("`timer__set_timer`"),
                "{clash}"
            );
        }
        // Whom the owner puts first keeps it, in whatever order they are.
        for order in [[-1, 0], [5, 6]] {
            let first = offering("timer", order[0], &["set_timer"]);
            let second = offering("aaa", order[1], &["set_timer"]);
            let (names, clashes) = named(&[second, first]);
            assert_eq!(names, [["aaa__set_timer"], ["set_timer"]]);
            assert_eq!(clashes.len(), 1);
        }
        let (names, _) = named(&[
            offering("a", 0, &["add"]),
            offering("b", 0, &["add"]),
            offering("c", 1, &["add"]),
        ]);
        assert_eq!(names, [["a__add"], ["b__add"], ["c__add"]]);
    }

    #[test]
    fn a_full_name_cannot_be_imitated() {
        // By a tool: what stands between is in no name of one.
        assert!(check_name("timer__set_timer").is_err());
        assert!(check_name("timer_set_timer").is_ok());
        // By a skill.
        let long = "x".repeat(64);
        let skills = [
            "a",
            "a_",
            "_a",
            "a-b",
            "a b",
            "a.b",
            "a_b",
            "a__b",
            "ä",
            "ö",
            "",
            &long,
            &format!("{long}y"),
        ];
        let tools = ["b", "_b", "b_", "add", long.as_str()];
        let mut seen = BTreeSet::new();
        for skill in skills {
            for tool in tools {
                let name = full_name(skill, tool);
                assert!(name.len() <= 64 && name.contains(BETWEEN), "{name}");
                assert!(
                    name.chars()
                        .all(|letter| letter.is_ascii_alphanumeric() || "_-".contains(letter))
                );
                assert!(seen.insert(name.clone()), "{skill} {tool}: {name}");
            }
        }
        assert_eq!(full_name("my_list", "add"), "my_list__add");
    }

    proptest! {
        #[test]
        fn names_differ_and_those_that_are_alike_say_whose_they_are(
            skills in proptest::collection::btree_map("[ab_. -]{1,5}", (0i32..2, proptest::collection::btree_set("[aA_-]{1,3}|[a-c]{60,64}", 0..4)), 0..5),
        ) {
            let skills: Vec<_> = skills.iter().map(|(skill, (priority, tools))| {
                let tools = tools.iter().map(String::as_str).filter(|tool| check_name(tool).is_ok());
                Offering { skill, priority: *priority, tools: tools.collect() }
            }).collect();
            let (named, clashes) = names(&skills);
            let all: Vec<&String> = named.iter().flatten().flatten().collect();
            let different: BTreeSet<_> = all.iter().collect();
            prop_assert_eq!(all.len(), different.len());
            prop_assert_eq!(all.len(), skills.iter().map(|skill| skill.tools.len()).sum::<usize>());
            for name in all {
                prop_assert!(name.len() <= 64);
            }
            for clash in clashes {
                let short = clash.names.iter().filter(|(_, name)| name.as_ref().is_some_and(|name| !name.contains(BETWEEN)));
                let owners: BTreeSet<_> = short.map(|(skill, _)| skill).collect();
                prop_assert!(owners.len() <= 1);
            }
        }
    }
}
