//! `hardie web`: the UI's bundle, and the way to the server for everything else.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use hardie_http::ui::{self, Bundle, Forward, Unreachable};
use hardie_http::{HttpConfig, serve};
use hardie_outbound::{Error as OutboundError, Upstream};
use tokio::net::TcpListener;

use crate::config::web_origin;
use crate::{telemetry, wiring};

/// How long the server may stay silent on a request. A large push is checked and indexed for a while before its answer.
const SILENCE: Duration = Duration::from_secs(3600);

/// Arguments of `hardie web`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  hardie web\n  hardie web --listen 0.0.0.0:8080 --api http://10.0.0.5:3000 --dist /usr/share/hardie/web\n\nThe server counts client addresses from X-Forwarded-For only if it trusts this process:\nstart it with --trusted-proxies and the address that this process connects from."
)]
pub struct Args {
    /// Where to listen; port 0 picks a free one
    #[arg(long, value_name = "ADDRESS:PORT", env = "HARDIE_WEB_LISTEN", default_value = "127.0.0.1:8080", value_parser = crate::config::listen_address)]
    listen: SocketAddr,
    /// The server that API and git requests are passed on to
    #[arg(long, value_name = "URL", env = "HARDIE_WEB_API", default_value = "http://127.0.0.1:3000")]
    api: String,
    /// The folder with the built UI [default: beside the binary, or web/dist of the workspace]
    #[arg(long, value_name = "DIR", env = "HARDIE_WEB_DIST")]
    dist: Option<PathBuf>,
    /// The server's plugin-web-origin: what is asked of that host is passed on, all of it
    #[arg(long, value_name = "URL", env = "HARDIE_PLUGIN_WEB_ORIGIN")]
    plugin_web_origin: Option<String>,
}

/// Serves until SIGTERM or SIGINT, then lets requests under way finish.
pub fn run(args: Args) -> anyhow::Result<()> {
    telemetry::install();
    let dist = match args.dist {
        Some(dist) => dist,
        None => find_bundle()?,
    };
    let bundle = Bundle::load(&dist)?;
    // What it may not share is the server's to know: this process does not know the public address.
    let plugin_web_origin = args.plugin_web_origin.as_deref().map(web_origin::read).transpose()?;
    let upstream = Upstream::new(&args.api, SILENCE).context("--api")?;
    super::runtime()?.block_on(async {
        let listener = TcpListener::bind(args.listen).await.with_context(|| format!("cannot listen on {}", args.listen))?;
        let address = listener.local_addr()?;
        let router = ui::router(bundle, forward(upstream), plugin_web_origin.as_deref());
        // Signals are caught before readiness is announced: whoever reads the line may end this process at once.
        let stop = wiring::shutdown::requested()?;
        super::print_line(&serde_json::json!({ "ready": true, "web": format!("http://{address}") }).to_string())?;
        let config = HttpConfig::default();
        // It has no list of proxies that it trusts; what stands before it, if anything does, is one address for everybody.
        let config = HttpConfig { connections_per_client: config.connections / 2, ..config };
        serve(listener, router, config, stop).await?;
        Ok(())
    })
}

/// Joins the proxy of the HTTP crate with the client of the outbound one: neither knows the other.
fn forward(upstream: Upstream) -> Forward {
    Arc::new(move |request| {
        let upstream = upstream.clone();
        Box::pin(async move {
            upstream
                .send(request)
                .await
                .map_err(|error| Unreachable { timed_out: matches!(error, OutboundError::Timeout { .. }), message: error.to_string() })
        })
    })
}

/// Where an installation or a workspace keeps the bundle, nearest first.
fn find_bundle() -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe().context("cannot tell where this program lies; pass --dist")?;
    let here = std::env::current_dir().unwrap_or_default();
    let candidates = candidates(&program, &here);
    let found = candidates.iter().find(|folder| folder.join("index.html").is_file());
    found.cloned().ok_or_else(|| {
        let looked: Vec<String> = candidates.iter().map(|folder| format!("\n  {}", folder.display())).collect();
        anyhow!("the built UI was not found; pass --dist, or run `cargo xtask run` once. Looked in:{}", looked.concat())
    })
}

fn candidates(program: &Path, here: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    if let Some(folder) = program.parent() {
        found.push(folder.join("web"));
        found.push(folder.join("../share/hardie/web"));
    }
    found.push(here.join("web/dist"));
    // target/debug/hardie and target/release/hardie: the workspace is some folders above.
    found.extend(program.ancestors().skip(1).take(4).map(|folder| folder.join("web/dist")));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workspace_finds_the_bundle_from_its_target_folder() {
        let found = candidates(Path::new("/src/hardie/target/release/hardie"), Path::new("/elsewhere"));
        assert!(found.contains(&PathBuf::from("/src/hardie/web/dist")), "{found:?}");
        assert_eq!(found.first(), Some(&PathBuf::from("/src/hardie/target/release/web")));
    }
}
