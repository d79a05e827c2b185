//! What differs between operating systems. A port is this folder.

#[cfg(target_os = "linux")]
mod confine;
#[cfg(unix)]
mod files;
#[cfg(target_os = "linux")]
mod limit;
mod memory;
#[cfg(target_os = "linux")]
mod page_cache;
mod processor;
#[cfg(unix)]
mod socket;
#[cfg(unix)]
mod speed;
#[cfg(unix)]
mod typing;
#[cfg(unix)]
mod unix;

#[cfg(target_os = "linux")]
pub use confine::confine;
#[cfg(unix)]
pub use files::{
    create_private, create_private_directory, create_private_new, make_private_files, open_private,
    open_regular, read_open, read_regular, tighten,
};
#[cfg(target_os = "linux")]
pub use limit::{GroupError, MemoryGroup, MemoryGroups, limit_memory};
pub use memory::{machine_memory, process_memory, resident_memory, resident_memory_at_once};
#[cfg(target_os = "linux")]
pub use page_cache::drop_page_cache;
pub use processor::{
    ProcessorTimes, kernel_version, load_average, own_processor_time, processor_name,
    processor_time,
};
#[cfg(unix)]
pub use socket::{connect_in, listen_in};
#[cfg(unix)]
pub use speed::multiplied_per_second;
#[cfg(unix)]
pub use typing::Typing;
#[cfg(unix)]
pub use unix::{
    EndRequest, EndRequests, FileState, Hangups, Terminal, ask_to_end, computed, exit_now,
    is_running, private_directory, take_stdout,
};

/// Gives up files and network; on this system that is not known, and nothing is given up.
#[cfg(not(target_os = "linux"))]
pub fn confine(_readable: &[std::path::PathBuf], _writable: &[std::path::PathBuf]) -> String {
    "this worker is not confined: not supported on this system".to_owned()
}

/// Drops what the system keeps of a file; on this system that is not known.
///
/// # Errors
/// Always.
#[cfg(not(target_os = "linux"))]
pub fn drop_page_cache(_path: &std::path::Path) -> std::io::Result<f64> {
    Err(std::io::Error::from(std::io::ErrorKind::Unsupported))
}

/// Limits a process's memory; on this system that is not known, and nothing is limited.
#[cfg(not(target_os = "linux"))]
#[must_use]
pub fn limit_memory(_pid: u32, _bytes: u64) -> String {
    "memory not limited: not supported on this system".to_owned()
}
