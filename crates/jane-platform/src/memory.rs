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
    rollup(pid, "Pss")
}

/// Bytes of process `pid` that lie in memory now, whoever shares them: it does not depend on what else runs.
#[must_use]
pub fn resident_memory(pid: u32) -> Option<u64> {
    rollup(pid, "Rss")
}

/// Bytes of process `pid` that lie in memory now, as the kernel counts them along the way: tens of pages less exact than
/// [`resident_memory`], and told at once, where the others walk over all pages.
#[must_use]
pub fn resident_memory_at_once(pid: u32) -> Option<u64> {
    #[cfg(target_os = "linux")]
    {
        let process = procfs::process::Process::new(i32::try_from(pid).ok()?).ok()?;
        Some(process.statm().ok()?.resident * procfs::page_size())
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = pid;
        None
    }
}

/// One figure of what the kernel says of all mappings of a process together.
fn rollup(pid: u32, figure: &str) -> Option<u64> {
    #[cfg(target_os = "linux")]
    {
        let process = procfs::process::Process::new(i32::try_from(pid).ok()?).ok()?;
        let maps = process.smaps_rollup().ok()?;
        let rollup = maps.memory_map_rollup.iter().next()?;
        rollup.extension.map.get(figure).copied()
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (pid, figure);
        None
    }
}
