//! What is said of a sentence. An answer's sentences follow each other within a turn.

use redact::sentence::{Spoken, State, redact};

const PASS: &str = "(as it is)";
const MUTE: &str = "(nothing)";

fn said(text: &str, state: &mut State) -> String {
    match redact(text, state) {
        Spoken::Unchanged => PASS.into(),
        Spoken::Nothing => MUTE.into(),
        Spoken::Instead(text) => text,
    }
}

#[test]
fn one_by_one() {
    for (text, expected) in [
        (
            "Your API key is sk-proj-a8Kd73nxlQ92mZpT4vB6.",
            "Your API key is a secret.",
        ),
        (
            "Export OPENAI_API_KEY=sk-a8Kd73nxlQ92mZpT4vB6 first.",
            "Export OPENAI_API_KEY=a secret first.",
        ),
        (
            "Use `ghp_16C7e42F292c6912E7710c838347Ae178B4a` to push.",
            "Use a secret to push.",
        ),
        (
            "The access key **AKIAIOSFODNN7EXAMPLE** is old.",
            "The access key **a secret** is old.",
        ),
        (
            "It is sk-**a8Kd73nx**lQ92mZpT4vB6, I think.",
            "It is a secret, I think.",
        ),
        (
            "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
            "Bearer a secret",
        ),
        (
            "The hash is 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08.",
            "The hash is a secret.",
        ),
        ("The password is hunter2.", "The password is a secret."),
        (
            "The password for the guest network is \"swordfish\", by the way.",
            "The password for the guest network is \"a secret\", by the way.",
        ),
        (
            "The passphrase is correct horse battery staple.",
            "The passphrase is a secret.",
        ),
        (
            "Log in as bob with the password Tr0ub4dor&3.",
            "Log in as bob with the password a secret.",
        ),
        (
            "user: bob, password: hunter2",
            "user: bob, password: a secret",
        ),
        (
            "I changed the password to swordfish.",
            "I changed the password to a secret.",
        ),
        ("hunter2 is the password.", "A secret is the password."),
        ("Your PIN is 4711.", "Your PIN is a secret."),
        (
            "Pay with 4111 1111 1111 1111, please.",
            "Pay with a secret, please.",
        ),
        ("The card is 5500-0000-0000-0004.", "The card is a secret."),
        (
            "Send it to DE89 3704 0044 0532 0130 00 today.",
            "Send it to a secret today.",
        ),
        ("See https://user:pw@example.org/a?b=c#d.", "See a link."),
        (
            "See [the map](https://example.org/map) for more.",
            "See the map for more.",
        ),
        (
            "Look at <https://example.org> or www.example.org/x.",
            "Look at a link or a link.",
        ),
        ("Call `foo(bar) -> i32` first.", "Call some code first."),
        (
            "Use:\n```rust\nlet x = 1;\n```\nThat is it.",
            "Use:\nsome code \nThat is it.",
        ),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc=\n-----END RSA PRIVATE KEY-----",
            "A secret",
        ),
    ] {
        assert_eq!(said(text, &mut State::default()), expected, "{text}");
    }
}

#[test]
fn what_is_no_secret_is_left_alone() {
    for text in [
        "The largest ocean is the Pacific.",
        "**Paris** is the *capital* of `France`.",
        "Call me at +49 30 901820 or 0049 151 23456789.",
        "My number is (555) 123-4567.",
        "The meeting is on 2026-11-24 at 16:31:36.",
        "The ISBN is 978-3-16-148410-0, or 9783161484100.",
        "Write to jane.doe@example.org.",
        "The password is incorrect.",
        "Your password is too short.",
        "A password is a secret that you share with a server.",
        "The password should be at least twelve characters long.",
        "Reset your password in the settings.",
        "The key is under the mat.",
        "The secret is patience.",
        "The pin is red.",
        "A token is a piece of a word.",
        "Donaudampfschifffahrtsgesellschaft is a long word.",
        "Pi is 3.14159265358979323846.",
        "In 1700000000000 milliseconds, or 4,111,111,111,111,111 of them.",
        "The file `main.rs` has it.",
        "Light travels 299792458 metres a second.",
        "The zip code is 90210.",
        "The error code is 404.",
        "Use the `sort` command.",
        "It costs $1,299.99 (plus tax)!",
        "The commit is c97ca2a.",
        "There is code, a number such as 299792458, and a key.",
        "Turn the key as far as 90 degrees.",
        "The piece is in the key of E-flat.",
        "# Heading",
        "- one\n- two",
        "",
        "…",
        "Ünïcödé — „quoted“ 😀.",
    ] {
        assert_eq!(said(text, &mut State::default()), PASS, "{text}");
    }
}

#[test]
fn an_answer_in_pieces() {
    for answer in [
        &[
            ("Here is how:", PASS),
            ("```python", "Some code."),
            ("print(1)", MUTE),
            ("x = 'sk-a8Kd73nxlQ92mZpT4vB6'", "…"),
            ("```", MUTE),
            ("That is all.", PASS),
        ][..],
        &[("Your password is:", PASS), ("swordfish", "A secret")],
        &[
            ("Here is your password:", PASS),
            ("**Swordfish**", "**a secret**"),
            ("Keep it safe.", PASS),
        ],
        &[
            ("The password is Tr0ub!", "The password is a secret!"),
            ("4dor.", "A secret."),
            ("Do not tell.", PASS),
        ],
        &[
            ("-----BEGIN PRIVATE KEY-----", "A secret"),
            ("MIIEvQIBADANBg", "…"),
            ("abc", "…"),
            ("-----END PRIVATE KEY-----", "…"),
            ("Done.", PASS),
        ],
        &[
            ("Here is the password:", PASS),
            ("```", "A secret."),
            ("hunter2", "…"),
            ("```", "…"),
        ],
    ] {
        let mut state = State::default();
        for (text, expected) in answer {
            assert_eq!(said(text, &mut state), *expected, "{text}");
        }
    }
}
