//! Write hooks and integrations for Hardie.
