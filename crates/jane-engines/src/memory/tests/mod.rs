//! The manager on a machine whose devices are the stand-in library's, asked through the real wrapper. System memory and processes
//! are made up, so that what else runs here does not matter.

use std::collections::HashMap;
use std::ffi::OsString;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::mpsc::UnboundedReceiver;

use self::stand_in::Devices;
use super::*;
use jane_core::KvCache;
use jane_core::event::{EngineKind, Event, Events, Stamped};

mod device;
mod ledger;
#[path = "../../../../../tests/it/common/nvml.rs"]
mod stand_in;

struct Desk {
    machine: Machine,
    system: Mutex<SystemMemory>,
    processes: Mutex<HashMap<u32, u64>>,
}

impl Probe for Desk {
    fn devices(&self) -> Vec<Device> {
        self.machine.devices()
    }

    fn device_use(&self, pid: u32) -> Option<u64> {
        self.machine.device_use(pid)
    }

    fn system(&self) -> Option<SystemMemory> {
        Some(*self.system.lock())
    }

    fn process(&self, pid: u32) -> Option<u64> {
        self.processes.lock().get(&pid).copied()
    }
}

struct Scene {
    devices: Devices,
    desk: Arc<Desk>,
    manager: MemoryManager,
    events: UnboundedReceiver<Stamped>,
    now: Instant,
}

impl Scene {
    /// 16 GB of system memory, 12 of them available, and devices as `world` says.
    fn new(world: &[&str], budgets: jane_config::Memory) -> Self {
        let devices = Devices::new(world);
        let library = Some(OsString::from(devices.library()));
        let desk = Arc::new(Desk {
            machine: Machine::with_library(library, Duration::ZERO),
            system: Mutex::new(SystemMemory {
                total: 16_000 * MEGABYTE,
                available: 12_000 * MEGABYTE,
            }),
            processes: Mutex::default(),
        });
        let events = Events::new();
        let receiver = events.subscribe();
        Self {
            devices,
            manager: MemoryManager::new(budgets, desk.clone(), events),
            desk,
            events: receiver,
            now: Instant::now(),
        }
    }

    fn admit(
        &self,
        role: EngineKind,
        footprint: &Footprint,
    ) -> Result<(Reservation, Plan), Refusal> {
        self.replace(role, footprint, None)
    }

    fn replace(
        &self,
        role: EngineKind,
        footprint: &Footprint,
        replaces: Option<EntryId>,
    ) -> Result<(Reservation, Plan), Refusal> {
        let wish = match role {
            EngineKind::Llm => WISH,
            EngineKind::Stt | EngineKind::Tts => Placement::whole(true),
        };
        let request = Request {
            role,
            model: "a-model",
            footprint,
            wish,
            replaces,
            unloads: true,
        };
        self.manager.admit(&request, self.now)
    }

    /// Admits and loads, as process `pid` that takes `system` megabytes.
    fn load(&self, role: EngineKind, footprint: &Footprint, pid: u32, system: u64) -> Reservation {
        let (reservation, _) = self.admit(role, footprint).unwrap();
        self.takes(pid, system);
        reservation.loaded(pid, self.now);
        reservation
    }

    fn takes(&self, pid: u32, system: u64) {
        self.desk.processes.lock().insert(pid, system * MEGABYTE);
    }

    fn pressure(&self) -> Vec<(EngineKind, Reason)> {
        self.manager.measure();
        self.manager
            .pressure(self.now)
            .into_iter()
            .map(|eviction| (eviction.role, eviction.reason))
            .collect()
    }

    /// What was said since it was last asked, of the memory.
    fn said(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.events.try_recv().ok())
            .map(|stamped| stamped.event)
            .collect()
    }
}

const WISH: Placement = Placement {
    gpu_layers: 999,
    kv_cache: KvCache::F16,
    context_window: 4096,
};

/// 3.2 GB in 32 layers; with the cache of 4096 tokens and its buffers 3,809.6 MB on a device.
fn language_model() -> Footprint {
    Footprint {
        layers: vec![100 * MEGABYTE; 32],
        other: 100 * MEGABYTE,
        kv_per_token: 100_000,
        trained_window: 8192,
        compute: 200 * MEGABYTE,
        program: 50 * MEGABYTE,
    }
}

/// All on a device or nothing, like a recogniser.
fn whole(megabytes: u64) -> Footprint {
    Footprint {
        layers: vec![megabytes * MEGABYTE],
        program: 50 * MEGABYTE,
        ..Footprint::default()
    }
}

/// A device of 8 GB, of which so many megabytes are in use.
fn device(used: u64) -> String {
    format!("device Stand-in {} {}", 8000 * MEGABYTE, used * MEGABYTE)
}

fn process(pid: u32, used: u64) -> String {
    format!("process 0 {pid} {}", used * MEGABYTE)
}
