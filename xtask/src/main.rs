//! Chores of this repository: `cargo xtask walls` checks who may import what.

fn main() {}
