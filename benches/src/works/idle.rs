//! Memory of a server that has just started and answered a few requests.

use crate::http::{Connection, Request};
use crate::memory;
use crate::ours::Ours;
use crate::report::{Line, Report};

const HOLD: u64 = 80 << 20;

/// Reads it after a hundred requests.
pub fn measure(report: &mut Report) -> anyhow::Result<()> {
    let scratch = tempfile::tempdir()?;
    let ours = Ours::start(scratch.path())?;
    ours.api("GET", "/user", "")?;
    let mut connection = Connection::to(ours.host);
    let health = Request::new("GET", ours.host, "/healthz", &[], b"");
    for _ in 0..100 {
        connection.send(&health)?.good()?;
    }
    let bytes = memory::of_tree(ours.id());
    let ours = format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20));
    report.add(Line { work: "idle memory".to_owned(), ours, hold: Some(("≤ 80 MB".to_owned(), bytes <= HOLD)), ..Line::default() });
    Ok(())
}
