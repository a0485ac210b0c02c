//! Why no toolchain was found, in words that a person can act on.

use std::fmt;

use crate::Route;

/// No way to compile for wasm was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Missing {
    reasons: Vec<(Option<Route>, String)>,
}

impl Missing {
    pub(crate) fn because(reason: String) -> Self {
        Self { reasons: vec![(None, reason)] }
    }

    pub(crate) fn add(&mut self, route: Route, reason: String) {
        self.reasons.push((Some(route), reason));
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no standard library for {} was found", crate::TARGET)?;
        for (route, reason) in &self.reasons {
            match route {
                Some(route) => write!(f, "\n  {}: {reason}", route.name())?,
                None => write!(f, "\n  {reason}")?,
            }
        }
        write!(
            f,
            "\nEither `rustup target add {}`, or on Debian `apt-get install --no-install-recommends {}`",
            crate::TARGET,
            crate::DEBIAN_PACKAGES.join(" ")
        )
    }
}

impl std::error::Error for Missing {}
