//! Manual pages: one for each command, and no word in them that a reader of such pages stumbles over.

use super::Machine;

#[test]
fn every_command_has_a_manual_page_that_reads_well() {
    let machine = Machine::new();
    machine.run(&["man", "pages"]).fine();
    let pages: Vec<_> = std::fs::read_dir(machine.git.path("pages")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(pages.len() > 60, "{pages:?}");
    let lint = machine.git.command("mandoc").args(["-T", "lint", "-W", "error"]).args(&pages).output().unwrap();
    assert!(lint.status.success(), "{}", String::from_utf8_lossy(&lint.stdout));
    let shown = |name: &str| {
        let page = machine.git.path(format!("pages/{name}.1"));
        let output = machine.git.command("mandoc").args(["-T", "utf8", "-O", "width=200"]).arg(page).output().unwrap();
        // Bold is a letter over itself.
        let text = String::from_utf8(output.stdout).unwrap();
        let letters: Vec<char> = text.chars().collect();
        let mut plain = String::new();
        for (at, letter) in letters.iter().enumerate() {
            if *letter != '\u{8}' && letters.get(at + 1) != Some(&'\u{8}') {
                plain.push(*letter);
            }
        }
        plain
    };
    let create = shown("hardie-repo-create");
    for words in ["hardie-repo-create", "hardie repo create", "--private", "HARDIE_TOKEN", "hardie repo create smiths/anvil --clone"] {
        assert!(create.contains(words), "{words}: {create}");
    }
    assert!(shown("hardie").contains("hardie-login(1)"), "{}", shown("hardie"));
    assert!(!machine.git.path("pages/hardie-plugin-compile.1").exists(), "it is nobody's to call");
}
