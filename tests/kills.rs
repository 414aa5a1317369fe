//! `kill -9` after every single event of a deployment, an upgrade with pruning, and an undeployment: the next run
//! completes it, nothing differs from an undisturbed run, nothing is left over, and no lock needs a hand.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};

use hub_sandbox::Sandbox;
use serde_json::Value;
use support::control_plane::ControlPlane;
use support::{Stack, chain};

/// What the sandbox keeps between runs.
const FILE: &str = ".hub/sandbox";

#[derive(Clone, Copy, Debug)]
enum Job {
    Deploy,
    Upgrade,
    Undeploy,
}

type Picture = BTreeMap<String, String>;

/// Where the runs go, and how many at once.
trait Place: Sync {
    fn at_once(&self) -> usize;
    /// A stack as it is before the job.
    fn stack(&self, job: Job, tag: &str) -> Stack;
    /// What undeployments take beside the objects.
    fn undeploy(&self) -> &[&str];
    /// Whether a plan is made afterwards too.
    fn plans(&self) -> bool;
    /// Everything of a stack that is there.
    fn picture(&self, stack: &Stack, tag: &str) -> Picture;

    fn arguments(&self, job: Job) -> Vec<&str> {
        match job {
            Job::Deploy | Job::Upgrade => vec!["deploy", "--yes"],
            Job::Undeploy => [&["undeploy", "--yes"], self.undeploy()].concat(),
        }
    }
}

fn dies_everywhere(place: &dyn Place, job: Job) {
    let undisturbed = place.stack(job, "kt999");
    let all = undisturbed.hub(&[&place.arguments(job)[..], &["-o", "json"]].concat());
    all.ends(0, &[]);
    let (events, expected) = (all.events().len(), place.picture(&undisturbed, "kt999"));
    assert!(events > 30, "only {events} events");

    let (next, deaths) = (AtomicUsize::new(1), AtomicUsize::new(0));
    let faults = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..place.at_once() {
            scope.spawn(|| {
                loop {
                    let deadly = next.fetch_add(1, Ordering::SeqCst);
                    // What is waited for is told a few times more or less.
                    if deadly > events + 5 {
                        return;
                    }
                    match dies_at(place, job, deadly, &expected) {
                        Ok(died) => {
                            deaths.fetch_add(usize::from(died), Ordering::SeqCst);
                        }
                        Err(fault) => {
                            faults
                                .lock()
                                .unwrap()
                                .push(format!("{job:?} killed after event {deadly}: {fault}"));
                        }
                    }
                }
            });
        }
    });
    let faults = faults.into_inner().unwrap();
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
    assert!(deaths.into_inner() + 10 >= events, "hardly any run was killed");
}

/// Kills a run at an event and runs it again. True where it was killed before its end.
fn dies_at(place: &dyn Place, job: Job, deadly: usize, expected: &Picture) -> Result<bool, String> {
    let tag = format!("kt{deadly:03}");
    let (stack, arguments) = (place.stack(job, &tag), place.arguments(job));
    let mut first = stack.command(&arguments);
    let output = first.env("HUB_TEST_KILL_AT", deadly.to_string()).output().unwrap();
    let died = output.status.signal() == Some(9);
    if !died && !output.status.success() {
        return Err(format!("the first run ends itself: {}", String::from_utf8_lossy(&output.stderr)));
    }
    let again = stack.hub(&arguments);
    if again.code != 0 {
        return Err(format!("the next run fails\n{}\n{}", again.stdout, again.stderr));
    }
    let found = place.picture(&stack, &tag);
    if found != *expected {
        return Err(chain::difference(expected, &found));
    }
    let leftovers = std::fs::read_dir(stack.path(".hub/work")).map_or(0, Iterator::count);
    if leftovers > 0 {
        return Err(format!("{leftovers} scratch folders are left"));
    }
    if !place.plans() {
        return Ok(died);
    }
    let plan = stack.hub(&["plan", "--detailed-exitcode"]);
    let wanted = if matches!(job, Job::Undeploy) { 3 } else { 0 };
    if plan.code != wanted {
        return Err(format!("a plan afterwards ends with {}\n{}\n{}", plan.code, plan.stdout, plan.stderr));
    }
    Ok(died)
}

/// The sandbox, one for each stack.
#[derive(Default)]
struct Sandboxes {
    /// The sandbox's file after a deployment.
    deployed: OnceLock<Vec<u8>>,
}

impl Place for Sandboxes {
    fn at_once(&self) -> usize {
        4
    }

    fn stack(&self, job: Job, _: &str) -> Stack {
        // Every stack has a sandbox of its own, so that one tag does for all.
        let stack = chain::stack(SANDBOXED);
        if !matches!(job, Job::Deploy) {
            let file = self.deployed.get_or_init(|| {
                let first = chain::stack(SANDBOXED);
                first.hub(&["deploy", "--yes"]).ends(0, &[]);
                std::fs::read(first.path(FILE)).unwrap()
            });
            std::fs::create_dir_all(stack.path(".hub")).unwrap();
            std::fs::write(stack.path(FILE), file).unwrap();
        }
        if matches!(job, Job::Upgrade) {
            chain::upgrade(&stack, SANDBOXED);
        }
        stack
    }

    fn undeploy(&self) -> &[&str] {
        &["--delete-namespaces", "--delete-crds"]
    }

    fn plans(&self) -> bool {
        true
    }

    fn picture(&self, stack: &Stack, _: &str) -> Picture {
        // A copy: a program that is just being started by another thread would hold the lock of the file itself.
        let copy = stack.path("copy");
        std::fs::copy(stack.path(FILE), &copy).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let sandbox = Sandbox::open(&copy).unwrap();
            let client = sandbox.client();
            let mut all = Picture::new();
            for path in chain::paths(SANDBOXED) {
                let request = http::Request::get(&path).body(Vec::new()).unwrap();
                let list: Value = client.request(request).await.unwrap_or_default();
                chain::picture(SANDBOXED, &path, &list, &mut all);
            }
            all
        })
    }
}

/// The tag of every stack that has a sandbox of its own.
const SANDBOXED: &str = "kt000";

/// One control plane for all stacks; definitions are per stack, and namespaces stay, since it takes a controller
/// seconds to empty them.
struct Real(ControlPlane);

impl Place for Real {
    fn at_once(&self) -> usize {
        8
    }

    fn stack(&self, job: Job, tag: &str) -> Stack {
        let tag = &tagged(job, tag);
        let stack = chain::stack(tag);
        let environment = format!("kind: environment\ncluster: {{kubeconfig: {}}}\n", self.0.kubeconfig);
        stack.write("environments/local.yaml", &environment);
        stack.write(".tag", tag);
        if !matches!(job, Job::Deploy) {
            stack.hub(&["deploy", "--yes"]).ends(0, &[]);
        }
        if matches!(job, Job::Upgrade) {
            chain::upgrade(&stack, tag);
        }
        stack
    }

    fn undeploy(&self) -> &[&str] {
        &["--delete-crds"]
    }

    fn plans(&self) -> bool {
        // It takes as long as the rest, and what there is was compared.
        false
    }

    fn picture(&self, stack: &Stack, _: &str) -> Picture {
        let tag = std::fs::read_to_string(stack.path(".tag")).unwrap();
        let mut all = Picture::new();
        for path in chain::paths(&tag) {
            let output = self.0.try_kubectl(&["get", "--raw", &path]);
            let list: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
            chain::picture(&tag, &path, &list, &mut all);
        }
        all
    }
}

/// A tag for a job, so that those of different jobs do not meet on one cluster.
fn tagged(job: Job, tag: &str) -> String {
    format!("{tag}{}", format!("{job:?}").to_lowercase())
}

#[test]
fn a_killed_deployment_is_completed() {
    dies_everywhere(&Sandboxes::default(), Job::Deploy);
}

#[test]
fn a_killed_upgrade_is_completed() {
    dies_everywhere(&Sandboxes::default(), Job::Upgrade);
}

#[test]
fn a_killed_undeployment_is_completed() {
    dies_everywhere(&Sandboxes::default(), Job::Undeploy);
}

#[test]
#[ignore = "needs the real control plane, which `.ci/run` builds and starts"]
fn killed_runs_are_completed_on_a_real_control_plane() {
    let real = Real(ControlPlane::start());
    for job in [Job::Deploy, Job::Upgrade, Job::Undeploy] {
        dies_everywhere(&real, job);
    }
}
