//! `hardie plugin pull`: take a component out of an OCI registry, and prove that it is what was asked for.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use hardie_domain::plugin::Digest;
use serde_json::json;

use super::oci::{Access, May, Reference, Registry, blobs, manifest};
use crate::cli::{print_line, runtime};

/// Arguments of `hardie plugin pull`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  hardie plugin pull ghcr.io/smiths/no-wip:1.0.0\n  hardie plugin pull ghcr.io/smiths/no-wip:1.0.0 -o plugins/no-wip.wasm --force --json\n\nA tag may name something else tomorrow. The line that is printed names this very component: give that to `hardie plugin install`."
)]
pub struct Args {
    /// Where from, REGISTRY[:PORT]/NAME[:TAG][@sha256:…] [default tag: latest]
    #[arg(value_parser = Reference::parse)]
    reference: Reference,
    /// Where to write it; its signature is written beside it, as FILE.sig [default: the last part of NAME, and .wasm]
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write over what is there
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    access: Access,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

/// What came, proven by its digests.
pub struct Pulled {
    /// That of the manifest, by which the reference is pinned.
    pub digest: Digest,
    /// That of the component.
    pub component: Digest,
    /// The component.
    pub bytes: Bytes,
    /// A signature that came along; nobody looked at it yet.
    pub signature: Option<String>,
}

/// Pulls into a file.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let reference = &args.reference;
    let out = args.out.clone().unwrap_or_else(|| PathBuf::from(format!("{}.wasm", reference.short())));
    let beside = PathBuf::from(format!("{}.sig", out.display()));
    if let Some(there) = [&out, &beside].into_iter().find(|file| file.exists()).filter(|_| !args.force) {
        anyhow::bail!("{} is there already; --force writes over it, -o names another", there.display());
    }
    let Pulled { digest, component, bytes, signature } = runtime()?.block_on(pull(reference, &args.access))?;
    write(&out, &bytes)?;
    match &signature {
        Some(armour) => write(&beside, armour.as_bytes())?,
        // An old one would be taken for this component's.
        None if beside.exists() => std::fs::remove_file(&beside).with_context(|| format!("cannot remove {}", beside.display()))?,
        None => {}
    }
    let pinned = reference.pinned(digest).to_string();
    if args.json {
        let told = json!({
            "reference": pinned, "digest": digest.to_string(), "component": component.to_string(), "file": out.display().to_string(),
            "signature": signature.is_some().then(|| beside.display().to_string()),
        });
        return print_line(&told.to_string());
    }
    print_line(&pinned)?;
    print_line(&format!("  {} is {component}", out.display()))?;
    match signature {
        Some(_) => print_line(&format!("  {} is a signature; whose it is, a server tells that trusts them", beside.display())),
        None => print_line("  no signature came with it"),
    }
}

/// Fetches what a reference names.
pub async fn pull(reference: &Reference, access: &Access) -> anyhow::Result<Pulled> {
    let registry = Registry::open(reference, access, May::Pull)?;
    let (digest, artifact) = manifest::fetch(&registry, reference).await?;
    let bytes = blobs::fetch(&registry, artifact.component).await.with_context(|| format!("{} is not taken", reference.pinned(digest)))?;
    Ok(Pulled { digest, component: artifact.component.digest, bytes, signature: artifact.signature })
}

/// Whole or not at all.
fn write(file: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let cannot = || format!("cannot write {}", file.display());
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    ensure!(folder.is_dir(), "{} is no folder", folder.display());
    let mut new = tempfile::Builder::new().permissions(readable()).tempfile_in(folder).with_context(cannot)?;
    new.write_all(bytes).with_context(cannot)?;
    new.persist(file).map(drop).map_err(|error| error.error).with_context(cannot)
}

/// As any other file of a person, less what their umask takes.
fn readable() -> std::fs::Permissions {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::Permissions::from_mode(0o666)
}
