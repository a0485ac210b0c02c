//! How starting a cluster fails.

use std::fmt;
use std::io;

/// What went wrong, and where a program spoke, its words.
#[derive(Debug)]
pub enum Error {
    /// PostgreSQL's server programs are nowhere to be found.
    NotInstalled,
    /// The folder could not be made or handed to the server's user.
    Folder(io::Error),
    /// A program could not be started.
    Spawn(&'static str, io::Error),
    /// A program ended badly. The text is the end of what it wrote.
    Failed(&'static str, String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotInstalled => {
                f.write_str("PostgreSQL is not installed: neither initdb on the search path nor /usr/lib/postgresql/*/bin")
            }
            Self::Folder(_) => f.write_str("the folder for the test database could not be made"),
            Self::Spawn(program, _) => write!(f, "{program} could not be started"),
            Self::Failed(program, text) => write!(f, "{program} failed: {text}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Folder(error) | Self::Spawn(_, error) => Some(error),
            Self::NotInstalled | Self::Failed(..) => None,
        }
    }
}
