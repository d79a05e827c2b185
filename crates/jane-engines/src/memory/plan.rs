//! How a model is made to fit. Nothing here asks the machine or changes anything.
//!
//! The ladder, best first. The plan is the first of these that fits:
//!
//! 1. On the device, as wished.
//! 2. With fewer layers on it: as many as fit, at least one.
//! 3. The same with the KV cache as `q8_0`, then as `q4_0`.
//! 4. The same with a `q4_0` cache and half of the context window, and half of that, and at last [`LEAST_WINDOW`].
//! 5. Steps 1 to 4 with the engine unloaded that was unused for longest, then with the two of them, and so on.
//! 6. On the CPU alone: steps 1 and 3 to 5.
//! 7. Refused.
//!
//! So a better rung is looked for anew with the room that unloading gives, and the CPU, which has other memory, starts from the wish.
//! Without a device the ladder begins with 6. A model without a KV cache has no steps 3 and 4, one without layers no device.
//!
//! Invariants: a plan never exceeds its room; with more room it is never further down the ladder; the context window is never
//! under [`LEAST_WINDOW`] unless the wish or the model is; nothing is unloaded that the plan could leave.

use super::admission_error::shortage;
use super::headroom::{EvictionCandidate, Headroom};
use super::ledger::EntryId;
use jane_core::KvCache;
use jane_core::Refusal;
use jane_core::{Footprint, Kind, MemoryUse, Placement};

/// Tokens under which no context window is made smaller.
pub const LEAST_WINDOW: u32 = 2048;

/// How a model can be loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub placement: Placement,
    /// What it takes so.
    pub needs: MemoryUse,
    /// What must be gone before it is loaded.
    pub after: Vec<EntryId>,
    /// What differs from the wish.
    pub steps: Vec<Step>,
}

/// A rung of the ladder that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    FewerLayers { layers: u32, of: u32 },
    SmallerCache(KvCache),
    SmallerWindow { tokens: u32, of: u32 },
    Unload { engines: usize },
    Cpu,
}

impl std::fmt::Display for Step {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::FewerLayers { layers, of } => {
                write!(formatter, "{layers} of {of} layers on the graphics device")
            }
            Self::SmallerCache(format) => {
                let name = match format {
                    KvCache::F16 => "f16",
                    KvCache::Q8 => "q8_0",
                    KvCache::Q4 => "q4_0",
                };
                write!(formatter, "KV cache as {name}")
            }
            Self::SmallerWindow { tokens, of } => {
                write!(
                    formatter,
                    "context window of {tokens} tokens instead of {of}"
                )
            }
            Self::Unload { engines: 1 } => formatter.write_str("one engine unloaded first"),
            Self::Unload { engines } => write!(formatter, "{engines} engines unloaded first"),
            Self::Cpu => formatter.write_str("on the CPU instead of the graphics device"),
        }
    }
}

/// Fits a model into `room`. `others` are what may be unloaded, the first one first.
///
/// # Errors
/// Where it fits nowhere.
pub fn plan(
    footprint: &Footprint,
    wish: &Placement,
    room: &Headroom,
    others: &[EvictionCandidate],
) -> Result<Plan, Refusal> {
    let (going, idle): (Vec<&EvictionCandidate>, Vec<&EvictionCandidate>) =
        others.iter().partition(|other| other.going);
    let of = u32::try_from(footprint.layers.len()).unwrap_or(u32::MAX);
    let most = match room.video {
        Some(_) => wish.gpu_layers.min(of),
        None => 0,
    };
    let wish = &Placement {
        context_window: footprint.window(wish.context_window),
        ..*wish
    };
    let places = if most > 0 { vec![most, 0] } else { vec![0] };
    for layers in places {
        for unloaded in 0..=idle.len() {
            let gone = || going.iter().chain(idle.iter().take(unloaded)).copied();
            let Some(placement) = fit(footprint, wish, layers, &room.without(gone())) else {
                continue;
            };
            let needs = footprint.needs(&placement);
            let after = necessary(&needs, room, gone().collect());
            let mut steps = steps(wish, most, &placement);
            if !after.is_empty() {
                let engines = after.len();
                steps.push(Step::Unload { engines });
            }
            // As the wish has it: a number beyond all layers stays one.
            let whole = placement.gpu_layers > 0 && placement.gpu_layers == of;
            let gpu_layers = if whole {
                wish.gpu_layers
            } else {
                placement.gpu_layers
            };
            return Ok(Plan {
                placement: Placement {
                    gpu_layers,
                    ..placement
                },
                needs,
                after,
                steps,
            });
        }
    }
    Err(refusal(footprint, wish, most, &room.without(others)))
}

/// The best placement that fits, with at most `layers` on the device and, if any, at least one.
fn fit(footprint: &Footprint, wish: &Placement, layers: u32, room: &Headroom) -> Option<Placement> {
    caches(footprint, wish).into_iter().find_map(|cache| {
        let placement = |gpu_layers| Placement {
            gpu_layers,
            ..cache
        };
        // More layers take more of the device and leave less to the system: the most that the device holds are also those
        // that ask least of the system.
        let on_device = |gpu_layers| footprint.needs(&placement(gpu_layers)).video;
        let held = room.video.map_or(0, |video| video.left());
        let most = most_that(layers, |gpu_layers| on_device(gpu_layers) <= held);
        if layers > 0 && most == 0 {
            return None;
        }
        let placement = placement(most);
        room.holds(&footprint.needs(&placement))
            .then_some(placement)
    })
}

/// The largest number up to `most` that `holds`, where every smaller one does too; 0 where none does.
fn most_that(most: u32, holds: impl Fn(u32) -> bool) -> u32 {
    let (mut held, mut beyond) = (0, most.saturating_add(1));
    while held + 1 < beyond {
        let middle = held + (beyond - held) / 2;
        if holds(middle) {
            held = middle;
        } else {
            beyond = middle;
        }
    }
    held
}

/// The KV caches that may be tried, the wished one first; each is smaller than the one before.
fn caches(footprint: &Footprint, wish: &Placement) -> Vec<Placement> {
    let mut caches = vec![*wish];
    if footprint.kv_per_token == 0 {
        return caches;
    }
    let formats = [KvCache::Q8, KvCache::Q4].into_iter();
    caches.extend(
        formats
            .filter(|format| *format > wish.kv_cache)
            .map(|kv_cache| Placement { kv_cache, ..*wish }),
    );
    let mut context_window = wish.context_window;
    while context_window > LEAST_WINDOW {
        context_window = (context_window / 2).max(LEAST_WINDOW);
        caches.push(Placement {
            kv_cache: KvCache::Q4,
            context_window,
            ..*wish
        });
    }
    caches
}

/// What of `gone` must really go, so that `needs` fit. What was to be unloaded last is spared first, what goes anyway is
/// not waited for where that is not needed.
fn necessary(
    needs: &MemoryUse,
    room: &Headroom,
    mut gone: Vec<&EvictionCandidate>,
) -> Vec<EntryId> {
    for index in (0..gone.len()).rev() {
        let mut fewer = gone.clone();
        fewer.remove(index);
        if room.without(fewer.iter().copied()).holds(needs) {
            gone = fewer;
        }
    }
    gone.into_iter().map(|other| other.id).collect()
}

fn steps(wish: &Placement, most: u32, placement: &Placement) -> Vec<Step> {
    let mut steps = Vec::new();
    if placement.gpu_layers == 0 && most > 0 {
        steps.push(Step::Cpu);
    } else if placement.gpu_layers < most {
        steps.push(Step::FewerLayers {
            layers: placement.gpu_layers,
            of: most,
        });
    }
    if placement.kv_cache != wish.kv_cache {
        steps.push(Step::SmallerCache(placement.kv_cache));
    }
    if placement.context_window != wish.context_window {
        steps.push(Step::SmallerWindow {
            tokens: placement.context_window,
            of: wish.context_window,
        });
    }
    steps
}

fn refusal(footprint: &Footprint, wish: &Placement, most: u32, room: &Headroom) -> Refusal {
    let smallest = caches(footprint, wish).pop().unwrap_or(*wish);
    let needs = |gpu_layers| {
        footprint.needs(&Placement {
            gpu_layers,
            ..smallest
        })
    };
    let video = room.video.filter(|_| most > 0);
    Refusal {
        system: shortage(Kind::System, needs(0).system, &room.system),
        video: video.map(|limits| shortage(Kind::Video, needs(most).video, &limits)),
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
