//! What happens around every request, outermost first: [`identify`] (id, client address, span, metrics), [`render`]
//! (envelope, headers, panics), [`cors`], [`limit`] (how much in a minute), and for the API [`admit`] (how many at once, how long) and
//! [`idempotent`] (the same again).

mod admit;
mod cors;
mod denied;
mod idempotent;
mod identify;
mod limit;
mod render;

pub use admit::{Turn, admit, too_many};
pub use cors::cors;
pub use idempotent::idempotent;
pub use identify::{Meta, identify};
pub use limit::limit;
pub use render::render;
