//! REST bodies, page and error envelope; used by http and web.
