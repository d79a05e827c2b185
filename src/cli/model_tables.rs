//! The tables of `jane models list` and `jane models choose`, in words.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jane_models::{Candidate, ModelKind, ModelState, ModelStatus, Reach};

/// All models: of each kind those that are installed first, and else from the smallest to the largest.
pub fn list(models: &[ModelStatus]) -> String {
    let name = widest(models.iter().map(|model| model.name.as_str()));
    let licence = widest(models.iter().map(licence_of));
    let mut text = String::new();
    for kind in ModelKind::ALL {
        let mut of_kind: Vec<&ModelStatus> =
            models.iter().filter(|model| model.kind == kind).collect();
        of_kind.sort_by_key(|model| {
            let can_be_pulled = model.state == ModelState::Available;
            (
                can_be_pulled,
                model.size.unwrap_or(u64::MAX),
                model.name.as_str(),
            )
        });
        for model in of_kind {
            let (mark, note) = match &model.state {
                ModelState::Installed => ("installed", String::new()),
                ModelState::Available => ("-", String::new()),
                ModelState::Outdated => (
                    "installed",
                    format!(
                        " (of an older catalogue: `jane models pull {}` renews it)",
                        model.name
                    ),
                ),
                ModelState::Damaged { reason } => ("damaged", format!(" ({reason})")),
            };
            let size = model.size.map_or_else(|| "?".to_owned(), megabytes);
            let window = window(model.context);
            let (of, description) = (licence_of(model), &model.description);
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "{kind:<10}{:<name$}  {mark:<10}{size:>9} {window:>5}  {of:<licence$}  {description}{note}",
                model.name
            );
        }
    }
    text
}

/// The language models that `auto` chooses from, those that are suited first; `chosen` is marked.
pub fn choose(candidates: &[Candidate], reaches: &[Option<Reach>], chosen: Option<&str>) -> String {
    let name = widest(candidates.iter().map(|one| one.name.as_str()));
    let suited = || {
        let both = candidates.iter().zip(reaches);
        both.filter(|(one, _)| one.against.is_none())
    };
    let licence = widest(suited().map(|(one, _)| one.licence.as_str()));
    let mark = |one: &Candidate| match chosen == Some(one.name.as_str()) {
        true => "->",
        false => "  ",
    };
    let mut text = String::new();
    let mut out_of_reach: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    if suited().next().is_some() {
        let _ = writeln!(
            text,
            "   {:<name$}  {:>8}  {:>8}  {:>13}  {:>6}  {:<licence$}",
            "suited, the best first", "file", "memory", "speed", "window", "licence"
        );
    }
    for (one, reach) in suited() {
        let speed = match one.tokens_per_second {
            Some(speed) => format!("{speed:.0} tokens/s"),
            None => "graphics card".to_owned(),
        };
        let note = match (one.is_installed, reach) {
            (true, _) => "installed",
            (false, Some(Reach::Nowhere(reason))) => {
                out_of_reach.entry(reason).or_default().push(&one.name);
                "out of reach"
            }
            (false, Some(Reach::Untried(_))) => "from Python packages",
            (false, _) => "can be fetched",
        };
        let _ = writeln!(
            text,
            "{} {:<name$}  {:>8}  {:>8}  {speed:>13}  {:>6}  {:<licence$}  {note}",
            mark(one),
            one.name,
            megabytes(one.size),
            megabytes(one.memory),
            window(one.context),
            one.licence
        );
    }
    let mut has_title = false;
    for one in candidates {
        let Some(against) = &one.against else {
            continue;
        };
        if !has_title {
            text.push_str("not suited to this machine\n");
            has_title = true;
        }
        let size = megabytes(one.size);
        let note = if one.is_installed { "; installed" } else { "" };
        let _ = writeln!(
            text,
            "{} {:<name$}  {size:>8}  it {against}{note}",
            mark(one),
            one.name
        );
    }
    for (reason, names) in out_of_reach {
        let of = match names.as_slice() {
            [first, _, _, others @ ..] if !others.is_empty() => {
                format!("{first} and {} others", others.len() + 2)
            }
            few => few.join(", "),
        };
        let _ = writeln!(text, "out of reach ({of}): {reason}");
    }
    text
}

/// A size in bytes, in megabytes.
pub fn megabytes(bytes: u64) -> String {
    format!("{:.0} MB", bytes.div_ceil(1_000_000))
}

fn licence_of(model: &ModelStatus) -> &str {
    model.licence.as_deref().unwrap_or("licence unknown")
}

/// A window of so many tokens, in thousands of 1,024.
fn window(tokens: Option<u32>) -> String {
    tokens.map_or_else(String::new, |tokens| format!("{}k", tokens >> 10))
}

fn widest<'a>(texts: impl Iterator<Item = &'a str>) -> usize {
    texts.map(|text| text.chars().count()).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(name: &str, against: Option<&str>, is_installed: bool) -> Candidate {
        Candidate {
            name: name.to_owned(),
            size: 1_107_409_472,
            licence: "Apache-2.0".to_owned(),
            context: Some(32_768),
            memory: 1_397_583_872,
            on_device: false,
            tokens_per_second: Some(16.2),
            is_installed,
            against: against.map(str::to_owned),
        }
    }

    #[test]
    fn what_is_suited_comes_first_and_a_network_that_is_not_there_is_told_of_once() {
        let candidates = [
            candidate("giant", Some("takes too much"), false),
            candidate("best", None, false),
            candidate("second", None, false),
            candidate("third", None, false),
            candidate("old", None, true),
        ];
        let silent = Reach::Nowhere("nothing answers".to_owned());
        let packages = Reach::Untried("the Python package `p==1`".to_owned());
        let reaches = [
            None,
            Some(silent.clone()),
            Some(silent),
            Some(packages),
            None,
        ];
        let text = choose(&candidates, &reaches, Some("third"));
        let lines: Vec<&str> = text.lines().collect();
        assert!(
            lines[1].starts_with("   best ") && lines[1].ends_with("out of reach"),
            "{text}"
        );
        assert!(
            lines[3].starts_with("-> third ") && lines[3].ends_with("from Python packages"),
            "{text}"
        );
        assert!(lines[4].ends_with("installed"), "{text}");
        assert_eq!(lines[5], "not suited to this machine", "{text}");
        assert!(
            lines[6].starts_with("   giant ") && lines[6].ends_with("it takes too much"),
            "{text}"
        );
        assert_eq!(
            lines[7], "out of reach (best, second): nothing answers",
            "{text}"
        );
        assert_eq!(lines.len(), 8, "{text}");
        assert!(
            lines[1].contains("1108 MB") && lines[1].contains("32k"),
            "{text}"
        );
    }

    #[test]
    fn the_list_begins_each_kind_with_what_is_installed_and_goes_on_by_size() {
        let model = |name: &str, state, size| ModelStatus {
            name: name.to_owned(),
            kind: ModelKind::Llm,
            state,
            size: Some(size),
            licence: None,
            languages: Vec::new(),
            context: None,
            description: String::new(),
            imported_from: None,
        };
        let models = [
            model("a", ModelState::Available, 9),
            model("b", ModelState::Available, 3),
            model("c", ModelState::Installed, 20),
        ];
        let text = list(&models);
        let names: Vec<&str> = text
            .lines()
            .filter_map(|line| line.split_whitespace().nth(1))
            .collect();
        assert_eq!(names, ["c", "b", "a"], "{text}");
    }
}
