use super::*;
use proptest::prelude::*;

/// The texts of `table.txt` and the sentences of each.
fn table() -> Vec<(String, Vec<String>)> {
    let lines = include_str!("table.txt").lines();
    let lines = lines.filter(|line| !line.starts_with("# Texts") && !line.is_empty());
    let row = |line: &str| {
        let line = line.replace("\\n", "\n");
        let sentences = line.split('|').map(|sentence| sentence.trim().to_owned());
        (line.replace('|', ""), sentences.collect())
    };
    lines.map(row).collect()
}

/// What a cutter makes of `pieces`; no first clause where that is not wanted.
fn cut_pieces<'a>(pieces: impl Iterator<Item = &'a str>, clause: bool) -> Vec<Piece> {
    let mut cutter = SentenceCutter {
        started: !clause,
        ..SentenceCutter::default()
    };
    let mut cut = Vec::new();
    for piece in pieces {
        cut.extend(cutter.push(piece));
    }
    cut.extend(cutter.finish());
    cut
}

fn texts(pieces: Vec<Piece>) -> Vec<String> {
    pieces.into_iter().map(|piece| piece.text).collect()
}

/// Feeds `text` in pieces of `size` bytes or a little more.
fn cut(text: &str, size: usize) -> Vec<String> {
    texts(cut_pieces(chunks(text, &[size]).into_iter(), true))
}

/// `text` in pieces of these sizes in bytes or a little more, over and over.
fn chunks<'a>(mut text: &'a str, sizes: &[usize]) -> Vec<&'a str> {
    let mut chunks = Vec::new();
    for size in sizes.iter().cycle() {
        if text.is_empty() {
            break;
        }
        let (chunk, rest) = text.split_at(text.ceil_char_boundary((*size).max(1).min(text.len())));
        chunks.push(chunk);
        text = rest;
    }
    chunks
}

#[test]
fn each_text_of_the_table_has_its_sentences() {
    let table = table();
    assert!(table.len() >= 120, "{} texts", table.len());
    let mut wrong = Vec::new();
    for (text, sentences) in table {
        for size in [1, 4, 1000] {
            let cut = texts(cut_pieces(chunks(&text, &[size]).into_iter(), false));
            if cut != sentences {
                wrong.push(format!("by {size}: {cut:?} for {sentences:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn the_table_is_cut_alike_in_any_pieces(sizes in prop::collection::vec(1_usize..9, 1..20), clause: bool) {
        for (text, _) in table() {
            let whole = cut_pieces([text.as_str()].into_iter(), clause);
            prop_assert_eq!(cut_pieces(chunks(&text, &sizes).into_iter(), clause), whole);
        }
    }

    #[test]
    fn any_text_is_cut_alike_in_any_pieces(
        text in prop::collection::vec("[ \n.!?,\"a-cA-D1`*\\[\\]()。—]{1,6}|\\PC|U\\.S\\.| Dr\\. |```|    |word |etc\\. ", 0..80),
        repeat in prop::sample::select(vec![1_usize, 1, 1, 20]),
        sizes in prop::collection::vec(1_usize..50, 1..20),
    ) {
        let text = text.concat().repeat(repeat);
        let whole = cut_pieces([text.as_str()].into_iter(), true);
        let parts = cut_pieces(chunks(&text, &sizes).into_iter(), true);
        prop_assert_eq!(&parts, &whole);
        let letters = |text: &str| text.split_whitespace().collect::<String>();
        let all: String = whole.iter().map(|piece| piece.text.as_str()).collect();
        prop_assert_eq!(letters(&all), letters(&text));
    }
}

#[test]
fn sentences_come_out_one_by_one_however_the_text_arrives() {
    let text = "Paris is the capital. It lies on the Seine! Shall I say more?";
    for size in [1, 3, 7, 100] {
        let sentences = [
            "Paris is the capital.",
            "It lies on the Seine!",
            "Shall I say more?",
        ];
        assert_eq!(cut(text, size), sentences);
    }
}

#[test]
fn the_first_piece_is_a_clause() {
    let text = "Of course I can, and gladly. Tea, coffee, or water?";
    let pieces = ["Of course I can,", "and gladly.", "Tea, coffee, or water?"];
    assert_eq!(cut(text, 2), pieces);
    assert_eq!(cut(text, 100), pieces);
    assert_eq!(cut("Well, yes.", 2), ["Well, yes."]);
}

#[test]
fn a_piece_is_there_as_soon_as_nothing_can_change_it() {
    let mut cutter = SentenceCutter::default();
    assert_eq!(cutter.push("Yes, it is."), []);
    assert_eq!(cutter.push(" "), []);
    assert_eq!(texts(cutter.push("T")), ["Yes, it is."]);
    assert_eq!(texts(cutter.push("hat is all\n")), ["That is all"]);
    assert_eq!(cutter.push("In the U.S. Th"), []);
    assert_eq!(texts(cutter.push("e ")), ["In the U.S."]);
}

#[test]
fn a_piece_says_whether_it_begins_a_line() {
    let pieces = cut_pieces(
        ["- One. - 5 more.\n  ", "* Two\n```\n- x\n```\n", "1. No."].into_iter(),
        true,
    );
    let places: Vec<_> = pieces
        .iter()
        .map(|piece| (piece.text.as_str(), piece.place))
        .collect();
    let (line, code) = (Place::Line, Place::Code);
    let expected = [
        ("- One.", line),
        ("- 5 more.", Place::Inside),
        ("* Two", line),
        ("```", line),
        ("- x", code),
        ("```", code),
        ("1. No.", line),
    ];
    assert_eq!(places, expected);
}

#[test]
fn a_text_without_an_end_is_cut_at_words() {
    let text = "word ".repeat(300);
    let pieces = cut(&text, 5);
    assert!(pieces.len() > 2 && pieces.iter().all(|piece| piece.len() <= LONGEST));
    assert_eq!(pieces.join(" "), text.trim());
    let clauses = format!("{}, and ", "word ".repeat(30).trim()).repeat(10);
    assert!(
        cut(&clauses, 5)
            .iter()
            .rev()
            .skip(1)
            .all(|piece| piece.ends_with(','))
    );
    let unbroken = "x".repeat(10_000);
    assert!(
        cut(&unbroken, 7)
            .iter()
            .all(|piece| piece.len() <= UNBROKEN)
    );
}

#[test]
fn nothing_comes_of_nothing() {
    assert!(cut("", 1).is_empty());
    assert!(cut(" \n ", 1).is_empty());
}

#[test]
fn marks_that_come_apart_are_one_run_at_the_edge_of_what_is_looked_through() {
    // The bracket is seen from the first mark, and no more from the second.
    let text = format!("[{}?. And more.", "a ".repeat(99));
    for padding in 0..4 {
        let text = format!("{}{text}", "b".repeat(padding));
        let whole = cut(&text, 1000);
        for size in 1..4 {
            assert_eq!(cut(&text, size), whole, "{text} by {size}");
        }
    }
}

#[test]
fn a_long_text_takes_no_longer_by_its_length() {
    let floods = [
        ".", " ", "`", "[", "\n", "a. ", "U.S. ", "word ", "\"", "x", "...", "日", "```\n", "a.  ",
    ];
    for flood in floods {
        let text = flood.repeat(100_000 / flood.len());
        for size in [1, 100_000] {
            let begun = std::time::Instant::now();
            let pieces = cut_pieces(chunks(&text, &[size]).into_iter(), true);
            // A quadratic one takes minutes. Unoptimised, on a busy machine, this takes a fraction of it.
            assert!(
                begun.elapsed().as_secs() < 20,
                "{flood:?} by {size}: {} pieces",
                pieces.len()
            );
        }
    }
}
