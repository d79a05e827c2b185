use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

fn piece(text: &str, place: Place) -> Piece {
    Piece {
        text: text.to_owned(),
        place,
    }
}

fn said(text: &str, place: Place) -> Said {
    say(&piece(text, place), Language::of("en"))
}

fn line(text: &str) -> String {
    said(text, Place::Line).text()
}

/// The rows of `cases.tsv`: language, text and place, what is said.
fn cases() -> impl Iterator<Item = (&'static str, Piece, &'static str)> {
    let lines = include_str!("cases.tsv").lines();
    let rows = lines.filter(|line| !line.starts_with("# ") && !line.is_empty());
    rows.map(|row| {
        let [language, written, spoken] = row.split('\t').collect::<Vec<_>>()[..] else {
            panic!("not three columns: {row}");
        };
        let piece = match written.strip_prefix('^') {
            Some(written) => piece(written, Place::Line),
            None => piece(written, Place::Inside),
        };
        (language, piece, spoken)
    })
}

#[test]
fn each_case_is_said_as_the_table_has_it() {
    let mut wrong = Vec::new();
    for (language, piece, spoken) in cases() {
        let said = say(&piece, Language::of(language)).text();
        if said != spoken {
            wrong.push(format!(
                "{language} {:?}: {said:?} for {spoken:?}",
                piece.text
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let count = |language| cases().filter(|(of, ..)| *of == language).count();
    assert!(count("en") >= 300, "{}", count("en"));
    for language in ["de", "fr", "es", "it"] {
        assert!(count(language) >= 20, "{language}: {}", count(language));
    }
}

#[test]
fn markdown_is_not_read_aloud() {
    assert_eq!(
        line("**Paris** is the *capital* of `France`."),
        "Paris is the capital of France."
    );
    assert_eq!(
        line("- a [map](https://example.org/a/b?c) helps"),
        "a map helps"
    );
    assert_eq!(line("## A heading ##"), "A heading");
    assert_eq!(line("> > quoted **so"), "quoted so");
    assert_eq!(line("- [x] done"), "done");
    assert_eq!(line("| a | 5 kg |"), "a, 5 kilograms");
    for silent in ["---", "***", "|---|:--|", "", "😀", "…", "\u{200b}*", "```"] {
        let said = said(silent, Place::Inside).text();
        assert!(silent == "```" || said.is_empty(), "{silent:?}: {said:?}");
    }
}

#[test]
fn what_begins_a_line_of_the_reply_is_markdown_and_what_begins_a_sentence_is_not() {
    let inside = |text| said(text, Place::Inside).text();
    assert_eq!(line("- 5 apples"), "5 apples");
    assert_eq!(line("- 5 degrees"), "minus 5 degrees");
    assert_eq!(line("# 5"), "5");
    assert_eq!(inside("42."), "42.");
    assert_eq!(line("42."), "42.");
    assert_eq!(line("+ 5 more"), "5 more");
}

#[test]
fn emojis_have_names_where_they_are_all_that_there_is() {
    let named = |text| emoji_names(text, Language::of("en"));
    assert_eq!(named("👍").as_deref(), Some("thumbs up."));
    assert_eq!(
        named("🎉🎉 👍🏽").as_deref(),
        Some("party popper, thumbs up.")
    );
    assert_eq!(named("…"), None);
    assert_eq!(emoji_names("👍", Language::of("de")), None);
}

#[test]
fn code_is_passed_over_with_a_sentence() {
    assert_eq!(line("```python"), "I'll leave out the code.");
    let code = said("let x = 5;", Place::Code);
    assert_eq!(
        (code.text(), code.written()),
        (String::new(), "\nlet x = 5;".to_owned())
    );
    let german = say(&piece("```", Place::Line), Language::of("de_DE"));
    assert_eq!(german.text(), "Den Code lese ich nicht vor.");
}

#[test]
fn whether_something_is_heard_does_not_depend_on_the_language() {
    for heard in ["1", "a", "**x**", "42.", "```\nx\n```"] {
        assert!(is_heard(heard), "{heard:?}");
    }
    for silent in ["", " ", "…", "\u{200b}*", "🎉", "---", "* * *"] {
        assert!(!is_heard(silent), "{silent:?}");
    }
}

#[test]
fn what_is_said_is_said_for_what_is_written() {
    let text = "On 2026-11-29 it was -5 °C, i.e. cold 😀 in World War II.";
    let said = said(text, Place::Line);
    let pairs: Vec<_> = said
        .0
        .iter()
        .map(|unit| (unit.written.as_str(), unit.spoken.as_str()))
        .collect();
    let expected = [
        ("On", "On"),
        ("2026-11-29", "November 29th, twenty twenty-six"),
        ("it", "it"),
        ("was", "was"),
        ("-5 °C,", "minus 5 degrees Celsius,"),
        ("i.e.", "that is"),
        ("cold", "cold"),
        ("in", "in"),
        ("World", "World"),
        ("War", "War"),
        ("II.", "2."),
    ];
    assert_eq!(pairs, expected);
}

#[test]
fn every_pattern_and_every_table_can_be_read() {
    // A pattern that cannot be read matches nothing, and a table that cannot has no words.
    for language in ["en", "en-gb", "de", "fr", "es", "it"] {
        assert!(Language::of(language).word("minus").is_some(), "{language}");
        assert!(Language::of(language).month(12).is_some(), "{language}");
    }
    assert!(Language::of("sv").word("minus").is_none());
    assert!(Language::of("en_US").is_english && !Language::of("en_US").day_first);
    assert!(Language::of("en_GB").day_first);
    assert!(Language::of("de-AT").word("minus").is_some());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_text_is_said_without_a_panic_and_its_letters_are_heard(text in "\\PC{0,60}", inside: bool) {
        let place = if inside { Place::Inside } else { Place::Line };
        for language in ["en", "de", ""] {
            let said = say(&piece(&text, place), Language::of(language));
            let bare: String = text.chars().filter(|letter| letter.is_alphanumeric() || *letter == ' ').collect();
            let bare = say(&piece(&bare, Place::Inside), Language::of(language));
            let has_letters = bare.0.iter().any(|unit| unit.written.contains(char::is_alphanumeric));
            prop_assert_eq!(!bare.text().is_empty(), has_letters);
            prop_assert!(said.text().is_empty() || said.text().contains(char::is_alphanumeric));
        }
    }

    #[test]
    fn what_looks_like_something_is_said_without_a_panic(
        parts in prop::collection::vec("[0-9]{1,5}|[$€£¥%°#@&*=+<>/^~_-]|[.,:;'\"()]| |kg|km/h|am|p\\.m\\.|Dr\\.|Nov|II|x|²|½|→|https://|www\\.|\\\\frac\\{|\\\\\\(|`|\\*\\*|[a-zé]{1,4}", 1..20),
        inside: bool,
    ) {
        let text = parts.concat();
        let place = if inside { Place::Inside } else { Place::Line };
        for language in ["en", "de", "fr", ""] {
            let said = say(&piece(&text, place), Language::of(language));
            prop_assert!(said.text().is_empty() || said.text().contains(char::is_alphanumeric));
        }
    }

    #[test]
    fn a_number_or_a_word_alone_is_never_silent(text in "[0-9]{1,6}|[a-zA-Zäßéж日]{1,8}|[0-9]{1,3}\\.[0-9]{1,3}", mark in "[.!?,:;]?") {
        for place in [Place::Line, Place::Inside] {
            for language in ["en", "de", "fr", "es", "it", "sv"] {
                let said = say(&piece(&format!("{text}{mark}"), place), Language::of(language)).text();
                prop_assert!(said.contains(char::is_alphanumeric), "{}", text);
            }
        }
    }

    #[test]
    fn plain_words_are_said_as_they_are_written(words in prop::collection::vec("[a-z]{6,9}", 1..12)) {
        let text = words.join(" ");
        let said = said(&text, Place::Line);
        prop_assert_eq!(said.text(), text.clone());
        prop_assert_eq!(said.written(), text);
    }
}

#[test]
fn a_text_takes_time_in_proportion_to_its_length() {
    let floods = [
        "word ", "5", "5 ", "$5 ", "5*3=", "a.b", "*", "`", "[", "](", "<b", "\\(", "$", "\\frac{",
        "{", "(", "\"", "1/", "1-", "Dr. ", "II ", "@", "#", "https://", "a_b", "é", "日", "😀",
        "^", "x^{", "12:30 ", "3,", "&amp;", "|", "> ", "- ", "\u{a0}", "5 kg ",
    ];
    let _ = line("warm 5 kg");
    let time = |text: &str| {
        let begun = Instant::now();
        let _ = said(text, Place::Line);
        begun.elapsed()
    };
    for flood in floods {
        let short = time(&flood.repeat(20_000 / flood.len()));
        let long = time(&flood.repeat(160_000 / flood.len()));
        // Eight times the text: a quadratic rule takes 64 times as long. A busy machine makes that no tighter.
        assert!(
            long < short * 30 + Duration::from_millis(500),
            "{flood:?}: {short:?}, then {long:?}"
        );
    }
}
