//! Which package may depend on which, and under which licences: `cargo metadata` tells.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// Each package of the workspace, and those of the workspace that it may name. What is not listed is not allowed.
const LAYERS: &[(&str, &[&str])] = &[
    ("jane-text", &[]),
    ("jane-platform", &[]),
    ("jane-reply-filter", &["jane-core"]),
    ("jane-core", &["jane-text"]),
    ("jane-files", &["jane-platform"]),
    ("jane-worker", &["jane-core", "jane-platform"]),
    ("jane-config", &["jane-core", "jane-platform"]),
    ("jane-audio", &["jane-platform"]),
    ("jane-mind", &["jane-core", "jane-platform"]),
    ("jane-models", &["jane-files", "jane-platform"]),
    ("jane-turn-detection", &["jane-audio", "jane-config"]),
    (
        "jane-skills",
        &[
            "jane-config",
            "jane-core",
            "jane-files",
            "jane-platform",
            "jane-text",
        ],
    ),
    (
        "jane-engines",
        &[
            "jane-audio",
            "jane-config",
            "jane-core",
            "jane-files",
            "jane-mind",
            "jane-models",
            "jane-platform",
            "jane-reply-filter",
            "jane-text",
            "jane-turn-detection",
            "jane-worker",
        ],
    ),
    ("jane-whisper", ENGINE),
    ("jane-llama", ENGINE),
    ("jane-piper", ENGINE),
];

/// What a worker may name.
const ENGINE: &[&str] = &[
    "jane-core",
    "jane-files",
    "jane-platform",
    "jane-reply-filter",
    "jane-text",
    "jane-worker",
];

/// What no worker may have, however far down: sound, skills, databases, the network.
const NOT_IN_WORKERS: &[&str] = &[
    "cpal",
    "rodio",
    "wasmtime",
    "rusqlite",
    "hyper",
    "reqwest",
    "tokio-rustls",
];

/// The native engines, each of which is in one worker and in nothing else.
const ENGINES: &[(&str, &str)] = &[
    ("whisper-rs", "jane-whisper"),
    ("llama-cpp-2", "jane-llama"),
    ("piper-rs", "jane-piper"),
];

/// Licences that code under MIT or Apache-2.0 may be linked with.
const LICENCES: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "bzip2-1.0.6",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "NCSA",
    "OpenSSL",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

struct Workspace {
    packages: BTreeMap<String, Value>,
    /// By the id of a package: what it needs to run, without what builds or tests it.
    needs: BTreeMap<String, Vec<String>>,
    members: BTreeSet<String>,
}

impl Workspace {
    fn read() -> Self {
        let output = Command::new(env!("CARGO"))
            .args(["metadata", "--format-version", "1", "--locked"])
            .arg("--manifest-path")
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
        let id = |value: &Value| value["id"].as_str().unwrap().to_owned();
        let nodes = metadata["resolve"]["nodes"].as_array().unwrap();
        let runs = |dependency: &&Value| {
            let kinds = dependency["dep_kinds"].as_array().unwrap();
            kinds.iter().any(|kind| kind["kind"].is_null())
        };
        let needs = nodes.iter().map(|node| {
            let dependencies = node["deps"].as_array().unwrap().iter().filter(runs);
            let packages = dependencies.map(|one| one["pkg"].as_str().unwrap().to_owned());
            (id(node), packages.collect())
        });
        let members = metadata["workspace_members"].as_array().unwrap();
        let packages = metadata["packages"].as_array().unwrap();
        Self {
            needs: needs.collect(),
            members: members
                .iter()
                .map(|member| member.as_str().unwrap().to_owned())
                .collect(),
            packages: packages
                .iter()
                .map(|package| (id(package), package.clone()))
                .collect(),
        }
    }

    fn name(&self, id: &str) -> &str {
        self.packages[id]["name"].as_str().unwrap()
    }

    fn id(&self, name: &str) -> &str {
        let member = self.members.iter().find(|id| self.name(id) == name);
        member.unwrap_or_else(|| panic!("the workspace has no `{name}`"))
    }

    /// All that `id` needs, however far down.
    fn all(&self, id: &str) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        let mut waiting = vec![id];
        while let Some(next) = waiting.pop() {
            for needed in &self.needs[next] {
                if found.insert(needed.as_str()) {
                    waiting.push(needed);
                }
            }
        }
        found
    }
}

#[test]
fn dependencies_point_one_way() {
    let workspace = Workspace::read();
    for (name, allowed) in LAYERS {
        let direct = &workspace.needs[workspace.id(name)];
        let of_ours = direct.iter().filter(|id| workspace.members.contains(*id));
        for needed in of_ours.map(|id| workspace.name(id)) {
            assert!(allowed.contains(&needed), "`{name}` depends on `{needed}`");
        }
    }
    // Whatever is new has a place among the layers, the host and the measurements beside it apart.
    for id in &workspace.members {
        let name = workspace.name(id);
        let is_known = LAYERS.iter().any(|(known, _)| *known == name);
        assert!(
            is_known || ["jane", "jane-threads-bench"].contains(&name),
            "{name}"
        );
    }
}

#[test]
fn a_worker_has_no_sound_no_skills_and_no_network_and_an_engine_is_in_its_worker_alone() {
    let workspace = Workspace::read();
    for (engine, worker) in ENGINES {
        for id in &workspace.members {
            let all = workspace.all(id);
            let names: BTreeSet<&str> = all.iter().map(|id| workspace.name(id)).collect();
            let name = workspace.name(id);
            if name == *worker {
                assert!(names.contains(engine));
                for unwanted in NOT_IN_WORKERS {
                    assert!(!names.contains(unwanted), "`{name}` has `{unwanted}`");
                }
            } else if name != "jane-threads-bench" {
                assert!(!names.contains(engine), "`{name}` has `{engine}`");
            }
        }
    }
}

#[test]
fn what_is_linked_may_be_linked_under_our_licences() {
    let workspace = Workspace::read();
    let voice = workspace.id("jane-piper");
    let in_voice = workspace.all(voice);
    let elsewhere = workspace.members.iter().filter(|id| *id != voice);
    let elsewhere: BTreeSet<&str> = elsewhere.flat_map(|id| workspace.all(id)).collect();
    for id in in_voice.union(&elsewhere) {
        if workspace.members.contains(*id) || !elsewhere.contains(id) {
            // The voice's worker is under the GPL as a whole.
            continue;
        }
        let licence = workspace.packages[*id]["license"].as_str();
        let licence = licence.unwrap_or_else(|| panic!("{id} names no licence"));
        assert!(is_allowed(licence), "{id}: {licence}");
    }
}

/// Whether one of the alternatives of an SPDX expression is allowed in all its parts.
fn is_allowed(expression: &str) -> bool {
    let plain = expression.replace(['(', ')'], "").replace('/', " OR ");
    plain.split(" AND ").all(|part| {
        let mut alternatives = part.split(" OR ").map(str::trim);
        alternatives.any(|one| LICENCES.contains(&one))
    })
}

/// Without vectors the loop that measures the machine takes five times as long, and the smallest model is chosen for it.
#[test]
fn what_measures_the_machine_is_compiled_with_all_optimisations() {
    let manifest = std::fs::read_to_string(crate::common::root().join("Cargo.toml")).unwrap();
    let manifest: toml::Value = toml::from_str(&manifest).unwrap();
    let release = &manifest["profile"]["release"];
    assert!(release.get("opt-level").is_none());
    assert!(release["package"].get("jane-platform").is_none());
}

/// The modules at the top of the host use one another one way only, as the crates do.
#[test]
fn no_modules_of_the_host_use_one_another_in_a_circle() {
    let source = crate::common::root().join("src");
    let mut used: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let modules = std::fs::read_dir(&source).unwrap();
    let modules = modules.map(|entry| entry.unwrap().path());
    for path in modules.filter(|path| !path.ends_with("lib.rs") && !path.ends_with("main.rs")) {
        let own = path.file_stem().unwrap().to_string_lossy().into_owned();
        let mut names = BTreeSet::new();
        for file in rust_files(&path) {
            let text = std::fs::read_to_string(file).unwrap();
            let code = text.split("\n#[cfg(test)]").next().unwrap_or_default();
            let after = code.split("crate::").skip(1);
            names.extend(after.map(|rest| {
                let end =
                    rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
                rest[..end.unwrap_or(rest.len())].to_owned()
            }));
        }
        names.remove(&own);
        used.entry(own).or_default().extend(names);
    }
    assert!(used["conversation"].contains("runtime"), "{used:?}");
    for module in used.keys() {
        let (mut found, mut waiting) = (BTreeSet::new(), vec![module]);
        while let Some(next) = waiting.pop() {
            for needed in used.get(next).into_iter().flatten() {
                assert_ne!(needed, module, "`{module}` needs itself, by {found:?}");
                if found.insert(needed) {
                    waiting.push(needed);
                }
            }
        }
    }
}

/// The files of a module, without those that hold tests alone.
fn rust_files(path: &std::path::Path) -> Vec<std::path::PathBuf> {
    if path.is_file() {
        return vec![path.to_path_buf()];
    }
    let entries = std::fs::read_dir(path).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let is_test = |path: &std::path::PathBuf| path.to_string_lossy().contains("tests");
    let of_product = paths.filter(|path| {
        !is_test(path) && (path.is_dir() || path.extension().is_some_and(|end| end == "rs"))
    });
    of_product.flat_map(|path| rust_files(&path)).collect()
}
