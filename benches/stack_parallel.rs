//! Components side by side: 30 of them in 5 layers, each with a hook of 200 ms, on the sandbox. The floor is the longest
//! chain, five hooks; one after the other is thirty. Prints medians.
//!
//! Needs nothing. `HUB_BENCH_RUNS=5` says how often.

#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![allow(clippy::print_stdout, reason = "it says what it measured")]
#![allow(missing_docs, reason = "a program, not a library")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::time::{Duration, Instant};

use support::Stack;

const LAYERS: usize = 5;
const WIDTH: usize = 6;
const HOOK: &str = "#!/bin/sh\nsleep 0.2\n";

fn main() {
    let runs = std::env::var("HUB_BENCH_RUNS").ok().and_then(|n| n.parse().ok()).unwrap_or(5);
    let with = median(runs, HOOK, &[]);
    let without = median(runs, "#!/bin/sh\n", &[]);
    let one_by_one = median(1, HOOK, &["--parallel", "1"]);
    println!("{} components in {LAYERS} layers, a hook of 200 ms each (medians of {runs}):", LAYERS * WIDTH);
    println!("  the longest chain of hooks   {:>6.2} s", 0.2 * LAYERS as f64);
    println!("  hub deploy                   {:>6.2} s", with.as_secs_f64());
    println!("  hub deploy, empty hooks      {:>6.2} s", without.as_secs_f64());
    println!("  hub deploy --parallel 1      {:>6.2} s", one_by_one.as_secs_f64());
    println!("  the sum of all hooks         {:>6.2} s", 0.2 * (LAYERS * WIDTH) as f64);
}

fn median(runs: usize, hook: &str, flags: &[&str]) -> Duration {
    let mut times: Vec<Duration> = (0..runs).map(|_| one(hook, flags)).collect();
    times.sort();
    times[times.len() / 2]
}

/// A first deployment of the whole stack; each component needs all of the layer before.
fn one(hook: &str, flags: &[&str]) -> Duration {
    let stack = Stack::empty();
    let mut components = String::new();
    for layer in 0..LAYERS {
        let before: Vec<String> =
            (0..WIDTH).filter(|_| layer > 0).map(|n| format!("c{}-{n}", layer - 1)).collect();
        for number in 0..WIDTH {
            let name = format!("c{layer}-{number}");
            components.push_str(&format!("- {{name: {name}, depends: [{}]}}\n", before.join(", ")));
            let dir = format!("components/{name}");
            stack.write(&format!("{dir}/hub-component.yaml"), "kind: component\n");
            stack.write(&format!("{dir}/kustomization.yaml"), "resources: [map.yaml]\n");
            let map =
                format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: default}}\n");
            stack.write(&format!("{dir}/map.yaml"), &map);
            stack.write(&format!("{dir}/pre-deploy"), hook);
        }
    }
    stack.write("hub.yaml", &format!("environments: {{default: local}}\ncomponents:\n{components}"));
    stack.write("environments/local.yaml", "kind: environment\ncluster: {sandbox: true}\n");
    let start = Instant::now();
    let ran = stack.hub(&[&["deploy"], flags].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    start.elapsed()
}
