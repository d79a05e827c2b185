//! Serves Prometheus where `metrics.listen` says, and moves or ends when an edit says otherwise.

use std::sync::Arc;

use jane_config::Listen;
use jane_core::event::{Event, Events};

use super::Metrics;
use super::server::Endpoint;
use crate::runtime::Runtime;

/// Never ends; dropping it closes what is open.
pub(super) async fn follow(runtime: Arc<Runtime>, metrics: Metrics, events: Events) {
    let mut changes = runtime.changes();
    let mut wanted = None;
    let mut open = None;
    loop {
        // A configuration in force is one that was checked.
        let now = runtime.in_force().config.metrics.listen();
        let now = now.unwrap_or_default();
        if now != wanted {
            // First, since both may have the same port.
            if let Some(endpoint) = open.take() {
                close(endpoint, &events).await;
            }
            if let Some(listen) = &now {
                open = start(listen, &metrics, &events).await;
            }
            wanted = now;
        }
        if changes.changed().await.is_err() {
            return;
        }
    }
}

async fn start(listen: &Listen, metrics: &Metrics, events: &Events) -> Option<Endpoint> {
    match Endpoint::open(listen, metrics.clone()).await {
        Ok(endpoint) => {
            let address = endpoint.address.to_string();
            tracing::info!(address, "figures are served to Prometheus");
            events.emit(Event::MetricsListening { address });
            if let Some((message, hint)) = listen.warning() {
                tracing::warn!("{message}");
                let hint = Some(hint);
                events.emit(Event::Warning { message, hint });
            }
            Some(endpoint)
        }
        Err(error) => {
            let Listen { host, port } = listen;
            let message = format!(
                "no figures for Prometheus: cannot listen at `{host}`, port {port}: {error}"
            );
            tracing::warn!("{message}");
            let hint = "name another address in `metrics.listen`, or none".to_owned();
            let hint = Some(hint);
            events.emit(Event::Warning { message, hint });
            None
        }
    }
}

async fn close(endpoint: Endpoint, events: &Events) {
    let address = endpoint.address.to_string();
    endpoint.close().await;
    tracing::info!(address, "figures are not served to Prometheus any more");
    events.emit(Event::MetricsStopped { address });
}
