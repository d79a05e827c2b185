//! A block of code is told as one, unless a password was to follow.

use redact::sentence::{Spoken, State, redact};

fn said(sentences: &[&str]) -> Vec<String> {
    let mut state = State::default();
    sentences
        .iter()
        .map(|text| match redact(text, &mut state) {
            Spoken::Unchanged => (*text).to_owned(),
            Spoken::Nothing => "(nothing)".into(),
            Spoken::Instead(text) => text,
        })
        .collect()
}

#[test]
fn a_block_of_code_is_no_secret() {
    for before in [
        "Here is the code:",
        "Here is a function that checks a password:",
        "This function splits a text into tokens:",
        "Here's how to read the API key from the environment:",
        "Here is how you generate a random password:",
        "You can store the secret like this:",
        "The following code hashes the password:",
        "To change your password, run:",
        "Here's a Python script for your PIN pad:",
        "Use the token:",
        "Sort by key:",
        "Use this as the key function:",
        "Log in with a password like this:",
        "Here is an example with a key:",
    ] {
        let said = said(&[before, "```python", "def f(x):", "return x + 1", "```", "That is it."]);
        assert_eq!(said, [before, "Some code.", "(nothing)", "(nothing)", "(nothing)", "That is it."], "{before}");
    }
    for before in ["Here is the code:", "Here is a function that checks a password:", "Here is how you generate a random password:"] {
        let whole = format!("{before}\n```python\ndef f(x):\n    return x + 1\n```\nThat is it.");
        let said = said(&[&whole]);
        assert!(said[0].to_lowercase().contains("some code") && !said[0].to_lowercase().contains("a secret"), "{said:?}");
    }
}

#[test]
fn a_block_that_is_the_password_is_one() {
    for before in ["Your password is:", "Your new password:", "Your API key:", "The PIN is:"] {
        let said = said(&[before, "```", "hunter2", "```", "Keep it."]);
        assert!(said[1].starts_with("A secret"), "{before}: {said:?}");
        assert!(said.iter().all(|text| !text.contains("hunter2")), "{said:?}");
    }
    let said = said(&["Here it is:", "```", "api_key = sk-proj-a8Kd73nxlQ92mZpT4vB6", "```"]);
    assert!(said.iter().all(|text| !text.contains("sk-proj")), "{said:?}");
}
