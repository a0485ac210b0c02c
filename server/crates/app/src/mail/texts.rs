//! What mails say: plain text, in which nothing stands that a stranger chose but an account's name.

use hardie_domain::host::host_of;
use hardie_domain::mail::MailKind;
use hardie_domain::secret::Secret;

use crate::App;

/// The subject. It holds nothing of anybody but the server's own name.
pub(super) fn subject(app: &App, kind: MailKind) -> String {
    let site = site(app);
    match kind {
        MailKind::Reset => format!("Choose a new password for {site}"),
        MailKind::SignUp => format!("Your account at {site}"),
        MailKind::Verify => format!("Is this your address? ({site})"),
        MailKind::Approved => format!("Your account at {site} is there"),
        MailKind::PasswordChanged => format!("Your password at {site} was changed"),
        MailKind::AddressChanged => format!("Your addresses at {site} were changed"),
        MailKind::CredentialAdded => format!("A key or token was added to your account at {site}"),
        MailKind::FactorChanged => format!("The second factor of your account at {site} was changed"),
        MailKind::CodesTried => format!("Somebody has your password at {site}"),
        MailKind::DeliveryStopped => format!("A webhook or plugin at {site} was stopped"),
    }
}

/// To choose a new password.
pub(super) fn reset(app: &App, name: &str, proof: &Secret) -> Secret {
    let link = link(app, "reset", proof);
    Secret::new(format!(
        "Somebody, perhaps you, asked for a new password for the account {name} at {}.\n\n\
         To choose one, open this address within an hour:\n\n{link}\n\n\
         If that was not you, do nothing: your password stays as it is.\n",
        site(app)
    ))
}

/// To have an account.
pub(super) fn sign_up(app: &App, name: &str, proof: &Secret) -> Secret {
    let link = link(app, "sign-up", proof);
    Secret::new(format!(
        "Somebody, perhaps you, asked for an account {name} at {} with this address.\n\n\
         To go on, open this address within a day:\n\n{link}\n\n\
         If that was not you, do nothing: no account is made.\n",
        site(app)
    ))
}

/// To whoever has an account already and is signed up anew, by themselves or by a stranger.
pub(super) fn signed_up_already(app: &App) -> Secret {
    Secret::new(format!(
        "Somebody, perhaps you, asked for an account at {} with this address, which is in use there already.\n\n\
         If that was you and you forgot your password, you can choose a new one:\n\n{}\n\n\
         If that was not you, do nothing.\n",
        site(app),
        format_args!("{}/login/forgot", app.config.public_url),
    ))
}

/// To say that an address is one's own.
pub(crate) fn verify(app: &App, name: &str, proof: &Secret) -> Secret {
    let link = link(app, "verify", proof);
    Secret::new(format!(
        "The account {name} at {} wants to use this address.\n\n\
         If that is yours, open this address within a day:\n\n{link}\n\n\
         If it is not, do nothing: the address is not used.\n",
        site(app)
    ))
}

/// The same where the address is another account's already.
pub(crate) fn verify_taken(app: &App, name: &str) -> Secret {
    Secret::new(format!(
        "The account {name} at {} wants to use this address, which another account there uses already.\n\n\
         If both are yours, remove the address from the other one first, or make another address its primary one.\n\n\
         If not, do nothing: the address stays where it is.\n",
        site(app)
    ))
}

/// What happened to an account.
pub(super) fn notice(app: &App, name: &str, happened: &str) -> String {
    format!(
        "To {name} at {}:\n\n{happened}\n\nIf that was not you, change your password and look at your keys, tokens and sessions:\n\n{}/user/settings\n",
        site(app),
        app.config.public_url
    )
}

fn link(app: &App, what: &str, proof: &Secret) -> String {
    format!("{}/login/{what}?token={}", app.config.public_url, proof.expose())
}

/// What people call this server.
fn site(app: &App) -> String {
    printable(host_of(&app.config.public_url))
}

/// Without anything that could end a line or a header.
pub(super) fn printable(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_graphic()).collect()
}
