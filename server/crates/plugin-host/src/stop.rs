//! Why an invocation ended early, and the text that each class of failure gets.

use hardie_domain::plugin::FailureClass;
use wasmtime::Trap;
use wasmtime::component::ResourceTableError;

use crate::errand::Errand;
use crate::limits::Limits;

/// Raised by the host inside an invocation; ends it at once, the guest cannot catch it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stop {
    #[error("asked for {wanted} bytes of memory in all")]
    OutOfMemory { wanted: usize },
    #[error("made more than {0} calls to the host")]
    HostCalls(u64),
    #[error("read more than {0} bytes from the host")]
    HostBytes(u64),
    #[error("ran past its deadline")]
    Deadline,
    #[error("the repository could not be read: {0}")]
    Storage(String),
    #[error("the server could not do it: {0}")]
    Services(String),
    #[error("{0}")]
    Writes(String),
    #[error("sent more than {0} requests")]
    Requests(usize),
    #[error("used `{interface}`, which is not there while {occasion}")]
    NotThere { interface: &'static str, occasion: &'static str },
}

/// A failed invocation: its class, the text for whoever pushes, and what only the plugin's administrators see.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) class: FailureClass,
    pub(crate) text: String,
    pub(crate) detail: String,
}

impl Failure {
    pub(crate) fn new(class: FailureClass, text: impl Into<String>) -> Failure {
        Failure { class, text: text.into(), detail: String::new() }
    }

    pub(crate) fn unavailable(why: &str, errand: Errand) -> Failure {
        Failure::new(FailureClass::Unavailable, format!("could not be run: {why}. {}", errand.again()))
    }

    pub(crate) fn deadline(limits: &Limits, errand: Errand) -> Failure {
        let text = format!("ran longer than {} ms and was stopped. {}", limits.wall.as_millis(), errand.again());
        Failure::new(FailureClass::Deadline, text)
    }

    pub(crate) fn bad_output(what: &str) -> Failure {
        Failure::new(FailureClass::BadOutput, format!("answered something that is not an answer: {what}. This is a bug in the plugin"))
    }

    /// Sorts whatever wasmtime reports into one of the eight classes.
    pub(crate) fn from_error(error: &wasmtime::Error, limits: &Limits, errand: Errand) -> Failure {
        let mut failure = classify(error, limits, errand);
        failure.detail = format!("{error:?}");
        failure
    }
}

fn classify(error: &wasmtime::Error, limits: &Limits, errand: Errand) -> Failure {
    if let Some(stop) = error.downcast_ref::<Stop>() {
        return match stop {
            Stop::OutOfMemory { .. } => out_of_memory(limits),
            Stop::HostCalls(_) | Stop::HostBytes(_) | Stop::Writes(_) | Stop::Requests(_) => host_budget(&stop.to_string()),
            Stop::Deadline => Failure::deadline(limits, errand),
            Stop::Storage(_) => Failure::unavailable("the repository could not be read", errand),
            Stop::Services(_) => Failure::unavailable("the server's storage failed", errand),
            Stop::NotThere { .. } => Failure::new(FailureClass::Trap, format!("{stop}. {}", errand.bug())),
        };
    }
    if let Some(ResourceTableError::Full) = error.downcast_ref() {
        return host_budget(&format!("kept more than {} handles", limits.handles));
    }
    let text = match error.downcast_ref::<Trap>() {
        Some(Trap::OutOfFuel) => {
            let text = format!("used up its {} instructions. {}", limits.fuel, errand.shorter());
            return Failure::new(FailureClass::OutOfFuel, text);
        }
        Some(Trap::Interrupt) => return Failure::deadline(limits, errand),
        Some(Trap::AllocationTooLarge) => return out_of_memory(limits),
        Some(Trap::StackOverflow) => "recursed until its stack was exhausted",
        Some(Trap::UnreachableCodeReached) => "gave up (it panicked)",
        Some(Trap::MemoryOutOfBounds) => "reached outside its memory",
        _ if is_transfer_limit(error) => return host_budget("handed too much data to the host in one call"),
        _ => "crashed",
    };
    Failure::new(FailureClass::Trap, format!("{text}. {}", errand.bug()))
}

fn out_of_memory(limits: &Limits) -> Failure {
    Failure::new(
        FailureClass::OutOfMemory,
        format!("asked for more than its {} MiB of memory and {} table elements", limits.memory >> 20, limits.table_elements),
    )
}

fn host_budget(what: &str) -> Failure {
    Failure::new(FailureClass::HostBudget, format!("{what}, which is more than one run may"))
}

/// wasmtime keeps the type of this error to itself; its text is all there is (`Store::set_hostcall_fuel`).
fn is_transfer_limit(error: &wasmtime::Error) -> bool {
    error.chain().any(|cause| cause.to_string().contains("fuel allocated for hostcalls has been exhausted"))
}
