//! Language models that can be told apart by what they answer: copies of the default model whose chat template asks a question of
//! its own, whatever was asked.

use std::path::{Path, PathBuf};

/// Copies the default language model to `directory` as `NAME.gguf`, with a template that always asks `question`.
pub fn model_that_is_asked(directory: &Path, name: &str, question: &str) -> PathBuf {
    let prompt = format!(
        "<|im_start|>system\\nBe brief.<|im_end|>\\n<|im_start|>user\\n{question}<|im_end|>\\n"
    );
    let template = format!(
        "{{{{ '{prompt}' }}}}{{% if add_generation_prompt %}}{{{{ '<|im_start|>assistant\\n' }}}}{{% endif"
    );
    with_template(directory, name, &template)
}

/// A copy of the default model that begins each of its messages with thoughts, which its template does not let be switched off.
pub fn model_that_thinks(directory: &Path, name: &str) -> PathBuf {
    let template = "{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n' }}{% endfor %}\
                    {{ '<|im_start|>assistant\\n<think>\\n' }}{% if true %}{% endif";
    with_template(directory, name, template)
}

/// A copy of the default model with this template, of which the end of the last tag is left out.
fn with_template(directory: &Path, name: &str, template: &str) -> PathBuf {
    let folder = super::models().join("smollm2-135m-instruct");
    let original = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|ending| ending == "gguf"))
        .unwrap();
    let mut bytes = std::fs::read(original).unwrap();
    // GGUF: the key, the type of its value (8 is text), the length as 64 bits, and the text.
    let key = b"tokenizer.chat_template\x08\x00\x00\x00";
    let place = bytes
        .windows(key.len())
        .position(|window| window == key)
        .unwrap()
        + key.len();
    let length = u64::from_le_bytes(bytes[place..place + 8].try_into().unwrap());
    let length = usize::try_from(length).unwrap();
    // The length stays what it was: the room that is left is within the last tag.
    let room = length.checked_sub(template.len() + 2).unwrap();
    let template = format!("{template}{}%}}", " ".repeat(room));
    bytes[place + 8..place + 8 + length].copy_from_slice(template.as_bytes());
    let path = directory.join(format!("{name}.gguf"));
    std::fs::write(&path, bytes).unwrap();
    path
}
