//! Finds out whether an answer is one that was given before, to another question.
//!
//! A small model falls into saying one sentence for everything. What is written is held back only for as long as it is the beginning
//! of an earlier answer, so that other answers lose no time.

use super::phrases::words;

/// Letters and digits of the shortest answer that counts: "Yes." and "Paris." are right more than once.
const SHORTEST: usize = 14;

/// The answers that would be repetitions.
pub struct Repeats {
    /// Letters and digits of each, in lower case.
    earlier: Vec<String>,
    so_far: String,
}

impl Repeats {
    /// For the answer to `question`, behind these exchanges of question and answer. An answer to the same question may come again.
    pub fn new<'a>(question: &str, exchanges: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let question = plain(question);
        let others = exchanges.filter(|(earlier, _)| plain(earlier) != question);
        let earlier = others.map(|(_, answer)| plain(answer));
        Self {
            earlier: earlier.filter(|answer| answer.len() >= SHORTEST).collect(),
            so_far: String::new(),
        }
    }

    /// Takes a sentence. Whether all that was said so far is the beginning of an earlier answer.
    pub fn push(&mut self, sentence: &str) -> bool {
        self.so_far.push_str(&plain(sentence));
        let so_far = self.so_far.as_str();
        !so_far.is_empty() && self.earlier.iter().any(|answer| answer.starts_with(so_far))
    }

    /// Whether what was said is an earlier answer, whole.
    pub fn is_repeated(&self) -> bool {
        self.earlier.contains(&self.so_far)
    }

    /// Whether `answer` is the one that was repeated.
    pub fn is_of(&self, answer: &str) -> bool {
        plain(answer) == self.so_far
    }
}

/// How the user speaks of themselves.
const OF_ONESELF: [&str; 6] = ["i", "i've", "i'm", "we", "we've", "my"];

/// Whether `sentence` says back what `said` told, word for word or as if it had happened to the one who says it back ("I had eggs" – "I ate eggs");
/// a question that is said back may be one.
pub fn echoes(sentence: &str, said: &str) -> bool {
    if said.trim_end().ends_with('?') {
        return false;
    }
    let (plain_sentence, plain_said) = (plain(sentence), plain(said));
    if plain_sentence.len() >= SHORTEST && plain_sentence == plain_said {
        return true;
    }
    let (sentence, said) = (words(sentence), words(said));
    let of_oneself = |words: &[String]| {
        words
            .first()
            .is_some_and(|first| OF_ONESELF.contains(&first.as_str()))
    };
    let told: Vec<&String> = sentence.iter().filter(|word| word.len() > 3).collect();
    let again = told.iter().filter(|word| said.contains(word)).count();
    of_oneself(&sentence) && of_oneself(&said) && again > 1 && again * 3 >= told.len() * 2
}

fn plain(text: &str) -> String {
    let letters = text.chars().filter(|letter| letter.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_back_is_no_answer() {
        assert!(echoes(
            "I have to get up early tomorrow.",
            "I have to get up early tomorrow"
        ));
        assert!(!echoes(
            "You have to get up early.",
            "I have to get up early tomorrow"
        ));
        assert!(!echoes("What time is it there?", "What time is it there?"));
        let eggs = "I had eggs on toast for breakfast";
        assert!(echoes("I ate eggs on toast for breakfast.", eggs));
        assert!(!echoes("Eggs on toast are a good breakfast.", eggs));
        assert!(!echoes("I can't eat, but it sounds good.", eggs));
        assert!(!echoes("Yes.", "yes"));
    }

    const BEFORE: [(&str, &str); 3] = [
        ("Is it far?", "The answer is no. It is near."),
        ("And by car?", "Yes."),
        (
            "What is the capital of France?",
            "The capital of France is Paris.",
        ),
    ];

    #[test]
    fn an_answer_to_another_question_is_a_repetition_once_it_is_whole() {
        let mut repeats = Repeats::new("Who was Napoleon?", BEFORE.into_iter());
        assert!(repeats.push("The answer is no."));
        assert!(!repeats.is_repeated());
        assert!(repeats.push(" It is near!"));
        assert!(repeats.is_repeated());
        assert!(repeats.is_of("The answer is no. It is near."));
    }

    #[test]
    fn what_goes_on_otherwise_is_not_held_back() {
        let mut repeats = Repeats::new("Who was Napoleon?", BEFORE.into_iter());
        assert!(repeats.push("The answer is no."));
        assert!(!repeats.push("It is not known."));
        assert!(!repeats.is_repeated());
    }

    #[test]
    fn the_same_question_may_get_the_same_answer_and_short_answers_may_come_again() {
        let mut same = Repeats::new("what is the capital of France", BEFORE.into_iter());
        assert!(!same.push("The capital of France is Paris."));
        let mut short = Repeats::new("Is it warm?", BEFORE.into_iter());
        assert!(!short.push("Yes."));
    }
}
