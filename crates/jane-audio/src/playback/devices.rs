//! Which sound devices there are.
//!
//! ALSA prints to stderr whenever a device cannot be opened, which listing does by trying: everything
//! here that may do so runs under [`quietly`].

use cpal::traits::{DeviceTrait as _, HostTrait as _};
use cpal::{Device, Host};

use crate::{AudioError, Direction};

/// The name of whatever device the system prefers.
const DEFAULT: &str = "default";

/// ALSA's `null` swallows what is played, and its `jack` prints to stderr past every handler where no
/// JACK server runs.
const NOT_LISTED: [&str; 2] = ["null", "jack"];

/// A sound device that can be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceInfo {
    /// For people; two devices may share one.
    pub name: String,
    /// What the system calls it; distinct.
    pub id: String,
    pub is_default: bool,
    /// The rate that the device prefers, in Hz.
    pub sample_rate: u32,
    pub channels: u16,
}

/// Every device that can play, the default one first; empty on a machine without sound.
pub fn output_devices() -> Vec<DeviceInfo> {
    quietly(|| {
        let Some(host) = host() else {
            return Vec::new();
        };
        let devices = host
            .output_devices()
            .map(Iterator::collect)
            .unwrap_or_default();
        describe(
            host.default_output_device(),
            devices,
            Device::default_output_config,
        )
    })
}

/// Every device that can record, the default one first; empty on a machine without sound.
pub fn input_devices() -> Vec<DeviceInfo> {
    quietly(|| {
        let Some(host) = host() else {
            return Vec::new();
        };
        let devices = host
            .input_devices()
            .map(Iterator::collect)
            .unwrap_or_default();
        describe(
            host.default_input_device(),
            devices,
            Device::default_input_config,
        )
    })
}

/// The device of this name or id; to be called under [`quietly`].
pub(crate) fn find_device(direction: Direction, name: &str) -> Result<Device, AudioError> {
    let no_device = || AudioError::NoDevice {
        direction,
        problem: "no sound system was found".to_owned(),
    };
    let host = host().ok_or_else(no_device)?;
    if name == DEFAULT {
        let device = match direction {
            Direction::Input => host.default_input_device(),
            Direction::Output => host.default_output_device(),
        };
        return device.ok_or_else(no_device);
    }
    let is_named = |device: &Device| {
        id(device).is_some_and(|id| id == name)
            || device
                .description()
                .is_ok_and(|description| description.name() == name)
    };
    let supports = |device: &Device| match direction {
        Direction::Input => device.supports_input(),
        Direction::Output => device.supports_output(),
    };
    // The name first: to ask a device what it supports is to open it.
    let mut devices = host.devices().into_iter().flatten();
    devices
        .find(|device| is_named(device) && supports(device))
        .ok_or_else(|| {
            let known = match direction {
                Direction::Input => input_devices(),
                Direction::Output => output_devices(),
            };
            AudioError::UnknownDevice {
                direction,
                name: name.to_owned(),
                known: known.into_iter().map(|device| device.id).collect(),
            }
        })
}

/// What [`find_device`]'s device says when it does not open.
pub(crate) fn does_not_open(direction: Direction, name: &str, problem: String) -> AudioError {
    if name == DEFAULT {
        AudioError::NoDevice { direction, problem }
    } else {
        AudioError::CannotOpen {
            direction,
            name: name.to_owned(),
            problem,
        }
    }
}

/// The system's sound interface. (`cpal::default_host` panics where there is none.)
fn host() -> Option<Host> {
    cpal::available_hosts()
        .into_iter()
        .find_map(|id| cpal::host_from_id(id).ok())
}

fn id(device: &Device) -> Option<String> {
    device.id().ok().map(|id| id.id().to_owned())
}

/// Those of `default` and `devices` that open.
fn describe(
    default: Option<Device>,
    devices: Vec<Device>,
    configuration: impl Fn(&Device) -> Result<cpal::SupportedStreamConfig, cpal::Error>,
) -> Vec<DeviceInfo> {
    let others = devices
        .into_iter()
        .filter(|device| Some(device) != default.as_ref());
    let others: Vec<Device> = others.collect();
    default
        .iter()
        .map(|device| (true, device))
        .chain(others.iter().map(|device| (false, device)))
        .filter_map(|(is_default, device)| {
            let id = id(device)?;
            if NOT_LISTED.contains(&id.as_str()) {
                return None;
            }
            let configuration = configuration(device).ok()?;
            Some(DeviceInfo {
                name: device.description().ok()?.name().to_owned(),
                id,
                is_default,
                sample_rate: configuration.sample_rate(),
                channels: configuration.channels(),
            })
        })
        .collect()
}

/// Does `work` with ALSA's complaints going to the log at debug level instead of stderr.
///
/// ALSA's error handler belongs to a thread, so the work gets one of its own.
#[cfg(target_os = "linux")]
pub(crate) fn quietly<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let quiet = || {
        let complaints = alsa::Output::local_error_handler();
        let result = work();
        if let Ok(complaints) = complaints {
            complaints.borrow().buffer_string(|text| {
                for line in String::from_utf8_lossy(text).lines() {
                    tracing::debug!("ALSA: {line}");
                }
            });
        }
        result
    };
    std::thread::scope(|scope| match scope.spawn(quiet).join() {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn quietly<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    work()
}
