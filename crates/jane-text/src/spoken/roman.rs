//! Roman numerals: "Henry VIII", "Chapter IV", "World War II", "the XIX century".

use super::english;
use super::goes_on;
use super::normal::{At, Found};

/// Words whose number is one that counts: it is said as it is.
const COUNTED: [&str; 46] = [
    "War", "Chapter", "Part", "Act", "Scene", "Volume", "Book", "Section", "Phase", "Type",
    "Title", "Article", "Figure", "Level", "Stage", "Class", "Grade", "Episode", "Season", "Round",
    "Bowl", "Table", "Appendix", "Annex", "Mark", "Tier", "Category", "Division", "Group",
    "Schedule", "Unit", "Module", "Lesson", "Exhibit", "Factor", "Apollo", "Saturn", "Windows",
    "Fantasy", "Rocky", "Rambo", "Wars", "Vatican", "part", "chapter", "type",
];

/// Names of kings, queens and popes: their number is an ordinal.
const REIGNED: [&str; 58] = [
    "Henry",
    "Louis",
    "George",
    "Elizabeth",
    "Charles",
    "Edward",
    "William",
    "James",
    "Richard",
    "Philip",
    "Frederick",
    "Francis",
    "Ferdinand",
    "Catherine",
    "Peter",
    "Nicholas",
    "Alexander",
    "Ivan",
    "Paul",
    "John",
    "Pius",
    "Benedict",
    "Gregory",
    "Leo",
    "Clement",
    "Innocent",
    "Urban",
    "Boniface",
    "Julius",
    "Napoleon",
    "Wilhelm",
    "Friedrich",
    "Otto",
    "Rudolf",
    "Leopold",
    "Maximilian",
    "Joseph",
    "Mary",
    "Margaret",
    "Christian",
    "Gustav",
    "Gustavus",
    "Harald",
    "Haakon",
    "Olaf",
    "Albert",
    "Alfonso",
    "Juan",
    "Carlos",
    "Ramesses",
    "Ramses",
    "Thutmose",
    "Amenhotep",
    "Ptolemy",
    "Cleopatra",
    "Mehmed",
    "Murad",
    "Adolf",
];

/// Words behind a single "I" that is a numeral, and not the speaker.
const BEHIND_ONE: [&str; 14] = [
    "was", "of", "ruled", "reigned", "and", "became", "died", "is", "had", "in", "to", "began",
    "ended", "or",
];

pub fn numeral(at: At<'_>) -> Option<Found> {
    if !at.language.is_english || !at.begins_word() {
        return None;
    }
    let rest = at.rest();
    let end = rest
        .find(|letter: char| !matches!(letter, 'I' | 'V' | 'X' | 'L' | 'C' | 'D' | 'M'))
        .unwrap_or(rest.len());
    let written = rest.get(..end)?;
    let behind = rest.get(end..)?;
    let number = value(written)?;
    if goes_on(behind)
        || behind.starts_with('.') && behind.get(1..)?.starts_with(char::is_alphabetic)
        || behind.starts_with(['\'', '’', '/', '&', '-'])
            && written.len() == 1
            && !begins_list(behind)
    {
        return None;
    }
    let before = at.word_before();
    let next = at.word_behind(end);
    let is_apart = behind.starts_with(' ');
    if next.trim_end_matches(|letter: char| !letter.is_alphabetic()) == "century"
        && written.len() > 1
    {
        return Found::new(end, english::ordinal(number));
    }
    if written == "I" && begins_list(behind) {
        return Found::new(end, number.to_string());
    }
    if written == "I" && is_apart && !BEHIND_ONE.contains(&next) {
        return None;
    }
    if COUNTED.contains(&before)
        || written.len() > 1
            && at.before().ends_with(['-', '–'])
            && COUNTED.contains(&word_before_range(at))
    {
        return Found::new(end, number.to_string());
    }
    if REIGNED.contains(&before) && number < 40 {
        return Found::new(end, format!("the {}", english::ordinal(number)));
    }
    // Elsewhere letters are letters, save for what only a numeral is made of.
    let is_sure = written.len() > 1
        && written
            .chars()
            .all(|letter| matches!(letter, 'I' | 'V' | 'X'))
        && !matches!(written, "XX" | "XXX" | "XI" | "IV" | "VI");
    let is_heading = behind.starts_with('.')
        && at.before().trim().is_empty()
        && written
            .chars()
            .all(|letter| matches!(letter, 'I' | 'V' | 'X'));
    let follows_name = before.starts_with(char::is_uppercase) && written.len() > 1 && number < 40;
    (is_heading && (written != "I" || is_apart)
        || is_sure
        || follows_name
            && written
                .chars()
                .all(|letter| matches!(letter, 'I' | 'V' | 'X')))
    .then(|| Found::new(end, number.to_string()))?
}

/// Whether "II" is what follows an "I" in a list or a range: "I, II and III".
fn begins_list(behind: &str) -> bool {
    let joints = [", ", " and ", " or ", " to ", " & ", "–", "-", "/"];
    let next = joints.iter().find_map(|joint| behind.strip_prefix(joint));
    next.and_then(|next| next.strip_prefix("II"))
        .is_some_and(|rest| {
            !rest.starts_with(|letter: char| letter.is_alphanumeric() && letter != 'I')
        })
}

/// The word before a range such as "I–III".
fn word_before_range(at: At<'_>) -> &str {
    let before = at
        .before()
        .trim_end_matches(|letter: char| !letter.is_whitespace())
        .trim_end();
    before
        .rsplit(char::is_whitespace)
        .next()
        .unwrap_or_default()
}

/// The value of a numeral that is written as numerals are; up to 3999.
fn value(written: &str) -> Option<u32> {
    const PARTS: [(&str, u32); 13] = [
        ("M", 1000),
        ("CM", 900),
        ("D", 500),
        ("CD", 400),
        ("C", 100),
        ("XC", 90),
        ("L", 50),
        ("XL", 40),
        ("X", 10),
        ("IX", 9),
        ("V", 5),
        ("IV", 4),
        ("I", 1),
    ];
    if written.is_empty() || written.len() > 15 {
        return None;
    }
    let (mut rest, mut sum) = (written, 0);
    for (letters, value) in PARTS {
        let most = if letters.len() == 2 || matches!(letters, "V" | "L" | "D") {
            1
        } else {
            3
        };
        for _ in 0..most {
            if let Some(behind) = rest.strip_prefix(letters) {
                rest = behind;
                sum += value;
            }
        }
    }
    rest.is_empty().then_some(sum)
}
