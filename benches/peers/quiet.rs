//! Whether the machine did nothing else while something was measured: CPU time that the hypervisor gave to others, and that other
//! programs took.
//!
//! Only Linux tells; elsewhere every measurement counts as undisturbed, and the report says so.

/// Share of the machine's CPU time above which a measurement does not count, in percent.
pub const MOST_STOLEN: f64 = 2.0;

/// As [`MOST_STOLEN`], for other programs. The kernel counts in steps of 10 ms, and threads of its own always do a little.
pub const MOST_FOREIGN: f64 = 5.0;

/// What was taken away during a measurement, in percent of the machine's CPU time.
#[derive(Debug, Clone, Copy, Default)]
pub struct Disturbance {
    pub stolen: f64,
    pub foreign: f64,
}

impl Disturbance {
    pub fn counts(self) -> bool {
        self.stolen <= MOST_STOLEN && self.foreign <= MOST_FOREIGN
    }

    /// The worse of two.
    pub fn or(self, other: Self) -> Self {
        Self {
            stolen: self.stolen.max(other.stolen),
            foreign: self.foreign.max(other.foreign),
        }
    }
}

#[cfg(target_os = "linux")]
pub use linux::Watch;

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::HashMap;

    use procfs::process::all_processes;
    use procfs::{CurrentSI, KernelStats};

    use super::Disturbance;

    /// The state of the machine when a measurement began, in ticks.
    pub struct Watch {
        all: u64,
        busy: u64,
        stolen: u64,
        own: u64,
    }

    impl Watch {
        pub const TELLS: bool = true;

        /// # Errors
        /// Where `/proc` cannot be read.
        pub fn start() -> procfs::ProcResult<Self> {
            let cpu = KernelStats::current()?.total;
            let system = cpu.system + cpu.irq.unwrap_or(0) + cpu.softirq.unwrap_or(0);
            let busy = cpu.user + cpu.nice + system;
            let stolen = cpu.steal.unwrap_or(0);
            Ok(Self {
                all: busy + stolen + cpu.idle + cpu.iowait.unwrap_or(0),
                busy,
                stolen,
                own: own()?,
            })
        }

        /// # Errors
        /// As [`Watch::start`].
        pub fn end(&self) -> procfs::ProcResult<Disturbance> {
            let now = Self::start()?;
            let busy = now.busy.saturating_sub(self.busy);
            let foreign = busy.saturating_sub(now.own.saturating_sub(self.own));
            let all = now.all.saturating_sub(self.all).max(1);
            #[expect(clippy::cast_precision_loss, reason = "ticks of some seconds")]
            let percent = |ticks: u64| 100.0 * ticks as f64 / all as f64;
            Ok(Disturbance {
                stolen: percent(now.stolen.saturating_sub(self.stolen)),
                foreign: percent(foreign),
            })
        }
    }

    /// Ticks that this process and all that come of it have used, those that have ended included.
    fn own() -> procfs::ProcResult<u64> {
        let mut used = HashMap::new();
        // One that ends while it is looked at is missing here, and is in its parent's figures the next time.
        for stat in all_processes()?
            .flatten()
            .filter_map(|process| process.stat().ok())
        {
            let ended = u64::try_from(stat.cutime + stat.cstime).unwrap_or(0);
            used.insert(stat.pid, (stat.ppid, stat.utime + stat.stime + ended));
        }
        let me = i32::try_from(std::process::id()).unwrap_or_default();
        let is_own = |mut pid: i32| {
            while pid != me {
                match used.get(&pid) {
                    Some((parent, _)) => pid = *parent,
                    None => return false,
                }
            }
            true
        };
        Ok(used
            .iter()
            .filter(|(pid, _)| is_own(**pid))
            .map(|(_, (_, ticks))| ticks)
            .sum())
    }
}

/// Where the system does not tell.
#[cfg(not(target_os = "linux"))]
pub struct Watch;

#[cfg(not(target_os = "linux"))]
impl Watch {
    pub const TELLS: bool = false;

    /// # Errors
    /// Never.
    pub fn start() -> std::io::Result<Self> {
        Ok(Self)
    }

    /// # Errors
    /// Never.
    pub fn end(&self) -> std::io::Result<Disturbance> {
        Ok(Disturbance::default())
    }
}
