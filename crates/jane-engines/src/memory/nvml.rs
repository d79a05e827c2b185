//! The real machine: NVIDIA's management library for devices, the platform for the rest.
//!
//! Invariants: no library, no driver or a lost device means no such device, and everything else works; what failed is tried
//! again, but not more often than every [`RETRY`], because starting the library takes a while.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::time::{Duration, Instant};

use nvml_wrapper::Nvml;
use nvml_wrapper::enums::device::UsedGpuMemory;
use nvml_wrapper::error::NvmlError;
use parking_lot::Mutex;

use super::probe::{Device, Probe, SystemMemory};

/// The environment variable that names another library in place of the system's `libnvidia-ml.so.1`: a path. Where it is set,
/// devices count even if the engines were built without support for them. Tests use it.
pub const LIBRARY_VARIABLE: &str = "JANE_NVML_LIBRARY";

/// Between two attempts to start the library.
const RETRY: Duration = Duration::from_secs(10);

/// How long a process that grew or shrank by less than [`UNCHANGED`] bytes takes what it took.
const WALKED_FOR: Duration = Duration::from_secs(30);
const UNCHANGED: u64 = 4 << 20;

/// Devices that are looked at; a driver that says it has more is not believed.
const MOST_DEVICES: u32 = 64;

/// The machine that the program runs on.
pub struct Machine {
    /// `None` where no device counts.
    library: Option<OsString>,
    retry: Duration,
    driver: Mutex<Driver>,
    processes: Mutex<BTreeMap<u32, Walked>>,
}

/// What the kernel said when it walked over all pages of a process, which takes milliseconds for an engine.
struct Walked {
    at: Instant,
    /// What it counted along the way then.
    resident: u64,
    proportional: u64,
}

/// The started library, where it could be started.
#[derive(Default)]
struct Driver {
    nvml: Option<Nvml>,
    /// Whether it was ever tried to start it.
    tried: bool,
    /// When something failed first since it was last tried.
    failed: Option<Instant>,
}

impl Machine {
    /// With the library that [`LIBRARY_VARIABLE`] names; else, where the engines were built for NVIDIA's devices, with the system's; else
    /// without devices, because the engines could not use them.
    #[must_use]
    pub fn new() -> Self {
        let usable = cfg!(any(feature = "cuda", feature = "vulkan"));
        let system = || usable.then(|| OsString::from(SYSTEM_LIBRARY));
        Self::with_library(std::env::var_os(LIBRARY_VARIABLE).or_else(system), RETRY)
    }

    /// With the library at a path, or none; `retry` is the time between two attempts to start it.
    #[must_use]
    pub fn with_library(library: Option<OsString>, retry: Duration) -> Self {
        Self {
            library,
            retry,
            driver: Mutex::default(),
            processes: Mutex::default(),
        }
    }

    /// What the driver calls its version; `None` where there is none.
    #[must_use]
    pub fn driver_version(&self) -> Option<String> {
        self.with_driver(|nvml, problem| {
            let version = nvml.sys_driver_version();
            version.map_err(|error| *problem = Some(error)).ok()
        })?
    }

    /// Does `ask` with the started library; `None` where there is none. An error means that the library is started anew later.
    fn with_driver<T>(&self, ask: impl FnOnce(&Nvml, &mut Option<NvmlError>) -> T) -> Option<T> {
        let library = self.library.as_ref()?;
        let mut driver = self.driver.lock();
        let due = match driver.failed {
            Some(when) => when.elapsed() >= self.retry,
            None => !driver.tried,
        };
        if due {
            // The old one is ended first: the library counts how often it was started.
            driver.nvml = None;
            driver.tried = true;
            driver.failed = None;
            match Nvml::builder().lib_path(library).init() {
                Ok(nvml) => driver.nvml = Some(nvml),
                Err(error) => driver.fail(&error),
            }
        }
        let mut problem = None;
        let answer = driver.nvml.as_ref().map(|nvml| ask(nvml, &mut problem));
        if let Some(error) = problem {
            driver.fail(&error);
        }
        answer
    }
}

impl Driver {
    fn fail(&mut self, error: &NvmlError) {
        if self.failed.is_none() {
            tracing::debug!(%error, "a graphics device or its driver does not answer");
            self.failed = Some(Instant::now());
        }
    }
}

impl Default for Machine {
    fn default() -> Self {
        Self::new()
    }
}

impl Probe for Machine {
    fn devices(&self) -> Vec<Device> {
        self.with_driver(|nvml, problem| {
            answering(nvml, problem, |index, device| {
                let memory = device.memory_info()?;
                Ok(Device {
                    index,
                    name: device.name()?,
                    total: memory.total,
                    free: memory.free,
                    used: memory.used,
                })
            })
        })
        .unwrap_or_default()
    }

    fn device_use(&self, pid: u32) -> Option<u64> {
        let uses = self.with_driver(|nvml, problem| {
            answering(nvml, problem, |_, device| {
                let mut processes = device.running_compute_processes()?;
                // A device without graphics has no such list.
                processes.extend(device.running_graphics_processes().unwrap_or_default());
                // One that computes and draws is in both lists, with the same figure.
                let used = processes
                    .iter()
                    .filter(|process| process.pid == pid)
                    .filter_map(|process| match process.used_gpu_memory {
                        UsedGpuMemory::Used(bytes) => {
                            let instances = (process.gpu_instance_id, process.compute_instance_id);
                            Some((instances, bytes))
                        }
                        UsedGpuMemory::Unavailable => None,
                    })
                    .collect::<BTreeMap<_, _>>();
                Ok(used.into_values().reduce(u64::saturating_add))
            })
        })?;
        uses.into_iter().flatten().reduce(u64::saturating_add)
    }

    fn system(&self) -> Option<SystemMemory> {
        let (total, available) = jane_platform::machine_memory()?;
        Some(SystemMemory { total, available })
    }

    fn process(&self, pid: u32) -> Option<u64> {
        let resident = jane_platform::resident_memory_at_once(pid);
        let mut processes = self.processes.lock();
        processes.retain(|_, walked| walked.at.elapsed() < WALKED_FOR);
        if let (Some(resident), Some(walked)) = (resident, processes.get(&pid))
            && walked.resident.abs_diff(resident) < UNCHANGED
        {
            return Some(walked.proportional);
        }
        let proportional = jane_platform::process_memory(pid)?;
        if let Some(resident) = resident {
            let at = Instant::now();
            let walked = Walked {
                at,
                resident,
                proportional,
            };
            processes.insert(pid, walked);
        }
        Some(proportional)
    }
}

/// What `ask` learns of each device that answers; the last error goes to `problem`.
fn answering<T>(
    nvml: &Nvml,
    problem: &mut Option<NvmlError>,
    ask: impl Fn(u32, &nvml_wrapper::Device<'_>) -> Result<T, NvmlError>,
) -> Vec<T> {
    let count = nvml.device_count().unwrap_or_else(|error| {
        *problem = Some(error);
        0
    });
    let answers = (0..count.min(MOST_DEVICES)).filter_map(|index| {
        let answer = nvml
            .device_by_index(index)
            .and_then(|device| ask(index, &device));
        answer.map_err(|error| *problem = Some(error)).ok()
    });
    answers.collect()
}

#[cfg(not(target_os = "windows"))]
const SYSTEM_LIBRARY: &str = "libnvidia-ml.so.1";
#[cfg(target_os = "windows")]
const SYSTEM_LIBRARY: &str = "nvml.dll";
