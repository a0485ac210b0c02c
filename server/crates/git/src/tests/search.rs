//! Searching a tree, compared with `git grep`, and its bounds.

use super::support::{Client, Server, budget};
use crate::Oid;
use crate::budget::{Budget, Cancel};
use crate::error::Error;
use crate::odb::Odb;
use crate::read::peel_to_tree;
use crate::search::{Found, SearchQuery, search};
use std::sync::Arc;
use std::time::Duration;

fn query(text: &str) -> SearchQuery {
    SearchQuery {
        text: text.into(),
        ignore_case: false,
        path: Vec::new(),
        max_file_bytes: 10_000,
        max_lines: 1_000,
        max_file_lines: 1_000,
        excerpt_bytes: 80,
    }
}

fn filled() -> (Client, Arc<Odb>, Oid) {
    let client = Client::new();
    let wide = format!("{}needle é{}\n", "ä".repeat(300), "x".repeat(300));
    let tip = client.commit(&[
        ("a.rs", "one Needle\nneedle needle\r\n\nlast needle"),
        ("dir/b.txt", "nothing\nNEEDLE\n"),
        ("dir/deep/c", "needl\ne\nneed\u{20ac}le\n"),
        ("dir-2/d", "(needle)*\n"),
        ("wide", &wide),
        ("binary", "needle\0needle\n"),
        ("large", &"needle\n".repeat(2_000)),
        ("café/\"odd\"", "needle\n"),
    ]);
    std::os::unix::fs::symlink("needle", client.path().join("link")).unwrap();
    let tip = [tip, client.commit(&[("z", "needle\n")])][1];
    let mut server = Server::new();
    server.push(&client.pack(&[tip], &[], false), &[("refs/heads/main", tip)]).unwrap();
    let odb = server.odb();
    let tree = peel_to_tree(&odb, &tip).unwrap();
    (client, odb, tree)
}

/// Path and number of every line, as `git grep -n -z` tells them.
fn told(found: &Found) -> Vec<String> {
    let lines = |file: &crate::search::FoundFile| {
        let path = String::from_utf8_lossy(&file.path).into_owned();
        file.lines.iter().map(|line| format!("{path}\0{}", line.number)).collect::<Vec<_>>()
    };
    found.files.iter().flat_map(lines).collect()
}

#[test]
fn lines_are_those_that_git_grep_finds() {
    let (client, odb, tree) = filled();
    for (text, ignore_case, path) in [
        ("needle", false, ""),
        ("nEEdle", true, ""),
        ("needle", true, "dir"),
        ("(needle)*", false, ""),
        ("e é", false, ""),
        ("o", true, "a.rs"),
    ] {
        let wanted = SearchQuery { ignore_case, path: path.into(), ..query(text) };
        let found = search(&odb, &tree, &wanted, &mut budget()).unwrap();
        let mut args = vec!["grep", "-I", "-n", "-z", "-F"];
        args.extend(ignore_case.then_some("-i"));
        args.extend(["-e", text, "HEAD", "--", ":!large"]);
        args.extend((!path.is_empty()).then_some(path));
        let out = client.git_with(&args, b"");
        let theirs: Vec<String> = String::from_utf8_lossy(&out)
            .lines()
            .map(|line| line.strip_prefix("HEAD:").unwrap().rsplit_once('\0').unwrap().0.to_owned())
            .collect();
        assert_eq!(told(&found), theirs, "{text} {ignore_case} {path}");
        assert!(!found.more && !found.cut_short);
        assert_eq!(found.passed_over, u64::from(path.is_empty()), "the large file, and it is told");
    }
}

#[test]
fn matches_are_marked_in_an_excerpt() {
    let (_client, odb, tree) = filled();
    let found = search(&odb, &tree, &query("needle"), &mut budget()).unwrap();
    let line = &found.files[0].lines[0];
    assert_eq!((line.number, line.text.as_slice(), &line.matches[..]), (2, &b"needle needle"[..], &[(0, 6), (7, 13)][..]));
    let wide = found.files.iter().find(|file| file.path == b"wide").unwrap();
    let line = &wide.lines[0];
    let text = std::str::from_utf8(&line.text).unwrap();
    assert!(line.cut == (true, true) && text.len() <= 82, "{text}");
    let [(from, to)] = line.matches[..] else { panic!("{:?}", line.matches) };
    assert_eq!(&text[from..to], "needle");
}

#[test]
fn a_search_ends_at_its_bounds_and_says_so() {
    let (_client, odb, tree) = filled();
    let few = search(&odb, &tree, &SearchQuery { max_lines: 2, ..query("needle") }, &mut budget()).unwrap();
    assert_eq!((told(&few).len(), few.more), (2, true));
    let each = search(&odb, &tree, &SearchQuery { max_file_lines: 1, ..query("needle") }, &mut budget()).unwrap();
    assert!(each.more && each.files.iter().all(|file| file.lines.len() == 1) && each.files[0].more && !each.files[1].more);
    let short = search(&odb, &tree, &query("needle"), &mut Budget::new(3, Duration::MAX, &Cancel::new())).unwrap();
    assert!(short.cut_short && told(&short).len() < 5);
    let all = search(&odb, &tree, &SearchQuery { max_file_bytes: 1 << 20, ..query("needle") }, &mut budget()).unwrap();
    assert_eq!((all.passed_over, all.more), (0, true), "2000 lines are more than 1000");
    for nothing in ["", "a\nb"] {
        assert!(search(&odb, &tree, &query(nothing), &mut budget()).unwrap().files.is_empty());
    }
    let nowhere = search(&odb, &tree, &SearchQuery { path: b"none".to_vec(), ..query("needle") }, &mut budget());
    assert!(matches!(nowhere, Err(Error::NotFound(_))));
}
