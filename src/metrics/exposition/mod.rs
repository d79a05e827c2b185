//! A snapshot in Prometheus's text format, version 0.0.4.
//!
//! Names follow its conventions: base units (seconds, bytes), `_total` for counters, one meaning a family, so that sums over labels make
//! sense. `process` is `host`, `stt`, `llm` or `tts`, as in the keys of `[memory]`.

mod memory;
mod turns;

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeCounterValue, EncodeGaugeValue, NoLabelSet, prometheus_text,
};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::exemplar::Exemplar;
use prometheus_client::registry::Registry;

use super::Snapshot;

pub(super) const CONTENT_TYPE: &str = prometheus_text::CONTENT_TYPE;

/// What every name begins with.
const PREFIX: &str = "jane";

/// A label's name and value.
type Label = (&'static str, String);

/// # Errors
/// None that is known: a text takes whatever is written to it.
pub(super) fn render(snapshot: Snapshot) -> Result<String, fmt::Error> {
    let mut registry = Registry::with_prefix(PREFIX);
    registry.register_collector(Box::new(Exposed(snapshot)));
    let mut text = String::new();
    prometheus_text::encode(&mut text, &registry)?;
    Ok(text)
}

#[derive(Debug)]
struct Exposed(Snapshot);

impl Collector for Exposed {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut families = Families(encoder);
        let Self(snapshot) = self;
        let version = [([("version", snapshot.version.clone())], 1_u64)];
        families.gauge("build_info", "The version of Jane", version)?;
        families.gauge(
            "start_time_seconds",
            "When she started, in seconds since the Unix epoch",
            [([], snapshot.started_at_ms as f64 / 1000.0)],
        )?;
        let models = &snapshot.models;
        let models = [
            ("stt", &models.stt),
            ("llm", &models.llm),
            ("tts", &models.tts),
        ];
        let models = models.map(|(engine, model)| {
            let labels = [("engine", engine.to_owned()), ("model", model.clone())];
            (labels, 1_u64)
        });
        families.gauge(
            "model_info",
            "The models in force, as jane.toml names them",
            models,
        )?;
        memory::encode(&mut families, &snapshot.memory)?;
        turns::encode(&mut families, snapshot)
    }
}

/// Writes one family after the other, each with its help and type, also where it has no sample yet.
struct Families<'a>(DescriptorEncoder<'a>);

impl Families<'_> {
    fn gauge<V: EncodeGaugeValue, const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        samples: impl IntoIterator<Item = ([Label; N], V)>,
    ) -> fmt::Result {
        let kind = MetricType::Gauge;
        let mut family = self.0.encode_descriptor(name, help, None, kind)?;
        for (labels, value) in samples {
            family.encode_family(&labels)?.encode_gauge(&value)?;
        }
        Ok(())
    }

    /// `_total` is added to the name.
    fn counter<V: EncodeCounterValue, const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        samples: impl IntoIterator<Item = ([Label; N], V)>,
    ) -> fmt::Result {
        let kind = MetricType::Counter;
        let mut family = self.0.encode_descriptor(name, help, None, kind)?;
        let no_exemplar: Option<&Exemplar<NoLabelSet, u64>> = None;
        for (labels, value) in samples {
            let mut sample = family.encode_family(&labels)?;
            sample.encode_counter(&value, no_exemplar)?;
        }
        Ok(())
    }
}
