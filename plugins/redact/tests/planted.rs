//! No secret that was planted in a text comes out with it, whatever stands around it and whatever markdown it is split by.
//! A string that nothing but its randomness gives away is told by how it looks: of some 100 000 drawn, one is not. The seed is fixed
//! so that this test does not fail by chance.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use redact::sentence::{Spoken, State, redact};

/// What would be heard: marks have no sound.
fn heard(text: &str) -> String {
    text.chars()
        .filter(|c| {
            !c.is_whitespace() && !matches!(c, '*' | '`' | '#' | '|' | '~' | '_' | '-' | '\u{200b}')
        })
        .collect()
}

fn spoken(text: &str) -> String {
    match redact(text, &mut State::default()) {
        Spoken::Unchanged => text.to_owned(),
        // As it is where `mute` is not granted.
        Spoken::Nothing => text.to_owned(),
        Spoken::Instead(text) => text,
    }
}

fn with_luhn(digits: &str) -> String {
    (0..10)
        .map(|check| format!("{digits}{check}"))
        .find(|card| {
            let sum: u32 = card
                .bytes()
                .rev()
                .enumerate()
                .map(|(at, byte)| {
                    let digit = u32::from(byte - b'0') * if at % 2 == 1 { 2 } else { 1 };
                    digit / 10 + digit % 10
                })
                .sum();
            sum.is_multiple_of(10)
        })
        .unwrap_or_default()
}

const BASE64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const ALNUM: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Every character as likely as the others, as a generator of keys draws them.
fn drawn(
    before: &'static str,
    from: &'static str,
    length: usize,
    after: &'static str,
) -> impl Strategy<Value = String> {
    let chars: Vec<char> = from.chars().collect();
    prop::collection::vec(prop::sample::select(chars), length)
        .prop_map(move |chars| format!("{before}{}{after}", chars.iter().collect::<String>()))
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        drawn("sk-", ALNUM, 48, ""),
        drawn("sk-proj-", URL, 40, "x1"),
        drawn("sk-ant-api03-", URL, 93, "AA"),
        drawn("ghp_", ALNUM, 36, ""),
        drawn("github_pat_", ALNUM, 82, ""),
        drawn("AKIA", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16, ""),
        drawn("AIza", URL, 34, "x"),
        drawn("glpat-", URL, 19, "x"),
        drawn("xoxb-123456789012-", ALNUM, 24, ""),
        drawn("sk_live_", ALNUM, 24, ""),
        drawn(
            "eyJhbGciOiJIUzI1NiJ9.eyJ",
            ALNUM,
            30,
            ".dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
        ),
        drawn("", "0123456789abcdef", 32, ""),
        drawn("", "0123456789abcdef", 64, ""),
        drawn("", "0123456789ABCDEF", 40, ""),
        drawn("", BASE64, 43, "="),
        drawn("", BASE64, 40, ""),
        drawn("", URL, 42, "x"),
        drawn("", ALNUM, 32, ""),
        prop::collection::vec(0u8..10, 14).prop_map(|digits| with_luhn(&format!(
            "4{}",
            digits.iter().map(u8::to_string).collect::<String>()
        ))),
        Just("DE89370400440532013000".to_owned()),
        Just("GB29NWBK60161331926819".to_owned()),
    ]
}

/// Splits a secret as markdown may, at one place.
fn split(secret: &str, at: usize, how: usize) -> String {
    let at = 1 + at % (secret.len() - 1);
    let (left, right) = secret.split_at(at);
    match how {
        0 => secret.to_owned(),
        1 => format!("{left}**{right}**"),
        2 => format!("**{left}**{right}"),
        3 => format!("{left}`{right}`"),
        4 => format!("*{left}*{right}"),
        5 => format!("{left}\u{200b}{right}"),
        6 => format!("{left}<b>{right}</b>"),
        7 => format!("`{secret}`"),
        8 => format!("[{secret}](https://example.org)"),
        9 => format!("***{secret}***"),
        10 => format!("~~{secret}~~"),
        11 => format!("\n```\n{secret}\n```\n"),
        12 => format!("`x = \"{secret}\"`"),
        _ => format!("https://example.org/?key={secret}"),
    }
}

const AROUND: &[(&str, &str)] = &[
    ("", ""),
    (" ", "."),
    ("\"", "\""),
    ("'", "'"),
    ("(", ")"),
    ("“", "”"),
    (" ", ", and so on"),
    ("key=", ";"),
    (":", "!"),
    ("<", ">"),
    ("[", "]"),
    ("{\"key\": \"", "\"}"),
    ("/", "?"),
    ("—", "—"),
    ("\n", "\n"),
    ("| ", " |"),
    ("$", ""),
    ("@", ""),
    ("«", "»"),
    ("key:", ","),
];

/// What people write as passwords, next to what tells that it is one.
const NAMED: &[&str] = &[
    "The password is SECRET.",
    "password: SECRET",
    "Your password is now SECRET!",
    "The password for the guest Wi-Fi is SECRET, as always.",
    "Use the password `SECRET` to log in.",
    "The password is **SECRET**.",
    "The password is \"SECRET\".",
    "Password=SECRET",
    "{\"password\": \"SECRET\"}",
    "SECRET is the password.",
    "Set the password to SECRET.",
    "Log in with the passcode SECRET now.",
    "Your password's SECRET? No: the password is SECRET.",
    "The passphrase is SECRET.",
    "I think your password was 'SECRET'.",
    "DB_PASSWORD=SECRET",
    "Password:\nSECRET",
    "The password is: SECRET",
    "Das Passwort lautet SECRET.",
    "The admin password = SECRET",
    "- **Password:** SECRET",
    "| password | SECRET |",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, rng_seed: RngSeed::Fixed(7), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_key_never_comes_out(
        secret in key(), at in 0usize..100, how in 0usize..14, (open, close) in prop::sample::select(AROUND),
        before in "([A-Za-z,]{1,9} ){0,6}", after in "( [A-Za-z,.]{1,9}){0,6}",
    ) {
        let text = format!("{before}{open}{}{close}{after}", split(&secret, at, how));
        let spoken = spoken(&text);
        prop_assert!(!heard(&spoken).contains(&heard(&secret)), "{text:?} is spoken as {spoken:?}");
    }

    #[test]
    fn a_card_or_an_account_in_groups_never_comes_out(
        digits in "[3-6][0-9]{14}", separator in "[ -]", before in "([A-Za-z,]{1,9} ){0,6}", account in any::<bool>(),
    ) {
        let secret = if account { "DE89370400440532013000".to_owned() } else { with_luhn(&digits) };
        let groups: Vec<&str> = secret.as_bytes().chunks(4).map(|group| std::str::from_utf8(group).unwrap_or_default()).collect();
        let text = format!("{before}{}, please.", groups.join(&separator));
        let spoken = spoken(&text);
        prop_assert!(!heard(&spoken).contains(&secret), "{text:?} is spoken as {spoken:?}");
    }

    #[test]
    fn a_password_never_comes_out(
        secret in prop_oneof!["[a-z]{3,8}[0-9]{1,4}", "[A-Z][a-z]{2,6}[&$%@][a-z0-9]{2,6}", "[A-Za-z0-9]{3,6}[0-9][A-Za-z]{2}"],
        named in prop::sample::select(NAMED), before in "([A-Z][a-z]{1,9} [a-z]{1,9}\\. ){0,2}",
    ) {
        let text = format!("{before}{}", named.replace("SECRET", &secret));
        let spoken = spoken(&text);
        prop_assert!(!heard(&spoken).contains(&heard(&secret)), "{text:?} is spoken as {spoken:?}");
    }

    #[test]
    fn any_text_is_taken(text in any::<String>(), code in any::<bool>(), key in any::<bool>()) {
        redact(&text, &mut State { code, key, ..State::default() });
    }

    #[test]
    fn plain_words_are_left_alone(text in "([A-Z]?[a-z]{1,14}[,.!?]? ){1,20}") {
        let cue = ["pass", "pwd", "kennwort"].iter().any(|cue| text.to_lowercase().contains(cue));
        prop_assert!(cue || redact(&text, &mut State::default()) == Spoken::Unchanged);
    }
}
