//! The web bundle in parts: what everybody opens, and modules with pages that few do, loaded when one of these is opened
//! (`web/src/lazy.rs`). Trunk has made the bundle whole; here its module is made anew from what the linker left.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use wasm_split_cli_support as splitter;

use super::styles::fnv;
use crate::house::House;
use crate::shell;

/// Has the compiler mark where parts begin, and the linker tell what each function needs.
pub const FLAGS: &str = "--cfg split -Clink-args=--emit-relocs";
/// The profile of the bundle keeps what the linker tells only if this says so.
pub const KEEP: (&str, &str) = ("CARGO_PROFILE_WEB_STRIP", "none");
/// Before the hash in the names of Trunk's module and script.
const NAME: &str = "hardie-web-";

/// Puts parts into `dist` in place of the whole. `module` is what the linker made.
pub fn divide(house: &House, module: &Path, dist: &Path) -> anyhow::Result<()> {
    let wasm = fs::read(module).with_context(|| format!("{} cannot be read", module.display()))?;
    let hash = hash(house, &wasm)?;
    let folder = house.target.join("xtask/parts");
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("{} cannot be emptied", folder.display()))?;
    }
    let (main, script, links) = (folder.join("main.wasm"), format!("./{NAME}{hash}.js"), format!("parts-{hash}.js"));
    let link_name = format!("./{links}");
    let mut options = splitter::Options::new(&wasm);
    options.output_dir = &folder;
    options.main_out_path = &main;
    options.link_name = &link_name;
    options.main_module = &script;
    let parts = splitter::transform(options).map_err(|error| anyhow::anyhow!("the bundle cannot be divided: {error:?}"))?;
    let mut bindgen = shell::command(house, house.tool("wasm-bindgen"))?;
    // The other parts know functions of the main one by the linker's names.
    bindgen.args(["--target", "web", "--keep-lld-exports", "--no-demangle", "--no-typescript", "--out-name"]);
    bindgen.arg(format!("{NAME}{hash}")).arg("--out-dir").arg(&folder).arg(&main);
    shell::quietly(house, "wasm-bindgen", &mut bindgen)?;
    let mut loader = fs::read_to_string(folder.join(&links)).context("what loads the parts was not made")?;
    for part in &parts.split_modules {
        let stem = part.file_stem().and_then(|stem| stem.to_str()).context("a part has no name")?;
        let named = format!("{stem}-{hash}.wasm");
        let called = format!("\"./{stem}.wasm\"");
        // What nothing is left of is not loaded.
        if loader.contains(&called) {
            loader = loader.replace(&called, &format!("\"./{named}\""));
            take(part, &dist.join(named))?;
        }
    }
    fs::write(dist.join(&links), loader)?;
    exchange(dist, &folder, &hash, &links)
}

/// Of the module and of what is done with it: a name changes with what it names.
fn hash(house: &House, wasm: &[u8]) -> anyhow::Result<String> {
    let mut all = wasm.to_vec();
    for tool in ["wasm-bindgen", "wasm_split_cli_support"] {
        all.extend_from_slice(house.locked_version(tool)?.as_bytes());
    }
    Ok(format!("{:016x}", fnv(&all)))
}

/// Module and script of the main part in place of Trunk's, in the page too.
fn exchange(dist: &Path, folder: &Path, hash: &str, links: &str) -> anyhow::Result<()> {
    let index = dist.join("index.html");
    let page = fs::read_to_string(&index).with_context(|| format!("{} cannot be read", index.display()))?;
    let old = trunks(&page).context("the page names no script of Trunk's")?.to_owned();
    for ending in [".js", "_bg.wasm"] {
        fs::remove_file(dist.join(format!("{NAME}{old}{ending}")))?;
        take(&folder.join(format!("{NAME}{hash}{ending}")), &dist.join(format!("{NAME}{hash}{ending}")))?;
    }
    let page = page.replace(&format!("{NAME}{old}"), &format!("{NAME}{hash}"));
    // The script would ask for it only when it has come itself.
    let hint = format!("<link crossorigin href=/-/ui/{links} rel=modulepreload></head>");
    Ok(fs::write(&index, page.replacen("</head>", &hint, 1))?)
}

fn take(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::copy(from, to).with_context(|| format!("{} was not made", from.display()))?;
    Ok(())
}

/// The hash in the name of Trunk's script.
fn trunks(page: &str) -> Option<&str> {
    let name = page.split(NAME).nth(1)?;
    name.split_once(".js").map(|(hash, _)| hash)
}

#[cfg(test)]
mod tests {
    use super::{exchange, trunks};

    #[test]
    fn the_main_part_takes_the_place_of_the_whole() {
        let (dist, made) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for (folder, hash) in [(&dist, "old"), (&made, "new")] {
            for ending in [".js", "_bg.wasm"] {
                std::fs::write(folder.path().join(format!("hardie-web-{hash}{ending}")), hash).unwrap();
            }
        }
        let page = "<script>import init from '/-/ui/hardie-web-old.js'; init('/-/ui/hardie-web-old_bg.wasm')</script></head><body></body>";
        assert_eq!(trunks(page), Some("old"));
        std::fs::write(dist.path().join("index.html"), page).unwrap();
        exchange(dist.path(), made.path(), "new", "parts-new.js").unwrap();
        let page = std::fs::read_to_string(dist.path().join("index.html")).unwrap();
        assert_eq!((page.matches("hardie-web-new").count(), page.matches("old").count()), (2, 0));
        assert!(page.contains("href=/-/ui/parts-new.js rel=modulepreload></head>"), "{page}");
        assert!(!dist.path().join("hardie-web-old.js").exists() && !dist.path().join("hardie-web-old_bg.wasm").exists());
        assert_eq!(std::fs::read_to_string(dist.path().join("hardie-web-new_bg.wasm")).unwrap(), "new");
    }
}
