//! Headers of a request that a skill sends, a line each (`name: value`): whatever they are and however many, they are taken or refused.

#![no_main]

use jane_skills::hostile::may_be_sent;
use libfuzzer_sys::fuzz_target;

/// More than a map of headers holds.
const MANY: usize = 40_000;

fuzz_target!(|text: &str| {
    let lines = text.split('\n').map(|line| line.split_once(':').unwrap_or((line, "")));
    let headers: Vec<(String, String)> = lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let _ = may_be_sent(&headers);
    if headers.len() == 1 {
        let many = (0..MANY).map(|number| (format!("{}{number}", headers[0].0), String::new()));
        assert!(!may_be_sent(&many.collect::<Vec<_>>()));
    }
});
