//! The report for people.

use std::fmt::Write;

use super::compare::{caveats, changes};
use super::{Report, Stage};
use crate::bench::endpointing;
use crate::bench::goal::GoalStatus;
use crate::bench::metric::Measured;

/// Columns of the chart.
const WIDTH: f64 = 48.0;

impl Report {
    /// The whole report, with what changed since `last`.
    #[must_use]
    pub fn markdown(&self, last: Option<&Self>) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = self.head(&mut text);
        let _ = self.goals(&mut text);
        let _ = self.charts(&mut text);
        let _ = self.kinds(&mut text);
        let _ = self.endings(&mut text);
        let _ = self.figures(&mut text);
        let _ = self.comparison(last, &mut text);
        text
    }

    fn head(&self, text: &mut String) -> std::fmt::Result {
        let (stamp, machine, disturbance) = (&self.stamp, &self.machine, &self.disturbance);
        writeln!(text, "# Performance of Jane {}\n", stamp.version)?;
        let quick = if stamp.quick {
            ", quick (few runs)"
        } else {
            ""
        };
        writeln!(text, "Measured by `jane bench` at {}{quick}.\n", stamp.at)?;
        for warning in self.warnings() {
            writeln!(text, "**{warning}.** Take its figures with care.\n")?;
        }
        for (section, error, hint) in &self.failures {
            let hint = hint
                .as_ref()
                .map(|hint| format!(" Hint: {hint}."))
                .unwrap_or_default();
            writeln!(text, "**`{section:?}` failed:** {}.{hint}\n", cell(error))?;
        }
        writeln!(text, "| machine | |\n|---|---|")?;
        let unknown = || "not told by the system".to_owned();
        let processor = machine.processor.clone().unwrap_or_else(unknown);
        writeln!(
            text,
            "| processor | {}, {} cores |",
            cell(&processor),
            machine.cores
        )?;
        let memory = machine
            .memory
            .map(|bytes| format!("{:.1} GB", gigabytes(bytes)));
        writeln!(text, "| memory | {} |", memory.unwrap_or_else(unknown))?;
        let kernel = machine.kernel.clone().unwrap_or_else(unknown);
        writeln!(text, "| system | {}, {} |", machine.system, cell(&kernel))?;
        let devices: Vec<String> = machine
            .devices
            .iter()
            .map(|(name, total)| format!("{}, {:.1} GB", cell(name), gigabytes(*total)))
            .collect();
        let none = "none that the engines can use".to_owned();
        let devices = if devices.is_empty() {
            none
        } else {
            devices.join("; ")
        };
        writeln!(text, "| graphics processor | {devices} |")?;
        if let Some(driver) = &machine.driver {
            writeln!(text, "| driver | {} |", cell(driver))?;
        }
        let load = |load: Option<f64>| load.map_or_else(unknown, |load| format!("{load:.2}"));
        let (start, end) = (
            load(disturbance.load_at_start),
            load(disturbance.load_at_end),
        );
        writeln!(text, "| load before and after | {start}, {end} |")?;
        let share = |share: Option<f64>| {
            share.map_or_else(unknown, |share| format!("{:.1} %", share * 100.0))
        };
        writeln!(
            text,
            "| time stolen by the hypervisor | {} |",
            share(disturbance.stolen)
        )?;
        writeln!(
            text,
            "| time taken by other programs | {} |",
            share(disturbance.foreign)
        )?;
        for (section, disturbance) in &self.parts {
            writeln!(
                text,
                "| of it during `{}`: stolen, by others | {}, {} |",
                section.name(),
                share(disturbance.stolen),
                share(disturbance.foreign)
            )?;
        }
        writeln!(text)?;
        writeln!(text, "| model | for | MB | SHA-256 |\n|---|---|---|---|")?;
        for model in &stamp.models {
            let megabytes = model
                .bytes
                .map(|bytes| format!("{:.0}", gigabytes(bytes) * 1000.0));
            writeln!(
                text,
                "| {} | {} | {} | {} |",
                cell(&model.name),
                model.kind,
                megabytes.unwrap_or_default(),
                model.sha256.as_deref().unwrap_or("not there"),
            )?;
        }
        writeln!(text)
    }

    fn goals(&self, text: &mut String) -> std::fmt::Result {
        writeln!(text, "## Goals\n")?;
        writeln!(text, "| | goal | | measured | |\n|---|---|---|---|---|")?;
        let mut area = "";
        for goal in &self.goals {
            let shown = if goal.area == area { "" } else { &goal.area };
            area = &goal.area;
            let standing = match goal.standing {
                GoalStatus::Met => "met",
                GoalStatus::Missed => "**missed**",
                GoalStatus::NotMeasurable => "not measurable here",
                GoalStatus::LeftOut => "left out",
            };
            let (name, actual) = (cell(&goal.name), cell(&goal.actual));
            let figure = self.figures.iter().find(|figure| figure.key == goal.figure);
            let disturbed = disturbed(figure.is_some_and(|figure| figure.disturbed));
            writeln!(
                text,
                "| {shown} | {name} | {} | {actual} | {standing}{disturbed} |",
                goal.goal
            )?;
        }
        writeln!(text)
    }

    fn charts(&self, text: &mut String) -> std::fmt::Result {
        if !self.turn.is_empty() {
            writeln!(text, "## Where the time of a turn goes\n")?;
            writeln!(
                text,
                "From a recorded question to the first sound of the answer; medians.\n"
            )?;
            waterfall(text, &self.turn)?;
        }
        if !self.live.is_empty() {
            writeln!(
                text,
                "A live turn, from the last sample of the question; what is done while the silence lasts overlaps it.\n"
            )?;
            let mut before = 0.0;
            let mut steps = Vec::new();
            for stage in &self.live {
                let seconds = (stage.seconds - before).max(0.0);
                before = before.max(stage.seconds);
                let name = stage.name.clone();
                steps.push(Stage { name, seconds });
            }
            waterfall(text, &steps)?;
        }
        Ok(())
    }

    fn kinds(&self, text: &mut String) -> std::fmt::Result {
        if self.kinds.is_empty() {
            return Ok(());
        }
        writeln!(text, "## What is heard\n")?;
        writeln!(
            text,
            "Word errors after Whisper's English normaliser, by kind of recordings; for noise, the clips in which text was heard.\n"
        )?;
        writeln!(
            text,
            "| kind | clips | words | errors | word error rate | median | 95th percentile | real-time factor |"
        )?;
        writeln!(text, "|---|---|---|---|---|---|---|---|")?;
        for kind in &self.kinds {
            #[expect(clippy::cast_precision_loss, reason = "word counts are small")]
            let rate = match kind.words {
                0 => format!("text in {} of {}", kind.invented, kind.clips),
                words => format!("{:.1} %", 100.0 * kind.errors as f64 / words as f64),
            };
            writeln!(
                text,
                "| {} | {} | {} | {} | {rate} | {:.2} s | {:.2} s | {:.3} |",
                cell(&kind.kind),
                kind.clips,
                kind.words,
                kind.errors,
                kind.seconds.median,
                kind.seconds.p95,
                kind.real_time_factor,
            )?;
        }
        writeln!(text)
    }

    fn endings(&self, text: &mut String) -> std::fmt::Result {
        if self.endings.is_empty() {
            return Ok(());
        }
        writeln!(text, "## When somebody is taken to be done\n")?;
        writeln!(
            text,
            "Pauses inside sentences that each rule takes for the end, and that she would speak into; the silence waited for where \
             somebody is done. What is in force is bold.\n"
        )?;
        writeln!(text, "{}", endpointing::table(&self.endings))
    }

    fn figures(&self, text: &mut String) -> std::fmt::Result {
        writeln!(text, "## All figures\n")?;
        writeln!(text, "| | runs | least | median | 95th percentile | most |")?;
        writeln!(text, "|---|---|---|---|---|---|")?;
        for figure in &self.figures {
            let (name, show) = (cell(&figure.name), |value| figure.unit.show(value));
            let disturbed = disturbed(figure.disturbed);
            let failed = match figure.failed {
                0 => String::new(),
                failed => format!(" and {failed} failed"),
            };
            match &figure.measured {
                Measured::Runs(runs) => writeln!(
                    text,
                    "| {name} | {}{failed}{disturbed} | {} | {} | {} | {} |",
                    runs.runs,
                    show(runs.least),
                    show(runs.median),
                    show(runs.p95),
                    show(runs.most)
                )?,
                Measured::Not(reason) => {
                    writeln!(text, "| {name} |{failed} | {} | | | |", cell(reason))?
                }
            }
        }
        for note in &self.notes {
            writeln!(text, "\n{note}.")?;
        }
        writeln!(text)
    }

    fn comparison(&self, last: Option<&Self>, text: &mut String) -> std::fmt::Result {
        writeln!(text, "## Compared with the last report\n")?;
        let Some(last) = last else {
            return writeln!(text, "There is none.");
        };
        let caveats = caveats(last, self);
        let caveats = if caveats.is_empty() {
            String::new()
        } else {
            format!(" ({})", caveats.join(", "))
        };
        writeln!(
            text,
            "That of {}{caveats}. Medians; changes of less than 10 % are no news.\n",
            last.stamp.at
        )?;
        writeln!(text, "| | then | now | change | |\n|---|---|---|---|---|")?;
        for change in changes(last, self) {
            let name = cell(&change.name);
            let by = change.by.map(|by| format!("{:+.0} %", by * 100.0));
            writeln!(
                text,
                "| {name} | {} | {} | {} | {} |",
                change.before,
                change.now,
                by.unwrap_or_default(),
                change.verdict
            )?;
        }
        Ok(())
    }
}

/// What stands behind something that was measured while the machine did something else too.
fn disturbed(is_disturbed: bool) -> &'static str {
    if is_disturbed { " (disturbed)" } else { "" }
}

/// Stages one behind the other.
fn waterfall(text: &mut String, stages: &[Stage]) -> std::fmt::Result {
    let total: f64 = stages.iter().map(|stage| stage.seconds).sum();
    let scale = WIDTH / total.max(1e-9);
    writeln!(text, "```")?;
    let mut before = 0.0;
    for Stage { name, seconds } in stages {
        let (from, to) = (before * scale, (before + seconds) * scale);
        before += seconds;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "columns of a chart"
        )]
        let (from, to) = (from.round() as usize, to.round() as usize);
        let bar = "█".repeat(to.saturating_sub(from).max(1));
        let space = " ".repeat(from);
        writeln!(
            text,
            "{name:<32} {:>5.0} ms  {space}{bar}",
            seconds * 1000.0
        )?;
    }
    writeln!(text, "{:<32} {:>5.0} ms\n```\n", "together", total * 1000.0)
}

/// Text that ends no cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}

#[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^52")]
fn gigabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e9
}
