//! Where a worker's warnings go.

use tracing_subscriber::EnvFilter;

/// Sends a worker's own warnings, and those of its engine, to its standard error, which the host writes into the log.
pub(crate) fn start() {
    let filter = EnvFilter::new("warn");
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .without_time()
        .try_init();
}
