//! Abbreviations and initials: words whose full stop ends no sentence.

use super::goes_on;
use super::normal::{At, Found, is_end};

pub fn abbreviation(at: At<'_>) -> Option<Found> {
    let rest = at.rest();
    if !at.begins_word()
        || !rest.starts_with(|letter: char| letter.is_alphabetic() || letter == '№')
    {
        return None;
    }
    spaced(at)
        .or_else(|| dotted(at))
        .or_else(|| numbered(at))
        .or_else(|| single(at))
        .or_else(|| stopped(at))
}

/// What an abbreviation at the end of a text ends in: its full stop is the sentence's as well.
fn stop(behind: &str) -> &'static str {
    if behind.trim_start_matches(is_end).is_empty() {
        "."
    } else {
        ""
    }
}

/// "z. B.", "p. ej.": with a space in between.
fn spaced(at: At<'_>) -> Option<Found> {
    let rest = at.rest();
    let mut letters = String::new();
    let mut end = 0;
    let mut found = None;
    // At most three parts, as in "i. d. R.".
    for _ in 0..3 {
        let part = rest.get(end..)?.split(['.', ' ']).next()?;
        let behind = rest.get(end + part.len()..)?;
        if part.is_empty() || part.chars().count() > 3 || !behind.starts_with('.') {
            break;
        }
        if !letters.is_empty() {
            letters.push('.');
        }
        letters.push_str(part);
        end += part.len() + 1;
        if letters.contains('.')
            && let Some(said) = at.language.abbreviation(&letters)
        {
            found = Some((end, said));
        }
        let Some(next) = rest
            .get(end..)
            .and_then(|rest| rest.strip_prefix([' ', '\u{a0}', '\u{202f}']))
        else {
            break;
        };
        end += rest.len() - end - next.len();
    }
    let (end, said) = found?;
    Found::new(end, format!("{said}{}", stop(rest.get(end..)?)))
}

/// "e.g.", "U.S.", "Ph.D.": letters with full stops in between.
fn dotted(at: At<'_>) -> Option<Found> {
    let rest = at.rest();
    let mut end = 0;
    let mut count = 0;
    loop {
        let part = rest.get(end..)?;
        let letters = part
            .find(|letter: char| !letter.is_alphabetic())
            .unwrap_or(part.len());
        let is_short = (1..=2).contains(&part.get(..letters)?.chars().count());
        if !is_short || !part.get(letters..)?.starts_with('.') {
            break;
        }
        end += letters + 1;
        count += 1;
    }
    let rest_behind = rest.get(end..)?;
    let last = rest_behind.chars().next().is_some_and(char::is_alphabetic);
    // "e.g" without the last full stop is written too.
    let tail = if last {
        rest_behind
            .find(|letter: char| !letter.is_alphabetic())
            .unwrap_or(rest_behind.len())
    } else {
        0
    };
    if count == 0 || count == 1 && tail == 0 || rest_behind.get(..tail)?.chars().count() > 2 {
        return None;
    }
    let end = end + tail;
    let written = rest.get(..end)?;
    let behind = rest.get(end..)?;
    if goes_on(behind) || behind.starts_with(['/', '@', '-']) {
        return None;
    }
    let bare = written.trim_end_matches('.');
    let stop = if written.ends_with('.') {
        stop(behind)
    } else {
        ""
    };
    if let Some(said) = at
        .language
        .abbreviation(bare)
        .or_else(|| at.language.abbreviation(&bare.to_lowercase()))
    {
        return Found::new(end, format!("{said}{stop}"));
    }
    let letters: String = bare.chars().filter(|letter| *letter != '.').collect();
    // Of lower case it is no acronym, save for the halves of a day.
    match bare.to_lowercase().as_str() {
        "a.m" | "p.m" if at.language.is_english => {
            return Found::new(end, format!("{}{stop}", letters.to_uppercase()));
        }
        _ if !letters.starts_with(char::is_uppercase) => return None,
        _ => {}
    }
    // Spelled by the voice where it is one that is spelled; "A" alone would be an article.
    let spell =
        letters.chars().all(char::is_uppercase) && !letters.contains('A') && letters.len() < 4;
    let letters = if spell {
        letters
            .chars()
            .map(String::from)
            .collect::<Vec<_>>()
            .join(" ")
    } else {
        letters
    };
    Found::new(end, format!("{letters}{stop}"))
}

/// "No. 5", "pp. 10–12", "Fig. A".
fn numbered(at: At<'_>) -> Option<Found> {
    let rest = at.rest();
    let end =
        rest.find(|letter: char| !(letter.is_alphabetic() || matches!(letter, '°' | 'º' | '№')))?;
    let word = rest.get(..end).filter(|word| !word.is_empty())?;
    let said = at.language.numbered(word)?;
    let behind = rest.get(end..)?;
    let is_stopped = behind.starts_with('.');
    let behind = behind.strip_prefix('.').unwrap_or(behind);
    let next = behind.trim_start_matches([' ', '\u{a0}', '\u{202f}', '#']);
    let is_sign = word.contains(['°', 'º', '№']);
    let is_number = next.starts_with(|digit: char| digit.is_ascii_digit())
        || word.len() > 1
            && is_stopped
            && next.starts_with(char::is_uppercase)
            && !next.get(1..)?.starts_with(char::is_alphanumeric)
            && word != "No";
    if !is_number || !(is_stopped || is_sign) {
        return None;
    }
    Found::new(rest.len() - next.len(), format!("{said} "))
}

/// "J." before a name.
fn single(at: At<'_>) -> Option<Found> {
    let mut letters = at.rest().chars();
    let letter = letters.next().filter(|letter| letter.is_uppercase())?;
    let behind = letters.as_str().strip_prefix('.')?;
    let is_french = at.language.abbreviation("M").is_some() && letter == 'M';
    let goes_on = behind
        .strip_prefix(' ')
        .is_some_and(|name| name.starts_with(char::is_uppercase));
    if !goes_on || is_french {
        return None;
    }
    Found::new(letter.len_utf8() + 1, letter.to_string())
}

/// "Dr.", "etc.", "approx.": words with a full stop.
fn stopped(at: At<'_>) -> Option<Found> {
    let rest = at.rest();
    let end = rest
        .find(|letter: char| !(letter.is_alphabetic() || letter == '-'))
        .unwrap_or(rest.len());
    let word = rest.get(..end)?;
    let behind = rest.get(end..)?;
    let language = at.language;
    let is_bare = !behind.starts_with('.');
    if is_bare {
        // Without a full stop they are words, but for a few.
        let is_known = matches!(
            word,
            "vs" | "Ms" | "etc" | "eg" | "approx" | "Mme" | "Mlle" | "usw" | "bzw" | "ca" | "Mt"
        );
        return (is_known && !goes_on(behind))
            .then(|| Found::new(end, language.abbreviation(word)?))?;
    }
    let after = behind.get(1..)?;
    let is_next_name = after
        .strip_prefix(' ')
        .is_some_and(|name| name.starts_with(char::is_uppercase));
    if after.starts_with(char::is_alphanumeric) {
        return None;
    }
    if language.is_english {
        let before = at.word_before();
        let is_behind_name = before.starts_with(char::is_uppercase)
            && !at.before().trim_end().ends_with(['.', '!', '?', ',']);
        let is_place = is_behind_name && (!is_next_name || after.starts_with(','));
        let said = match word {
            "Dr" if is_place => Some("Drive"),
            "Dr" => Some("Doctor"),
            "St" if is_place => Some("Street"),
            "St" => Some("Saint"),
            _ => None,
        };
        if let Some(said) = said {
            return Found::new(end + 1, format!("{said}{}", stop(after)));
        }
        // Titles go before names, and these are words where a sentence ends with them.
        let is_title = matches!(
            word,
            "Gen" | "Col" | "Rep" | "Sen" | "Rev" | "Adm" | "Maj" | "Pres" | "Gov" | "Mt" | "Ft"
        );
        let is_word = matches!(
            word,
            "al" | "min" | "max" | "temp" | "est" | "Co" | "Art" | "Ave" | "Rd"
        );
        let is_over = after.trim_start_matches(is_end).is_empty();
        if is_title && !is_next_name
            || is_word && is_over && matches!(word, "al" | "min" | "max" | "temp" | "est" | "Art")
        {
            return None;
        }
    }
    let said = language.abbreviation(word)?;
    Found::new(end + 1, format!("{said}{}", stop(after)))
}
