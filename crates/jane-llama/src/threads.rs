//! How many threads llama.cpp computes with: the host's lease, set anew for each step.
//!
//! llama-cpp-2 fixes the number when a context is made and hides the pointer that llama.cpp's own setter takes. But llama.cpp's
//! parallel regions are OpenMP's, and OpenMP bounds the threads of what runs inside a `teams thread_limit(n)` region. Rust cannot
//! write that region; this is the function that compilers turn it into (libgomp's, and libomp's too).

use std::ffi::{c_uint, c_void};

#[cfg(target_os = "linux")]
unsafe extern "C" {
    /// Runs `work(data)` once for each of `teams`, on this thread, with at most `thread_limit` threads for parallel regions in it.
    fn GOMP_teams_reg(
        work: extern "C" fn(*mut c_void),
        data: *mut c_void,
        teams: c_uint,
        thread_limit: c_uint,
        flags: c_uint,
    );
}

/// Runs `work` with at most `threads` threads (at least one) for the parallel regions that it comes to.
#[cfg(target_os = "linux")]
pub fn at_most(threads: u32, work: &mut dyn FnMut()) {
    extern "C" fn run(data: *mut c_void) {
        // SAFETY: `data` is the pointer made below, to a closure that nothing else uses during the call.
        let work = unsafe { &mut *data.cast::<&mut dyn FnMut()>() };
        work();
    }
    let mut work = work;
    // SAFETY: `run` gets back the pointer that it expects, and the call returns before `work` goes.
    unsafe { GOMP_teams_reg(run, (&raw mut work).cast(), 1, threads.max(1), 0) }
}

/// Runs `work`. What bounds the threads here is not known: it takes as many as the context was made with.
#[cfg(not(target_os = "linux"))]
pub fn at_most(_threads: u32, work: &mut dyn FnMut()) {
    work();
}
