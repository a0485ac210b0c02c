//! Packs, pushes and fetches end to end, against the real `git` in temporary folders.

mod attacks;
mod bitmaps;
mod blame;
mod built;
mod bundles;
mod collect;
mod compose;
mod damage;
mod damage_unreached;
mod fetch;
mod generated;
mod graph;
mod hostile;
mod known;
mod large;
mod lfs;
mod merge;
mod publish;
mod push;
mod reading;
mod search;
mod small;
mod support;
mod traps;
