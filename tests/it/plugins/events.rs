//! Handlers of events on the command line.

use hardie_testkit::{Git, tools};

use super::plugin;

#[test]
fn a_handler_is_not_run_over_commits_and_says_so() {
    let git = Git::new("ann").unwrap();
    let clone = git.init("clone").unwrap();
    git.commit(&clone, "a", "1\n", "First").unwrap();
    let handler = tools::plugin("chat-notifier").unwrap().display().to_string();
    let said = plugin(&clone, &["run", &handler, "--range", "main"]);
    assert_eq!(said.code, Some(2), "{}{}", said.out, said.err);
    assert!(said.err.contains("of the world events") && said.err.contains("hardie plugin test"), "{}", said.err);
}

#[test]
fn a_new_handler_is_a_whole_project() {
    let git = Git::new("ann").unwrap();
    let home = git.home();
    let said = plugin(home, &["new", "teller", "--world", "events"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let read = |file: &str| std::fs::read_to_string(home.join("teller").join(file)).unwrap();
    assert!(read("src/lib.rs").contains("export!(events: Plugin)") && read("tests/counts.toml").contains("[[event]]"));
    for file in ["Cargo.toml", "README.md", ".hardie/plugin-sdk/src/handler.rs", ".hardie/wit/event-handler.wit"] {
        assert!(!read(file).contains('@') || file.starts_with(".hardie"), "{file} still has a place to fill in");
    }
    assert_eq!(plugin(home, &["new", "other", "--world", "comments"]).code, Some(2));
}
