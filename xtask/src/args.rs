//! What can be asked.

use std::path::PathBuf;

/// Shown by `cargo xtask help` and below every misunderstanding.
pub const HELP: &str = "\
Usage: cargo xtask TASK

  run     [--release] [--data-dir DIR]   set up what is missing, build, start everything
  test    [FILTER…]                      set up what is missing, check and run every test
  soak    [NAME] [--minutes N] [--repo PATH]
                                         the long forms, or those of the tests whose name holds NAME: once, or again
                                         and again with new seeds until N minutes are over; --repo names a real
                                         repository to use instead of a generated one
  soak    fuzz[-TARGET] [--minutes N]    what reads hostile bytes under libFuzzer, N minutes each target (1 if not said)
  bench   [NAME] [OPTION…]               measure against nginx, fcgiwrap and git http-backend in the same run
  tidy                                   check the house rules: crate arrows, owners, file sizes, names
  build   [--release]                    server, web bundle and shipped plugins
  bundle                                 the web bundle alone
  setup                                  only set up what the tests need

Environment:
  HARDIE_WASM_STD=rustup|debian   force one way to a wasm standard library
  HARDIE_TEST_SEED=N              repeat a randomised run
  HARDIE_HTTP_LISTEN, HARDIE_SSH_LISTEN, HARDIE_WEB_LISTEN   other addresses for `run`

Example: cargo xtask run --data-dir /srv/hardie";

/// One call.
#[derive(Debug, PartialEq, Eq)]
pub enum Task {
    Help,
    Setup,
    Build { release: bool },
    Bundle,
    Run(Run),
    Test(Test),
    Tidy,
    Soak(Soak),
    Bench { arguments: Vec<String> },
}

/// Options of `run`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Run {
    pub release: bool,
    pub data_dir: Option<PathBuf>,
}

/// Options of `test`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Test {
    /// Passed on to nextest: only tests whose name holds one of these run.
    pub filters: Vec<String>,
}

/// Options of `soak`.
#[derive(Debug, PartialEq, Eq)]
pub struct Soak {
    pub name: Option<String>,
    /// At least once; then until so many minutes are over.
    pub minutes: u32,
    pub repo: Option<PathBuf>,
}

/// Reads the arguments after the program's name.
pub fn parse(arguments: impl Iterator<Item = String>) -> Result<Task, String> {
    let mut arguments = arguments;
    let Some(task) = arguments.next() else {
        return Err("which task?".to_owned());
    };
    let rest: Vec<String> = arguments.collect();
    match task.as_str() {
        "help" | "--help" | "-h" => Ok(Task::Help),
        _ if rest.iter().any(|argument| argument == "--help" || argument == "-h") => Ok(Task::Help),
        "setup" => nothing_more(rest).map(|()| Task::Setup),
        "tidy" => nothing_more(rest).map(|()| Task::Tidy),
        "build" => parse_build(rest),
        "bundle" => nothing_more(rest).map(|()| Task::Bundle),
        "run" => parse_run(rest).map(Task::Run),
        "test" => parse_test(rest).map(Task::Test),
        "soak" => parse_soak(rest).map(Task::Soak),
        "bench" => Ok(Task::Bench { arguments: rest }),
        other => Err(format!("there is no task {other:?}")),
    }
}

fn nothing_more(rest: Vec<String>) -> Result<(), String> {
    rest.first().map_or(Ok(()), |argument| Err(unexpected(argument)))
}

fn unexpected(argument: &str) -> String {
    format!("{argument:?} is not understood here")
}

fn parse_build(rest: Vec<String>) -> Result<Task, String> {
    let mut release = false;
    for argument in rest {
        match argument.as_str() {
            "--release" => release = true,
            other => return Err(unexpected(other)),
        }
    }
    Ok(Task::Build { release })
}

fn parse_run(rest: Vec<String>) -> Result<Run, String> {
    let mut options = Run::default();
    let mut rest = rest.into_iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--release" => options.release = true,
            "--data-dir" => options.data_dir = Some(rest.next().ok_or("--data-dir takes a folder")?.into()),
            other => match other.strip_prefix("--data-dir=") {
                Some(folder) => options.data_dir = Some(folder.into()),
                None => return Err(unexpected(other)),
            },
        }
    }
    Ok(options)
}

fn parse_test(rest: Vec<String>) -> Result<Test, String> {
    match rest.iter().find(|argument| argument.starts_with('-')) {
        Some(option) => Err(unexpected(option)),
        None => Ok(Test { filters: rest }),
    }
}

fn parse_soak(rest: Vec<String>) -> Result<Soak, String> {
    let mut options = Soak { name: None, minutes: 0, repo: None };
    let mut rest = rest.into_iter();
    while let Some(argument) = rest.next() {
        let (option, inline) = match argument.split_once('=') {
            Some((option, value)) if option.starts_with("--") => (option.to_owned(), Some(value.to_owned())),
            _ => (argument.clone(), None),
        };
        match option.as_str() {
            "--minutes" => {
                let text = inline.or_else(|| rest.next()).unwrap_or_default();
                let minutes = text.parse().ok().filter(|minutes| (1..=600).contains(minutes));
                options.minutes = minutes.ok_or("--minutes takes a number from 1 to 600")?;
            }
            "--repo" => options.repo = Some(inline.or_else(|| rest.next()).ok_or("--repo takes a repository")?.into()),
            _ if argument.starts_with('-') || options.name.is_some() => return Err(unexpected(&argument)),
            _ => options.name = Some(argument),
        }
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> Result<Task, String> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn run_takes_its_folder_in_both_spellings() {
        let expected = Task::Run(Run { release: true, data_dir: Some("/srv/x".into()) });
        assert_eq!(of("run --release --data-dir /srv/x").unwrap(), expected);
        assert_eq!(of("run --data-dir=/srv/x --release").unwrap(), expected);
    }

    #[test]
    fn soak_takes_a_name_and_bounded_minutes() {
        assert_eq!(of("soak kill --minutes 3").unwrap(), Task::Soak(Soak { name: Some("kill".into()), minutes: 3, repo: None }));
        assert_eq!(of("soak").unwrap(), Task::Soak(Soak { name: None, minutes: 0, repo: None }));
        assert_eq!(of("soak --repo=/x --minutes=1").unwrap(), Task::Soak(Soak { name: None, minutes: 1, repo: Some("/x".into()) }));
        of("soak --minutes 0").unwrap_err();
        of("soak --minutes 601").unwrap_err();
        of("soak one two").unwrap_err();
    }

    #[test]
    fn what_is_not_understood_is_named() {
        assert!(of("tidy now").unwrap_err().contains("now"));
        assert!(of("fly").unwrap_err().contains("fly"));
        assert!(of("run --fast").unwrap_err().contains("--fast"));
        of("").unwrap_err();
    }

    #[test]
    fn help_is_found_anywhere() {
        assert_eq!(of("run --help").unwrap(), Task::Help);
        assert_eq!(of("help").unwrap(), Task::Help);
    }
}
