//! The manifest of a component: the OCI image manifest, version 1, as the CNCF's wasm working group uses it (`tag-runtime.cncf.io/wgs/wasm/
//! deliverables/wasm-oci-artifact`). The signature is an annotation of the layer, so that it goes wherever the manifest goes.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail, ensure};
use bytes::Bytes;
use hardie_app::plugins::MAX_SIGNATURE_BYTES;
use hardie_domain::plugin::Digest;
use hardie_git::wire::error::one_line;
use hardie_plugin_host::Interfaces;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::Reference;
use super::blobs::Blob;
use super::registry::{Ask, Registry, refusal};

/// Media types.
pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.wasm.config.v0+json";
const WASM: &str = "application/wasm";
/// The annotation of the layer that holds a signature, as `ssh-keygen -Y sign` writes it.
const SIGNATURE: &str = "hardie.plugin.signature";
/// The largest manifest, as large as registries have to take.
const MOST: usize = 4 << 20;

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    schema_version: u32,
    #[serde(default)]
    media_type: String,
    config: Descriptor,
    layers: Vec<Descriptor>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    media_type: String,
    digest: String,
    size: u64,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<String, String>,
}

/// What a manifest says.
#[derive(Debug, PartialEq, Eq)]
pub struct Artifact {
    /// The component.
    pub component: Blob,
    /// The signature that came with it.
    pub signature: Option<String>,
}

/// A manifest that is to be pushed, and the configuration that it names.
pub struct Made {
    pub manifest: Bytes,
    pub config: Bytes,
}

/// sha256 of bytes.
pub fn digest(bytes: &[u8]) -> Digest {
    Digest(Sha256::digest(bytes).into())
}

/// Describes a component. The same component and signature give the same bytes, so the time of its making is not told.
pub fn make(component: &[u8], interfaces: &Interfaces, signature: Option<&str>) -> anyhow::Result<Made> {
    let layer = digest(component).to_string();
    let config = json!({
        "created": "1970-01-01T00:00:00Z", "architecture": "wasm", "os": "wasip2", "layerDigests": [layer],
        "component": { "exports": interfaces.exports, "imports": interfaces.imports, "target": null },
    });
    let config = serde_json::to_vec(&config)?;
    let describe = |media_type: &str, digest: String, size: usize, annotations| Descriptor {
        media_type: media_type.to_owned(),
        digest,
        size: size as u64,
        annotations,
    };
    let annotations = signature.map(|armour| (SIGNATURE.to_owned(), armour.to_owned())).into_iter().collect();
    let manifest = Manifest {
        schema_version: 2,
        media_type: MANIFEST.to_owned(),
        config: describe(CONFIG, digest(&config).to_string(), config.len(), BTreeMap::new()),
        layers: vec![describe(WASM, layer, component.len(), annotations)],
    };
    Ok(Made { manifest: serde_json::to_vec(&manifest)?.into(), config: config.into() })
}

/// Fetches the manifest that a reference names; its digest, and what it says. What is pinned is held to.
pub async fn fetch(registry: &Registry, reference: &Reference) -> anyhow::Result<(Digest, Artifact)> {
    let url = registry.url(&format!("manifests/{}", reference.wanted()))?;
    let answer = registry.ask(Ask { method: "GET", url, headers: &[("accept", MANIFEST)], body: None }).await?;
    if answer.status != 200 {
        return Err(refusal(answer, &format!("{} gives no {reference}", registry.host())).await);
    }
    let bytes = answer.whole(MOST).await.with_context(|| format!("the manifest of {reference}"))?;
    let found = digest(&bytes);
    if let Some(wanted) = reference.digest {
        ensure!(found == wanted, "{} gives another manifest than the one that is pinned: {found} instead of {wanted}", registry.host());
    }
    let artifact = read(&bytes).with_context(|| format!("{reference} is no plugin"))?;
    Ok((found, artifact))
}

/// Puts the manifest under its tag.
pub async fn put(registry: &Registry, reference: &Reference, manifest: Bytes) -> anyhow::Result<Digest> {
    let url = registry.url(&format!("manifests/{}", reference.tag))?;
    let own = digest(&manifest);
    let body = Some((manifest, super::blobs::untold()));
    let answer = registry.ask(Ask { method: "PUT", url, headers: &[("content-type", MANIFEST)], body }).await?;
    if answer.status != 201 {
        return Err(refusal(answer, &format!("{} does not take the manifest", registry.host())).await);
    }
    if let Some(told) = answer.header("docker-content-digest") {
        ensure!(told == own.to_string(), "{} has another manifest than was sent: {}", registry.host(), one_line(told, 80));
    }
    Ok(own)
}

fn read(bytes: &[u8]) -> anyhow::Result<Artifact> {
    let manifest: Manifest = match serde_json::from_slice(bytes) {
        Ok(manifest) => manifest,
        Err(_) if serde_json::from_slice(bytes).is_ok_and(|value: serde_json::Value| value.get("manifests").is_some()) => {
            bail!("it is an index of several manifests; name one of them by its digest, @sha256:…")
        }
        Err(error) => return Err(anyhow::Error::from(error).context("the registry's answer is not a manifest")),
    };
    let Manifest { schema_version, media_type, config, layers } = manifest;
    ensure!(
        schema_version == 2 && (media_type == MANIFEST || media_type.is_empty()),
        "its manifest is of another kind: {}",
        shown(&media_type)
    );
    ensure!(
        config.media_type == CONFIG,
        "it is an artifact of another kind: its configuration is {}, not {CONFIG}",
        shown(&config.media_type)
    );
    let [layer] = layers.as_slice() else { bail!("it has {} layers; a component has one", layers.len()) };
    if layer.media_type.contains("gzip") || layer.media_type.contains("zstd") {
        bail!("its layer is packed ({}); push the component as it is, as {WASM}", shown(&layer.media_type));
    }
    ensure!(layer.media_type == WASM, "its layer is {}, not {WASM}", shown(&layer.media_type));
    let component = Digest::parse(&layer.digest).filter(|_| layer.digest.starts_with("sha256:"));
    let component = component.with_context(|| format!("its layer has no sha256: {}", shown(&layer.digest)))?;
    let signature = layer.annotations.get(SIGNATURE).cloned();
    ensure!(
        signature.as_ref().is_none_or(|armour| armour.len() <= MAX_SIGNATURE_BYTES),
        "its signature has more than {MAX_SIGNATURE_BYTES} bytes"
    );
    Ok(Artifact { component: Blob { digest: component, size: layer.size }, signature })
}

fn shown(text: &str) -> String {
    format!("{:?}", one_line(text, 100))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interfaces() -> Interfaces {
        Interfaces { imports: vec!["hardie:plugin/log@0.1.0".into()], exports: vec!["hardie:plugin/push-policy@0.1.0".into()] }
    }

    fn made(change: impl FnOnce(&mut serde_json::Value)) -> Vec<u8> {
        let made = make(b"wasm", &interfaces(), Some("armour")).unwrap();
        let mut value = serde_json::from_slice(&made.manifest).unwrap();
        change(&mut value);
        serde_json::to_vec(&value).unwrap()
    }

    #[test]
    fn what_is_made_is_read_again_and_always_the_same() {
        let artifact = read(&made(|_| {})).unwrap();
        assert_eq!(artifact, Artifact { component: Blob { digest: digest(b"wasm"), size: 4 }, signature: Some("armour".into()) });
        assert_eq!(made(|_| {}), made(|_| {}));
        let Made { config, .. } = make(b"wasm", &interfaces(), None).unwrap();
        let config: serde_json::Value = serde_json::from_slice(&config).unwrap();
        assert_eq!((&config["os"], &config["layerDigests"][0]), (&json!("wasip2"), &json!(digest(b"wasm").to_string())));
    }

    #[test]
    fn what_is_no_component_is_refused_by_what_it_is() {
        type Change = fn(&mut serde_json::Value);
        let cases: [(&str, Change); 9] = [
            ("packed", |value| value["layers"][0]["mediaType"] = json!("application/vnd.oci.image.layer.v1.tar+gzip")),
            ("text/plain", |value| value["layers"][0]["mediaType"] = json!("text/plain")),
            ("another kind", |value| value["config"]["mediaType"] = json!("application/vnd.oci.image.config.v1+json")),
            ("another kind", |value| value["schemaVersion"] = json!(1)),
            ("0 layers", |value| value["layers"] = json!([])),
            ("2 layers", |value| value["layers"] = json!([value["layers"][0], value["layers"][0]])),
            ("no sha256", |value| value["layers"][0]["digest"] = json!("md5:00")),
            ("signature", |value| value["layers"][0]["annotations"][SIGNATURE] = json!("x".repeat(5000))),
            ("index", |value| *value = json!({ "schemaVersion": 2, "manifests": [] })),
        ];
        for (why, change) in cases {
            let error = format!("{:#}", read(&made(change)).unwrap_err());
            assert!(error.contains(why), "{why}: {error}");
        }
        assert!(read(b"").is_err() && read(b"[]").is_err() && read(br#"{"layers": -1}"#).is_err());
    }
}
