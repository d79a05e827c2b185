//! The processors, and what they are busy with.

/// Time that all processors together spent since the machine was started, in clock ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ProcessorTimes {
    /// For programs and the kernel.
    pub busy: u64,
    /// When a program wanted to run and the hypervisor ran something else.
    pub stolen: u64,
    pub all: u64,
}

impl ProcessorTimes {
    /// Now; `None` where the system does not say.
    #[must_use]
    pub fn now() -> Option<Self> {
        #[cfg(target_os = "linux")]
        {
            use procfs::{CurrentSI, KernelStats};
            let total = KernelStats::current().ok()?.total;
            let stolen = total.steal.unwrap_or_default();
            let waiting = total.idle + total.iowait.unwrap_or_default();
            let interrupts = total.irq.unwrap_or_default() + total.softirq.unwrap_or_default();
            let busy = total.user + total.nice + total.system + interrupts;
            Some(Self {
                busy,
                stolen,
                all: busy + stolen + waiting,
            })
        }
        #[cfg(not(target_os = "linux"))]
        None
    }

    /// `part` of all, from 0 to 1.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "clock ticks are far below 2^52")]
    pub fn share(self, part: u64) -> f64 {
        part as f64 / self.all.max(1) as f64
    }

    /// What has passed since `earlier`.
    #[must_use]
    pub fn since(self, earlier: Self) -> Self {
        Self {
            busy: self.busy.saturating_sub(earlier.busy),
            stolen: self.stolen.saturating_sub(earlier.stolen),
            all: self.all.saturating_sub(earlier.all),
        }
    }
}

/// Time that this process and those that it started and that have ended spent on processors, in clock ticks.
#[must_use]
pub fn own_processor_time() -> Option<u64> {
    #[cfg(target_os = "linux")]
    {
        let stat = procfs::process::Process::myself().ok()?.stat().ok()?;
        let ended = u64::try_from(stat.cutime + stat.cstime).unwrap_or_default();
        Some(stat.utime + stat.stime + ended)
    }
    #[cfg(not(target_os = "linux"))]
    None
}

/// Time that process `pid` spent on processors so far, without those that it started; `None` where it is gone or the system does not say.
#[must_use]
pub fn processor_time(pid: u32) -> Option<std::time::Duration> {
    #[cfg(target_os = "linux")]
    {
        let process = procfs::process::Process::new(i32::try_from(pid).ok()?).ok()?;
        let stat = process.stat().ok()?;
        let ticks = u32::try_from(stat.utime + stat.stime).ok()?;
        let second = u32::try_from(procfs::ticks_per_second()).ok()?;
        (std::time::Duration::from_secs(1) * ticks).checked_div(second)
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = pid;
        None
    }
}

/// Programs that run or wait to run, on average over the last minute.
#[must_use]
pub fn load_average() -> Option<f64> {
    #[cfg(target_os = "linux")]
    {
        use procfs::Current;
        let load = procfs::LoadAverage::current().ok()?;
        Some(f64::from(load.one))
    }
    #[cfg(not(target_os = "linux"))]
    None
}

/// What the processor is called.
#[must_use]
pub fn processor_name() -> Option<String> {
    #[cfg(target_os = "linux")]
    {
        use procfs::Current;
        let processors = procfs::CpuInfo::current().ok()?;
        processors.model_name(0).map(str::to_owned)
    }
    #[cfg(not(target_os = "linux"))]
    None
}

/// The version of the system's kernel.
#[must_use]
pub fn kernel_version() -> Option<String> {
    #[cfg(target_os = "linux")]
    {
        std::fs::read_to_string("/proc/sys/kernel/osrelease")
            .ok()
            .map(|version| version.trim().to_owned())
    }
    #[cfg(not(target_os = "linux"))]
    None
}
