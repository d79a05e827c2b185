//! What somebody puts right while they speak: "12 times 12, no wait, 12 times 13", "in Berlin, sorry, in Paris".

/// Words between what was wrong and what is right; the longest that begin at a word count.
const MARKS: &[&str] = &[
    "no wait", "no hang on", "hang on", "oh wait no", "oh wait", "no sorry", "oh no", "no i mean", "no i meant", "sorry i mean",
    "sorry i meant", "wait no", "i mean", "i meant", "no make that", "make that", "scratch that", "or rather", "rather", "no", "wait",
    "sorry", "actually", "correction", "not that",
];

/// Words of the longest thing that is put right.
const LONGEST: usize = 4;

/// What was said before the last such mark and behind it, and whether the mark is surely one: of several words, or behind a pause.
pub struct Correction<'t> {
    pub wrong: Vec<&'t str>,
    pub right: Vec<&'t str>,
    pub sure: bool,
}

fn bare(piece: &str) -> String {
    piece.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase().replace('’', "'")
}

/// Where somebody puts something right.
pub fn correction(text: &str) -> Option<Correction<'_>> {
    let pieces: Vec<&str> = text.split_whitespace().collect();
    let forms: Vec<String> = pieces.iter().map(|piece| bare(piece)).collect();
    let length = |at: usize| {
        let comes = |mark: &&&str| mark.split(' ').enumerate().all(|(ahead, word)| forms.get(at + ahead).is_some_and(|form| form == word));
        MARKS.iter().filter(comes).map(|mark| mark.split(' ').count()).max()
    };
    // `no wait` begins a word before `wait`.
    let within = |at: usize| at.checked_sub(1).filter(|before| *before > 0).and_then(length).is_some_and(|length| length > 1);
    // The last mark counts: what was before it was wrong altogether.
    (1..pieces.len()).rev().find_map(|at| {
        let length = length(at).filter(|length| at + length < pieces.len() && !within(at))?;
        let (wrong, rest) = pieces.split_at_checked(at)?;
        let pause = wrong.last()?.ends_with([',', '.', ';', '–', '—', '-', '…']);
        Some(Correction { wrong: wrong.to_vec(), right: rest.get(length..)?.to_vec(), sure: length > 1 || pause })
    })
}

/// What may be meant, the likeliest first: what is said behind the mark alone, or in the place of as many words before it or of those from where
/// it begins alike. Whoever asks takes the first that makes sense, and none where what was said makes sense as it is.
pub fn corrections(text: &str) -> Vec<String> {
    let Some(Correction { wrong, right, .. }) = correction(text) else {
        return Vec::new();
    };
    let joined = |count: usize| {
        let kept = wrong.get(..count).unwrap_or_default().join(" ");
        format!("{} {}", kept.trim_end_matches(','), right.join(" "))
    };
    let first = right.first().map(|word| bare(word));
    let alike = wrong.iter().rposition(|word| Some(bare(word)) == first).filter(|at| *at > 0);
    let alone = std::iter::once(right.join(" "));
    let replaced = [right.len(), 1, 2, 3, 4]
        .into_iter()
        .filter(|count| (1..=LONGEST).contains(count))
        .filter_map(|count| wrong.len().checked_sub(count));
    alone.chain(alike.map(joined)).chain(replaced.filter(|count| *count > 0).map(joined)).collect()
}

#[cfg(test)]
mod tests {
    use super::corrections;

    #[test]
    fn what_is_put_right_is_among_what_may_be_meant() {
        for (text, meant) in [
            ("What's 12 times 12, no wait, 12 times 13?", "12 times 13?"),
            ("What's the weather in Berlin, sorry, in Paris?", "What's the weather in Paris?"),
            ("What time is it in Tokyo, I mean London?", "What time is it in London?"),
            ("What's 15 percent of 80 no 90", "What's 15 percent of 90"),
            ("How far is it to New York, no, to Boston", "How far is it to Boston"),
        ] {
            assert!(corrections(text).iter().any(|found| found == meant), "{text}: {:?}", corrections(text));
        }
        for text in ["What time is it?", "no", "No, thanks", "say no"] {
            assert!(corrections(text).iter().all(|found| !found.contains("time")), "{text}");
        }
    }
}
