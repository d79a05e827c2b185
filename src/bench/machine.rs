//! The machine that was measured on, and what disturbed it.

use jane_engines::memory::Device;
use jane_platform::ProcessorTimes;
use serde::{Deserialize, Serialize};

/// Shares of the processors' time from which a run counts as noisy: stolen by the hypervisor, and taken by other programs.
const NOISY_STEAL: f64 = 0.02;
const NOISY_FOREIGN: f64 = 0.05;

/// What stays as it is during a run. What the system does not say is missing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MachineFacts {
    pub processor: Option<String>,
    /// That this program may use.
    pub cores: usize,
    /// Bytes.
    pub memory: Option<u64>,
    pub kernel: Option<String>,
    pub system: String,
    /// Graphics processors that the engines can use, with their bytes of memory.
    pub devices: Vec<(String, u64)>,
    pub driver: Option<String>,
}

impl MachineFacts {
    #[must_use]
    pub fn find(devices: &[Device], driver: Option<String>) -> Self {
        Self {
            processor: jane_platform::processor_name(),
            cores: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            memory: jane_platform::machine_memory().map(|(total, _)| total),
            kernel: jane_platform::kernel_version(),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            devices: devices
                .iter()
                .map(|device| (device.name.clone(), device.total))
                .collect(),
            driver,
        }
    }
}

/// The processors' time and Jane's own, at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Watch {
    times: Option<ProcessorTimes>,
    own: Option<u64>,
    load: Option<f64>,
}

impl Watch {
    /// From now on. Workers that run now or at the end are not counted as Jane's own.
    #[must_use]
    pub fn start() -> Self {
        Self {
            times: ProcessorTimes::now(),
            own: jane_platform::own_processor_time(),
            load: jane_platform::load_average(),
        }
    }

    /// What happened since.
    #[must_use]
    pub fn disturbance(&self) -> Disturbance {
        let passed = ProcessorTimes::now()
            .zip(self.times)
            .map(|(now, then)| now.since(then))
            .filter(|passed| passed.all > 0);
        let own = jane_platform::own_processor_time()
            .zip(self.own)
            .map(|(now, then)| now.saturating_sub(then));
        Disturbance {
            load_at_start: self.load,
            load_at_end: jane_platform::load_average(),
            stolen: passed.map(|passed| passed.share(passed.stolen)),
            foreign: passed
                .zip(own)
                .map(|(passed, own)| passed.share(passed.busy.saturating_sub(own))),
        }
    }
}

/// What else the machine did during a run. Shares are of the time of all processors together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Disturbance {
    /// Programs that ran or wanted to, in the minute before.
    pub load_at_start: Option<f64>,
    pub load_at_end: Option<f64>,
    /// When a program wanted to run and the hypervisor ran something else.
    pub stolen: Option<f64>,
    /// Taken by programs that are not Jane's.
    pub foreign: Option<f64>,
}

impl Disturbance {
    /// Why the figures are to be taken with care, in words; empty where nothing disturbed them.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let over = |share: Option<f64>, limit| share.filter(|share| *share > limit);
        let mut warnings = Vec::new();
        if let Some(share) = over(self.stolen, NOISY_STEAL) {
            let percent = share * 100.0;
            warnings.push(format!(
                "the hypervisor took {percent:.1} % of the processors' time"
            ));
        }
        if let Some(share) = over(self.foreign, NOISY_FOREIGN) {
            let percent = share * 100.0;
            warnings.push(format!(
                "other programs took {percent:.1} % of the processors' time"
            ));
        }
        warnings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_disturbs_is_warned_of() {
        let quiet = Disturbance {
            load_at_start: Some(9.0),
            load_at_end: None,
            stolen: Some(0.01),
            foreign: None,
        };
        assert!(quiet.warnings().is_empty());
        let noisy = Disturbance {
            stolen: Some(0.03),
            foreign: Some(0.5),
            ..quiet
        };
        let warnings = noisy.warnings();
        assert_eq!(warnings.len(), 2);
        assert!(warnings[0].contains("3.0 %") && warnings[1].contains("50.0 %"));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn time_that_this_program_spends_is_not_foreign() {
        let watch = Watch::start();
        let mut sum = 0_u64;
        // Work that can be counted in ticks of 10 ms.
        while jane_platform::own_processor_time().unwrap() < watch.own.unwrap() + 5 {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        let disturbance = watch.disturbance();
        assert!(disturbance.foreign.unwrap() < 0.9, "{disturbance:?}");
    }
}
