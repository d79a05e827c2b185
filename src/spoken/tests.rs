use super::*;

fn at(text: &str, place: Place, language: &str) -> String {
    let text = text.to_owned();
    say(&Piece { text, place }, Language::of(language)).text()
}
