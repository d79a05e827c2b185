//! Memory of the machine and of single processes.

/// Bytes of system memory: all of it, and what is available to programs now; `None` where the system does not say.
#[must_use]
pub fn machine_memory() -> Option<(u64, u64)> {
    #[cfg(target_os = "linux")]
    {
        use procfs::{Current, Meminfo};
        let memory = Meminfo::current().ok()?;
        Some((memory.mem_total, memory.mem_available?))
    }
    #[cfg(not(target_os = "linux"))]
    None
}

/// Bytes that process `pid` accounts for: its proportional set size, which counts a page shared by n processes as 1/n.
#[must_use]
pub fn process_memory(pid: u32) -> Option<u64> {
    #[cfg(target_os = "linux")]
    {
        let process = procfs::process::Process::new(i32::try_from(pid).ok()?).ok()?;
        let maps = process.smaps_rollup().ok()?;
        let rollup = maps.memory_map_rollup.iter().next()?;
        rollup.extension.map.get("Pss").copied()
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = pid;
        None
    }
}
