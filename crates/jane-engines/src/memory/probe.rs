//! What is asked of the machine about memory.
//!
//! Invariant: what cannot be told is `None` or missing, never a made-up zero.

use serde::{Deserialize, Serialize};

/// A graphics processor with memory of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Its number among the driver's devices.
    pub index: u32,
    pub name: String,
    /// Bytes. What is neither free nor used is kept by the driver.
    pub total: u64,
    pub free: u64,
    pub used: u64,
}

/// Bytes of system memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SystemMemory {
    pub total: u64,
    /// What programs can have now without swapping.
    pub available: u64,
}

/// Asks the machine. Calls may block for milliseconds.
pub trait Probe: Send + Sync {
    /// The devices that answer now, the first one first; none where there is no driver.
    fn devices(&self) -> Vec<Device>;

    /// Bytes of video memory that process `pid` has, over all devices; `None` where no device lists it: it has none, or the
    /// driver does not say.
    fn device_use(&self, pid: u32) -> Option<u64>;

    fn system(&self) -> Option<SystemMemory>;

    /// Bytes of system memory that process `pid` accounts for (its proportional set size).
    fn process(&self, pid: u32) -> Option<u64>;
}

/// What the machine said at one time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    pub devices: Vec<Device>,
    pub system: Option<SystemMemory>,
    /// Bytes that Jane herself takes, without her engines.
    pub host: Option<u64>,
}

impl Snapshot {
    #[must_use]
    pub fn take(probe: &dyn Probe) -> Self {
        Self {
            devices: probe.devices(),
            system: probe.system(),
            host: probe.process(std::process::id()),
        }
    }
}
