//! What happens around every request, outermost first: [`identify`] (id, client address, span, metrics), [`render`]
//! (envelope, headers, panics), and for the API [`admit`] (how many at once, how long).

mod admit;
mod identify;
mod render;

pub use admit::{Turn, admit, too_many};
pub use identify::{Meta, identify};
pub use render::render;
