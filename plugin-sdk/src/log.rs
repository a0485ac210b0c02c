//! Lines for those who administer the plugin. The pusher never sees them.

/// Writes one message at a level: `debug`, `info`, `warn` or `error`. The server keeps 200 lines of a push.
pub fn write(level: &str, message: &str) {
    #[cfg(target_arch = "wasm32")]
    crate::bindings::hardie::plugin::log::write(level, message);
    #[cfg(not(target_arch = "wasm32"))]
    {
        use std::io::Write as _;
        // In a test there is no server to log to; a closed stderr is no reason to fail.
        let _ = writeln!(std::io::stderr(), "{level}: {message}");
    }
}

/// Logs at level `info`, formatted.
#[macro_export]
macro_rules! info {
    ($($argument:tt)+) => { $crate::log::write("info", &format!($($argument)+)) };
}

/// Logs at level `warn`, formatted.
#[macro_export]
macro_rules! warn {
    ($($argument:tt)+) => { $crate::log::write("warn", &format!($($argument)+)) };
}
