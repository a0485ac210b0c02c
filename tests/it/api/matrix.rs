//! Who may do what: every operation of the description asked by everybody, held against `matrix.txt`, which people review. What is
//! described is what is asked, so a new address is missing in that file until somebody has looked at it.

use std::fmt::Write as _;

use hardie_testkit::{TestServer, TestUser};
use serde_json::{Value, json};

use super::sweep::OPEN_TO_ALL;
use super::{Answer, Asker};

const KNOWN: &str = include_str!("matrix.txt");

const LEGEND: &str = "\
# Who gets past authorisation, operation by operation. HARDIE_UPDATE=1 writes this file anew; read the difference before you commit it.
# The repository is ann's and private; reader, writer and keeper (who administers it) are its collaborators. The organisation is head's, member reads there; the team is that of its owners.
# root administers the server. owner-reads is a token of ann's for reading repositories, owner-public one for public things only.
#
#   y  let in: it did as asked, or refused for another reason than who asked
#   x  visible but forbidden (403)     .  as if it were not there (404)     -  told to sign in (401)
#
# nobody stranger reader writer keeper owner member head root owner-reads owner-public
";

/// Those who ask, in the order of the columns.
struct People {
    askers: Vec<Asker>,
    owner: Asker,
    repository: String,
    team: String,
}

async fn people(server: &TestServer) -> People {
    let mut users = Vec::new();
    for name in ["stranger", "reader", "writer", "keeper", "ann", "member", "head"] {
        users.push(server.user(name).await.unwrap());
    }
    users.push(server.admin("root").await.unwrap());
    server.repo(&users[4], "tool", true).await.unwrap();
    let as_one = |user: &TestUser| Asker::new(server, Some(user));
    let (owner, head) = (as_one(&users[4]), as_one(&users[6]));
    for (name, role) in [("reader", "read"), ("writer", "write"), ("keeper", "admin")] {
        let permission = json!({ "permission": role });
        assert_eq!(owner.json("PUT", &format!("/repos/ann/tool/collaborators/{name}"), &permission).status, 204);
    }
    assert_eq!(head.json("POST", "/orgs", &json!({ "username": "smiths" })).status, 201);
    assert_eq!(head.json("PUT", "/orgs/smiths/members/member", &json!({ "role": "read" })).status, 204);
    // While it has a repository, nobody deletes it.
    assert_eq!(head.json("POST", "/orgs/smiths/repos", &json!({ "name": "hammer", "private": true })).status, 201);
    let team = head.get("/orgs/smiths/teams").json()[0]["id"].to_string();
    let git = &users[4].git;
    let dir = git.init("work").unwrap();
    git.ok(&dir, &["push", "-q", &server.http_remote("ann/tool"), "HEAD:refs/heads/main"]).unwrap();
    for scopes in [&["read:repository"][..], &["all", "public-only"]] {
        let made = owner.json("POST", "/users/ann/tokens", &json!({ "name": scopes.concat(), "scopes": scopes }));
        let token = made.json()["sha1"].as_str().unwrap().to_owned();
        users.push(TestUser { token, ..users[4].clone() });
    }
    let repository = owner.get("/repos/ann/tool").json()["id"].to_string();
    let askers = std::iter::once(Asker::new(server, None)).chain(users.iter().map(as_one)).collect();
    People { askers, owner, repository, team }
}

/// An operation's address about ann's repository and head's organisation. Below those, nothing that is there is named: what is let in
/// changes nothing for those who ask after it.
fn address(template: &str, people: &People) -> String {
    if template == "/repositories/{id}" {
        return format!("/repositories/{}", people.repository);
    }
    let of_team = template.starts_with("/teams/");
    let (id, repo) = if of_team { (people.team.as_str(), "hammer") } else { ("999999", "tool") };
    let (user, digest) = (if template.starts_with("/users/") { "ann" } else { "zoe" }, "0".repeat(64));
    let names = [
        ("{owner}", "ann"),
        ("{repo}", repo),
        ("{org}", "smiths"),
        ("{username}", user),
        ("{id}", id),
        ("{delivery}", "999999"),
        ("{attachment_id}", "999999"),
        ("{digest}", &digest),
        ("{basehead}", "main...main"),
        ("{archive}", "main.tar.gz"),
    ];
    let mut address = names.iter().fold(template.to_owned(), |path, (name, value)| path.replace(name, value));
    while let (Some(from), Some(to)) = (address.find('{'), address.find('}')) {
        address.replace_range(from..=to, "none");
    }
    address
}

/// What is refused for its form before anybody asks who sent it would hide the answer that is wanted.
fn body(method: &str, template: &str) -> Value {
    match template.rsplit('/').next().unwrap() {
        _ if matches!(method, "GET" | "DELETE") => Value::Null,
        "hooks" => json!({ "type": "gitea", "events": ["push"], "config": { "url": "http://127.0.0.1:9/", "content_type": "json" } }),
        "branch_protections" => json!({ "rule_name": "none" }),
        "tag_protections" => json!({ "name_pattern": "none" }),
        "path_rules" => json!({ "everyone": true, "paths": ["docs/**"] }),
        "plugins" | "component" | "dry-run" => json!({ "digest": "0".repeat(64) }),
        "tokens" => json!({ "name": "one", "scopes": ["all"] }),
        "signatures" => json!({ "signature": "none" }),
        _ => json!({}),
    }
}

fn ask(asker: &Asker, method: &str, template: &str, path: &str) -> Answer {
    match template {
        "/plugins/components" if method == "POST" => {
            asker.send(method, &format!("/api/v1{path}"), &[("content-type", "application/wasm")], b"")
        }
        _ => asker.json(method, path, &body(method, template)),
    }
}

fn letter(answer: &Answer, template: &str) -> char {
    let hidden = ["repository not found", "deleted repository not found", "organisation not found"];
    match answer.refusal() {
        (401, _) => '-',
        (403, _) => 'x',
        (404, text) if hidden.contains(&text.as_str()) => '.',
        (404, text) if template.starts_with("/teams/") && text == "team not found" => '.',
        _ => 'y',
    }
}

/// One operation with the letters of all who asked.
struct Row {
    id: String,
    method: String,
    template: String,
    letters: String,
}

fn rows(people: &People) -> Vec<Row> {
    let document = people.owner.send("GET", "/api/openapi.json", &[], b"").json();
    let mut rows = Vec::new();
    for (template, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap().iter().filter(|(_, o)| o["operationId"].is_string()) {
            let (method, path) = (method.to_ascii_uppercase(), address(template, people));
            let mut letters = String::new();
            for asker in &people.askers {
                letters.push(letter(&ask(asker, &method, template, &path), template));
                if template == "/repos/{owner}/{repo}" && method == "DELETE" {
                    people.owner.json("POST", "/repos/ann/tool/restore", &Value::Null);
                }
            }
            let there = [people.owner.get("/repos/ann/tool").status, people.owner.get("/orgs/smiths").status];
            assert_eq!(there, [200, 200], "{method} {template} took away what the others are to be asked about: put it back, as above");
            let id = operation["operationId"].as_str().unwrap().to_owned();
            rows.push(Row { id, method, template: template.clone(), letters });
        }
    }
    rows
}

/// What holds whatever the file says.
fn against_the_rules(row: &Row) -> Vec<String> {
    let at = |column: usize| row.letters.chars().nth(column).unwrap_or('y');
    let mut wrong = Vec::new();
    let mut rule = |holds: bool, text: &str| {
        if !holds {
            wrong.push(format!("{} ({}): {text}", row.id, row.letters));
        }
    };
    let is_public = OPEN_TO_ALL.contains(&row.id.as_str());
    rule(is_public || at(0) != 'y', "nobody is let in, and it is not on the list of what is public");
    if row.template.starts_with("/repos/{owner}/{repo}") {
        rule(matches!(at(0), '.' | '-') && matches!(at(1), '.' | 'x'), "a private repository shows itself to a stranger");
        rule(at(10) != 'y', "a token for public things is let in to a private repository");
    }
    if row.template.starts_with("/admin/") {
        let let_in = row.letters.char_indices().filter(|(_, letter)| *letter == 'y').all(|(column, _)| column == 8);
        rule(let_in, "somebody else than an administrator is let in");
    }
    if row.template.starts_with("/orgs/{org}/") && row.method != "GET" {
        rule((0..=6).all(|column| at(column) != 'y'), "somebody who does not own the organisation changes it");
    }
    if row.method != "GET" {
        rule(is_public || at(9) != 'y', "a token for reading is let in to a change");
    }
    wrong
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_may_do_what_the_reviewed_matrix_says_and_no_more() {
    let server = TestServer::start().await.unwrap();
    let rows = rows(&people(&server).await);
    server.stop().await.unwrap();
    let wrong: Vec<String> = rows.iter().flat_map(against_the_rules).collect();
    let mut found = LEGEND.to_owned();
    for row in &rows {
        writeln!(found, "{}  {} {} {}", row.letters, row.id, row.method, row.template).unwrap();
    }
    if std::env::var_os("HARDIE_UPDATE").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/it/api/matrix.txt"), &found).unwrap();
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let changed: Vec<&str> = found.lines().filter(|line| !KNOWN.lines().any(|known| known == *line)).collect();
    let gone: Vec<&str> = KNOWN.lines().filter(|line| !found.lines().any(|known| known == *line)).collect();
    assert!(changed.is_empty() && gone.is_empty(), "now:\n{}\nin matrix.txt:\n{}", changed.join("\n"), gone.join("\n"));
}
