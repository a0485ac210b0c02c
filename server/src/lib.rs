//! Hardie.
