//! The first administrator of an empty data folder.

use std::fmt;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, bail};

use crate::house::House;
use crate::shell;

/// Not `admin`: that is an address of the UI, and no account may take it.
const NAME: &str = "root";

/// What to tell the person in front.
#[derive(Debug)]
pub enum SignIn {
    /// The first administrator's password, as it was made.
    First { password: String },
    /// There are accounts, and not by us.
    Others,
}

impl fmt::Display for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::First { password } => write!(f, "{NAME} with the password {password} (until you change it)"),
            Self::Others => f.write_str("with an account of this data folder"),
        }
    }
}

/// Creates the administrator if there is no user yet. The password is kept in a file of the data folder that only its owner can
/// read, so that a second run can print it again; deleting the file is safe.
pub fn ensure(house: &House, binary: &Path, data_dir: &Path) -> anyhow::Result<SignIn> {
    let note = data_dir.join("first-administrator");
    let mut list = shell::command(house, binary)?;
    list.args(["admin", "--data-dir"]).arg(data_dir).args(["user", "list", "--json"]);
    // Where no server has kept data yet, asking for users would be refused. One line for each user.
    let is_new = ["packs", "hardie.db"].iter().all(|name| !data_dir.join(name).exists());
    if !is_new && !shell::answer("hardie admin user list", &mut list)?.is_empty() {
        return Ok(match std::fs::read_to_string(&note) {
            Ok(password) => SignIn::First { password: password.trim().to_owned() },
            Err(_) => SignIn::Others,
        });
    }
    let password = random_password()?;
    create(house, binary, data_dir, &password)?;
    shell::write_private(&note, &format!("{password}\n")).with_context(|| format!("{} cannot be written", note.display()))?;
    Ok(SignIn::First { password })
}

fn create(house: &House, binary: &Path, data_dir: &Path, password: &str) -> anyhow::Result<()> {
    let mut command = shell::command(house, binary)?;
    command.args(["admin", "--data-dir"]).arg(data_dir);
    command.args(["user", "create", NAME, "--email", "root@localhost.localdomain", "--admin", "--password-stdin"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().context("hardie admin could not be started")?;
    // Dropped at the end of the statement, which tells the child that this was all.
    child.stdin.take().context("hardie admin takes no input")?.write_all(format!("{password}\n").as_bytes())?;
    let status = child.wait()?;
    if status.success() { Ok(()) } else { bail!("hardie admin user create failed ({status})") }
}

/// 80 random bits in letters that nobody mistakes for each other.
fn random_password() -> anyhow::Result<String> {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut bytes = [0_u8; 16];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    let letters = bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)]));
    let mut password = String::new();
    for (at, letter) in letters.enumerate() {
        if at > 0 && at % 4 == 0 {
            password.push('-');
        }
        password.push(letter);
    }
    Ok(password)
}
