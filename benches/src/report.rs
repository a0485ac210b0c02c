//! The table at the end, on the screen and in `benches/results`.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;

use crate::args::Options;
use crate::{machine, say};

/// One line of the table.
#[derive(Clone, Debug, Default)]
pub struct Line {
    /// What was done.
    pub work: String,
    /// The other side's number, if there is another side.
    pub peer: Option<String>,
    /// Ours.
    pub ours: String,
    /// CPU of one request, theirs and ours, where requests are counted.
    pub cpu: Option<[Duration; 2]>,
    /// What it is held to, and whether it holds.
    pub hold: Option<(String, bool)>,
    /// `12.3×`, where there is a peer.
    pub ratio: Option<f64>,
}

const HEAD: [&str; 7] = ["work", "peer", "its CPU each", "ours", "our CPU each", "ratio", "hold"];

/// All lines so far.
#[derive(Debug, Default)]
pub struct Report(Vec<Line>);

impl Report {
    /// Adds a line and prints it at once, since the rest takes a while.
    pub fn add(&mut self, line: Line) {
        say(&format!("  {}: {}", line.work, cells(&line).get(1..).unwrap_or_default().join(", ")));
        self.0.push(line);
    }

    /// Prints the table and writes it to the results folder, if there is one.
    pub fn finish(&self, options: &Options) -> anyhow::Result<()> {
        let text = self.text(options);
        say(&format!("\n{text}"));
        let Some(folder) = std::env::var_os("HARDIE_BENCH_RESULTS").map(PathBuf::from) else { return Ok(()) };
        std::fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        let work = options.work.as_deref().unwrap_or("all");
        let file = folder.join(format!("{}-{}-{work}.md", machine::date(), machine::class()));
        std::fs::write(&file, &text).with_context(|| format!("{} cannot be written", file.display()))?;
        say(&format!("written to {}", file.display()));
        Ok(())
    }

    fn text(&self, options: &Options) -> String {
        let mut rows = vec![HEAD.map(str::to_owned)];
        rows.extend(self.0.iter().map(cells));
        let widths: Vec<usize> =
            (0..HEAD.len()).map(|at| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or_default()).collect();
        let mut text = format!("# {} on {}\n\n", machine::date(), machine::class());
        text.push_str(&format!(
            "Peer: {}, fcgiwrap; for what is \"spawned\", git's own process for each request and nothing before it; for what is over SSH, \
             OpenSSH and git. {} connections, {} s each, {} pushes; requests replayed on the wire, both sides on loopback in one run.\n\n",
            machine::peers(),
            options.connections,
            options.seconds,
            options.pushes
        ));
        for (number, row) in rows.iter().enumerate() {
            let padded: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
            text.push_str(&format!("| {} |\n", padded.join(" | ")));
            if number == 0 {
                let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
                text.push_str(&format!("| {} |\n", rule.join(" | ")));
            }
        }
        text
    }
}

fn cells(line: &Line) -> [String; HEAD.len()] {
    let none = || "–".to_owned();
    let hold = line.hold.as_ref().map_or_else(none, |(bound, holds)| format!("{bound}{}", if *holds { " ✓" } else { " MISSED" }));
    let [their_cpu, our_cpu] = [0, 1].map(|side| {
        let each = line.cpu.and_then(|sides| sides.get(side).copied());
        each.map_or_else(none, |each| format!("{:.2} ms", each.as_secs_f64() * 1e3))
    });
    [
        line.work.clone(),
        line.peer.clone().unwrap_or_else(none),
        their_cpu,
        line.ours.clone(),
        our_cpu,
        line.ratio.map_or_else(none, |ratio| format!("{ratio:.1}×")),
        hold,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missed_hold_is_seen() {
        let line = Line { work: "w".into(), ours: "1 ms".into(), hold: Some(("≤ 0.3 ms".into(), false)), ..Line::default() };
        assert_eq!(cells(&line).join("|"), "w|–|–|1 ms|–|–|≤ 0.3 ms MISSED");
    }

    #[test]
    fn cpu_of_a_request_is_told_for_both_sides() {
        let cpu = Some([2500, 40].map(Duration::from_micros));
        let line = Line { work: "w".into(), peer: Some("400/s".into()), ours: "9000/s".into(), cpu, ratio: Some(22.5), hold: None };
        assert_eq!(cells(&line).join("|"), "w|400/s|2.50 ms|9000/s|0.04 ms|22.5×|–");
    }
}
