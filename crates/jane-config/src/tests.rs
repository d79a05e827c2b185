//! How layers combine, and what is said about every kind of mistake, word for word.

use std::path::Path;

use super::layer::Layer;
use super::*;

pub(super) fn load(
    file: impl AsRef<[u8]>,
    environment: &[(&str, &str)],
    overrides: &[&str],
) -> Result<Config, ConfigError> {
    let file = Layer::file(Path::new("jane.toml"), file.as_ref().to_vec());
    let variables = environment
        .iter()
        .filter_map(|(name, value)| Layer::variable(name, value));
    let overrides = overrides.iter().map(|text| Layer::command_line(text));
    Config::from_layers([file].into_iter().chain(variables.map(Ok)).chain(overrides))
}

#[track_caller]
pub(super) fn assert_error(result: Result<Config, ConfigError>, expected: &str) {
    assert_eq!(result.unwrap_err().to_string(), expected.trim());
}

#[test]
fn the_rendered_defaults_are_the_defaults() {
    assert_eq!(load(render_default(), &[], &[]).unwrap(), Config::default());
    assert_eq!(Config::load(&Source::default()).unwrap(), Config::default());
}

#[test]
fn later_layers_override_earlier_ones_key_by_key() {
    let config = load(
        "llm.model = 'file'\nllm.seed = 1\nllm.top_k = 1\nllm.stop = ['a', 'b']",
        &[
            ("JANE_LLM__SEED", "2"),
            ("JANE_LLM__TOP_K", "2"),
            ("JANE_LLM__STOP", "[c]"),
        ],
        &[
            "llm.top_k=3",
            "stt.gpu=false",
            "tts.speed=2",
            "tts.speed=1.5",
        ],
    )
    .unwrap();
    let llm = Llm {
        model: "file".into(),
        seed: 2,
        top_k: 3,
        stop: vec!["c".into()],
        ..Llm::default()
    };
    assert_eq!(config.llm, llm);
    assert_eq!((config.stt.gpu, config.tts.speed), (false, 1.5));
    assert_eq!(config.audio, Audio::default());
}

#[test]
fn a_string_stays_a_string_and_a_whole_float_is_an_integer() {
    let config = load(
        "llm.seed = 7.0\nllm.temperature = 1\n",
        &[
            ("JANE_TTS__SPEAKER", "3"),
            ("JANE_STT__PROMPT", "[Ada], true"),
            ("JANE_STT__MODEL", "\"base\""),
        ],
        &[
            "assistant.name=true",
            "assistant.system_prompt=a=b",
            "audio.output_device=1.50",
        ],
    )
    .unwrap();
    assert_eq!((config.llm.seed, config.llm.temperature), (7, 1.0));
    assert_eq!(
        (config.tts.speaker, config.stt.prompt),
        ("3".into(), "[Ada], true".into())
    );
    assert_eq!(
        (config.stt.model, config.assistant.name),
        ("base".into(), "true".into())
    );
    assert_eq!(
        (config.assistant.system_prompt, config.audio.output_device),
        ("a=b".into(), "1.50".into())
    );
}

#[test]
fn escapes_after_other_scripts_do_not_garble_or_panic() {
    let text = "\"Zoë said \\\"hi\\\"\"";
    let config = load("", &[("JANE_STT__PROMPT", text)], &[]).unwrap();
    assert_eq!(config.stt.prompt, text);
    let config = load("", &[("JANE_STT__PROMPT", "\"Zoe\\tJoe\"")], &[]).unwrap();
    assert_eq!(config.stt.prompt, "Zoe\tJoe");
}

#[test]
fn variables_that_name_no_key_are_passed_over() {
    let others = [
        ("JANE_HOME", "x"),
        ("JANE_LOG", "debug"),
        ("PATH", "/bin"),
        ("LLM__MODEL", "x"),
        ("JANE_", "x"),
    ];
    assert_eq!(load("", &others, &[]).unwrap(), Config::default());
}

#[test]
fn directories_are_relative_to_home() {
    let config = load("models.directory = '/big/disk'", &[], &[]).unwrap();
    assert_eq!(
        config.models_directory(Path::new("/home/jane")),
        Path::new("/big/disk")
    );
    assert_eq!(
        config.log_directory(Path::new("/home/jane")),
        Path::new("/home/jane/logs")
    );
}

#[test]
fn all_mistakes_in_all_layers_are_reported_in_order() {
    let file = r#"name = "Jane"
[lmm]
seed = 1

[llm]
  modle = "x"
  top_k = 2000
  stop = ["a", 3, ""]
  context_window = 1.5
  max_reply_tokens = true

[stt]
language = "English"
model = ""
beam_size = "3"
no_speech_threshold = 2
backend = "Whispr"
gpu = 1
temperature = 0.5
log_probability_threshold = nan

[tts]
speed = 2020-01-01
noise_w = inf
speaker = 3

[log]
level = "debgu"
directory = ["logs"]
"#;
    assert_error(
        load(
            file,
            &[
                ("JANE_LLM__TOP_P", "3"),
                ("JANE_LLM__TOP_Q", "1"),
                ("JANE_AUDIO__OUTPUT__DEVICE", "x"),
            ],
            &[
                "llm",
                "llm.seed=-1",
                "log.level=loud",
                "worker.start_seconds=1e2",
                "worker=5",
                "models.=x",
            ],
        ),
        r#"
jane.toml:1:1: unknown key `name` (did you mean `assistant.name`?)
jane.toml:2:2: unknown section `lmm` (did you mean `llm`?)
jane.toml:6:3: unknown key `llm.modle` (did you mean `model`?)
jane.toml:7:3: `llm.top_k` must be from 0 to 1000, not `2000`
jane.toml:8:16: `llm.stop.1` must be text in quotes, not `3`
jane.toml:8:19: `llm.stop.2` must not be empty
jane.toml:9:3: `llm.context_window` must be a whole number, not `1.5`
jane.toml:10:3: `llm.max_reply_tokens` must be a whole number, not `true`
jane.toml:13:1: `stt.language` must match `^(auto|[a-z]{2,3})$`, not `"English"`
jane.toml:14:1: `stt.model` must not be empty
jane.toml:15:1: `stt.beam_size` must be a whole number, not `"3"`
jane.toml:16:1: `stt.no_speech_threshold` must be from 0 to 1, not `2`
jane.toml:17:1: `stt.backend` must be one of `whisper`, `openai`, `wyoming`, not `"Whispr"` (did you mean `whisper`?)
jane.toml:18:1: `stt.gpu` must be `true` or `false`, not `1`
jane.toml:19:1: unknown key `stt.temperature` (did you mean `llm.temperature`?)
jane.toml:20:1: `stt.log_probability_threshold` must be a number, not a date, `inf` or `nan`
jane.toml:23:1: `tts.speed` must be a number, not a date, `inf` or `nan`
jane.toml:24:1: `tts.noise_w` must be a number, not a date, `inf` or `nan`
jane.toml:25:1: `tts.speaker` must be text in quotes, not `3`
jane.toml:28:1: `log.level` must be one of `error`, `warn`, `info`, `debug`, `trace`, not `"debgu"` (did you mean `debug`?)
jane.toml:29:1: `log.directory` must be text in quotes, not a list of 1
environment variable `JANE_LLM__TOP_P`: `llm.top_p` must be from 0 to 1, not `3`
environment variable `JANE_LLM__TOP_Q`: unknown key `llm.top_q` (did you mean `top_p`?)
environment variable `JANE_AUDIO__OUTPUT__DEVICE`: unknown key `audio.output` (did you mean `output_device`?)
`--set llm`: an override is written `section.key=value`
`--set llm.seed=-1`: `llm.seed` must be from 0 to 4294967295, not `-1`
`--set log.level=loud`: `log.level` must be one of `error`, `warn`, `info`, `debug`, `trace`, not `"loud"`
`--set worker.start_seconds=1e2`: `worker.start_seconds` must be a whole number, not `"1e2"`
`--set worker=5`: `worker` must be a section, not `5`
`--set models.=x`: unknown key `models.`
"#,
    );
}

#[test]
fn sections_and_lists_of_the_wrong_shape() {
    assert_error(
        load("llm = 3", &[], &[]),
        "jane.toml:1:1: `llm` must be a section, not `3`",
    );
    assert_error(
        load("[[llm]]\nseed = 1", &[], &[]),
        "jane.toml:1:3: `llm` must be a section, not a list of 1",
    );
    assert_error(
        load("llm.seed.x = 1", &[], &[]),
        "jane.toml:1:5: `llm.seed` must be a whole number, not a section",
    );
}

#[test]
fn broken_syntax_shows_the_line_and_the_other_layers_are_checked_all_the_same() {
    assert_error(
        load(
            "[llm]\r\n  model = small\r\n",
            &[("JANE_LLM__SEED", "x")],
            &["llm.sed=1"],
        ),
        r#"
jane.toml:2:11: not valid TOML, string values must be quoted, expected literal string: `model = small`
environment variable `JANE_LLM__SEED`: `llm.seed` must be a whole number, not `"x"`
`--set llm.sed=1`: unknown key `llm.sed` (did you mean `seed`?)
"#,
    );
    assert_error(
        load("[llm]\nseed = 1\nseed = 2\n", &[], &[]),
        "jane.toml:3:1: not valid TOML, duplicate key: `seed = 2`",
    );
    assert_error(
        load("[llm", &[], &[]),
        "jane.toml:1:5: not valid TOML, unclosed table, expected `]`: `[llm`",
    );
}

#[test]
fn text_in_another_encoding_says_where_it_starts() {
    assert_error(
        load(b"[assistant]\nname = \"Zo\xeb\"\n", &[], &[]),
        "jane.toml:2:11: the text is not UTF-8 from byte 22 on",
    );
}

#[test]
fn columns_count_characters_and_a_byte_order_mark_is_allowed() {
    assert_error(
        load("\u{feff}llm = { model = \"Zoë 🎙\", sed = 1 }", &[], &[]),
        "jane.toml:1:26: unknown key `llm.sed` (did you mean `seed`?)",
    );
}

#[test]
fn a_mistake_is_reported_even_where_a_later_layer_hides_it() {
    assert_error(
        load("llm.seed = -1", &[], &["llm.seed=1"]),
        "jane.toml:1:5: `llm.seed` must be from 0 to 4294967295, not `-1`",
    );
}

#[test]
fn a_reply_must_leave_room_for_the_prompt() {
    let message = |place: &str, reply: u32, window: u32| {
        format!(
            "{place}: `llm.max_reply_tokens` ({reply}) must leave at least 128 tokens of \
             `llm.context_window` ({window}) for the prompt"
        )
    };
    let both = "[llm]\ncontext_window = 1024\nmax_reply_tokens = 897";
    assert_error(load(both, &[], &[]), &message("jane.toml:3:1", 897, 1024));
    assert!(load(both, &[], &["llm.max_reply_tokens=896"]).is_ok());
    assert_error(
        load(
            "llm.max_reply_tokens = 500",
            &[("JANE_LLM__CONTEXT_WINDOW", "512")],
            &[],
        ),
        &message("environment variable `JANE_LLM__CONTEXT_WINDOW`", 500, 512),
    );
    assert_error(
        load("", &[], &["llm.max_reply_tokens=32768"]),
        &message("`--set llm.max_reply_tokens=32768`", 32768, 4096),
    );
}

#[test]
fn a_server_that_a_skill_may_reach_is_named_in_full() {
    let file = "[skills.weather]\nallow_http = [\n  \"https://a.org\", \"https://*\",\n  \"http://b.org/path\",\n]\n";
    let wrong = |place: &str, address: &str, reason: &str| {
        format!(
            "{place}: `skills.weather.allow_http`: `{address}` is no server's address: {reason}"
        )
    };
    let in_full = "each server has to be named in full";
    let parts = "it is not scheme, host and port, such as `https://api.example.org`";
    let expected = [
        wrong("jane.toml:3:20", "https://*", in_full),
        wrong("jane.toml:4:3", "http://b.org/path", parts),
    ];
    assert_error(load(file, &[], &[]), &expected.join("\n"));
    let fixed = "skills.weather.allow_http=[\"https://a.org\"]";
    assert!(load(file, &[], &[fixed]).is_ok());
    assert_error(
        load(
            "",
            &[("JANE_SKILLS__WEATHER__ALLOW_HTTP", "[api.example.org]")],
            &[],
        ),
        &wrong(
            "environment variable `JANE_SKILLS__WEATHER__ALLOW_HTTP`",
            "api.example.org",
            "relative URL without a base",
        ),
    );
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let directory = tempfile::tempdir().unwrap();
    let message = |path: &Path| {
        let source = Source {
            file: Some(path.into()),
            ..Source::default()
        };
        let error = Config::load(&source).unwrap_err();
        assert!(error.problems().is_empty());
        let text = format!("{error}\nhint: {}", error.hint().unwrap());
        text.replace(&directory.path().display().to_string(), "HOME")
    };
    assert_eq!(
        message(&directory.path().join("jane.toml")),
        "cannot read `HOME/jane.toml`: No such file or directory (os error 2)\n\
         hint: make one with `jane init --home HOME`, or name another home with `--home`"
    );
    assert_eq!(
        message(directory.path()),
        "cannot read `HOME`: it is not a file\nhint: it must be a file that you may read"
    );
    let large = directory.path().join("large.toml");
    std::fs::write(&large, vec![b'\n'; LARGEST_FILE as usize]).unwrap();
    let source = Source {
        file: Some(large.clone()),
        ..Source::default()
    };
    assert!(Config::load(&source).is_ok());
    std::fs::write(&large, vec![b'\n'; LARGEST_FILE as usize + 1]).unwrap();
    assert_eq!(
        message(&large),
        "`HOME/large.toml` is larger than 1048576 bytes\n\
         hint: is it the right file? a `jane.toml` is a few kilobytes"
    );
}
