//! The sandbox that all skills run in: one engine, one set of host functions, and a clock that interrupts what runs too long.
//!
//! Invariants: whoever compiles and whoever runs use the same settings; the clock ticks only while a skill runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::Thread;
use std::time::Duration;

use parking_lot::Mutex;
use wasmtime::component::{HasSelf, Linker};
use wasmtime::{Config, Engine};

use super::bindings::Skill;
use super::host_state::HostState;

/// How long WebAssembly runs before it has to let others run.
const TICK: Duration = Duration::from_millis(1);

/// Bytes of WebAssembly's stack: recursion that goes deeper traps.
const STACK: usize = 512 << 10;

/// Bytes of the stack that holds it and the host functions that it calls.
const ASYNC_STACK: usize = 1 << 20;

/// Where skills run.
pub struct Sandbox {
    pub engine: Engine,
    pub linker: Linker<HostState>,
    ticking: Arc<Ticking>,
}

/// The engine without anything to run in it: what compiles.
///
/// # Errors
/// Where the machine is not supported.
pub fn engine() -> wasmtime::Result<Engine> {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .epoch_interruption(true)
        .max_wasm_stack(STACK)
        .async_stack_size(ASYNC_STACK)
        // Skills are small: a large address space for each would only cost time.
        .memory_reservation(0)
        .memory_reservation_for_growth(64 << 20)
        .memory_init_cow(true);
    Engine::new(&config)
}

impl Sandbox {
    /// # Errors
    /// Where the machine is not supported.
    pub fn new() -> wasmtime::Result<Self> {
        let engine = engine()?;
        let mut linker = Linker::new(&engine);
        // What compilers bring along: clocks, random numbers and an empty world.
        wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
        Skill::add_to_linker::<_, HasSelf<_>>(&mut linker, |guest: &mut HostState| guest)?;
        let ticking = Ticking::start(engine.clone());
        Ok(Self {
            engine,
            linker,
            ticking,
        })
    }

    /// Has the clock tick until what this returns is dropped.
    pub fn run(&self) -> Running {
        self.ticking.running.fetch_add(1, Ordering::SeqCst);
        self.ticking.wake();
        Running(Arc::clone(&self.ticking))
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.ticking.ended.store(1, Ordering::SeqCst);
        self.ticking.wake();
    }
}

struct Ticking {
    running: AtomicUsize,
    ended: AtomicUsize,
    thread: Mutex<Option<Thread>>,
}

impl Ticking {
    fn start(engine: Engine) -> Arc<Self> {
        let ticking = Arc::new(Self {
            running: AtomicUsize::new(0),
            ended: AtomicUsize::new(0),
            thread: Mutex::default(),
        });
        let ticks = Arc::clone(&ticking);
        let thread = std::thread::Builder::new().name("skill-clock".to_owned());
        let started = thread.spawn(move || {
            while ticks.ended.load(Ordering::SeqCst) == 0 {
                if ticks.running.load(Ordering::SeqCst) == 0 {
                    std::thread::park();
                } else {
                    std::thread::sleep(TICK);
                    engine.increment_epoch();
                }
            }
        });
        match started {
            Ok(started) => {
                let thread = started.thread().clone();
                *ticking.thread.lock() = Some(thread);
            }
            Err(error) => tracing::error!(%error, "nothing interrupts skills that run too long"),
        }
        ticking
    }

    fn wake(&self) {
        let thread = self.thread.lock();
        if let Some(thread) = &*thread {
            thread.unpark();
        }
    }
}

/// Something runs.
pub struct Running(Arc<Ticking>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}
