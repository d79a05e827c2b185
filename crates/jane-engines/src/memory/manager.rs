//! The memory manager: admits engines, measures them, and says who must go.
//!
//! Invariants: what a plan takes is set aside before [`MemoryManager::admit`] returns, so that two loads never take the same
//! room, and stays so until the reservation is dropped; the machine is asked and room is given by one caller at a time, and never
//! while the ledger is locked, which is locked for moments only.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Notify;

use super::budget::Budgets;
use super::headroom::{EvictionCandidate, Headroom, Limits, Quota};
use super::ledger::{self, Entry, EntryId, Leaving, Ledger};
use super::plan::{Plan, plan};
use super::pressure::{self, SPARE_SYSTEM, SPARE_VIDEO};
use super::probe::{Probe, Snapshot};
use super::report::Report;
use super::reservation::Reservation;
use jane_core::Reason;
use jane_core::Refusal;
use jane_core::event::{EngineKind, Event, Events};
use jane_core::{Footprint, Kind, MemoryUse, Placement};

/// Knows what the engines take and may take. A cheap handle.
#[derive(Clone)]
pub struct MemoryManager {
    inner: Arc<Inner>,
}

pub(super) struct Inner {
    probe: Arc<dyn Probe>,
    pub(super) events: Events,
    /// Held while the machine is asked and room is given.
    gate: Mutex<()>,
    state: Mutex<State>,
    /// Told when an engine is gone.
    pub(super) released: Notify,
}

pub(super) struct State {
    config: jane_config::Memory,
    pub(super) ledger: Ledger,
    snapshot: Snapshot,
    /// The limits that were exceeded when it was last looked, so that each is said once.
    pressed: BTreeSet<String>,
}

impl State {
    fn budgets(&self) -> Budgets {
        Budgets::new(&self.config, &self.snapshot)
    }
}

/// What is to be loaded.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    pub role: EngineKind,
    pub model: &'a str,
    pub footprint: &'a Footprint,
    pub wish: Placement,
    /// The engine that goes once this one is loaded. The placement is planned as if it were gone; it must go first only where
    /// both do not fit beside each other.
    pub replaces: Option<EntryId>,
    /// Whether others may be unloaded for it.
    pub unloads: bool,
}

/// An engine that is to be unloaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Eviction {
    pub id: EntryId,
    pub role: EngineKind,
    pub model: String,
    pub reason: Reason,
}

impl MemoryManager {
    /// Asks the machine once, which may block for a moment.
    #[must_use]
    pub fn new(config: jane_config::Memory, probe: Arc<dyn Probe>, events: Events) -> Self {
        let snapshot = Snapshot::take(probe.as_ref());
        Self {
            inner: Arc::new(Inner {
                probe,
                events,
                gate: Mutex::new(()),
                state: Mutex::new(State {
                    config,
                    ledger: Ledger::default(),
                    snapshot,
                    pressed: BTreeSet::new(),
                }),
                released: Notify::new(),
            }),
        }
    }

    /// Puts other budgets in force. What is loaded stays until [`MemoryManager::pressure`] is asked.
    pub fn set_budgets(&self, config: jane_config::Memory) {
        self.inner.state().config = config;
    }

    /// The budgets in force.
    #[must_use]
    pub fn budgets(&self) -> Budgets {
        self.inner.state().budgets()
    }

    /// Makes a model fit and sets its memory aside. The caller first unloads what [`Plan::after`] names and waits for it with
    /// [`MemoryManager::gone`], then loads. Blocks while the machine is asked.
    ///
    /// # Errors
    /// Where the model fits nowhere; nothing is set aside then.
    pub fn admit(
        &self,
        request: &Request<'_>,
        now: Instant,
    ) -> Result<(Reservation, Plan), Refusal> {
        let inner = &self.inner;
        let _gate = inner.gate();
        let mut state = inner.look();
        let correction = state.ledger.correction(request.role, request.model);
        let footprint = ledger::corrected(request.footprint, &correction);
        let room = room(&state, request.role);
        let others = if request.unloads {
            others(&state, request)
        } else {
            Vec::new()
        };
        let plan = plan(&footprint, &request.wish, &room, &others)?;
        let id = state.ledger.add(Entry {
            role: request.role,
            model: request.model.to_owned(),
            placement: plan.placement,
            estimated: plan.needs,
            correction,
            measured: None,
            pid: None,
            seen: false,
            last_used: now,
            users: 0,
            leaving: None,
        });
        for leaving in &plan.after {
            let replaced = request.replaces == Some(*leaving);
            if let Some(entry) = state.ledger.entries.get_mut(leaving)
                && entry.leaving.is_none()
            {
                entry.leaving = Some(Leaving {
                    reason: if replaced {
                        Reason::Replaced
                    } else {
                        Reason::MakesRoom
                    },
                    for_the_sake_of: Some(id),
                });
            }
        }
        drop(state);
        inner.events.emit(Event::MemoryPlanned {
            role: request.role,
            model: request.model.to_owned(),
            placement: plan.placement,
            estimated: plan.needs,
            steps: plan.steps.iter().map(ToString::to_string).collect(),
        });
        let reservation = Reservation {
            inner: Arc::clone(inner),
            id,
        };
        Ok((reservation, plan))
    }

    /// The loaded engine of `role`; of several the one that was used last.
    #[must_use]
    pub fn loaded(&self, role: EngineKind) -> Option<EntryId> {
        let state = self.inner.state();
        let entries = state.ledger.entries.iter();
        entries
            .filter(|(_, entry)| entry.role == role && entry.pid.is_some())
            .max_by_key(|(_, entry)| entry.last_used)
            .map(|(id, _)| *id)
    }

    /// Waits until all of `ids` are gone.
    pub async fn gone(&self, ids: &[EntryId]) {
        loop {
            let released = self.inner.released.notified();
            let mut released = std::pin::pin!(released);
            // From here on no release is missed.
            released.as_mut().enable();
            let here = |id| self.inner.state().ledger.entries.contains_key(id);
            if !ids.iter().any(here) {
                return;
            }
            released.await;
        }
    }

    /// Measures the machine and every loaded engine, and corrects the ledger. Blocks while the machine is asked.
    pub fn measure(&self) {
        let inner = &self.inner;
        let _gate = inner.gate();
        let loaded: Vec<(EntryId, u32, MemoryUse)> = inner
            .look()
            .ledger
            .entries
            .iter()
            .filter_map(|(id, entry)| Some((*id, entry.pid?, entry.estimated)))
            .collect();
        for (id, pid, estimated) in loaded {
            let measured = inner.probe.process(pid).map(|system| MemoryUse {
                // Where the driver does not say, the estimate stands.
                video: inner.probe.device_use(pid).unwrap_or(estimated.video),
                system,
            });
            if let Some(measured) = measured {
                inner.state().ledger.measured(id, measured);
            }
        }
    }

    /// The idle engines that must go now, by what was measured last: because a budget is exceeded, because the machine or the device has
    /// nearly nothing free, because the device is gone, or because they were not used for long. Each is named again until it
    /// is gone or a turn took it up.
    #[must_use = "the caller unloads them"]
    pub fn pressure(&self, now: Instant) -> Vec<Eviction> {
        let mut state = self.inner.state();
        let found = pressure::find(&state.ledger, &state.budgets(), &state.snapshot, now);
        let pressed = found.pressures.iter().map(|pressure| pressure.what.clone());
        let before = std::mem::replace(&mut state.pressed, pressed.collect());
        for (id, reason) in found.evictions {
            if let Some(entry) = state.ledger.entries.get_mut(&id) {
                entry.leaving = Some(Leaving {
                    reason,
                    for_the_sake_of: None,
                });
            }
        }
        let entries = state.ledger.entries.iter();
        let evictions = entries.filter_map(|(id, entry)| {
            let leaving = entry.leaving?;
            leaving.for_the_sake_of.is_none().then(|| Eviction {
                id: *id,
                role: entry.role,
                model: entry.model.clone(),
                reason: leaving.reason,
            })
        });
        let evictions: Vec<Eviction> = evictions.collect();
        drop(state);
        for pressure in found.pressures {
            if !before.contains(&pressure.what) {
                self.inner.events.emit(Event::MemoryPressure {
                    what: pressure.what,
                    used: pressure.used,
                    budget: pressure.budget,
                    free: pressure.free,
                });
            }
        }
        evictions
    }

    /// The ledger, by what was measured last.
    #[must_use]
    pub fn report(&self) -> Report {
        let state = self.inner.state();
        Report::new(&state.ledger, &state.budgets(), &state.snapshot)
    }
}

/// What one engine may take, as the ledger and the machine stand.
fn room(state: &State, role: EngineKind) -> Headroom {
    let budgets = state.budgets();
    let promised = state.ledger.promised();
    let limits = |kind, free: Option<u64>, spare: u64| Limits {
        own: Quota {
            whole: budgets.engine(role, kind),
            taken: state.ledger.taken(Some(role)).of(kind),
        },
        all: Quota {
            whole: budgets.all(kind),
            taken: state.ledger.taken(None).of(kind),
        },
        free: free.map(|whole| Quota {
            whole,
            taken: promised.of(kind).saturating_add(spare),
        }),
    };
    let devices = &state.snapshot.devices;
    // llama.cpp spreads a model over all devices, the other engines use the first one.
    let device = match role {
        EngineKind::Llm => pressure::free(&state.snapshot, Kind::Video),
        EngineKind::Stt | EngineKind::Tts => devices.first().map(|device| device.free),
    };
    let system = pressure::free(&state.snapshot, Kind::System);
    Headroom {
        video: device.map(|free| limits(Kind::Video, Some(free), SPARE_VIDEO)),
        system: limits(Kind::System, system, SPARE_SYSTEM),
    }
}

/// The engines whose memory could be had: those that go anyway, and the idle ones.
fn others(state: &State, request: &Request<'_>) -> Vec<EvictionCandidate> {
    let entries = &state.ledger.entries;
    let goes =
        |id: &EntryId, entry: &Entry| entry.leaving.is_some() || request.replaces == Some(*id);
    let going = entries.iter().filter(|(id, entry)| goes(id, entry));
    let going = going.map(|(id, _)| (*id, true));
    let idle = state.ledger.idle().into_iter();
    let idle = idle.filter(|id| request.replaces != Some(*id));
    going
        .chain(idle.map(|id| (id, false)))
        .filter_map(|(id, going)| {
            let entry = entries.get(&id)?;
            Some(EvictionCandidate {
                id,
                takes: entry.counted(),
                same_role: entry.role == request.role,
                going,
            })
        })
        .collect()
}

impl Inner {
    /// Asks the machine, and returns what is known then: what was loaded before is in its figures. The caller holds the gate.
    fn look(&self) -> MutexGuard<'_, State> {
        let is_loaded = |(id, entry): (&EntryId, &Entry)| entry.pid.is_some().then_some(*id);
        let loaded: Vec<EntryId> = self
            .state()
            .ledger
            .entries
            .iter()
            .filter_map(is_loaded)
            .collect();
        let snapshot = Snapshot::take(self.probe.as_ref());
        let mut state = self.state();
        state.snapshot = snapshot;
        for id in loaded {
            if let Some(entry) = state.ledger.entries.get_mut(&id) {
                entry.seen = true;
            }
        }
        state
    }

    fn gate(&self) -> MutexGuard<'_, ()> {
        self.gate.lock()
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}
