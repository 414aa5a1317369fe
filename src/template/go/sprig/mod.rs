//! The functions of sprig 2.22, by what they work on.
//!
//! Left out on purpose: what needs a clock (`now`, `date`, …), the process's environment (`env`, `expandenv`), the
//! network (`getHostByName`), or makes keys and certificates anew each time (`genCA`, …): the same parameters must
//! give the same objects.

pub(super) mod dicts;
pub(super) mod encoding;
pub(super) mod general;
pub(super) mod lists;
pub(super) mod numbers;
pub(super) mod strings;
mod words;
