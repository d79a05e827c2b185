//! English numbers that a voice says otherwise: years, ordinals and digits one by one.

/// The numbers below twenty.
pub const SMALL: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];

/// The tens below a hundred; nothing in the place of zero.
pub const TENS: [&str; 10] = [
    "", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
];

/// A number below a hundred.
pub fn small(number: u32) -> String {
    let at = |words: &[&'static str], place: u32| {
        let place = usize::try_from(place).unwrap_or_default();
        words.get(place).copied().unwrap_or_default()
    };
    match number {
        0..20 => at(&SMALL, number).to_owned(),
        _ if number.is_multiple_of(10) => at(&TENS, number / 10).to_owned(),
        _ => format!("{}-{}", at(&TENS, number / 10), at(&SMALL, number % 10)),
    }
}

/// A year as it is said: "nineteen ninety-nine", "twenty twenty-four", "two thousand five".
pub fn year(number: u32) -> String {
    let (first, last) = (number / 100, number % 100);
    match (first, last) {
        (20, 0..10) | (10, 0..10) | (0..10 | 100.., _) => number.to_string(),
        (_, 0) => format!("{} hundred", small(first)),
        (_, 1..10) => format!("{} oh {}", small(first), small(last)),
        _ => format!("{} {}", small(first), small(last)),
    }
}

/// A decade or a century: "nineties", "nineteen hundreds".
pub fn decade(number: u32) -> Option<String> {
    let plural = |word: String| match word.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{word}s"),
    };
    match number {
        2000 => Some("two thousands".to_owned()),
        // "the 50s", and not "the 5s".
        10..100 if number.is_multiple_of(10) => Some(plural(small(number))),
        1000..10_000 if number.is_multiple_of(100) => {
            Some(format!("{} hundreds", small(number / 100)))
        }
        1000..10_000 if number.is_multiple_of(10) => Some(format!(
            "{} {}",
            small(number / 100),
            plural(small(number % 100))
        )),
        _ => None,
    }
}

/// A number with the letters that make it an ordinal: "3rd". A voice says those.
pub fn ordinal(number: u32) -> String {
    let letters = match (number % 100, number % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    format!("{number}{letters}")
}

/// The part that a denominator makes: "third", "thirds"; up to twelve, and a few round ones.
pub fn part(denominator: u32, is_one: bool) -> Option<String> {
    let name = match denominator {
        2 => "half",
        3 => "third",
        4 => "quarter",
        5 => "fifth",
        6 => "sixth",
        7 => "seventh",
        8 => "eighth",
        9 => "ninth",
        10 => "tenth",
        12 => "twelfth",
        16 => "sixteenth",
        20 => "twentieth",
        32 => "thirty-second",
        64 => "sixty-fourth",
        100 => "hundredth",
        1000 => "thousandth",
        _ => return None,
    };
    Some(match (is_one, denominator) {
        (true, _) => name.to_owned(),
        (false, 2) => "halves".to_owned(),
        (false, _) => format!("{name}s"),
    })
}

/// Digits one by one.
pub fn digits(digits: &str) -> String {
    let digits = digits
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(String::from);
    digits.collect::<Vec<_>>().join(" ")
}
