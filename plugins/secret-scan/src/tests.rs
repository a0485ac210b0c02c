use hardie_plugin::mock::{MockCommit, MockPush};
use hardie_plugin::{Policy as _, Verdicts};

use crate::{Config, SecretScan};

/// No whole secret stands in this file, so that a scanner of secrets takes it as it is.
fn join(parts: &[&str]) -> String {
    parts.concat()
}

fn check(config: &Config, path: &str, text: &str) -> Verdicts {
    MockPush::new().commit(MockCommit::new("Add").file(path, text)).check::<SecretScan>(config).unwrap()
}

fn rule(path: &str, text: &str) -> Option<String> {
    check(&Config::default(), path, text).code(0).map(ToOwned::to_owned)
}

const RANDOM: &str = "k7Hq2vPz9LmX4bTnR8wYc3JdGs6FaQe5UoVi0ZxN1hKpWtBy";

#[test]
fn tokens_of_known_form_are_found_in_any_text() {
    let hex = "4f9c1e7ab20d5836e1f0c7942bd86a35".repeat(2);
    for (begins, body, wanted) in [
        ("AKIA", "QYLPMN5HFIQR7XYA", "aws-access-key"),
        ("ghp_", &RANDOM[..36], "github-token"),
        ("github_pat_", &[RANDOM, RANDOM].concat()[..82], "github-token"),
        ("glpat-", &RANDOM[..20], "gitlab-token"),
        ("hrd_", &RANDOM[..46], "hardie-token"),
        ("xoxb-", "2483917254-8352719461-k7Hq2vPz9LmX4bTnR8wYc3Jd", "slack-token"),
        ("hooks.slack.com/services/T", "02AB3CD4E/B05FG6HJ7/k7Hq2vPz9LmX4bTnR8wYc3Jd", "slack-webhook"),
        ("sk_live_", &RANDOM[..24], "stripe-key"),
        ("AIza", &RANDOM[..35], "google-key"),
        ("npm_", &RANDOM[..36], "npm-token"),
        ("pypi-AgE", &[RANDOM, RANDOM].concat()[..80], "pypi-token"),
        ("dop_v1_", &hex, "digitalocean-token"),
        ("sk-ant-", &[RANDOM, RANDOM].concat()[..90], "anthropic-key"),
    ] {
        let token = join(&[begins, body]);
        for text in
            [format!("x = \"{token}\"\n"), token.clone(), format!("first\n\tcurl -H 'Authorization: {token}'.\n"), format!("({token})")]
        {
            assert_eq!(rule("notes.md", &text).as_deref(), Some(wanted), "{begins}");
        }
        for text in [format!("x{token}"), token[..begins.len() + 12].to_owned(), format!("{begins}{}", "x".repeat(body.len()))] {
            assert_eq!(rule("notes.md", &text), None, "{begins}: {text}");
        }
    }
}

#[test]
fn private_keys_are_found_and_mentions_of_them_are_not() {
    let body = format!("{RANDOM}{}\n", &RANDOM[..16]).repeat(5);
    for label in
        ["RSA PRIVATE KEY", "PRIVATE KEY", "OPENSSH PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "PGP PRIVATE KEY BLOCK"]
    {
        let key = format!("-----BEGIN {label}-----\n{body}-----END {label}-----\n");
        assert_eq!(rule("deploy/key", &key).as_deref(), Some("private-key"), "{label}");
        let json = format!("{{\"private_key\": \"{}\"}}", key.replace('\n', "\\n"));
        assert_eq!(rule("account.json", &json).as_deref(), Some("private-key"), "{label} in JSON");
        assert_eq!(rule("doc.md", &format!("The file begins with `-----BEGIN {label}-----` and is yours alone.")), None);
        assert_eq!(rule("doc.md", &format!("-----BEGIN {label}-----\n...\n-----END {label}-----\n")), None);
    }
    assert_eq!(rule("cert.pem", &format!("-----BEGIN CERTIFICATE-----\n{body}-----END CERTIFICATE-----\n")), None);
}

#[test]
fn passwords_in_addresses_are_found_unless_they_are_stand_ins() {
    let found = |url: &str| rule("config.md", url);
    assert_eq!(found("postgres://app:k7Hq2vPz@db.acme.io:5432/app").as_deref(), Some("url-password"));
    assert_eq!(found("x = 'https://ann:k7Hq2v9Lm@git.acme.io/x.git'").as_deref(), Some("url-password"));
    for harmless in [
        "postgres://app:app@db.acme.io/app",
        "postgres://app:k7Hq2vPz@localhost/app",
        "postgres://app:${PASSWORD}@db.acme.io/app",
        "https://user:password@acme.io",
        "https://ann:k7Hq2v9Lm@example.org",
        "https://acme.io/a:b@c",
        "https://acme.io:8080/x@y",
        "mysql://root:<password>@acme.io",
    ] {
        assert_eq!(found(harmless), None, "{harmless}");
    }
}

#[test]
fn signed_web_tokens_are_found() {
    let token = join(&["eyJhbGciOiJIUzI1NiJ9", ".eyJzdWIiOiJhbm5AYWNtZS5pbyJ9.", &RANDOM[..43]]);
    assert_eq!(rule("x.ts", &format!("const t = `{token}`")).as_deref(), Some("web-token"));
    assert_eq!(rule("x.ts", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm5AYWNtZS5pbyJ9"), None);
}

#[test]
fn random_values_with_telling_names_are_found() {
    for (path, text) in [
        ("a.py", "API_KEY = \"k7Hq2vPz9LmX4bTn\""),
        ("a.rs", "let api_key: &'static str = \"k7Hq2vPz9LmX4bTn\";"),
        ("a.ts", "const clientSecret: string = 'k7Hq2vPz9LmX4bTn';"),
        ("a.json", "{\"dbPassword\": \"k7Hq2vPz9LmX4bTn\"}"),
        ("a.rb", ":access_token => 'k7Hq2vPz9LmX4bTn'"),
        ("a.go", "token := \"k7Hq2vPz9LmX4bTn\""),
        (".env", "export DB_PASSWORD=k7Hq2vPz9LmX4bTn"),
        ("values.yaml", "  password: k7Hq2vPz9LmX4bTn"),
        ("pom.xml", "<password>k7Hq2vPz9LmX4bTn</password>"),
    ] {
        assert_eq!(rule(path, text).as_deref(), Some("assigned-secret"), "{text}");
    }
    let aws = join(&["aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/", "bPxRfiCYk7Hq2vPz9L"]);
    assert_eq!(rule("setup.txt", &aws).as_deref(), Some("aws-secret-key"));
    for (path, text) in [
        ("a.py", "API_KEY = os.environ[\"API_KEY\"]"),
        ("a.py", "password = \"correct-horse-battery-staple\""),
        ("a.py", "token = \"your-token-here-0123\""),
        ("a.py", "if password == \"k7Hq2vPz9LmX4bTn\":"),
        ("a.py", "password_file = \"k7Hq2vPz9LmX4bTn\""),
        ("a.py", "password = k7Hq2vPz9LmX4bTn"),
        ("a.yaml", "password: ${DB_PASSWORD_1a2b3c}"),
        ("a.yaml", "token: {{ .Values.token9a8b7c }}"),
        ("a.rs", "let token = tokens.next2(\"k7Hq2vPz9LmX4bTn\");"),
        ("a.py", "password = \"aaaaaaaaaaaa1111\""),
    ] {
        assert_eq!(rule(path, text), None, "{text}");
    }
}

#[test]
fn a_refusal_names_place_rule_commit_and_remedy_and_never_the_secret() {
    let token = join(&["ghp_", &RANDOM[..36]]);
    let verdicts = check(&Config::default(), "src/a.txt", &format!("one\ntoken {token}\n"));
    let all = verdicts.lines(0).join("\n");
    for text in
        ["src/a.txt:2: token ghp_… (40 characters)", "[github-token, commit 0100000]", "git rebase -i", "change the secret", "fingerprint "]
    {
        assert!(all.contains(text), "{text} is missing in {all}");
    }
    assert!(!all.contains(&token[..6]), "{all}");
    let print = all.split("fingerprint ").last().unwrap().to_owned();
    let config = Config { allow_fingerprints: vec![print], ..Config::default() };
    assert_eq!(check(&config, "src/a.txt", &token).code(0), None);
}

#[test]
fn paths_rules_and_lines_can_be_allowed() {
    let token = join(&["ghp_", &RANDOM[..36]]);
    let paths = Config { allow_paths: vec!["tests/fixtures/**".into()], ..Config::default() };
    assert_eq!(check(&paths, "tests/fixtures/a", &token).code(0), None);
    assert!(check(&paths, "tests/a", &token).code(0).is_some());
    let rules = Config { allow_rules: vec!["github-token".into()], ..Config::default() };
    assert_eq!(check(&rules, "a", &token).code(0), None);
    assert_eq!(rule("a", &format!("{token} # hardie:allow-secret")), None);
}

#[test]
fn what_a_later_commit_removes_is_refused_and_what_was_there_before_is_not() {
    let token = join(&["ghp_", &RANDOM[..36]]);
    let removed = MockPush::new().commit(MockCommit::new("Add").file("a", &token)).commit(MockCommit::new("Remove").file("a", "none"));
    assert!(removed.check::<SecretScan>(&Config::default()).unwrap().code(0).is_some());
    let old = || MockPush::new().base(MockCommit::new("Old").file("x/a", &token));
    let same = old().commit(MockCommit::new("Edit").file("x/a", format!("more\n{token}\n")));
    assert_eq!(same.check::<SecretScan>(&Config::default()).unwrap().code(0), None);
    let branch = same.clone().to("refs/heads/topic").creating();
    assert_eq!(branch.check::<SecretScan>(&Config::default()).unwrap().code(0), None);
    let elsewhere = old().commit(MockCommit::new("Copy").file("x/b", format!("more\n{token}\n")));
    assert!(elsewhere.check::<SecretScan>(&Config::default()).unwrap().code(0).is_some());
    let other = old().commit(MockCommit::new("Other").file("x/a", join(&["ghp_", &RANDOM[5..41]])));
    assert!(other.check::<SecretScan>(&Config::default()).unwrap().code(0).is_some());
}

#[test]
fn what_is_not_read_is_said() {
    let token = join(&["ghp_", &RANDOM[..36]]);
    assert_eq!(rule("image.bin", &format!("\0{token}")), None);
    let text = format!("{}\n{token}\n", "line of text\n".repeat(100_000));
    let verdicts = check(&Config::default(), "big.txt", &text);
    assert_eq!((verdicts.code(0), verdicts.warnings(0).len()), (None, 1));
    assert!(verdicts.warnings(0)[0].contains("of big.txt only the beginning"), "{:?}", verdicts.warnings(0));
    let strict = Config { refuse_unread: true, ..Config::default() };
    assert_eq!(check(&strict, "big.txt", &text).code(0), Some("too-much-text"));
    let more = Config { max_file: hardie_plugin::size::Size(2 << 20), ..Config::default() };
    assert_eq!(check(&more, "big.txt", &text).code(0), Some("github-token"));
    let mut commit = MockCommit::new("Much");
    for n in 0..40 {
        commit = commit.file(&format!("{n}.txt"), format!("{n} {}", "lines and lines\n".repeat(65_000)));
    }
    let push = MockPush::new().commit(commit);
    assert!(push.check::<SecretScan>(&Config::default()).unwrap().warnings(0)[0].contains("more text than is searched"));
    assert_eq!(push.check::<SecretScan>(&strict).unwrap().code(0), Some("too-much-text"));
}

#[test]
fn settings_that_make_no_sense_are_refused_by_field() {
    let config = Config {
        max_file: hardie_plugin::size::Size(1 << 30),
        allow_rules: vec!["no-such".into()],
        allow_fingerprints: vec!["abc".into()],
        min_entropy: 9.0,
        ..Config::default()
    };
    let fields: Vec<String> = SecretScan::validate(&config).unwrap_err().into_iter().map(|error| error.field).collect();
    assert_eq!(fields, ["max-file", "min-entropy", "allow-rules[0]", "allow-fingerprints[0]"]);
    assert!(SecretScan::validate(&Config::default()).is_ok());
}

fn token() -> String {
    join(&["ghp_", &RANDOM[..36]])
}

fn codes(config: &Config, push: &MockPush, updates: usize) -> Vec<bool> {
    let verdicts = push.check::<SecretScan>(config).unwrap();
    (0..updates).map(|update| verdicts.code(update).is_some()).collect()
}

#[test]
fn one_secret_on_two_branches_at_once_is_refused_on_both_and_on_no_other() {
    let commit = |name: &str, text: String| MockCommit::new(name).file("a", text);
    let same = MockPush::new().commit(commit("One", token())).and_to("refs/heads/two").commit(commit("Two", token()));
    assert_eq!(codes(&Config::default(), &same.and_to("refs/heads/c").commit(commit("Three", "none".into())), 3), [true, true, false]);
    let versions = MockPush::new().commit(commit("One", token())).and_to("refs/heads/two").commit(commit("Two", token() + "\n"));
    assert_eq!(codes(&Config::default(), &versions, 2), [true, true]);
}

#[test]
fn a_branch_is_not_taken_because_another_one_used_the_search_up() {
    let many = (0..120)
        .fold(MockCommit::new("Many"), |commit, n| commit.file(&format!("{n}"), join(&["ghp_", &format!("{n:03}"), &RANDOM[..33]])));
    let push = MockPush::new().commit(MockCommit::new("One").file("z", token())).and_to("refs/heads/two").commit(many);
    let verdicts = push.check::<SecretScan>(&Config::default()).unwrap();
    assert_eq!((verdicts.code(0), verdicts.code(1)), (Some("too-many-secrets"), Some("github-token")));
}

#[test]
fn what_is_allowed_at_one_path_is_not_at_another() {
    let config = Config { allow_paths: vec!["fixtures/**".into()], ..Config::default() };
    // The newest commit's place is the one that the object is listed with.
    let one = || MockPush::new().commit(MockCommit::new("One").file("src/a", token()));
    assert_eq!(codes(&config, &one().commit(MockCommit::new("Two").file("fixtures/a", token())), 1), [true]);
    let fine = MockPush::new().commit(MockCommit::new("One").file("fixtures/a", token()));
    assert_eq!(codes(&config, &fine, 1), [false]);
    let verdicts = (0..700).fold(fine, |push, _| push.commit("More")).check::<SecretScan>(&config).unwrap();
    assert!(verdicts.code(0).is_none() && verdicts.warnings(0)[0].contains("elsewhere too"), "{:?}", verdicts.warnings(0));
}

#[test]
fn hits_that_do_not_count_do_not_hide_those_that_do() {
    let allowed = (0..40).map(|n| format!("{}{n:02} # hardie:allow-secret\n", join(&["ghp_", &RANDOM[..34]])));
    assert_eq!(rule("a", &format!("{}\n\n{}", allowed.collect::<String>(), token())).as_deref(), Some("github-token"));
    let off = Config { allow_rules: vec!["google-key".into()], ..Config::default() };
    let keys = (0..40).map(|n| format!("{}{n:02}\n", join(&["AIza", &RANDOM[..33]]))).collect::<String>();
    assert_eq!(check(&off, "a", &(keys + &token())).code(0), Some("github-token"));
}

#[test]
fn what_a_new_branch_builds_on_was_there_before() {
    let base = MockPush::new().base(MockCommit::new("Old").file("a", token())).base(MockCommit::new("Gone").file("a", "none"));
    let push = base.to("refs/heads/topic").creating().commit(MockCommit::new("Back").file("a", token() + "\n").merging(0));
    assert_eq!(codes(&Config::default(), &push, 1), [false]);
}

#[test]
fn tokens_in_strings_keys_on_one_line_and_other_encodings_are_found() {
    for escape in ["\\n", "\\t", "\\r"] {
        assert_eq!(rule("a.json", &format!("{{\"x\": \"a{escape}{}\"}}", token())).as_deref(), Some("github-token"), "{escape}");
    }
    let body = format!("{RANDOM}{} ", &RANDOM[..16]).repeat(5);
    let key = join(&["-----BEGIN RSA PRIVATE", &format!(" KEY----- {body}-----END RSA PRIVATE KEY-----")]);
    assert_eq!(rule(".env", &format!("KEY=\"{key}\"")).as_deref(), Some("private-key"));
    for bytes in [u16::to_le_bytes, u16::to_be_bytes] {
        let text: Vec<u8> = [0xfeff_u16].into_iter().chain(token().encode_utf16()).flat_map(bytes).collect();
        let push = MockPush::new().commit(MockCommit::new("Add").file("a.ps1", text));
        let verdicts = push.check::<SecretScan>(&Config::default()).unwrap();
        assert_eq!((verdicts.code(0), verdicts.warnings(0).len()), (Some("github-token"), 0));
    }
    for scheme in ["bolt", "ssh", "neo4j", "socks5", "jdbc:sqlserver"] {
        assert_eq!(rule("a", &format!("{scheme}://app:k7Hq2vPz@db.acme.io/x")).as_deref(), Some("url-password"), "{scheme}");
    }
    let server = |value: &str| rule("a", &format!("jdbc:sqlserver://db.acme.io:1433;user=sa;password={value};encrypt=true"));
    assert_eq!(server("k7Hq2vPz").as_deref(), Some("url-password"));
    assert_eq!(server("${PASSWORD}"), None);
}

#[test]
fn a_short_secret_is_allowed_by_the_digits_that_are_shown() {
    let text = join(&["password = \"k7Hq2vPz", "9LmX4bTn\""]);
    let lines = check(&Config::default(), "a.py", &text).lines(0);
    let print = lines.last().unwrap().trim().strip_prefix("fingerprint ").unwrap().to_owned();
    assert_eq!(print.len(), 10);
    let config = Config { allow_fingerprints: vec![print], ..Config::default() };
    assert!(SecretScan::validate(&config).is_ok() && check(&config, "a.py", &text).code(0).is_none());
}

/// The texts of this repository hold many words that sound like secrets.
#[test]
fn this_repository_itself_is_taken() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let (mut commit, mut files, mut folders) = (
        MockCommit::new("All"),
        0,
        vec!["server", "plugins", "plugin-sdk", "docs", "wit", "xtask", "web/src", "tests", "benches", "fuzz"]
            .into_iter()
            .map(|folder| root.join(folder))
            .collect::<Vec<_>>(),
    );
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let name = entry.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
            match entry.is_dir() {
                true if !name.ends_with("target") && name != "plugins/secret-scan/tests" => folders.push(entry),
                // Its own cases.
                false if name != "plugins/secret-scan/src/tests.rs" => {
                    files += 1;
                    commit = commit.file(&name, std::fs::read(&entry).unwrap());
                }
                _ => {}
            }
        }
    }
    let verdicts = MockPush::new().commit(commit).check::<SecretScan>(&Config::default()).unwrap();
    assert!(files > 500, "{files}");
    assert_eq!(verdicts.lines(0), Vec::<String>::new());
}
