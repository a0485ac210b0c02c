//! Who is reading.

use hardie_api_types::account::User;
use hardie_api_types::server::HardieSettings;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::{Failure, identity};
use crate::browser;

/// Whether this browser was signed in. Only a hint, so that a stranger's first page asks nothing that answers 401.
const HINT: &str = "hardie.signed-in";

/// The reader.
#[derive(Clone, Debug, PartialEq)]
pub enum Reader {
    /// Not known yet.
    Unknown,
    /// Nobody who is signed in.
    Anonymous,
    /// Somebody.
    User(Box<User>),
    /// The server could not be asked.
    Down(Failure),
}

/// Who is reading, and the server's settings.
#[derive(Clone, Copy)]
pub struct Session {
    reader: RwSignal<Reader>,
    settings: RwSignal<Option<HardieSettings>>,
}

/// The one of this page.
pub fn use_session() -> Session {
    expect_context()
}

impl Session {
    /// Asks who is reading.
    pub fn install() -> Session {
        let session = Session { reader: RwSignal::new(Reader::Unknown), settings: RwSignal::new(None) };
        provide_context(session);
        session.refresh();
        session
    }

    /// Asks again.
    pub fn refresh(&self) {
        let session = *self;
        if browser::remembered(HINT).is_none() {
            session.reader.set(Reader::Anonymous);
        } else {
            spawn_local(async move {
                match identity::current_user().await {
                    Ok(user) => session.reader.set(Reader::User(Box::new(user))),
                    Err(failure) if failure.is_unauthenticated() => session.ended(),
                    Err(failure) => session.reader.set(Reader::Down(failure)),
                }
            });
        }
        spawn_local(async move {
            if let Ok(settings) = identity::server_settings().await {
                session.settings.set(Some(settings));
            }
        });
    }

    /// The reader, tracked.
    pub fn reader(&self) -> Reader {
        self.reader.get()
    }

    /// The signed-in user's name, tracked; empty if nobody is.
    pub fn name(&self) -> String {
        self.reader.with(|reader| match reader {
            Reader::User(user) => user.login.clone(),
            _ => String::new(),
        })
    }

    /// The signed-in user's name, for handlers and for pages that another reader's arrival mounts anew.
    pub fn name_now(&self) -> String {
        untrack(|| self.name())
    }

    /// Whether the reader administers the server, for pages that another reader's arrival mounts anew.
    pub fn is_admin_now(&self) -> bool {
        self.reader.with_untracked(|reader| matches!(reader, Reader::User(user) if user.is_admin))
    }

    /// Whether it is known who reads, tracked.
    pub fn is_known(&self) -> bool {
        self.reader.with(|reader| !matches!(reader, Reader::Unknown))
    }

    /// Whether nobody is signed in, tracked.
    pub fn is_anonymous(&self) -> bool {
        self.reader.with(|reader| matches!(reader, Reader::Anonymous))
    }

    /// The server's settings once they are there, tracked.
    pub fn settings(&self) -> Option<HardieSettings> {
        self.settings.get()
    }

    /// Somebody signed in.
    pub fn began(&self, user: User) {
        browser::remember(HINT, Some("1"));
        self.reader.set(Reader::User(Box::new(user)));
    }

    /// Nobody is signed in any more.
    pub fn ended(&self) {
        browser::remember(HINT, None);
        self.reader.set(Reader::Anonymous);
    }
}
