//! The commands of a push: read to their end or refused, and then reported on.

use hardie_domain::limits::GitLimits;
use hardie_git::receive::{Receive, ReceiveAction};

use super::portions;
use crate::repository::repository;

/// More turns than any request of this length can take.
const TURNS: usize = 100_000;

/// Reads the commands.
pub fn run(data: &[u8]) {
    let mut machine =
        Receive::new(GitLimits { request_bytes: 64 << 10, commands: 50, push_options: 5, certificate_bytes: 4096, ..GitLimits::default() });
    let mut input = portions(data);
    for _ in 0..TURNS {
        let _ = match machine.poll() {
            ReceiveAction::NeedInput => match input.next() {
                Some(portion) => machine.feed(portion),
                None => machine.feed_eof(),
            },
            ReceiveAction::Send(bytes) => {
                assert!(!bytes.is_empty(), "nothing to send");
                Ok(())
            }
            ReceiveAction::Request(request) => {
                assert!(request.updates.len() + request.refused.len() <= 50, "more commands than are allowed");
                if let Some(certificate) = &request.certificate {
                    assert!(certificate.text.len() <= 4096, "a longer certificate than is allowed");
                    let _ = hardie_git::signature::read(certificate.signature());
                }
                machine.take_rest();
                machine.report(Ok(()), &[]);
                Ok(())
            }
            ReceiveAction::Done => return,
        };
    }
    panic!("the conversation does not end");
}

/// Pushes as clients send them.
pub fn seeds() -> Vec<Vec<u8>> {
    let (tip, old) = (repository().tip.to_hex(), repository().old.to_hex());
    let none = "0".repeat(40);
    let line = |text: String| format!("{:04x}{text}", text.len() + 4);
    let first = |old: &str, new: &str, name: &str, caps: &str| line(format!("{old} {new} {name}\0{caps}"));
    vec![
        format!("{}0000PACK", first(&old, &tip, "refs/heads/main", " report-status-v2 side-band-64k object-format=sha1 agent=git/2")),
        format!("{}{}0000", first(&none, &tip, "refs/heads/a", "report-status atomic quiet"), line(format!("{old} {none} refs/tags/v1\n"))),
        format!(
            "{}0000{}0000",
            first(&old, &none, "refs/heads/main", "report-status delete-refs push-options"),
            line("ci.skip".to_owned())
        ),
        format!("{}{}0000", line(format!("shallow {old}")), first(&none, &tip, "refs/heads/b", "report-status")),
        [
            line("push-cert\0report-status push-options".to_owned()),
            line("certificate version 0.1\n".to_owned()),
            line("pusher SHA256:x 1 +0000\n".to_owned()),
            line("nonce 1-ab\n".to_owned()),
            line("push-option ci.skip\n".to_owned()),
            line("\n".to_owned()),
            line(format!("{old} {tip} refs/heads/main\n")),
            line("-----BEGIN SSH SIGNATURE-----\n".to_owned()),
            line("U1NIU0lHAAAAAQ==\n".to_owned()),
            line("-----END SSH SIGNATURE-----\n".to_owned()),
            line("push-cert-end\n".to_owned()),
            "0000".to_owned(),
            line("ci.skip".to_owned()),
            "0000".to_owned(),
        ]
        .concat(),
        "0000".to_owned(),
    ]
    .into_iter()
    .map(String::into_bytes)
    .collect()
}
