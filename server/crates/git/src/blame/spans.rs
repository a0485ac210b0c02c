//! Lines of the file that is asked about, as they lie in an older version of it.

use super::Run;
use crate::diff::lines::Common;

/// Lines that follow each other in both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    /// First line in the file that is asked about, from 0.
    pub(super) start: u32,
    /// First line in the version that is looked at, from 0.
    pub(super) here: u32,
    /// How many.
    pub(super) lines: u32,
}

/// Parts the lines of a version into those that an older one has too, with their places there, and the rest.
pub(super) fn split(spans: Vec<Span>, common: &[Common]) -> (Vec<Span>, Vec<Span>) {
    let (mut passed, mut kept) = (Vec::new(), Vec::new());
    for span in spans {
        let (mut at, end) = (span.here, span.here + span.lines);
        let part = |from: u32, to: u32| Span { start: span.start + (from - span.here), here: from, lines: to - from };
        let first = common.partition_point(|c| c.new + c.lines <= at);
        for same in common.iter().skip(first) {
            let (from, to) = (same.new.max(at), (same.new + same.lines).min(end));
            if from >= to {
                break;
            }
            if from > at {
                kept.push(part(at, from));
            }
            passed.push(Span { here: same.old + (from - same.new), ..part(from, to) });
            at = to;
        }
        if at < end {
            kept.push(part(at, end));
        }
    }
    (passed, kept)
}

/// Puts runs in order, joins neighbours of one origin and fills the gaps; whether there was none.
pub(super) fn joined(mut runs: Vec<Run>, lines: u32) -> (Vec<Run>, bool) {
    runs.sort_unstable_by_key(|run| run.start);
    let mut out: Vec<Run> = Vec::new();
    let (mut at, mut complete) = (0, true);
    for run in runs {
        if run.start > at {
            complete = false;
            out.push(Run { start: at, lines: run.start - at, from: None });
        }
        at = run.start + run.lines;
        match out.last_mut() {
            Some(last) if continues(last, &run) => last.lines += run.lines,
            _ => out.push(run),
        }
    }
    if at < lines {
        complete = false;
        out.push(Run { start: at, lines: lines - at, from: None });
    }
    (out, complete)
}

fn continues(last: &Run, next: &Run) -> bool {
    match (last.from, next.from) {
        (Some(a), Some(b)) => a.source == b.source && a.start + last.lines == b.start,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Place;
    use super::*;

    #[test]
    fn lines_are_parted_and_keep_their_places() {
        let common = [Common { old: 0, new: 2, lines: 3 }, Common { old: 7, new: 5, lines: 2 }, Common { old: 20, new: 10, lines: 5 }];
        let (passed, kept) = split(vec![Span { start: 100, here: 1, lines: 5 }, Span { start: 200, here: 9, lines: 3 }], &common);
        let spans = |list: &[Span]| list.iter().map(|s| (s.start, s.here, s.lines)).collect::<Vec<_>>();
        assert_eq!(spans(&passed), [(101, 0, 3), (104, 7, 1), (201, 20, 2)]);
        assert_eq!(spans(&kept), [(100, 1, 1), (200, 9, 1)]);
        let (passed, kept) = split(vec![Span { start: 0, here: 7, lines: 2 }], &common);
        assert_eq!((passed.len(), spans(&kept)), (0, vec![(0, 7, 2)]));
    }

    #[test]
    fn what_was_not_found_is_a_gap_that_is_told() {
        let from = |start| Some(Place { source: 7, start });
        let run = |start, lines, here| Run { start, lines, from: from(here) };
        let (runs, complete) = joined(vec![run(4, 1, 1), run(1, 1, 0), run(2, 1, 1)], 6);
        let seen: Vec<_> = runs.iter().map(|r| (r.start, r.lines, r.from.is_some())).collect();
        assert_eq!((seen, complete), (vec![(0, 1, false), (1, 2, true), (3, 1, false), (4, 1, true), (5, 1, false)], false));
        assert!(joined(vec![run(0, 2, 0)], 2).1);
    }
}
