//! git asks `hardie credential`: clones, fetches and pushes without a password, and nobody else is told the token.

use hardie_testkit::TestServer;

use super::Machine;
use crate::api::Asker;

#[tokio::test(flavor = "multi_thread")]
async fn git_gets_the_token_from_hardie_until_one_signs_out() {
    let server = TestServer::start().await.unwrap();
    let ann = server.user("ann").await.unwrap();
    server.repo(&ann, "tool", true).await.unwrap();
    let url = server.http_remote("ann/tool");
    let machine = Machine::of(&server, &ann);
    assert!(!machine.git.run(machine.git.home(), &["clone", "-q", &url, "early"]).unwrap().ok, "nobody set git up yet");
    machine.run(&["credential", "setup"]).fine();
    let git = &machine.git;
    git.ok(git.home(), &["clone", "-q", &url, "work"]).unwrap();
    let dir = git.path("work");
    git.commit(&dir, "a.txt", "a\n", "feat: a").unwrap();
    git.ok(&dir, &["push", "-q", "origin", "HEAD:refs/heads/main"]).unwrap();
    // Setting it up again changes nothing, and no file of git's holds the token.
    machine.run(&["credential", "setup"]).fine();
    let token = machine.token(&server).unwrap();
    let config = std::fs::read_to_string(git.path(".gitconfig")).unwrap() + &std::fs::read_to_string(dir.join(".git/config")).unwrap();
    assert!(!config.contains(&token) && config.matches(" credential").count() == 1, "{config}");

    // A token that was revoked: git says why, and it is not forgotten in silence.
    let other = Machine::of(&server, &ann);
    let id = other.run(&["token", "list", "--json"]).fine().json();
    let ids: Vec<String> = id
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| token.ends_with(one["token_last_eight"].as_str().unwrap()))
        .map(|one| one["id"].to_string())
        .collect();
    other.run(&["token", "delete", &ids[0]]).fine();
    let said = git.run(&dir, &["fetch", "origin"]).unwrap();
    assert!(!said.ok && said.stderr.contains("sign in again"), "{}", said.stderr);
    assert!(machine.kept().contains(&token));
    machine.login(&server, &ann, &[]).fine();
    git.ok(&dir, &["fetch", "-q", "origin"]).unwrap();
    machine.run(&["logout"]).fine();
    assert!(!git.run(&dir, &["fetch", "-q", "origin"]).unwrap().ok);
    assert!(!std::fs::read_to_string(git.path(".gitconfig")).unwrap().contains("hardie"));
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_is_cloned_without_setting_git_up() {
    let server = TestServer::start().await.unwrap();
    let ann = server.user("ann").await.unwrap();
    server.repo(&ann, "tool", true).await.unwrap();
    let machine = Machine::of(&server, &ann);
    machine.run(&["repo", "clone", "ann/tool", "one", "--", "--quiet"]).fine();
    let token = machine.token(&server).unwrap();
    let config = std::fs::read_to_string(machine.git.path("one/.git/config")).unwrap();
    assert!(!config.contains(&token) && !config.contains("helper"), "{config}");
    machine.run(&["repo", "create", "made", "--clone"]).fine();
    assert!(machine.git.path("made/.git").is_dir());
    machine.run(&["repo", "clone", "ann/nothing"]).refused("its messages are above");

    // By the environment, with nothing kept.
    let other = Machine::new().with("HARDIE_SERVER", &server.url()).with("HARDIE_TOKEN", &ann.token);
    other.run(&["repo", "clone", "ann/tool"]).fine();
    assert_eq!(other.kept(), "");
    // Over SSH, by the server's own word for it: that is its public name, which is this machine here.
    let command = format!("{} -o HostName=127.0.0.1", ann.git.variable("GIT_SSH_COMMAND").unwrap());
    let ssh = Machine { git: ann.git.clone(), env: Vec::new() }.with("GIT_SSH_COMMAND", &command).with("HARDIE_SERVER", &server.url());
    ssh.with("HARDIE_TOKEN", &ann.token).run(&["repo", "clone", "ann/tool", "over-ssh", "--ssh"]).fine();
    assert!(ann.git.path("over-ssh/.git").is_dir());
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_helper_answers_for_its_servers_and_nobody_else() {
    let server = TestServer::start().await.unwrap();
    let ann = server.user("ann").await.unwrap();
    let machine = Machine::of(&server, &ann);
    let host = server.server.http.to_string();
    let ask = |operation: &str, question: &str| machine.told(machine.git.home(), &["credential", operation], question).fine().out;
    assert!(ask("get", &format!("protocol=http\nhost={host}\nusername=ann\n\n")).starts_with("username=ann\npassword="));
    for question in [
        format!("protocol=https\nhost={host}\n\n"),
        format!("protocol=http\nhost={host}\nusername=bob\n\n"),
        format!("protocol=http\nhost=127.0.0.1\n\nhost={host}\n"),
        format!("protocol=http\nhost={host}.evil.example\n\n"),
        String::new(),
    ] {
        assert_eq!(ask("get", &question), "", "{question}");
    }
    let before = machine.kept();
    for operation in ["store", "erase", "capability"] {
        assert_eq!(ask(operation, &format!("protocol=http\nhost={host}\nusername=ann\npassword=another\n\n")), "");
    }
    assert_eq!(machine.kept(), before);
    // Whatever git's configuration says to it, signing out revokes the token.
    machine.run(&["credential", "setup"]).fine();
    let token = machine.token(&server).unwrap();
    std::fs::write(machine.git.path(".gitconfig.lock"), "").unwrap();
    machine.run(&["logout"]).refused("git config");
    assert_eq!((Asker::by(&server, &token).get("/user").status, machine.token(&server)), (401, None));
    server.stop().await.unwrap();
}
