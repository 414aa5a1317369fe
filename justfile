# What CI runs.
ci:
    .ci/run

# Formatting, lints, walls.
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings
    cargo xtask walls

# All hermetic tests.
test:
    cargo test --workspace

# The scenarios on a real control plane.
real:
    tests/realcluster/realcluster build
    cargo test --test real_cluster -- --ignored --test-threads 1

# Ratios against the real programs.
bench:
    tests/realcluster/realcluster build
    cargo bench --bench against_originals
