//! `hardie plugin push`: bring a component to an OCI registry, from where others take it.

use std::path::PathBuf;

use anyhow::ensure;
use hardie_plugin_host::{Limits, interfaces};
use serde_json::json;

use super::oci::{Access, May, Reference, Registry, blobs, manifest};
use super::source::Signed;
use crate::cli::{print_line, runtime};

/// Arguments of `hardie plugin push`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  hardie plugin push no-wip.wasm ghcr.io/smiths/no-wip:1.0.0\n  cat token | hardie plugin push no-wip.wasm registry.example.org:5000/no-wip:1.0.0 --username ann --password-stdin\n  ssh-keygen -Y sign -n hardie-plugin -f id_ed25519 no-wip.wasm && hardie plugin push no-wip.wasm ghcr.io/smiths/no-wip:1.0.1"
)]
pub struct Args {
    /// The component
    file: PathBuf,
    /// Where to, REGISTRY[:PORT]/NAME[:TAG] [default tag: latest]
    #[arg(value_parser = Reference::parse)]
    reference: Reference,
    /// A signature under it, which goes along [default: FILE.sig, if that is there]
    #[arg(long, value_name = "FILE")]
    signature: Option<PathBuf>,
    #[command(flatten)]
    access: Access,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

/// Pushes.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let Args { file, reference, .. } = args;
    ensure!(
        reference.digest.is_none(),
        "{reference} is pinned, and what a component's digest is only pushing it tells; leave @sha256:… out"
    );
    let Signed { bytes, signature } = Signed::read(file, args.signature.as_deref())?;
    let interfaces = interfaces(&bytes, &Limits::default())
        .map_err(|why| anyhow::anyhow!("a server would refuse {}, so it is not pushed: {why}", file.display()))?;
    let component = manifest::digest(&bytes);
    let made = manifest::make(&bytes, &interfaces, signature.as_deref())?;
    let registry = Registry::open(reference, &args.access, May::Push)?;
    let digest = runtime()?.block_on(async {
        // What a manifest names has to be there before it.
        blobs::put(&registry, bytes).await?;
        blobs::put(&registry, made.config).await?;
        manifest::put(&registry, reference, made.manifest).await
    })?;
    let pinned = reference.pinned(digest);
    if args.json {
        let reference = pinned.to_string();
        let told = json!({ "reference": reference, "digest": digest.to_string(), "component": component.to_string(), "signed": signature.is_some() });
        return print_line(&told.to_string());
    }
    print_line(&format!("{pinned}"))?;
    print_line(&format!("  the component is {component}, {}", if signature.is_some() { "with its signature" } else { "not signed" }))
}
