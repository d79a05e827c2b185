//! Sums of money.

use super::normal::{At, Found};
use super::numbers::digits;
use super::quantity::{describes, per};
use super::{Language, goes_on};

/// "$5", "€1.50", "5 €", "$2.5M", "£3–5", "-$5".
pub fn money(at: At<'_>) -> Option<Found> {
    let language = at.language;
    let rest = at.rest();
    if !at.begins_word() {
        return None;
    }
    let (sign, word) = sign(at, language);
    let body = rest.get(sign..)?;
    let amount = before_number(body, language).or_else(|| behind_number(body, language))?;
    let behind = body.get(amount.length..)?;
    let range = if amount.is_whole_range {
        None
    } else {
        range(at, behind, &amount, language)
    };
    let (written, mut said) = match range {
        Some((length, said)) => (amount.length + length, said),
        None => (amount.length, amount.said(behind, at)?),
    };
    let (below, length) = per(body.get(written..)?, language);
    said.push_str(&below);
    // "$5 million dollars" is written too.
    let doubled = language.is_english
        && body
            .get(written + length..)
            .is_some_and(|rest| rest.starts_with(" dollars"));
    let doubled = if doubled && said.ends_with("dollars") {
        " dollars".len()
    } else {
        0
    };
    Found::new(sign + written + length + doubled, format!("{word}{said}"))
}

struct Amount<'a> {
    number: &'a str,
    magnitude: Option<&'a str>,
    names: &'a [String],
    /// Bytes of it all.
    length: usize,
    is_before: bool,
    is_whole_range: bool,
    language: &'a Language,
}

/// The sign before a currency, and what is said for it.
fn sign(at: At<'_>, language: &Language) -> (usize, String) {
    let said = |key: &str| language.word(key).map(|word| format!("{word} "));
    let letter = at.rest().chars().next().unwrap_or(' ');
    let is_sign = at.begins_token()
        && at
            .rest()
            .get(letter.len_utf8()..)
            .is_some_and(|rest| !rest.starts_with(' '));
    let word = match letter {
        '-' | '−' => said("minus"),
        '+' => said("plus"),
        '~' | '≈' => said("about"),
        '<' => said("less"),
        '>' => said("more"),
        _ => None,
    };
    match word.filter(|_| is_sign) {
        Some(word) => (letter.len_utf8(), word),
        None => (0, String::new()),
    }
}

/// A currency and the number behind it.
fn before_number<'a>(text: &'a str, language: &'a Language) -> Option<Amount<'a>> {
    let (symbol, names) = language.currency(text)?;
    let behind = text.get(symbol.len()..)?;
    let gap = behind.len() - behind.trim_start_matches([' ', '\u{a0}']).len();
    let number = digits(behind.get(gap..)?, language)?;
    let length = symbol.len() + gap + number.len();
    let (magnitude, more) = magnitude(text.get(length..)?, language);
    Some(Amount {
        number,
        magnitude,
        names,
        length: length + more,
        is_before: true,
        is_whole_range: false,
        language,
    })
}

/// A number and the currency behind it, also two numbers.
fn behind_number<'a>(text: &'a str, language: &'a Language) -> Option<Amount<'a>> {
    let first = digits(text, language)?;
    let joint = ["-", "–", " - ", " – "].into_iter().find(|joint| {
        text.get(first.len()..)
            .is_some_and(|rest| rest.starts_with(joint))
    });
    let second = joint.and_then(|joint| digits(text.get(first.len() + joint.len()..)?, language));
    let length = first.len() + second.map_or(0, |second| second.len() + joint.map_or(0, str::len));
    let (magnitude, more) = magnitude(text.get(length..)?, language);
    let behind = text.get(length + more..)?;
    let gap = behind.len() - behind.trim_start_matches([' ', '\u{a0}', '\u{202f}']).len();
    if gap > 2 {
        return None;
    }
    let (symbol, names) = language.currency(behind.get(gap..)?)?;
    let after = behind.get(gap + symbol.len()..)?;
    // "5 $3 notes".
    if goes_on(after) || gap > 0 && symbol.len() == 1 {
        return None;
    }
    let length = length + more + gap + symbol.len();
    let number = text
        .get(..first.len() + second.map_or(0, |second| second.len() + joint.map_or(0, str::len)))?;
    Some(Amount {
        number,
        magnitude,
        names,
        length,
        is_before: false,
        is_whole_range: second.is_some(),
        language,
    })
}

/// "M", " million".
fn magnitude<'a>(text: &'a str, language: &'a Language) -> (Option<&'a str>, usize) {
    let gap = text.len() - text.trim_start_matches([' ', '\u{a0}']).len();
    let next = text.get(gap..).unwrap_or_default();
    let Some((word, name)) = language.magnitude(next) else {
        return (None, 0);
    };
    let behind = next.get(word.len()..).unwrap_or_default();
    // "5 Mio. €".
    let stop = usize::from(behind.starts_with(". ") && !language.is_english && word.len() > 1);
    let is_before_currency = language.currency(behind).is_some();
    // A letter alone is one only where it is attached to something.
    let is_sure = gap == 0 || gap <= 2 && (word.len() > 1 || is_before_currency);
    if is_sure && !goes_on(behind) {
        (Some(name), gap + word.len() + stop)
    } else {
        (None, 0)
    }
}

impl Amount<'_> {
    fn said(&self, behind: &str, at: At<'_>) -> Option<String> {
        let name = |place: usize| self.names.get(place).map(String::as_str);
        let decimal = if self.language.decimal == "," && self.number.contains(',') {
            ','
        } else {
            '.'
        };
        if self.is_whole_range {
            let (first, second) = self.number.split_once(['-', '–'])?;
            let to = self.language.word("to")?;
            let magnitude = self
                .magnitude
                .map(|magnitude| format!(" {magnitude}"))
                .unwrap_or_default();
            return Some(format!(
                "{} {to} {}{magnitude} {}",
                first.trim(),
                second.trim(),
                name(1)?
            ));
        }
        let note = [
            "bill", "note", "coin", "gift", "fee", "fine", "ticket", "discount",
        ];
        let next = behind
            .trim_start()
            .split(|letter: char| !letter.is_alphanumeric())
            .next()
            .unwrap_or_default();
        let is_adjective = self.language.is_english
            && (behind.starts_with([' ', '-']) && note.contains(&next) || describes(at, behind));
        if let Some(magnitude) = self.magnitude {
            return Some(format!(
                "{} {magnitude} {}",
                self.number,
                name(usize::from(!is_adjective))?
            ));
        }
        let (whole, cents) = match self.number.rsplit_once(decimal) {
            Some((whole, cents)) if cents.len() == 2 => (whole, Some(cents)),
            None => (self.number, None),
            Some(_) => return Some(format!("{} {}", self.number, name(1)?)),
        };
        let whole_name = name(usize::from(whole != "1" && !is_adjective))?;
        let Some(cents) = cents.filter(|cents| *cents != "00") else {
            return Some(format!("{whole} {whole_name}"));
        };
        let cents = cents.trim_start_matches('0');
        let cent_name = name(if cents == "1" { 2 } else { 3 });
        match (whole, cent_name) {
            (_, None) => Some(format!("{} {}", self.number, name(1)?)),
            ("0" | "", Some(cent_name)) => Some(format!("{cents} {cent_name}")),
            (_, Some(_)) if is_adjective => Some(format!("{whole} {whole_name} {cents}")),
            (_, Some(cent_name)) if self.language.is_english => {
                Some(format!("{whole} {whole_name} and {cents} {cent_name}"))
            }
            (_, Some(_)) => Some(format!("{whole} {whole_name} {cents}")),
        }
    }
}

/// The second number of "$5-10" and "$5–$10".
fn range(
    at: At<'_>,
    behind: &str,
    first: &Amount<'_>,
    language: &Language,
) -> Option<(usize, String)> {
    if !first.is_before {
        return None;
    }
    let joints = [" – ", " - ", "–", "-", "—"];
    let joint = joints.into_iter().find(|joint| behind.starts_with(joint))?;
    let text = behind.get(joint.len()..)?;
    let second = before_number(text, language).or_else(|| {
        let number = digits(text, language)?;
        let (magnitude, more) = magnitude(text.get(number.len()..)?, language);
        let length = number.len() + more;
        Some(Amount {
            number,
            magnitude,
            length,
            names: first.names,
            is_before: true,
            is_whole_range: false,
            language,
        })
    })?;
    let rest = text.get(second.length..)?;
    if goes_on(rest) {
        return None;
    }
    let to = language.word("to")?;
    // "$5M to $10M", and "5 to 10 million dollars".
    let own = match first.magnitude {
        Some(magnitude) if first.magnitude != second.magnitude => {
            format!("{} {magnitude}", first.number)
        }
        _ if first.number.contains('.') => first.said("", at)?,
        _ => first.number.to_owned(),
    };
    Some((
        joint.len() + second.length,
        format!("{own} {to} {}", second.said(rest, at)?),
    ))
}
