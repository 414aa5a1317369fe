//! `kill -9` after every single event of a deployment, an upgrade with pruning, and an undeployment: the next run
//! completes it, nothing differs from an undisturbed run, nothing is left over, and no lock needs a hand.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use hub_sandbox::Sandbox;
use serde_json::Value;
use support::{Stack, chain};

/// What the sandbox keeps between runs.
const FILE: &str = ".hub/sandbox";
/// Runs at once: each is mostly one thread.
const AT_ONCE: usize = 4;

#[derive(Clone, Copy)]
enum Job {
    Deploy,
    Upgrade,
    Undeploy,
}

impl Job {
    fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Deploy | Self::Upgrade => &["deploy", "--yes"],
            Self::Undeploy => &["undeploy", "--yes", "--delete-namespaces", "--delete-crds"],
        }
    }

    /// A stack in the state before the job, with the sandbox as it was then.
    fn stack(self, before: Option<&[u8]>) -> Stack {
        let stack = chain::stack("k");
        if let Some(file) = before {
            std::fs::create_dir_all(stack.path(".hub")).unwrap();
            std::fs::write(stack.path(FILE), file).unwrap();
        }
        if matches!(self, Self::Upgrade) {
            chain::upgrade(&stack, "k");
        }
        stack
    }

    fn before(self) -> Option<Vec<u8>> {
        if matches!(self, Self::Deploy) {
            return None;
        }
        let stack = chain::stack("k");
        stack.hub(&["deploy", "--yes"]).ends(0, &[]);
        Some(std::fs::read(stack.path(FILE)).unwrap())
    }
}

fn dies_everywhere(job: Job) {
    let before = job.before();
    let undisturbed = job.stack(before.as_deref());
    let all = undisturbed.hub(&[job.arguments(), &["-o", "json"]].concat());
    all.ends(0, &[]);
    let (events, expected) = (all.events().len(), picture(&undisturbed));
    assert!(events > 30, "only {events} events");

    let (next, deaths) = (AtomicUsize::new(1), AtomicUsize::new(0));
    let faults = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let deadly = next.fetch_add(1, Ordering::SeqCst);
                    // A run that is watched less closely has a few events more or less.
                    if deadly > events + 5 {
                        return;
                    }
                    match dies_at(job, before.as_deref(), deadly, &expected) {
                        Ok(died) => deaths.fetch_add(usize::from(died), Ordering::SeqCst),
                        Err(fault) => {
                            faults.lock().unwrap().push(format!("killed after event {deadly}: {fault}"));
                            0
                        }
                    };
                }
            });
        }
    });
    let faults = faults.into_inner().unwrap();
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
    assert!(deaths.into_inner() >= events - 5, "hardly any run was killed");
}

/// Kills a run at an event and runs it again. True where it was killed before its end.
fn dies_at(
    job: Job,
    before: Option<&[u8]>,
    deadly: usize,
    expected: &BTreeMap<String, String>,
) -> Result<bool, String> {
    let stack = job.stack(before);
    let mut first = stack.command(job.arguments());
    let output = first.env("HUB_TEST_KILL_AT", deadly.to_string()).output().unwrap();
    let died = output.status.signal() == Some(9);
    if !died && !output.status.success() {
        return Err(format!("the first run ends itself: {}", String::from_utf8_lossy(&output.stderr)));
    }
    let again = stack.hub(job.arguments());
    if again.code != 0 {
        return Err(format!("the next run fails\n{}\n{}", again.stdout, again.stderr));
    }
    let found = picture(&stack);
    if found != *expected {
        return Err(chain::difference(expected, &found));
    }
    let leftovers = std::fs::read_dir(stack.path(".hub/work")).map_or(0, Iterator::count);
    if leftovers > 0 {
        return Err(format!("{leftovers} scratch folders are left"));
    }
    let third = stack.hub(&[&["plan", "--detailed-exitcode"], &[][..]].concat());
    let wanted = if matches!(job, Job::Undeploy) { 3 } else { 0 };
    if third.code != wanted {
        return Err(format!(
            "a plan afterwards ends with {}\n{}\n{}",
            third.code, third.stdout, third.stderr
        ));
    }
    Ok(died)
}

/// Everything that the sandbox has, without what must differ from run to run.
fn picture(stack: &Stack) -> BTreeMap<String, String> {
    // A copy: a program that is just being started by another thread would hold the lock of the file itself.
    let copy = stack.path("copy");
    std::fs::copy(stack.path(FILE), &copy).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let sandbox = Sandbox::open(&copy).unwrap();
        let client = sandbox.client();
        let mut all = BTreeMap::new();
        for path in chain::paths("k") {
            let request = http::Request::get(&path).body(Vec::new()).unwrap();
            let list: Value = client.request(request).await.unwrap_or_default();
            chain::picture(&path, &list, &mut all);
        }
        all
    })
}

#[test]
fn a_killed_deployment_is_completed() {
    dies_everywhere(Job::Deploy);
}

#[test]
fn a_killed_upgrade_is_completed() {
    dies_everywhere(Job::Upgrade);
}

#[test]
fn a_killed_undeployment_is_completed() {
    dies_everywhere(Job::Undeploy);
}
