//! Gives up what a native engine does not need: other files (Landlock) and the network (seccomp).
//!
//! Invariants: best effort, because kernels differ; what could not be enforced is said, never silently left out; nothing that
//! was given up comes back.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, BitFlags, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError,
    RulesetStatus, path_beneath_rules,
};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter_all_threads};

/// What every engine reads: libraries, locale, and what runtimes ask of the kernel.
const SYSTEM: [&str; 7] = ["/usr", "/lib", "/lib64", "/etc", "/opt", "/proc", "/sys"];

/// What engines write to: nothing, and the devices of graphics processors.
const DEVICES: [&str; 2] = ["/dev/null", "/dev/dri"];

/// Confines this process to reading `readable` and to making, changing and removing files below `writable` (and the system's own files),
/// and to no network. Returns what was reached, in words.
pub fn confine(readable: &[PathBuf], writable: &[PathBuf]) -> String {
    let files = match restrict_files(readable, writable) {
        Ok(RulesetStatus::FullyEnforced) => "files confined".to_owned(),
        Ok(RulesetStatus::PartiallyEnforced) => "files partly confined (older kernel)".to_owned(),
        Ok(RulesetStatus::NotEnforced) => {
            "files not confined (the kernel has no Landlock)".to_owned()
        }
        Err(error) => format!("files not confined ({error})"),
    };
    let network = match forbid_network() {
        Ok(()) => "network closed".to_owned(),
        Err(error) => format!("network not closed ({error})"),
    };
    format!("{files}, {network}")
}

fn restrict_files(
    readable: &[PathBuf],
    writable: &[PathBuf],
) -> Result<RulesetStatus, RulesetError> {
    let abi = ABI::V5;
    // Reading without executing: a worker starts no other program.
    let read: BitFlags<AccessFs> = AccessFs::ReadFile | AccessFs::ReadDir;
    // No links, pipes, sockets or devices are made, nothing is executed, and nothing moves from one directory to another.
    let keep: BitFlags<AccessFs> = read
        | AccessFs::WriteFile
        | AccessFs::Truncate
        | AccessFs::MakeReg
        | AccessFs::MakeDir
        | AccessFs::RemoveFile
        | AccessFs::RemoveDir;
    let device = read | AccessFs::WriteFile | AccessFs::Truncate | AccessFs::IoctlDev;
    let devices = std::fs::read_dir("/dev")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path());
    let devices = devices.filter(|path| path.to_string_lossy().starts_with("/dev/nvidia"));
    let devices: Vec<PathBuf> = devices.chain(DEVICES.map(PathBuf::from)).collect();
    let existing = |paths: &[PathBuf]| -> Vec<PathBuf> {
        paths.iter().filter(|path| path.exists()).cloned().collect()
    };
    let system: Vec<PathBuf> = SYSTEM
        .map(Path::new)
        .iter()
        .filter(|path| path.exists())
        .map(PathBuf::from)
        .collect();
    let status = Ruleset::default()
        .handle_access(AccessFs::from_all(abi))?
        .create()?
        .add_rules(path_beneath_rules(system, read))?
        .add_rules(path_beneath_rules(existing(readable), read))?
        .add_rules(path_beneath_rules(existing(&devices), device))?
        .add_rules(path_beneath_rules(existing(writable), keep))?
        .restrict_self()?;
    Ok(status.ruleset)
}

/// Refuses every socket, local ones too (a session bus would start any program), and the ring that
/// opens them without a call of their own (`EPERM`). Pairs of connected sockets stay possible.
fn forbid_network() -> Result<(), Box<dyn std::error::Error>> {
    let calls = [libc::SYS_socket, libc::SYS_io_uring_setup];
    // No conditions: the call is refused whatever its arguments are.
    let rules = BTreeMap::from(calls.map(|call| (call, Vec::new())));
    let refused = SeccompAction::Errno(u32::try_from(libc::EPERM)?);
    let filter = SeccompFilter::new(
        rules,
        SeccompAction::Allow,
        refused,
        std::env::consts::ARCH.try_into()?,
    )?;
    let program: BpfProgram = filter.try_into()?;
    apply_filter_all_threads(&program)?;
    Ok(())
}
