//! What build servers, deployers and updaters ask, request by request, with each field that they read.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::gitea::forge::Forge;
use crate::api::{Answer, Asker};

const TABLE: &str = include_str!("replays.txt");

/// One line of the table.
struct Line<'a> {
    client: &'a str,
    method: &'a str,
    path: &'a str,
    body: &'a str,
    status: u16,
    fields: &'a str,
}

fn lines() -> Vec<Line<'static>> {
    let lines = TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let parsed = lines.map(|line| {
        let [client, request, body, status, fields] = line.split('|').map(str::trim).collect::<Vec<_>>()[..] else {
            panic!("not five columns: {line}");
        };
        let (method, path) = request.split_once(' ').unwrap();
        Line { client, method, path, body, status: status.parse().unwrap(), fields }
    });
    parsed.collect()
}

/// How each client says who asks.
fn credential(client: &str, token: &str) -> Option<String> {
    match client {
        "nobody" => None,
        "renovate" => Some(format!("Bearer {token}")),
        "backstage" => Some(format!("basic {}", STANDARD.encode(format!("ann:{token}")))),
        _ => Some(format!("token {token}")),
    }
}

/// `$name` replaced by what it stands for, in texts.
fn filled(text: &str, given: &Map<String, Value>) -> String {
    given.iter().fold(text.to_owned(), |text, (name, value)| {
        text.replace(&format!("${name}"), &value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    })
}

/// The values at this place; each item of a list where it says `[]`.
fn at<'a>(value: &'a Value, place: &str) -> Vec<&'a Value> {
    place.split('.').fold(vec![value], |values, part| match part {
        "[]" => values.into_iter().flat_map(|value| value.as_array().into_iter().flatten()).collect(),
        "[0]" => values.into_iter().filter_map(|value| value.get(0)).collect(),
        name => values.into_iter().map(|value| value.get(name).unwrap_or(&Value::Null)).collect(),
    })
}

/// What is wrong with a field, if anything.
fn wrong(answer: &Value, field: &str) -> Option<String> {
    if field == "[]=none" {
        return (*answer != json!([])).then(|| format!("{field}: {answer}"));
    }
    let (place, wanted, is_type) = match field.split_once('=') {
        Some((place, wanted)) => (place, wanted, false),
        None => field.split_once(':').map(|(place, wanted)| (place, wanted, true)).unwrap(),
    };
    let found = at(answer, place);
    let fits = |value: &&Value| match is_type {
        true => has_type(value, wanted),
        false => value.as_str().map_or_else(|| value.to_string(), str::to_owned) == wanted,
    };
    (found.is_empty() || !found.iter().all(fits)).then(|| format!("{field}: {found:?}"))
}

fn has_type(value: &Value, wanted: &str) -> bool {
    let text = value.as_str();
    match wanted {
        "int" => value.is_i64() || value.is_u64(),
        "bool" => value.is_boolean(),
        "list" => value.is_array(),
        "str" => text.is_some(),
        "text" => text.is_some_and(|text| !text.is_empty()),
        "sha" => text.is_some_and(|text| text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())),
        "url" => text.is_some_and(|text| ["http://", "https://", "ssh://"].iter().any(|scheme| text.starts_with(scheme))),
        // RFC 3339 with an offset, as Go's time.Time reads it.
        "time" => text.is_some_and(|text| text.len() >= 20 && text.as_bytes()[10] == b'T' && (text.ends_with('Z') || text.contains('+'))),
        "base64" => text.is_some_and(|text| STANDARD.decode(text).is_ok()),
        other => panic!("{other} is no type"),
    }
}

fn ask(forge: &Forge, line: &Line<'_>, given: &Map<String, Value>) -> Answer {
    let credential = credential(line.client, &forge.ann.token);
    let mut headers = vec![("accept", "application/json"), ("content-type", "application/json")];
    headers.extend(credential.as_deref().map(|value| ("authorization", value)));
    let path = format!("/api/v1{}", filled(line.path, given));
    Asker::new(&forge.server, None).send(line.method, &path, &headers, filled(line.body, given).as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_find_the_fields_that_they_read() {
    let forge = Forge::start().await;
    let asker = forge.asker();
    let mut given = forge.given.clone();
    assert_eq!(asker.json("POST", "/orgs/smiths/repos", &json!({ "name": "anvil" })).status, 201);
    given.insert("uid".to_owned(), asker.get("/user").json()["id"].clone());
    given.insert("repository".to_owned(), asker.get("/repos/ann/tool").json()["id"].clone());
    given.insert("main".to_owned(), asker.get("/repos/ann/tool/branches/main").json()["commit"]["id"].clone());
    let mut problems = Vec::new();
    for line in lines() {
        let answer = ask(&forge, &line, &given);
        let told = format!("{}: {} {}", line.client, line.method, line.path);
        if answer.status != line.status {
            problems.push(format!("{told}: {} {}", answer.status, answer.text()));
            continue;
        }
        let body = answer.json();
        problems.extend(line.fields.split_whitespace().filter_map(|field| wrong(&body, field)).map(|wrong| format!("{told}: {wrong}")));
        if line.method == "POST" && line.path.ends_with("/hooks") {
            given.insert("hook".to_owned(), body["id"].clone());
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    forge.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_get_bytes_pages_and_what_they_have_already_as_they_expect() {
    let forge = Forge::start().await;
    let asker = forge.asker();
    let raw = asker.get("/repos/ann/tool/raw/src/lib.rs?ref=main");
    assert_eq!((raw.status, raw.text().as_str()), (200, "//! A tool.\n"));
    let archive = asker.get("/repos/ann/tool/archive/main.tar.gz");
    assert_eq!((archive.status, archive.body.get(..2)), (200, Some(&[0x1f, 0x8b][..])));
    // Backstage asks again with what it was told.
    let path = "/api/v1/repos/ann/tool/contents/README.md?ref=v1";
    let tag = asker.send("GET", path, &[], b"").header("etag").to_owned();
    let again = asker.send("GET", path, &[("if-none-match", &tag)], b"");
    assert_eq!((again.status, again.body.len()), (304, 0), "{tag}");
    // Renovate's and the Go client's loops end by these.
    let page = asker.get("/repos/ann/tool/branches?page=1&limit=1");
    assert_eq!(page.header("x-total-count"), "2");
    assert!(page.header("link").contains("page=2") && page.header("link").contains("rel=\"next\""), "{}", page.header("link"));
    forge.server.stop().await.unwrap();
}
