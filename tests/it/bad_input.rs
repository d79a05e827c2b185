//! Bad input: a clear error with exit code 1 or 2, and nothing lost.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::{Home, Run, Running, data, models, write_wav};
use sha2::{Digest, Sha256};

/// Checks that `run` failed with this code and a message that holds all of `parts`.
#[track_caller]
fn refused(run: &Run, code: i32, parts: &[&str]) {
    assert_eq!(run.code(), Some(code), "{run:#?}");
    let error = run.events.last().unwrap();
    assert_eq!(error["event"], "error", "{run:#?}");
    let message = error["message"].as_str().unwrap();
    for part in parts {
        assert!(message.contains(part), "`{part}` is not in: {message}");
    }
    assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
}

fn transcribe(home: &Home, file: &Path) -> Run {
    home.run(&["transcribe", file.to_str().unwrap()])
}

#[track_caller]
fn hears_france(home: &Home, file: &Path) {
    let run = transcribe(home, file);
    let text = run.only("transcript")["text"].as_str().unwrap();
    assert!(text.contains("France"), "{run:#?}");
}

/// A file of the home with this content.
fn file(home: &Home, name: &str, content: &[u8]) -> PathBuf {
    let path = home.path().join(name);
    fs::write(&path, content).unwrap();
    path
}

#[test]
fn recordings_that_are_none_are_refused_by_name() {
    let home = Home::new();
    refused(
        &transcribe(&home, Path::new("no/such/file.wav")),
        1,
        &["no/such/file.wav", "No such file"],
    );
    refused(&transcribe(&home, home.path()), 1, &["not a file"]);
    refused(
        &transcribe(&home, &file(&home, "empty.wav", b"")),
        1,
        &["empty.wav", "empty"],
    );
    refused(
        &transcribe(
            &home,
            &file(&home, "text.wav", b"Dear diary, this is not sound."),
        ),
        1,
        &["not a WAV"],
    );
    refused(
        &transcribe(
            &home,
            &file(
                &home,
                "a.wav",
                b"fLaC\0\0\0\x22aaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            ),
        ),
        1,
        &["FLAC"],
    );
    refused(
        &transcribe(
            &home,
            &file(
                &home,
                "b.wav",
                b"ID3\x04\0\0\0\0\0\0aaaaaaaaaaaaaaaaaaaaaaaaaaa",
            ),
        ),
        1,
        &["MP3"],
    );

    let question = fs::read(data("capital_of_france.wav")).unwrap();
    refused(
        &transcribe(
            &home,
            &file(&home, "cut.wav", &question[..question.len() / 2]),
        ),
        1,
        &["cut.wav", "cut off"],
    );
    refused(
        &transcribe(&home, &file(&home, "head.wav", &question[..20])),
        1,
        &["head.wav"],
    );
    let none = home.path().join("none.wav");
    write_wav(&none, 16_000, []);
    refused(&transcribe(&home, &none), 1, &["0 samples"]);
    // And asking with one of them is refused before anything is loaded.
    let run = home.run(&["ask", "--wav", none.to_str().unwrap()]);
    refused(&run, 1, &["0 samples"]);
    assert!(run.all("worker.started").is_empty());
}

#[test]
fn one_bad_recording_among_several_loses_none_of_the_others() {
    let home = Home::new();
    let good = data("capital_of_france.wav");
    let run = home.run(&["transcribe", "missing.wav", good.to_str().unwrap()]);
    refused(&run, 1, &["1 of 2"]);
    assert!(
        run.only("warning")["message"]
            .as_str()
            .unwrap()
            .contains("missing.wav")
    );
    assert!(
        run.only("transcript")["text"]
            .as_str()
            .unwrap()
            .contains("France")
    );
}

#[test]
fn eight_bits_and_96_khz_are_sound_like_any_other() {
    let home = Home::new();
    let (rate, samples) = crate::common::read_wav(&data("capital_of_france.wav"));
    let path = home.path().join("eight.wav");
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: rate,
        bits_per_sample: 8,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(&path, spec).unwrap();
    for sample in &samples {
        let sample = i8::try_from(sample >> 8).unwrap();
        writer.write_sample(sample).unwrap();
        writer.write_sample(sample).unwrap();
    }
    writer.finalize().unwrap();
    hears_france(&home, &path);

    let path = home.path().join("fast.wav");
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 96_000,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    let mut writer = hound::WavWriter::create(&path, spec).unwrap();
    for pair in samples.windows(2) {
        for step in 0..6_i16 {
            let (from, to) = (f32::from(pair[0]), f32::from(pair[1]));
            let sample = from + (to - from) * f32::from(step) / 6.0;
            writer.write_sample(sample / 32_768.0).unwrap();
        }
    }
    writer.finalize().unwrap();
    hears_france(&home, &path);
}

#[test]
fn an_hour_of_silence_is_nothing_said_and_costs_no_memory() {
    let home = Home::new();
    let path = home.path().join("hour.wav");
    write_wav(&path, 8_000, std::iter::repeat_n(0, 8_000 * 3_600));
    let run = transcribe(&home, &path);
    assert_eq!(run.code(), Some(0), "{run:#?}");
    let transcript = run.only("transcript");
    assert_eq!(
        (&transcript["text"], &transcript["audio_seconds"]),
        (&"".into(), &3600.0.into())
    );
    refused(
        &home.run(&["ask", "--wav", path.to_str().unwrap()]),
        1,
        &["nothing was said"],
    );
}

#[test]
fn a_model_that_is_none_is_named_and_a_corrupt_one_kills_nobody() {
    let home = Home::new();
    let model = models().join("smollm2-135m-instruct");
    let gguf = fs::read_dir(&model)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let gguf = gguf
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "gguf")
        })
        .last()
        .unwrap();
    let mut bytes = fs::read(&gguf).unwrap();
    bytes.truncate(1 << 20);
    let cut = file(&home, "cut.gguf", &bytes);
    let set = format!("llm.model={}", cut.display());
    let run = home.run(&["ask", "--silent", "--set", &set, "Hello?"]);
    refused(&run, 1, &["language model", "cut.gguf"]);
    assert!(run.events.last().unwrap()["hint"].is_string());

    // Right at the beginning, wrong in the middle: whatever the engine does about it, the host says so and lives.
    for (place, byte) in bytes
        .iter_mut()
        .enumerate()
        .skip(64)
        .step_by(7)
        .take(50_000)
    {
        *byte ^= u8::try_from(place % 251).unwrap();
    }
    let garbled = file(&home, "garbled.gguf", &bytes);
    let set = format!("llm.model={}", garbled.display());
    refused(
        &home.run(&["ask", "--silent", "--set", &set, "Hello?"]),
        1,
        &["language model"],
    );

    for (name, content, message) in [
        (
            "text.gguf",
            &b"this is no model at all, only text"[..],
            "text.gguf",
        ),
        ("empty.gguf", b"", "empty.gguf"),
    ] {
        let set = format!("llm.model={}", file(&home, name, content).display());
        refused(
            &home.run(&["ask", "--silent", "--set", &set, "Hello?"]),
            1,
            &[message],
        );
    }
    let mut whisper = vec![0_u8; 1 << 16];
    whisper[..4].copy_from_slice(&0x6767_6d6c_u32.to_le_bytes());
    let set = format!("stt.model={}", file(&home, "zeros.bin", &whisper).display());
    let question = data("capital_of_france.wav");
    refused(
        &home.run(&["transcribe", "--set", &set, question.to_str().unwrap()]),
        1,
        &["zeros.bin"],
    );
    let set = "llm.model=whisper-tiny.en";
    refused(
        &home.run(&["ask", "--silent", "--set", set, "Hello?"]),
        1,
        &["whisper-tiny.en", "stt"],
    );
    let set = "llm.model=smollm2-135m";
    let run = home.run(&["ask", "--silent", "--set", set, "Hello?"]);
    refused(&run, 1, &["smollm2-135m"]);
}

#[test]
fn a_wrong_configuration_is_told_whole() {
    let home = Home::new();
    home.write_config(
        "[llm]\nmodle = \"x\"\ntemperature = \"warm\"\ncontext_window = 12\n[sst]\nmodel = \"y\"\n",
    );
    let run = home.run(&["check"]);
    refused(
        &run,
        2,
        &[
            "modle",
            "did you mean",
            "temperature",
            "context_window",
            "sst",
        ],
    );
    let message = run.events.last().unwrap()["message"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(message.contains("jane.toml:7:1"), "{message}");
    // The same with any other command, and nothing is started.
    refused(&home.run(&["ask", "Hello?"]), 2, &["modle"]);

    fs::write(
        home.path().join("jane.toml"),
        b"[llm]\nmodel = \"caf\xe9\"\n",
    )
    .unwrap();
    refused(&home.run(&["check"]), 2, &["UTF-8"]);
    fs::write(home.path().join("jane.toml"), b"[llm\nmodel = 3").unwrap();
    refused(&home.run(&["check"]), 2, &["jane.toml:1"]);
    home.write_config("");
    refused(
        &home.run(&["check", "--set", "llm.temprature=1"]),
        2,
        &["temprature", "did you mean"],
    );
    assert_eq!(home.run(&["check"]).code(), Some(0));
    assert_eq!(home.run(&["--no-such-option"]).code(), Some(2));
}

#[test]
fn a_file_that_was_found_where_she_was_started_is_not_to_be_gone() {
    let home = Home::new();
    let mut command = Command::new(env!("CARGO_BIN_EXE_jane"));
    command
        .args(["chat", "--silent", "--json"])
        .current_dir(home.path());
    for variable in ["JANE_MODELS__DIRECTORY", "JANE_HOME"] {
        command.env_remove(variable);
    }
    let mut chat = Running::spawn(&mut command);
    chat.wait_for("listening");
    fs::remove_file(home.path().join("jane.toml")).unwrap();
    chat.wait_for("config.rejected");
    home.write_config("[log]\nlevel = \"debug\"\n");
    let reloaded = chat.wait_for("config.reloaded");
    // The models' directory and the devices never changed.
    assert_eq!(reloaded["changed"], serde_json::json!(["log.level"]));
    drop(chat.stdin.take());
    assert_eq!(chat.finish().code(), Some(0));
}

#[test]
fn a_log_directory_that_cannot_be_written_is_named() {
    let home = Home::new();
    fs::write(home.path().join("occupied"), "a file").unwrap();
    home.write_config("[log]\ndirectory = \"occupied/logs\"\n");
    let run = home.run(&["ask", "--silent", "Hello?"]);
    refused(&run, 2, &["cannot write logs", "occupied/logs"]);
    assert!(
        run.events.last().unwrap()["hint"]
            .as_str()
            .unwrap()
            .contains("log.directory")
    );
}

#[test]
fn a_catalogue_with_a_wrong_hash_installs_nothing() {
    // The file comes from a server of this test, as it would from Hugging Face.
    let server = crate::common::server::Server::start("/owner/tiny/resolve/main/tiny.gguf", MODEL);
    let home = Home::new();
    let models = home.path().join("models");
    fs::create_dir(&models).unwrap();
    let catalogue = |sha256: &str| {
        format!(
            "[tiny]\nkind = \"llm\"\nlicence = \"MIT\"\nlanguages = [\"en\"]\ndescription = \"A test.\"\n\
             files = [{{ name = \"tiny.gguf\", size = {}, sha256 = \"{sha256}\" }}]\n\
             [[tiny.sources]]\ntype = \"hugging-face\"\nrepository = \"owner/tiny\"\nrevision = \"main\"\n\
             pieces = [{{ name = \"tiny.gguf\", parts = [\"tiny.gguf\"] }}]\n",
            MODEL.len()
        )
    };
    let pull = || {
        let mut command = home.command(&[
            "models",
            "pull",
            "tiny",
            "--json",
            "--set",
            "models.directory=models",
        ]);
        command.env("HF_ENDPOINT", server.url());
        crate::common::Running::spawn(&mut command).finish()
    };
    fs::write(models.join("catalog.toml"), catalogue(&"0".repeat(64))).unwrap();
    refused(&pull(), 1, &["tiny", "SHA-256"]);
    assert!(!models.join("tiny").exists());

    // With the right one the same file is installed.
    let right = Sha256::digest(MODEL)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<String>();
    fs::write(models.join("catalog.toml"), catalogue(&right)).unwrap();
    assert_eq!(pull().code(), Some(0));
    assert_eq!(fs::read(models.join("tiny/tiny.gguf")).unwrap(), MODEL);
    // A changed file is noticed.
    fs::write(models.join("tiny/tiny.gguf"), b"GGUF and so of").unwrap();
    refused(
        &home.run(&[
            "models",
            "verify",
            "tiny",
            "--set",
            "models.directory=models",
        ]),
        1,
        &["tiny.gguf", "SHA-256"],
    );
}

/// What stands for a model: no engine opens it here.
const MODEL: &[u8] = b"GGUF and so on";

#[test]
#[ignore = "needs to mount a small file system: user namespaces"]
fn a_full_disk_is_said_and_leaves_nothing() {
    let home = Home::new();
    // A file system of 64 KiB, in a mount namespace of its own; where the system allows none, this part is left out.
    let disk = home.path().join("disk");
    fs::create_dir(&disk).unwrap();
    let jane = env!("CARGO_BIN_EXE_jane");
    let script = format!(
        "mount -t tmpfs -o size=64k none '{0}' && '{jane}' --home '{1}' --json say --out '{0}/a.wav' \
         'This sentence is long enough to need more than sixty-four kilobytes, I should think.'; \
         code=$?; ls -A '{0}' >&2; exit $code",
        disk.display(),
        home.path().display(),
    );
    let mut command = std::process::Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", &script]);
    let run = crate::common::Running::spawn(&mut command).finish();
    refused(&run, 1, &["a.wav", "No space left"]);
    assert_eq!(run.stderr.trim(), "", "something was left on the disk");
}

#[test]
fn a_conversation_without_its_sound_says_what_is_missing() {
    let home = Home::new();
    refused(
        &home.run(&["talk", "--input", "no/such/file.wav"]),
        1,
        &["no/such/file.wav", "No such file"],
    );
    let question = home.path().join("question.wav");
    fs::copy(data("largest_ocean.wav"), &question).unwrap();
    let before = fs::read(&question).unwrap();
    let same = question.to_str().unwrap();
    refused(
        &home.run(&["talk", "--input", same, "--output", same]),
        1,
        &["question.wav", "being heard"],
    );
    assert_eq!(fs::read(&question).unwrap(), before);
    let mut command = home.command(&["talk", "--json"]);
    // No configuration of ALSA: no device, whatever the machine has.
    command
        .env("ALSA_CONFIG_PATH", "/dev/null")
        .env("PULSE_SERVER", "none");
    let run = crate::common::Running::spawn(&mut command).finish();
    refused(&run, 1, &["no microphone"]);
    // One that has a name may be plugged in yet: it is told of, and waited for.
    let mut waiting = home.start(&["talk", "--set", "audio.input_device=Gramophone"]);
    let lost = waiting.wait_for("audio.lost");
    assert!(lost["message"].as_str().unwrap().contains("Gramophone"));
    assert!(lost["hint"].is_string(), "{lost}");
    crate::common::signal(waiting.child.id(), "-INT");
    assert_eq!(waiting.finish().code(), Some(130));
}
