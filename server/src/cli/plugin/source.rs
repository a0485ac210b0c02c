//! Where a component comes from: a file, or a registry.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use bytes::Bytes;

use super::oci::{Access, Reference};
use super::pull::{Pulled, pull};
use crate::cli::{runtime, ticker};

/// What a person names.
#[derive(Clone, Debug)]
pub enum Source {
    /// A file, with a signature beside it perhaps.
    File(PathBuf),
    /// An artifact in a registry.
    Registry(Reference),
}

/// A component, and perhaps a signature under it.
#[derive(Debug)]
pub struct Signed {
    /// The component.
    pub bytes: Bytes,
    /// The signature, in OpenSSH's armour.
    pub signature: Option<String>,
}

impl Signed {
    /// A component that nobody signed.
    pub fn by_nobody(bytes: impl Into<Bytes>) -> Signed {
        Signed { bytes: bytes.into(), signature: None }
    }

    /// Reads a component with a signature that was named, or lies beside it as `ssh-keygen -Y sign` leaves it.
    pub fn read(file: &Path, signature: Option<&Path>) -> anyhow::Result<Signed> {
        let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?.into();
        let beside = PathBuf::from(format!("{}.sig", file.display()));
        let signature = signature.or_else(|| beside.is_file().then_some(&beside));
        Ok(Signed { bytes, signature: signature.map(armour).transpose()? })
    }
}

impl Source {
    /// `oci://…`, or else a path.
    pub fn parse(given: &str) -> anyhow::Result<Source> {
        match given.starts_with("oci://") {
            true => Reference::parse(given).map(Source::Registry),
            false => Ok(Source::File(given.into())),
        }
    }

    /// Brings it here. What comes from a registry is told on stderr by its digest: the tag may name something else tomorrow.
    pub fn fetch(&self, signature: Option<&Path>, access: &Access) -> anyhow::Result<Signed> {
        match self {
            Source::File(file) => Signed::read(file, signature),
            Source::Registry(reference) => {
                let Pulled { digest, bytes, signature: carried, .. } = runtime()?.block_on(pull(reference, access))?;
                ticker::note(&format!("pulled {}", reference.pinned(digest)));
                Ok(Signed { bytes, signature: signature.map(armour).transpose()?.or(carried) })
            }
        }
    }
}

fn armour(file: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}
