//! What the help says is what the program understands.

use super::*;

/// The examples of a command and of all below it: each line of `after_help` that begins like a shell command.
fn examples(command: &clap::Command, found: &mut Vec<String>) {
    if let Some(help) = command.get_after_help() {
        let joined = help.to_string().replace("\\\n", " ");
        found.extend(joined.lines().filter(|line| line.starts_with("  ")).map(|line| line.trim().to_owned()));
    }
    for below in command.get_subcommands() {
        examples(below, found);
    }
}

/// Words as a shell would make them, as far as our examples need one.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for letter in command.chars() {
        match letter {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            other => words.last_mut().unwrap().push(other),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[test]
fn every_example_of_the_help_is_understood() {
    let mut lines = Vec::new();
    examples(&Cli::command(), &mut lines);
    let mut calls = 0;
    for line in &lines {
        for command in line.split(['|', '>', '&']).map(str::trim).filter(|command| command.starts_with("hardie ")) {
            calls += 1;
            if let Err(error) = Cli::try_parse_from(words(command)) {
                panic!("the help says `{command}`, but:\n{error}");
            }
        }
    }
    assert!(calls >= 20, "the examples were not found: {lines:?}");
}

#[test]
fn the_place_of_the_data_may_stand_before_and_after_an_admin_command() {
    for call in ["hardie admin --data-dir /x verify", "hardie admin verify --data-dir /x", "hardie admin user list --data-dir /x --json"] {
        let Command::Admin(args) = Cli::try_parse_from(words(call)).unwrap().command else { panic!("{call}") };
        assert_eq!(args.location.data_dir.as_deref(), Some(std::path::Path::new("/x")), "{call}");
    }
}
