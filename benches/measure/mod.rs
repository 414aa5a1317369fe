//! Whole processes measured in turn, so that a busy moment of the machine hits both sides alike.
//!
//! In: two commands. Out: their medians with the largest memory each needed, printed.

#![allow(dead_code, reason = "each benchmark uses a part of it")]

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use wait4::Wait4;

/// How often each side runs when nothing else is said.
pub(crate) const RUNS: usize = 9;

/// What one side needed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Needed {
    /// The median of the wall-clock times.
    pub time: Duration,
    /// The median of the largest resident set, in bytes.
    pub memory: u64,
}

impl Needed {
    fn of(samples: &mut [(Duration, u64)]) -> Self {
        let middle = samples.len() / 2;
        samples.sort_by_key(|s| s.0);
        let time = samples[middle].0;
        samples.sort_by_key(|s| s.1);
        Self { time, memory: samples[middle].1 }
    }
}

impl std::fmt::Display for Needed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.1} ms, {:.1} MiB", self.time.as_secs_f64() * 1e3, self.memory as f64 / 1_048_576.0)
    }
}

/// Runs both in turn, `runs` times each after one pair that warms the caches, and prints the medians and their ratio.
pub(crate) fn compare(
    what: &str,
    other: &str,
    runs: usize,
    mut ours: impl FnMut() -> Command,
    mut theirs: impl FnMut() -> Command,
) {
    let (mut our_samples, mut their_samples) = (Vec::new(), Vec::new());
    for run in 0..=runs {
        let (our, their) = (run_once(&mut ours()), run_once(&mut theirs()));
        if run > 0 {
            our_samples.push(our);
            their_samples.push(their);
        }
    }
    let (ours, theirs) = (Needed::of(&mut our_samples), Needed::of(&mut their_samples));
    println!(
        "{what}: hub {ours}; {other} {theirs}; {:.1} times faster, {:.2} of its memory (medians of {runs})",
        theirs.time.as_secs_f64() / ours.time.as_secs_f64(),
        ours.memory as f64 / theirs.memory as f64
    );
}

/// Runs one side alone after a run that warms the caches, and prints its medians.
pub(crate) fn alone(what: &str, runs: usize, mut ours: impl FnMut() -> Command) {
    run_once(&mut ours());
    let mut samples: Vec<_> = (0..runs).map(|_| run_once(&mut ours())).collect();
    println!("{what}: hub {} (medians of {runs})", Needed::of(&mut samples));
}

fn run_once(command: &mut Command) -> (Duration, u64) {
    let start = Instant::now();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).stdin(Stdio::null()).spawn().unwrap();
    let used = child.wait4().unwrap();
    assert!(used.status.success(), "{command:?} fails");
    (start.elapsed(), used.rusage.maxrss)
}
