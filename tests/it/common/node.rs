//! Packages for Node that scenarios need: installed once, from a lock file, into the user's cache directory under `jane/`.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;

use etcetera::BaseStrategy;

use super::root;

/// What names the packages, and with which versions and hashes.
const NAMED: [&str; 2] = ["package.json", "package-lock.json"];

/// The directory that has, as `node_modules`, the packages that `tests/clients/node` names; they are installed where they are not yet there. It
/// is keyed by the lock file and the version of Node.
pub fn packages() -> PathBuf {
    static INSTALLING: Mutex<()> = Mutex::new(());
    let _one_at_a_time = INSTALLING
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let named = root().join("tests/clients/node");
    let lock = std::fs::read_to_string(named.join(NAMED[1])).unwrap();
    let node = Command::new("node").arg("--version").output().unwrap();
    let mut key = DefaultHasher::new();
    (lock.as_str(), node.stdout).hash(&mut key);
    let cache = etcetera::choose_base_strategy()
        .unwrap()
        .cache_dir()
        .join("jane");
    let packages = cache.join(format!("node-{:016x}", key.finish()));
    if packages.is_dir() {
        return packages;
    }
    std::fs::create_dir_all(&cache).unwrap();
    let staging = tempfile::tempdir_in(&cache).unwrap();
    for file in NAMED {
        std::fs::copy(named.join(file), staging.path().join(file)).unwrap();
    }
    let installed = Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .args(["--loglevel", "error"])
        .current_dir(staging.path())
        .status()
        .unwrap();
    assert!(
        installed.success(),
        "npm could not install what `{}` names",
        named.display()
    );
    // Another run of the tests may have been quicker: then its directory is as good.
    let renamed = std::fs::rename(staging.path(), &packages);
    assert!(renamed.is_ok() || packages.is_dir(), "{renamed:?}");
    packages
}
