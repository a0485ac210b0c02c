//! Reads over the API: what a page of the UI or a client of Gitea asks all day. There is no peer; the numbers to hold are the server's own, on SQLite.

use std::time::Duration;

use anyhow::Context as _;

use crate::args::Options;
use crate::http::{Connection, Request};
use crate::load::{self, Load};
use crate::ours::{Ours, USER};
use crate::report::{Line, Report};
use crate::say;

/// Repositories of the lists.
const REPOSITORIES: usize = 10_000;
/// Items of a page, and pages there are.
const PAGE: usize = 50;
const PAGES: usize = REPOSITORIES / PAGE;
const PER_SECOND: f64 = 5000.0;
const ONE: Duration = Duration::from_millis(1);
const LISTED: Duration = Duration::from_millis(10);

/// Makes the repositories, and reads them.
pub fn measure(options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let scratch = tempfile::tempdir()?;
    let ours = Ours::start(scratch.path())?;
    say("api: making 10,000 repositories");
    make(&ours, options.connections)?;
    let time = Duration::from_secs(options.seconds);
    let token = format!("token {}", ours.token);
    let get = |path: &str, signed: bool| {
        let headers = [("Authorization", token.as_str())];
        Request::new("GET", ours.host, &format!("/api/v1{path}"), if signed { &headers } else { &[] }, b"")
    };
    let run = |requests: &[Request], connections: usize, least: usize| {
        load::run(ours.host, requests, connections, time, |answer| answer.status == 200 && answer.body.len() >= least)
    };
    let one = format!("/repos/{USER}/r00500");
    for (name, signed) in [("a repository", false), ("a repository, with a token", true)] {
        // Asked by one who waits for each answer, the wire is in it too: inside the server it is less.
        let alone = run(&[get(&one, signed)], 1, 500)?;
        report.add(line(&format!("{name}, alone: median"), &alone, spell(alone.median()), Some((spell_bound(ONE), alone.median() <= ONE))));
        let many = run(&[get(&one, signed)], options.connections, 500)?;
        let bound = format!("≥ {PER_SECOND:.0}/s");
        report.add(line(
            &format!("{name}, by many"),
            &many,
            format!("{:.0}/s", many.per_second()),
            Some((bound, many.per_second() >= PER_SECOND)),
        ));
    }
    let different: Vec<Request> =
        (0..REPOSITORIES).map(|number| get(&format!("/repos/{USER}/{}", name(number * 7919 % REPOSITORIES)), true)).collect();
    let many = run(&different, options.connections, 500)?;
    report.add(line("repositories, each another, with a token, by many", &many, format!("{:.0}/s", many.per_second()), None));
    for (what, list) in [
        ("own repositories", "/user/repos?"),
        ("a search in all repositories", "/repos/search?q=r0&"),
        ("all repositories", "/repos/search?"),
    ] {
        let pages: Vec<Request> = (0..PAGES).map(|page| get(&format!("{list}limit={PAGE}&page={}", 1 + page * 37 % PAGES), true)).collect();
        let alone = run(&pages, 1, 2)?;
        let worst = load::quantile(&alone.latencies, 99);
        let text = format!("{} (median {})", spell(worst), spell(alone.median()));
        report.add(line(&format!("{what}, any page of 10,000: 99 of 100"), &alone, text, Some((spell_bound(LISTED), worst <= LISTED))));
    }
    Ok(())
}

fn name(number: usize) -> String {
    format!("r{number:05}")
}

fn make(ours: &Ours, connections: usize) -> anyhow::Result<()> {
    let token = format!("token {}", ours.token);
    let headers = [("Authorization", token.as_str()), ("Content-Type", "application/json")];
    let numbers: Vec<usize> = (0..REPOSITORIES).collect();
    let make = |some: &[usize]| -> anyhow::Result<()> {
        let mut connection = Connection::to(ours.host);
        for number in some {
            let body = serde_json::json!({ "name": name(*number), "description": "One of many" }).to_string();
            connection.send(&Request::new("POST", ours.host, "/api/v1/user/repos", &headers, body.as_bytes()))?.good()?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let share = REPOSITORIES.div_ceil(connections.max(1));
        let makers: Vec<_> = numbers.chunks(share).map(|some| scope.spawn(move || make(some))).collect();
        makers.into_iter().try_for_each(|maker| maker.join().ok().context("a maker panicked")?)
    })
}

fn line(work: &str, load: &Load, ours: String, hold: Option<(String, bool)>) -> Line {
    let cpu = load.cpu_each();
    Line { work: format!("{work} ({:.2} ms CPU)", cpu.as_secs_f64() * 1e3), ours, hold, ..Line::default() }
}

fn spell(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}

fn spell_bound(time: Duration) -> String {
    format!("≤ {} ms", time.as_millis())
}
