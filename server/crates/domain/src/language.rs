//! Languages of files, told by their names alone, with the names that Linguist has for them. Data and prose are none, and files that others
//! wrote or programs made do not count.

/// Folders of what is not the repository's own.
const FOREIGN: &[&str] = &["node_modules", "vendor", "third_party", "third-party", "bower_components", "dist", "target", "Godeps", ".git"];

/// Whole names of files.
const NAMES: &[(&str, &str)] = &[
    ("dockerfile", "Dockerfile"),
    ("containerfile", "Dockerfile"),
    ("makefile", "Makefile"),
    ("gnumakefile", "Makefile"),
    ("cmakelists.txt", "CMake"),
    ("rakefile", "Ruby"),
    ("gemfile", "Ruby"),
    ("jenkinsfile", "Groovy"),
    ("vagrantfile", "Ruby"),
    ("build.bazel", "Starlark"),
    ("justfile", "Just"),
];

/// What comes after the last dot.
const ENDINGS: &[(&str, &str)] = &[
    ("ada", "Ada"),
    ("adb", "Ada"),
    ("ads", "Ada"),
    ("asm", "Assembly"),
    ("awk", "Awk"),
    ("bash", "Shell"),
    ("bat", "Batchfile"),
    ("bzl", "Starlark"),
    ("c", "C"),
    ("cc", "C++"),
    ("clj", "Clojure"),
    ("cljs", "Clojure"),
    ("cmake", "CMake"),
    ("coffee", "CoffeeScript"),
    ("cpp", "C++"),
    ("cr", "Crystal"),
    ("cs", "C#"),
    ("css", "CSS"),
    ("cu", "Cuda"),
    ("cxx", "C++"),
    ("d", "D"),
    ("dart", "Dart"),
    ("el", "Emacs Lisp"),
    ("elm", "Elm"),
    ("erl", "Erlang"),
    ("ex", "Elixir"),
    ("exs", "Elixir"),
    ("f", "Fortran"),
    ("f90", "Fortran"),
    ("fs", "F#"),
    ("fsx", "F#"),
    ("gleam", "Gleam"),
    ("glsl", "GLSL"),
    ("go", "Go"),
    ("gradle", "Gradle"),
    ("groovy", "Groovy"),
    ("h", "C"),
    ("hbs", "Handlebars"),
    ("hcl", "HCL"),
    ("hh", "C++"),
    ("hpp", "C++"),
    ("hrl", "Erlang"),
    ("hs", "Haskell"),
    ("htm", "HTML"),
    ("html", "HTML"),
    ("hx", "Haxe"),
    ("hxx", "C++"),
    ("jade", "Pug"),
    ("java", "Java"),
    ("jl", "Julia"),
    ("js", "JavaScript"),
    ("jsx", "JavaScript"),
    ("kt", "Kotlin"),
    ("kts", "Kotlin"),
    ("less", "Less"),
    ("lisp", "Common Lisp"),
    ("lua", "Lua"),
    ("m", "Objective-C"),
    ("mjs", "JavaScript"),
    ("cjs", "JavaScript"),
    ("mk", "Makefile"),
    ("ml", "OCaml"),
    ("mli", "OCaml"),
    ("mm", "Objective-C++"),
    ("mts", "TypeScript"),
    ("cts", "TypeScript"),
    ("nim", "Nim"),
    ("nix", "Nix"),
    ("nu", "Nushell"),
    ("pas", "Pascal"),
    ("php", "PHP"),
    ("pl", "Perl"),
    ("pm", "Perl"),
    ("ps1", "PowerShell"),
    ("psm1", "PowerShell"),
    ("pug", "Pug"),
    ("py", "Python"),
    ("pyi", "Python"),
    ("pyx", "Cython"),
    ("r", "R"),
    ("rb", "Ruby"),
    ("rkt", "Racket"),
    ("rs", "Rust"),
    ("s", "Assembly"),
    ("sass", "Sass"),
    ("scala", "Scala"),
    ("scm", "Scheme"),
    ("scss", "SCSS"),
    ("sh", "Shell"),
    ("sol", "Solidity"),
    ("styl", "Stylus"),
    ("sv", "SystemVerilog"),
    ("svelte", "Svelte"),
    ("swift", "Swift"),
    ("tcl", "Tcl"),
    ("tex", "TeX"),
    ("tf", "HCL"),
    ("thrift", "Thrift"),
    ("ts", "TypeScript"),
    ("tsx", "TypeScript"),
    ("v", "Verilog"),
    ("vala", "Vala"),
    ("vb", "Visual Basic .NET"),
    ("vhd", "VHDL"),
    ("vhdl", "VHDL"),
    ("vim", "Vim Script"),
    ("vue", "Vue"),
    ("wat", "WebAssembly"),
    ("wgsl", "WGSL"),
    ("xsl", "XSLT"),
    ("xslt", "XSLT"),
    ("zig", "Zig"),
    ("zsh", "Shell"),
];

/// The language of the file at this path, if it counts.
pub fn of_path(path: &[u8]) -> Option<&'static str> {
    let path = std::str::from_utf8(path).ok()?;
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    if folders.split('/').any(|folder| FOREIGN.contains(&folder)) {
        return None;
    }
    let name = name.to_ascii_lowercase();
    if [".min.js", ".min.css", ".pb.go", "_pb2.py"].iter().any(|made| name.ends_with(made)) {
        return None;
    }
    let find = |list: &'static [(&str, &str)], wanted: &str| list.iter().find(|(known, _)| *known == wanted).map(|(_, language)| *language);
    find(NAMES, &name).or_else(|| find(ENDINGS, name.rsplit_once('.')?.1))
}

#[cfg(test)]
mod tests {
    use super::of_path;

    #[test]
    fn a_name_tells_the_language_and_what_is_not_ones_own_does_not_count() {
        for (path, language) in [("src/main.rs", "Rust"), ("Makefile", "Makefile"), ("a/B.PY", "Python"), ("x/CMakeLists.txt", "CMake")] {
            assert_eq!(of_path(path.as_bytes()), Some(language), "{path}");
        }
        for path in ["README.md", "data.json", "node_modules/x/a.js", "a/vendor/b.go", "app.min.js", "rs", "", "\u{1F600}", "a.rs/"] {
            assert_eq!(of_path(path.as_bytes()), None, "{path}");
        }
        assert_eq!(of_path(b"\xff.rs"), None);
    }
}
