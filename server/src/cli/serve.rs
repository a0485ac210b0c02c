//! `hardie serve`.

use crate::config::{self, ServeSettings};
use crate::{memory, telemetry, wiring};

/// Arguments of `hardie serve`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  hardie serve\n  hardie serve --data-dir /var/lib/hardie --public-url https://git.example.org \\\n    --http-listen 127.0.0.1:3000 --ssh-listen 0.0.0.0:22 --trusted-proxies 127.0.0.0/8"
)]
pub struct Args {
    #[command(flatten)]
    settings: ServeSettings,
}

/// Serves until SIGTERM or SIGINT, then drains.
pub fn run(args: Args) -> anyhow::Result<()> {
    memory::give_back();
    telemetry::install();
    let config = config::resolve(&args.settings)?;
    super::runtime()?.block_on(async {
        let server = wiring::start(config).await?;
        // Caught before readiness is announced: whoever reads the line may end this process at once.
        let stop = wiring::shutdown::requested()?;
        super::print_line(&server.ready_line())?;
        stop.await;
        tracing::info!("draining: requests under way are finished, new ones refused");
        server.stop().await
    })
}
