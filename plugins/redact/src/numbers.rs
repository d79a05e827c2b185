//! Card numbers and bank accounts, which carry check digits.

use std::ops::Range;

use crate::bare::Bare;

/// Digits of a payment card, ISO/IEC 7812.
const CARD: std::ops::RangeInclusive<usize> = 13..=19;
/// Letters and digits of an IBAN, ISO 13616.
const IBAN: std::ops::RangeInclusive<usize> = 15..=34;

pub fn find(bare: &Bare, found: &mut Vec<Range<usize>>) {
    let mut at = 0;
    while at < bare.chars.len() {
        let begins = !at
            .checked_sub(1)
            .and_then(|before| bare.char(before))
            .is_some_and(char::is_alphanumeric);
        match begins
            .then(|| card(bare, at).or_else(|| iban(bare, at)))
            .flatten()
        {
            Some(end) => {
                found.push(at..end);
                at = end;
            }
            None => at += 1,
        }
    }
}

/// Where a card number that begins here ends. Only groups as they stand on cards count, so that a telephone number does not.
fn card(bare: &Bare, start: usize) -> Option<usize> {
    // What card networks begin with; not an ISBN (9), a time in milliseconds (1) or a number dialled abroad (0).
    if !matches!(bare.char(start)?, '2'..='6') {
        return None;
    }
    if let Some(before) = start.checked_sub(1).and_then(|before| bare.char(before))
        && (before == '+'
            || (matches!(before, '.' | ',')
                && start >= 2
                && bare.char(start - 2).is_some_and(|c| c.is_ascii_digit())))
    {
        return None;
    }
    let (digits, groups, end) = grouped(bare, start, |c| c.is_ascii_digit(), *CARD.end());
    let as_on_a_card = match groups.as_slice() {
        [_] => true,
        [first @ .., last] => first.iter().all(|group| *group >= 4) && *last >= 1,
        [] => false,
    };
    (CARD.contains(&digits.len()) && as_on_a_card && luhn(&digits)).then_some(end)
}

/// Where an IBAN that begins here ends.
fn iban(bare: &Bare, start: usize) -> Option<usize> {
    let country =
        bare.char(start)?.is_ascii_alphabetic() && bare.char(start + 1)?.is_ascii_alphabetic();
    let check = (2..4).all(|offset| {
        bare.char(start + offset)
            .is_some_and(|c| c.is_ascii_digit())
    });
    if !country || !check {
        return None;
    }
    // What follows may be a word of the sentence, so every group may be the last one; the longest that is right counts.
    let (mut account, mut at, mut best) = (String::new(), start, None);
    loop {
        while let Some(c) = bare.char(at).filter(char::is_ascii_alphanumeric) {
            account.push(c.to_ascii_uppercase());
            at += 1;
        }
        if account.len() > *IBAN.end() {
            return best;
        }
        if IBAN.contains(&account.len()) && mod_97(&account) == Some(1) {
            best = Some(at);
        }
        let goes_on = bare.char(at).is_some_and(is_separator)
            && bare.char(at + 1).is_some_and(|c| c.is_ascii_alphanumeric());
        if !goes_on {
            return best;
        }
        at += 1;
    }
}

fn is_separator(c: char) -> bool {
    matches!(c, ' ' | '-' | '_' | '\u{a0}' | '\u{202f}')
}

/// What belongs together from here on, with single separators in it: all of it, how long each group is, and where it ends.
fn grouped(
    bare: &Bare,
    start: usize,
    belongs: impl Fn(char) -> bool,
    most: usize,
) -> (String, Vec<usize>, usize) {
    let (mut all, mut groups, mut at) = (String::new(), vec![0], start);
    while let Some(c) = bare.char(at) {
        if belongs(c) {
            all.push(c);
            if let Some(last) = groups.last_mut() {
                *last += 1;
            }
        } else if is_separator(c) && bare.char(at + 1).is_some_and(&belongs) && all.len() < most {
            groups.push(0);
        } else {
            break;
        }
        at += 1;
    }
    (all, groups, at)
}

/// The check of ISO/IEC 7812-1: every second digit from the right is doubled.
fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .chars()
        .rev()
        .filter_map(|c| c.to_digit(10))
        .enumerate()
        .map(|(at, digit)| match (at % 2, digit * 2) {
            (0, _) => digit,
            (_, double) if double > 9 => double - 9,
            (_, double) => double,
        })
        .sum();
    sum.is_multiple_of(10)
}

/// The check of ISO 7064: the first four characters last, letters as 10 to 35, the remainder by 97.
fn mod_97(account: &str) -> Option<u32> {
    let (head, tail) = account.split_at_checked(4)?;
    tail.chars()
        .chain(head.chars())
        .try_fold(0, |remainder, c| {
            let value = c.to_digit(36)?;
            Some((remainder * if value > 9 { 100 } else { 10 } + value) % 97)
        })
}
