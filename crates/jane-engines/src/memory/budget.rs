//! What the engines may take, from `[memory]` and from what the machine is.

use std::time::Duration;

use super::MEGABYTE;
use super::probe::Snapshot;
use jane_config::Memory;
use jane_core::event::EngineKind;
use jane_core::{Kind, MemoryUse};

/// Bytes of system memory that all engines take at most by the project's goals. It is the budget where the weights lie on a
/// device, and what the report compares with in any case.
pub const ENGINES_GOAL: u64 = 2000 * MEGABYTE;

/// The share of the machine's memory that engines may take where the weights lie in it, in percent.
const SHARE_WITHOUT_DEVICE: u64 = 60;

/// The budgets in bytes, with the default rules applied.
#[derive(Debug, Clone, PartialEq)]
pub struct Budgets {
    config: Memory,
    /// What `engines_mb = 0` stands for.
    engines: u64,
}

impl Budgets {
    #[must_use]
    pub fn new(config: &Memory, snapshot: &Snapshot) -> Self {
        let on_device = !snapshot.devices.is_empty() && config.video_mb > 0;
        let engines = match snapshot.system {
            Some(system) if !on_device => system.total / 100 * SHARE_WITHOUT_DEVICE,
            _ => ENGINES_GOAL,
        };
        Self {
            config: config.clone(),
            engines,
        }
    }

    /// What all engines may take.
    #[must_use]
    pub fn all(&self, kind: Kind) -> u64 {
        match (kind, self.config.engines_mb) {
            (Kind::Video, _) => bytes(self.config.video_mb),
            (Kind::System, 0) => self.engines,
            (Kind::System, megabytes) => bytes(megabytes),
        }
    }

    /// What one engine may take.
    #[must_use]
    pub fn engine(&self, role: EngineKind, kind: Kind) -> u64 {
        let config = &self.config;
        match (kind, role) {
            (Kind::Video, EngineKind::Stt) => bytes(config.stt_video_mb),
            (Kind::Video, EngineKind::Llm) => bytes(config.llm_video_mb),
            (Kind::Video, EngineKind::Tts) => bytes(config.tts_video_mb),
            (Kind::System, role) => {
                let megabytes = match role {
                    EngineKind::Stt => config.stt_mb,
                    EngineKind::Llm => config.llm_mb,
                    EngineKind::Tts => config.tts_mb,
                };
                match megabytes {
                    0 => self.all(Kind::System),
                    megabytes => bytes(megabytes),
                }
            }
        }
    }

    /// What Jane herself may take.
    #[must_use]
    pub fn host(&self) -> u64 {
        bytes(self.config.host_mb)
    }

    /// How long an engine may be unused; `None` is for ever.
    #[must_use]
    pub fn unused(&self) -> Option<Duration> {
        match self.config.idle_unload_minutes {
            0 => None,
            minutes => Some(Duration::from_secs(60 * u64::from(minutes))),
        }
    }

    /// What the operating system should hold an engine to that was given `needs`; `None` where it should not.
    #[must_use]
    pub fn limits(&self, needs: &MemoryUse) -> Option<WorkerLimits> {
        // What drivers of devices set aside is not known before: this is for mistakes of the estimate.
        let drivers = if needs.video > 0 { 4000 } else { 0 };
        let beyond = |share: u64, megabytes: u64| {
            let share = needs.system.saturating_add(share);
            share.saturating_add((megabytes + drivers) * MEGABYTE)
        };
        self.config.limit_workers.then(|| WorkerLimits {
            data: beyond(needs.system, 1000),
            group: beyond(needs.system / 2, 200),
        })
    }
}

/// Bytes that an engine is held to by the operating system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkerLimits {
    /// For `limit_memory`, which counts what is set aside without being used too: with its smallest model
    /// whisper.cpp sets 720 MB aside and uses 132, llama.cpp 182 and 218, Piper 170 and 173 (measured).
    pub data: u64,
    /// For a control group, which counts what is used.
    pub group: u64,
}

fn bytes(megabytes: u32) -> u64 {
    u64::from(megabytes) * MEGABYTE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::{Device, SystemMemory};

    fn snapshot(devices: usize) -> Snapshot {
        let device = Device {
            index: 0,
            name: "a device".into(),
            total: 8_000_000_000,
            free: 8_000_000_000,
            used: 0,
        };
        Snapshot {
            devices: vec![device; devices],
            system: Some(SystemMemory {
                total: 10_000_000_000,
                available: 9_000_000_000,
            }),
            host: None,
        }
    }

    #[test]
    fn without_a_device_the_engines_may_take_sixty_percent_of_the_machine() {
        let config = Memory::default();
        let without = Budgets::new(&config, &snapshot(0));
        assert_eq!(without.all(Kind::System), 6_000_000_000);
        assert_eq!(without.engine(EngineKind::Llm, Kind::System), 6_000_000_000);
        let with = Budgets::new(&config, &snapshot(1));
        assert_eq!(with.all(Kind::System), ENGINES_GOAL);
        assert_eq!(with.engine(EngineKind::Llm, Kind::Video), 8_000_000_000);
        let unused = Memory {
            video_mb: 0,
            ..config
        };
        assert_eq!(
            Budgets::new(&unused, &snapshot(1)).all(Kind::System),
            6_000_000_000
        );
    }

    #[test]
    fn what_the_file_says_holds_against_the_rules() {
        let config = Memory {
            engines_mb: 700,
            stt_mb: 200,
            ..Memory::default()
        };
        let budgets = Budgets::new(&config, &snapshot(0));
        assert_eq!(budgets.all(Kind::System), 700 * MEGABYTE);
        assert_eq!(
            budgets.engine(EngineKind::Stt, Kind::System),
            200 * MEGABYTE
        );
        assert_eq!(
            budgets.engine(EngineKind::Tts, Kind::System),
            700 * MEGABYTE
        );
    }

    #[test]
    fn an_engine_is_held_to_more_than_its_estimate_where_the_file_says_so() {
        let needs = MemoryUse {
            video: 0,
            system: 150 * MEGABYTE,
        };
        let on = Budgets::new(&Memory::default(), &snapshot(0));
        let expected = WorkerLimits {
            data: 1300 * MEGABYTE,
            group: 425 * MEGABYTE,
        };
        assert_eq!(on.limits(&needs), Some(expected));
        let config = Memory {
            limit_workers: false,
            ..Memory::default()
        };
        assert_eq!(Budgets::new(&config, &snapshot(0)).limits(&needs), None);
    }
}
