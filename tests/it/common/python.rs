//! Python packages that scenarios need: installed once, from pinned versions, into the user's cache directory under `jane/`.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;

use etcetera::BaseStrategy;

use super::root;

/// The directory of the packages that `requirements` names, a file of the repository; installed where they are not yet there. It is
/// called after `name`, and keyed by the pinned versions and the version of Python.
pub fn packages(name: &str, requirements: &str) -> PathBuf {
    static INSTALLING: Mutex<()> = Mutex::new(());
    let _one_at_a_time = INSTALLING
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let requirements = root().join(requirements);
    let pinned = std::fs::read_to_string(&requirements).unwrap();
    let python = Command::new("python3").arg("--version").output().unwrap();
    let mut key = DefaultHasher::new();
    (pinned.as_str(), python.stdout).hash(&mut key);
    let cache = etcetera::choose_base_strategy()
        .unwrap()
        .cache_dir()
        .join("jane");
    let packages = cache.join(format!("{name}-{:016x}", key.finish()));
    if packages.is_dir() {
        return packages;
    }
    std::fs::create_dir_all(&cache).unwrap();
    let staging = tempfile::tempdir_in(&cache).unwrap();
    let installed = Command::new("python3")
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--root-user-action=ignore",
        ])
        .args(["--no-deps", "--only-binary=:all:", "--target"])
        .arg(staging.path())
        .arg("--requirement")
        .arg(&requirements)
        .status()
        .unwrap();
    assert!(
        installed.success(),
        "pip could not install what `{}` names",
        requirements.display()
    );
    // Another run of the tests may have been quicker: then its directory is as good.
    let renamed = std::fs::rename(staging.path(), &packages);
    assert!(renamed.is_ok() || packages.is_dir(), "{renamed:?}");
    packages
}
