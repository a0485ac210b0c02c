//! One request, again and again, to each side: answers in a second, and the CPU of one.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use crate::args::Options;
use crate::http::{Connection, Request, Response};
use crate::load::{self, Load};
use crate::ours::{Ours, USER};
use crate::peer::{self, Peer};
use crate::report::{Line, Report};
use crate::verified;

/// Answers of one work that are looked into.
const VERIFIED: usize = 20;

/// One request, told to all sides.
pub struct Work<'a> {
    pub name: &'a str,
    pub repository: &'a str,
    pub method: &'a str,
    pub path: &'a str,
    /// Sent in turn; more than are sent in the time where each has to be another.
    pub bodies: Vec<Vec<u8>>,
    /// The ratio to hold, if one is promised; half of it where ours also has to check a token. The peer has none to check.
    pub hold: Option<f64>,
    /// Bytes of an answer at least: one that is shorter is another answer.
    pub least: usize,
}

/// Who is compared.
pub struct Sides<'a> {
    pub ours: &'a Ours,
    pub peer: &'a Peer,
    /// The folder of the peer's repositories, by user.
    pub repositories: &'a Path,
}

impl Work<'_> {
    /// Sends it to each side in turn: the peer; git spawned for each request, where that answers at all; ours, and ours with a token
    /// where a ratio is promised.
    pub fn compare(&self, options: &Options, sides: &Sides<'_>, report: &mut Report) -> anyhow::Result<()> {
        let time = Duration::from_secs(options.seconds);
        let (ours, basic) = (sides.ours.host, sides.ours.basic());
        let send = |host, authorization| {
            load::run(host, &self.requests(host, authorization), options.connections, time, |response| self.is_good(response))
        };
        let theirs = send(sides.peer.host, None)?;
        let mine = send(ours, None)?;
        report.add(line(self.name.to_owned(), &theirs, &mine, self.hold));
        if let Some(hold) = self.hold {
            let signed = send(ours, Some(&basic))?;
            report.add(line(format!("{}, with a token", self.name), &theirs, &signed, Some(hold / 2.0)));
        }
        if self.method == "POST" {
            let repository = sides.repositories.join(USER).join(format!("{}.git", self.repository));
            let spawned = load::many(options.connections, time, || {
                |turn| {
                    let body = self.bodies.get(turn % self.bodies.len().max(1)).map(Vec::as_slice).unwrap_or_default();
                    let answer = Response { status: 200, body: peer::spawned(&repository, body)? };
                    anyhow::ensure!(self.is_good(&answer), "not the expected answer of git upload-pack: {}", answer.start());
                    Ok(())
                }
            })?;
            report.add(line(format!("{}, spawned", self.name), &spawned, &mine, None));
            self.verify(ours, &repository)?;
        }
        Ok(())
    }

    /// Holds some of our answers against those of git; what has no pack is not asked for.
    fn verify(&self, ours: SocketAddr, repository: &Path) -> anyhow::Result<()> {
        let step = self.bodies.len().div_ceil(VERIFIED).max(1);
        let requests = self.requests(ours, None);
        for (request, body) in requests.iter().zip(&self.bodies).step_by(step) {
            let theirs = peer::spawned(repository, body)?;
            if theirs.windows(9).any(|window| window == b"packfile\n") {
                let mine = Connection::to(ours).send(request)?.good()?;
                verified::same(self.name, &mine.body, &theirs, repository)?;
            }
        }
        Ok(())
    }

    fn requests(&self, host: SocketAddr, authorization: Option<&String>) -> Vec<Request> {
        let path = format!("/{USER}/{}.git{}", self.repository, self.path);
        let mut headers = vec![("Git-Protocol", "version=2")];
        if self.method == "POST" {
            headers.push(("Content-Type", "application/x-git-upload-pack-request"));
            headers.push(("Accept", "application/x-git-upload-pack-result"));
        }
        headers.extend(authorization.map(|value| ("Authorization", value.as_str())));
        self.bodies.iter().map(|body| Request::new(self.method, host, &path, &headers, body)).collect()
    }

    /// Enough to know that it is the answer and not an error inside the protocol.
    fn is_good(&self, response: &Response) -> bool {
        response.status == 200
            && response.body.len() >= self.least
            && !response.body.windows(8).take(64).any(|window| window == b"ERR fata")
    }
}

fn line(work: String, theirs: &Load, mine: &Load, hold: Option<f64>) -> Line {
    let ratio = mine.per_second() / theirs.per_second().max(1e-9);
    let spell = |load: &Load| format!("{:.0}/s, p50 {:.2} ms", load.per_second(), load.median().as_secs_f64() * 1e3);
    Line {
        work,
        peer: Some(spell(theirs)),
        ours: spell(mine),
        cpu: Some([theirs.cpu_each(), mine.cpu_each()]),
        hold: hold.map(|hold| (format!("≥ {hold}×"), ratio >= hold)),
        ratio: Some(ratio),
    }
}
