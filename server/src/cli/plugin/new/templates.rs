//! What a new project consists of, by language and by what it is.

use anyhow::bail;

use crate::cli::plugin::project::Language;
use crate::cli::plugin::vendor;

/// The kinds of plugin that there are templates for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum World {
    Policy,
    PolicyOnline,
    Events,
    Web,
}

impl World {
    /// Its name, and what its template uses, for the manifests of languages in which the code does not say it.
    pub fn built(self) -> (&'static str, &'static str) {
        match self {
            World::Policy => ("policy", "[]"),
            World::PolicyOnline => ("policy-online", r#"["http"]"#),
            World::Events => ("events", r#"["state", "status"]"#),
            World::Web => ("web", r#"["state", "caller"]"#),
        }
    }
}

/// Files by path and text. `@NAME@`, `@DESCRIPTION@`, `@WORLD@` and `@USES@` are for the project to fill in.
pub struct Template {
    pub description: &'static str,
    pub files: Vec<(&'static str, &'static str)>,
    /// Files that are carried along as they are, in folders.
    pub carried: Vec<(&'static str, &'static [(&'static str, &'static str)])>,
}

const COUNTS: &str = "Sets a status that tells how many new commits a push brought.";
/// The scenario of the handler, which is the same in every language.
const COUNTED: (&str, &str) = ("tests/counts.toml", include_str!("../template/counts.toml"));
const NOTES: &str = "Keeps a note for each user of a repository.";
const NOTED: (&str, &str) = ("tests/notes.toml", include_str!("../template/notes.toml"));
const WIP: &str = "Refuses commits that are marked as work in progress.";
/// Scenarios of the policy, which is the same in every language.
const SCENARIOS: [(&str, &str); 2] =
    [("tests/accepts.toml", include_str!("../template/accepts.toml")), ("tests/rejects.toml", include_str!("../template/rejects.toml"))];

const FREEZE: &str = "Refuses pushes to release branches while a server says that nothing is released.";
const ONLINE_SCENARIOS: [(&str, &str); 2] =
    [("tests/open.toml", include_str!("../template/open.toml")), ("tests/frozen.toml", include_str!("../template/frozen.toml"))];

/// The template, if there is one.
pub fn template(language: Language, world: World) -> anyhow::Result<Template> {
    let (description, own): (_, Vec<_>) = match (language, world) {
        (Language::Rust, World::Policy) => (WIP, [rust(include_str!("../template/lib.rs.in")), SCENARIOS.to_vec()].concat()),
        (Language::Rust, World::PolicyOnline) => {
            (FREEZE, [rust(include_str!("../template/online.rs.in")), ONLINE_SCENARIOS.to_vec()].concat())
        }
        (Language::Rust, World::Events) => (COUNTS, [rust(include_str!("../template/events.rs.in")), vec![COUNTED]].concat()),
        (Language::Js, World::Policy) => (WIP, [JS.to_vec(), vec![JS_POLICY], SCENARIOS.to_vec()].concat()),
        (Language::Python, World::Policy) => (WIP, [PYTHON.to_vec(), vec![PYTHON_POLICY], SCENARIOS.to_vec()].concat()),
        (Language::Js, World::Events) => (COUNTS, [JS.to_vec(), vec![JS_EVENTS, COUNTED]].concat()),
        (Language::Python, World::Events) => (COUNTS, [PYTHON.to_vec(), vec![PYTHON_EVENTS, COUNTED]].concat()),
        (Language::Rust, World::Web) => (NOTES, [rust(include_str!("../template/web.rs.in")), vec![NOTED]].concat()),
        (Language::Js | Language::Python, World::PolicyOnline) => {
            bail!("--world policy-online: policies that ask others are written in Rust in this version; leave out --lang")
        }
        (Language::Js | Language::Python, World::Web) => {
            bail!("--world web: handlers of web requests are written in Rust in this version; leave out --lang")
        }
    };
    let mut carried = vec![(".hardie/wit", vendor::WIT)];
    carried.extend(match language {
        Language::Rust => vec![(".hardie/plugin-sdk", SDK_MANIFEST), (".hardie/plugin-sdk/src", vendor::SDK)],
        Language::Js => vec![(".hardie/sdk", vendor::SDK_JS)],
        Language::Python => vec![(".hardie/sdk/hardie", vendor::SDK_PYTHON)],
    });
    Ok(Template { description, files: own, carried })
}

const SDK_MANIFEST: &[(&str, &str)] = &[("Cargo.toml", vendor::SDK_MANIFEST)];

fn rust(source: &'static str) -> Vec<(&'static str, &'static str)> {
    vec![
        ("Cargo.toml", include_str!("../template/Cargo.toml.in")),
        ("src/lib.rs", source),
        ("README.md", include_str!("../template/README.md.in")),
        (".gitignore", "/target\n/*.wasm\n"),
    ]
}

const JS_POLICY: (&str, &str) = ("src/plugin.js", include_str!("../template/js/plugin.js.in"));
const JS_EVENTS: (&str, &str) = ("src/plugin.js", include_str!("../template/js/events.js.in"));
const PYTHON_POLICY: (&str, &str) = ("src/plugin.py", include_str!("../template/python/plugin.py.in"));
const PYTHON_EVENTS: (&str, &str) = ("src/plugin.py", include_str!("../template/python/events.py.in"));

const JS: [(&str, &str); 5] = [
    ("package.json", include_str!("../template/js/package.json.in")),
    ("package-lock.json", include_str!("../template/js/package-lock.json.in")),
    ("jsconfig.json", include_str!("../template/js/jsconfig.json")),
    ("README.md", include_str!("../template/js/README.md.in")),
    (".gitignore", "/node_modules\n/.hardie/build\n/*.wasm\n"),
];

const PYTHON: [(&str, &str); 4] = [
    ("pyproject.toml", include_str!("../template/python/pyproject.toml.in")),
    ("requirements.txt", include_str!("../template/python/requirements.txt")),
    ("README.md", include_str!("../template/python/README.md.in")),
    (".gitignore", "/.venv\n/.hardie/build\n/.hardie/bindings\n__pycache__\n/*.wasm\n"),
];
