//! Nothing in a file, a variable or an override makes loading panic, run away or fail without a place.

use proptest::prelude::*;

use super::tests::{assert_error, load};
use super::{ConfigError, Place, render_default};

#[test]
fn what_is_quoted_is_short_and_cannot_drive_the_terminal() {
    let long = "x".repeat(100_000);
    let shown = "x".repeat(73);
    assert_error(
        load(
            format!("\"\\u001b[2J\" = 1\nlog.level = \"\\u0007{long}\""),
            &[],
            &[],
        ),
        &format!(
            "jane.toml:1:1: unknown key `\\u{{1b}}[2J`\n\
             jane.toml:2:5: `log.level` must be one of `error`, `warn`, `info`, `debug`, `trace`, \
             not `\"\\u0007{shown}…`"
        ),
    );
}

#[test]
fn nesting_is_bounded() {
    let dotted = "a.".repeat(78);
    let inline = format!("llm.{dotted}a = {{").repeat(20) + "b = 1" + &"}".repeat(20);
    assert_error(load(inline, &[], &[]), "jane.toml:1:5: unknown key `llm.a`");
    let brackets = "[".repeat(100_000);
    assert!(load("", &[("JANE_LLM__STOP", &brackets)], &[]).is_err());
    let variable = format!("JANE_{}", "A__".repeat(100_000));
    assert!(load("", &[(&variable, "1")], &[]).is_err());
    let key = "a.".repeat(100_000);
    assert!(load("", &[], &[&format!("{key}=1")]).is_err());
}

#[test]
fn a_flood_of_mistakes_is_counted() {
    let file: String = (0..250).map(|number| format!("k{number} = 1\n")).collect();
    let error = load(file, &[], &[]).unwrap_err();
    assert_eq!(error.problems().len(), 101);
    assert_eq!(
        error.problems()[100].to_string(),
        "jane.toml:101:1: 150 more problems from here on"
    );
}

/// One way to break a file; numbers are taken modulo what there is.
#[derive(Clone, Debug)]
enum Mutation {
    Cut { start: usize, length: usize },
    Overwrite { position: usize, byte: u8 },
    SwapLines { one: usize, other: usize },
    Replace { line: usize, value: String },
}

fn mutation() -> impl Strategy<Value = Mutation> {
    const VALUES: &[&str] = &[
        "",
        "\"\"",
        "-1",
        "1e400",
        "nan",
        "9223372036854775807",
        "[1, [2]]",
        "{ a = 1 }",
        "true",
        "1979-05-27",
        "'''x",
        "\"\\u0000\"",
        "0.1",
        "4095",
    ];
    let value = prop_oneof![
        prop::sample::select(VALUES).prop_map(str::to_owned),
        any::<String>()
    ];
    prop_oneof![
        (any::<usize>(), 0..200usize).prop_map(|(start, length)| Mutation::Cut { start, length }),
        any::<(usize, u8)>().prop_map(|(position, byte)| Mutation::Overwrite { position, byte }),
        any::<(usize, usize)>().prop_map(|(one, other)| Mutation::SwapLines { one, other }),
        (any::<usize>(), value).prop_map(|(line, value)| Mutation::Replace { line, value }),
    ]
}

fn mutate(mut text: Vec<u8>, mutation: Mutation) -> Vec<u8> {
    let mut lines: Vec<Vec<u8>> = text
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::to_vec)
        .collect();
    let (line_count, length_of_text) = (lines.len(), text.len());
    match mutation {
        Mutation::Cut { start, length } => {
            let start = start % (length_of_text + 1);
            text.drain(start..length_of_text.min(start + length));
            text
        }
        Mutation::Overwrite { position, byte } => {
            if let Some(old) = text.get_mut(position % length_of_text.max(1)) {
                *old = byte;
            }
            text
        }
        Mutation::SwapLines { one, other } => {
            lines.swap(one % line_count, other % line_count);
            lines.join(&b'\n')
        }
        Mutation::Replace { line, value } => {
            let line = &mut lines[line % line_count];
            if let Some(equals) = line.iter().position(|byte| *byte == b'=') {
                line.truncate(equals + 1);
                line.extend(value.into_bytes());
            }
            lines.join(&b'\n')
        }
    }
}

/// There are problems, each is shown on a line of its own, and those of the file lie in it.
fn check_error(error: &ConfigError, file: &[u8]) {
    let (problems, text) = (error.problems(), error.to_string());
    assert!(!problems.is_empty(), "{error:?}");
    assert_eq!(text.lines().count(), problems.len(), "{error:?}");
    assert!(
        !text
            .chars()
            .any(|shown| shown.is_control() && shown != '\n'),
        "{error:?}"
    );
    let lines = file.split(|byte| *byte == b'\n').count();
    for problem in problems {
        if let Place::File { line, column, .. } = problem.place {
            assert!((1..=lines).contains(&line) && column >= 1, "{problem:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn a_broken_file_gives_a_configuration_or_problems_with_places(
        mutations in prop::collection::vec(mutation(), 1..6),
    ) {
        let file = mutations.into_iter().fold(render_default().into_bytes(), mutate);
        if let Err(error) = load(&file, &[], &[]) {
            check_error(&error, &file);
        }
    }

    #[test]
    fn any_variable_and_override_give_a_configuration_or_problems(
        name in "JANE_(LLM|STT|TTS|LOG|[A-Z_]{1,4})__(SEED|STOP|MODEL|SPEED|LEVEL|[A-Z_]{0,6})",
        key in "(llm|tts|log|.{0,3})[.]?(seed|stop|model|speed|gpu|.{0,5})",
        value in "(.{0,20}|[\\[{\"']{0,5}[a0-9.,=]{0,5}[\\]}\"']{0,5}|-?[0-9]{1,30}[.]?[0-9]{0,400})",
    ) {
        if let Err(error) = load("", &[(&name, &value)], &[&format!("{key}={value}")]) {
            check_error(&error, b"");
        }
    }
}
