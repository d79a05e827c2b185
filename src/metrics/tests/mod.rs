//! Scenarios of the figures: what is counted, what a socket and an address tell, and what they do not put up with. Memory and
//! devices are made up.

use std::sync::Arc;

use jane_core::event::{EngineKind, Event, TurnOutcome, Waterfall};
use jane_engines::memory::{
    Device, Footprint, Placement, Probe, Request, Reservation, SystemMemory,
};

use super::*;

mod counted;
mod exposed;
mod served;
mod status_socket;

/// A machine of 16 GB, in which every process takes 100 MB.
struct Desk;

impl Probe for Desk {
    fn devices(&self) -> Vec<Device> {
        vec![Device {
            index: 0,
            name: "a \"quoted\" device".to_owned(),
            total: 8_000_000_000,
            free: 6_000_000_000,
            used: 2_000_000_000,
        }]
    }

    fn device_use(&self, _pid: u32) -> Option<u64> {
        None
    }

    fn system(&self) -> Option<SystemMemory> {
        Some(SystemMemory {
            total: 16_000_000_000,
            available: 12_000_000_000,
        })
    }

    fn process(&self, _pid: u32) -> Option<u64> {
        Some(100_000_000)
    }
}

struct Scene {
    events: Events,
    memory: MemoryManager,
    metrics: Metrics,
    home: tempfile::TempDir,
}

impl Scene {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let events = Events::new();
        let memory = MemoryManager::new(
            jane_config::Memory::default(),
            Arc::new(Desk),
            events.clone(),
        );
        let models = || Models {
            stt: "hearing".to_owned(),
            llm: "thinking".to_owned(),
            tts: "speaking".to_owned(),
        };
        let metrics = Metrics::new(home.path(), memory.clone(), models, &events);
        Self {
            events,
            memory,
            metrics,
            home,
        }
    }

    fn turn(&self, turn: u64, outcome: TurnOutcome, total_ms: u64) {
        self.events.emit(Event::TurnEnded {
            turn,
            outcome,
            waterfall: Waterfall {
                stt_ms: Some(90),
                first_audio_ms: Some(450),
                total_ms,
                audio_seconds: 1.5,
                prompt_tokens: 100,
                reused_tokens: 80,
                reply_tokens: 20,
                sentences: 2,
                ..Waterfall::default()
            },
        });
    }

    /// An engine that is loaded in process 4711.
    fn load(&self, role: EngineKind, model: &str) -> Reservation {
        let footprint = Footprint {
            program: 90_000_000,
            ..Footprint::default()
        };
        let request = Request {
            role,
            model,
            footprint: &footprint,
            wish: Placement::whole(false),
            replaces: None,
            unloads: true,
        };
        let (reservation, _) = self.memory.admit(&request, Instant::now()).unwrap();
        reservation.loaded(4711, Instant::now());
        reservation
    }
}
