//! Holds an engine to the memory that it was given, so that a wrong estimate cannot take the machine.
//!
//! Two ways, both best effort, and what was reached is said: a data limit ([`limit_memory`]), and a control group
//! ([`MemoryGroups`]). The host sets both, so that they hold whatever the engine does.
//!
//! Invariant: the address space is never limited. CUDA reserves hundreds of gigabytes of it.

use std::path::{Path, PathBuf};

use procfs::process::Process;

/// Limits the private memory of process `pid` that it can write to, in bytes: heap, stacks of threads, buffers (`RLIMIT_DATA`, Linux 4.7
/// and later). What is beyond fails to be allocated. Weights that are mapped from a file do not count, and what was set
/// aside without being touched does. Returns what was reached, in words.
#[must_use]
pub fn limit_memory(pid: u32, bytes: u64) -> String {
    let Ok(pid) = libc::pid_t::try_from(pid) else {
        return format!("memory not limited ({pid} is no process)");
    };
    let limit = libc::rlimit {
        rlim_cur: bytes,
        rlim_max: bytes,
    };
    // SAFETY: `limit` is a valid structure for the whole of the call, and the old limit is not asked for.
    let set = unsafe {
        libc::prlimit(
            pid,
            libc::RLIMIT_DATA,
            &raw const limit,
            std::ptr::null_mut(),
        )
    };
    if set == 0 {
        format!("memory limited to {} MB", bytes / 1_000_000)
    } else {
        let error = std::io::Error::last_os_error();
        format!("memory not limited ({error})")
    }
}

/// Why there is no control group for memory.
#[derive(Debug, thiserror::Error)]
pub enum GroupError {
    #[error("no second version of control groups")]
    Absent,
    #[error("other programs share Jane's control group")]
    Shared,
    #[error("the control group at `{path}` is not Jane's to divide: {reason}")]
    Refused { path: PathBuf, reason: String },
}

/// The group that the host moves to: a group that is divided holds no process itself.
const HOST: &str = "jane-host";

/// What the groups of engines begin with; the process id follows.
const ENGINE: &str = "jane-engine-";

/// Jane's own control group, divided into one for the host and one for each engine. Made before an engine is started. It is there
/// where the system gave her a group of her own, as `systemd-run --user --scope -p Delegate=yes` does.
#[derive(Debug)]
pub struct MemoryGroups {
    root: PathBuf,
}

/// One engine in a group of its own. The group goes when this is dropped, if the process is gone.
#[derive(Debug)]
pub struct MemoryGroup {
    path: PathBuf,
}

impl MemoryGroups {
    /// Divides the group that this process is in.
    ///
    /// # Errors
    /// Where there is none, or it cannot be divided; everything is as before then.
    pub fn prepare() -> Result<Self, GroupError> {
        let own = own_group().ok_or(GroupError::Absent)?;
        Self::divide(&own, std::process::id())
    }

    fn divide(own: &Path, host: u32) -> Result<Self, GroupError> {
        // A host that was started by another one is in its group already.
        let root = match own.file_name() {
            Some(name) if name == HOST => own.parent().unwrap_or(own),
            _ => own,
        };
        let refused = |error: std::io::Error| GroupError::Refused {
            path: root.to_path_buf(),
            reason: error.to_string(),
        };
        let read = |name: &str| std::fs::read_to_string(root.join(name)).map_err(refused);
        let lists_memory = |list: &str| list.split_whitespace().any(|name| name == "memory");
        if !lists_memory(&read("cgroup.controllers")?) {
            let reason = std::io::Error::other("memory is not among its controllers");
            return Err(refused(reason));
        }
        if !lists_memory(&read("cgroup.subtree_control")?) {
            let host = host.to_string();
            if read("cgroup.procs")?.split_whitespace().ne([host.as_str()]) {
                return Err(GroupError::Shared);
            }
            let divided = std::fs::create_dir_all(root.join(HOST))
                .and_then(|()| std::fs::write(root.join(HOST).join("cgroup.procs"), &host))
                .and_then(|()| std::fs::write(root.join("cgroup.subtree_control"), "+memory"));
            if let Err(error) = divided {
                let _ = std::fs::write(root.join("cgroup.procs"), &host);
                let _ = std::fs::remove_dir(root.join(HOST));
                return Err(refused(error));
            }
        }
        // Left behind by a host that was killed. One that still holds a process cannot be removed.
        for entry in std::fs::read_dir(root).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(ENGINE) {
                let _ = std::fs::remove_dir(entry.path());
            }
        }
        Ok(Self {
            root: root.to_path_buf(),
        })
    }

    /// Puts process `pid` into a group of its own that may take `bytes`: with more, the kernel ends it.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn cap(&self, pid: u32, bytes: u64) -> std::io::Result<MemoryGroup> {
        let path = self.root.join(format!("{ENGINE}{pid}"));
        std::fs::create_dir_all(&path)?;
        let group = MemoryGroup { path };
        std::fs::write(group.path.join("memory.max"), bytes.to_string())?;
        // Not every kernel counts swap.
        let _ = std::fs::write(group.path.join("memory.swap.max"), "0");
        std::fs::write(group.path.join("cgroup.procs"), pid.to_string())?;
        Ok(group)
    }
}

impl Drop for MemoryGroup {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir(&self.path);
    }
}

/// The directory of the control group (second version) that this process is in.
fn own_group() -> Option<PathBuf> {
    let process = Process::myself().ok()?;
    let group = process
        .cgroups()
        .ok()?
        .into_iter()
        .find(|group| group.hierarchy == 0)?;
    let mount = process
        .mountinfo()
        .ok()?
        .into_iter()
        .find(|mount| mount.fs_type == "cgroup2")?;
    let inside = Path::new(&group.pathname).strip_prefix(&mount.root).ok()?;
    Some(mount.mount_point.join(inside))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    const MEGABYTE: u64 = 1_000_000;
    const CHILD: &str = "JANE_TEST_LIMITED_CHILD";

    fn can_have(bytes: u64) -> bool {
        let mut memory: Vec<u8> = Vec::new();
        memory
            .try_reserve_exact(usize::try_from(bytes).unwrap())
            .is_ok()
    }

    #[test]
    fn a_limited_process_gets_what_it_was_given_and_no_more() {
        if std::env::var_os(CHILD).is_some() {
            assert!(can_have(400 * MEGABYTE));
            println!("{}", limit_memory(std::process::id(), 200 * MEGABYTE));
            println!("within: {}", can_have(50 * MEGABYTE));
            println!("beyond: {}", can_have(400 * MEGABYTE));
            // Mapped and shared memory, such as weights and what CUDA reserves, is not limited.
            let file = tempfile::tempfile().unwrap();
            file.set_len(400 * MEGABYTE).unwrap();
            println!("mapped: {}", can_map(&file, 400 * MEGABYTE));
            return;
        }
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture"])
            .arg(
                concat!(
                    module_path!(),
                    "::a_limited_process_gets_what_it_was_given_and_no_more"
                )
                .split_once("::")
                .unwrap()
                .1,
            )
            .env(CHILD, "1")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}");
        for line in [
            "memory limited to 200 MB",
            "within: true",
            "beyond: false",
            "mapped: true",
        ] {
            assert!(said.contains(line), "`{line}` is not in: {said}");
        }
    }

    fn can_map(file: &std::fs::File, bytes: u64) -> bool {
        use std::os::fd::AsRawFd;
        let bytes = usize::try_from(bytes).unwrap();
        // SAFETY: a new mapping that nothing uses.
        let place = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                bytes,
                libc::PROT_READ,
                libc::MAP_SHARED,
                file.as_raw_fd(),
                0,
            )
        };
        place != libc::MAP_FAILED
    }

    /// A directory that looks like a control group.
    fn group(processes: &str, controllers: &str) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text);
        write("cgroup.procs", processes).unwrap();
        write("cgroup.controllers", controllers).unwrap();
        write("cgroup.subtree_control", "").unwrap();
        directory
    }

    #[test]
    fn a_group_of_her_own_is_divided_and_an_engine_is_capped_in_it() {
        let root = group("17\n", "cpu memory pids\n");
        let read = |name: &str| std::fs::read_to_string(root.path().join(name)).unwrap();
        let groups = MemoryGroups::divide(root.path(), 17).unwrap();
        assert_eq!(read("jane-host/cgroup.procs"), "17");
        assert_eq!(read("cgroup.subtree_control"), "+memory");
        let capped = groups.cap(18, 1000).unwrap();
        assert_eq!(read("jane-engine-18/memory.max"), "1000");
        assert_eq!(read("jane-engine-18/cgroup.procs"), "18");
        drop(capped);
        std::fs::write(root.path().join("cgroup.subtree_control"), "memory").unwrap();
        let again = MemoryGroups::divide(&root.path().join(HOST), 17).unwrap();
        assert_eq!(again.root, root.path());
    }

    #[test]
    fn a_group_with_other_programs_or_without_memory_is_left_alone() {
        let shared = group("17\n99\n", "memory\n");
        let error = MemoryGroups::divide(shared.path(), 17).unwrap_err();
        assert!(matches!(error, GroupError::Shared));
        let without = group("17\n", "hugetlb\n");
        let error = MemoryGroups::divide(without.path(), 17).unwrap_err();
        assert!(error.to_string().contains("not among its controllers"));
        for directory in [shared, without] {
            assert!(!directory.path().join(HOST).exists());
        }
    }
}
