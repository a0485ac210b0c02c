//! What a new project consists of, by language and by what it is.

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

// What a project of each world does, and its scenarios: they are the same in every language.
const COUNTS: &str = "Sets a status that tells how many new commits a push brought.";
const COUNTED: (&str, &str) = ("tests/counts.toml", include_str!("../template/counts.toml"));
const NOTES: &str = "Keeps a note for each user of a repository.";
const NOTED: (&str, &str) = ("tests/notes.toml", include_str!("../template/notes.toml"));
const WIP: &str = "Refuses commits that are marked as work in progress.";
const SCENARIOS: [(&str, &str); 2] =
    [("tests/accepts.toml", include_str!("../template/accepts.toml")), ("tests/rejects.toml", include_str!("../template/rejects.toml"))];

const FREEZE: &str = "Refuses pushes to release branches while a server says that nothing is released.";
const ONLINE_SCENARIOS: [(&str, &str); 2] =
    [("tests/open.toml", include_str!("../template/open.toml")), ("tests/frozen.toml", include_str!("../template/frozen.toml"))];

/// The template.
pub fn template(language: Language, world: World) -> Template {
    let (description, scenarios): (_, &[_]) = match world {
        World::Policy => (WIP, &SCENARIOS),
        World::PolicyOnline => (FREEZE, &ONLINE_SCENARIOS),
        World::Events => (COUNTS, &[COUNTED]),
        World::Web => (NOTES, &[NOTED]),
    };
    let (around, source): (&[_], _) = match language {
        Language::Rust => (&RUST, rust(world)),
        Language::Js => (&JS, js(world)),
        Language::Python => (&PYTHON, python(world)),
    };
    let files = [around, &[(language.source(), source)], scenarios].concat();
    let mut carried = vec![(".hardie/wit", vendor::WIT)];
    carried.extend(match language {
        Language::Rust => vec![(".hardie/plugin-sdk", SDK_MANIFEST), (".hardie/plugin-sdk/src", vendor::SDK)],
        Language::Js => vec![(".hardie/sdk", vendor::SDK_JS)],
        Language::Python => vec![(".hardie/sdk/hardie", vendor::SDK_PYTHON)],
    });
    Template { description, files, carried }
}

const SDK_MANIFEST: &[(&str, &str)] = &[("Cargo.toml", vendor::SDK_MANIFEST)];

const RUST: [(&str, &str); 3] = [
    ("Cargo.toml", include_str!("../template/Cargo.toml.in")),
    ("README.md", include_str!("../template/README.md.in")),
    (".gitignore", "/target\n/*.wasm\n"),
];

fn rust(world: World) -> &'static str {
    match world {
        World::Policy => include_str!("../template/lib.rs.in"),
        World::PolicyOnline => include_str!("../template/online.rs.in"),
        World::Events => include_str!("../template/events.rs.in"),
        World::Web => include_str!("../template/web.rs.in"),
    }
}

fn js(world: World) -> &'static str {
    match world {
        World::Policy => include_str!("../template/js/plugin.js.in"),
        World::PolicyOnline => include_str!("../template/js/online.js.in"),
        World::Events => include_str!("../template/js/events.js.in"),
        World::Web => include_str!("../template/js/web.js.in"),
    }
}

fn python(world: World) -> &'static str {
    match world {
        World::Policy => include_str!("../template/python/plugin.py.in"),
        World::PolicyOnline => include_str!("../template/python/online.py.in"),
        World::Events => include_str!("../template/python/events.py.in"),
        World::Web => include_str!("../template/python/web.py.in"),
    }
}

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
