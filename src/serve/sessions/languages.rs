//! Which languages a recogniser hears.

/// The languages that multilingual models of Whisper were trained on, as its tokenizer names them, the most spoken first as there.
/// Source: `LANGUAGES` in `whisper/tokenizer.py` of OpenAI's Whisper.
const WHISPER: &[&str] = &[
    "en", "zh", "de", "es", "ru", "ko", "fr", "ja", "pt", "tr", "pl", "ca", "nl", "ar", "sv", "it",
    "id", "hi", "fi", "vi", "he", "uk", "el", "ms", "cs", "ro", "da", "hu", "ta", "no", "th", "ur",
    "hr", "bg", "lt", "la", "mi", "ml", "cy", "sk", "te", "fa", "lv", "bn", "sr", "az", "sl", "kn",
    "et", "mk", "br", "eu", "is", "hy", "ne", "mn", "bs", "kk", "sq", "sw", "gl", "mr", "pa", "si",
    "km", "sn", "yo", "so", "af", "oc", "ka", "be", "tg", "sd", "gu", "am", "yi", "lo", "uz", "fo",
    "ht", "ps", "tk", "nn", "mt", "sa", "lb", "my", "bo", "tl", "mg", "as", "tt", "haw", "ln",
    "ha", "ba", "jw", "su",
];

/// What is heard with this `stt.language` by this `stt.model`: never nothing.
pub fn heard(language: &str, model: &str) -> Vec<String> {
    // `whisper-tiny.en`, `distil-large-v3-en`
    let is_english = model.split(['-', '.', '_', '/']).any(|part| part == "en");
    match language {
        "" | "auto" if is_english => vec!["en".into()],
        "" | "auto" => WHISPER.iter().map(|code| (*code).to_owned()).collect(),
        code => vec![code.to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::heard;

    #[test]
    fn a_multilingual_model_that_is_left_to_find_out_hears_all_of_them() {
        assert_eq!(heard("de", "whisper-base"), ["de"]);
        assert_eq!(heard("auto", "whisper-tiny.en"), ["en"]);
        assert_eq!(heard("auto", "models/ggml-small.en.bin"), ["en"]);
        let all = heard("auto", "whisper-base");
        assert_eq!(all.len(), 99);
        assert_eq!(all[0], "en");
        assert!(all.contains(&"de".to_owned()));
    }
}
