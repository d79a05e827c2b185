//! What a model writes: what of it is for the user does not depend on where it is cut into pieces, and each sentence of it can be said in every language.

#![no_main]

use jane_reply_filter::{ReplyFilter, Start};
use jane_text::spoken::{Language, say};
use jane_text::sentences::SentenceCutter;
use libfuzzer_sys::fuzz_target;

fn told(pieces: &[&str]) -> String {
    let mut filter = ReplyFilter::new(Start::Unknown);
    let mut text: String = pieces.iter().map(|piece| filter.push(piece)).collect();
    text.push_str(&filter.finish(false, &[]).text);
    text
}

fuzz_target!(|input: (u8, &str)| {
    let (cut, text) = input;
    let letters: Vec<&str> = text.split_inclusive(|_| true).collect();
    let whole = told(&[text]);
    assert_eq!(whole, told(&letters), "letter by letter");
    let at = text.floor_char_boundary(usize::from(cut).min(text.len()));
    let (one, other) = text.split_at(at);
    assert_eq!(whole, told(&[one, other]), "cut at {at}");

    let mut cutter = SentenceCutter::default();
    let mut sentences = cutter.push(&whole);
    sentences.extend(cutter.finish());
    for code in ["en", "de", "fr", "xx"] {
        let language = Language::of(code);
        for sentence in &sentences {
            let said = say(sentence, language).text();
            assert!(!said.chars().any(char::is_control), "{said:?}");
        }
    }
});
