//! The stack's lock: one run at a time.
//!
//! In: a run, a connection. Out: a held lock, or who holds it. Refuses to know: what is done under it.

use std::time::{Duration, Instant};

use hub_cluster::{Holder, Lock, LockOptions};

use super::{Connection, Error, Event, Run};
use crate::workspace::Workspace;

const LOCK_LOOK: Duration = Duration::from_millis(500);

/// Takes the stack's lock; waits for another run as long as the settings say.
pub(super) async fn take_lock(run: &Run, connection: &Connection) -> Result<Lock, Error> {
    let settings = &run.settings;
    let holder = Holder {
        who: settings.who.clone(),
        command: settings.command.clone(),
        host: settings.host.clone(),
        pid: std::process::id(),
    };
    let host = settings.host.clone();
    let is_dead = move |holder: &Holder| is_dead(holder, &host);
    let options = LockOptions { wait: Duration::ZERO, is_dead: &is_dead };
    let events = |event: hub_cluster::Event| {
        if let hub_cluster::Event::LockTakenOver { holder, command } = event {
            run.warn(None, format!("took over the lock of {holder}, whose run `{command}` is dead"));
        }
    };
    let deadline = Instant::now() + settings.lock_timeout;
    let (name, namespace) = (&run.stack.name, &run.stack.state_namespace);
    let mut told = false;
    loop {
        if run.cancel.is_cancelled() {
            return Err(Error::Interrupted);
        }
        // Never dropped half-way: a lock that was just created would be nobody's.
        match Lock::acquire(&connection.cluster, name, namespace, holder.clone(), options, &events).await {
            Ok(lock) => {
                if let Err(error) = Workspace::clear_abandoned(&run.stack.dir) {
                    run.warn(None, error.to_string());
                }
                stop_when_lost(run, &lock);
                return Ok(lock);
            }
            Err(hub_cluster::Error::LockHeld { holder, .. }) if Instant::now() < deadline => {
                if !told {
                    run.tell(&Event::LockAwaited { holder: holder.who, command: holder.command });
                    told = true;
                }
            }
            Err(error) => return Err(error.into()),
        }
        tokio::select! {
            () = run.cancel.cancelled() => {}
            () = tokio::time::sleep(LOCK_LOOK) => {}
        }
    }
}

/// A run whose lock was taken over must not write any more.
fn stop_when_lost(run: &Run, lock: &Lock) {
    let (lost, cancel, listener) = (lock.lost().clone(), run.cancel.clone(), run.listener.clone());
    tokio::spawn(async move {
        lost.cancelled().await;
        let message = "the lock was lost to another run; nothing more is written".to_owned();
        listener.on_event(&Event::Warning { component: None, message });
        cancel.cancel();
    });
}

/// True where a holder is certainly dead: its process ran on this host and is gone.
#[must_use]
pub fn is_dead(holder: &Holder, host: &str) -> bool {
    !host.is_empty() && holder.host == host && !is_running(holder.pid)
}

fn is_running(pid: u32) -> bool {
    let Some(id) = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw) else { return true };
    rustix::process::test_kill_process(id) != Err(rustix::io::Errno::SRCH) && !is_zombie(pid)
}

/// True for a process that has ended and that nobody has asked for: where the first process of a container does not do
/// so, its orphans stay like this for ever. Source: proc(5), the third field of `stat`.
fn is_zombie(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name before it may hold anything, parentheses too.
    let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
    matches!(state, Some('Z' | 'X'))
}

/// Gives the lock back; what goes wrong there is said, but the run's result stands.
pub(super) async fn release(run: &Run, lock: Lock) {
    if let Err(error) = lock.release().await {
        run.warn(None, format!("the lock was not given back: {error}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_ended_is_dead_even_if_nobody_asked_for_it() {
        let holder = |pid: u32, host: &str| Holder { pid, host: host.into(), ..Holder::default() };
        let me = std::process::id();
        assert!(!is_dead(&holder(me, "here"), "here"));
        let mut child = std::process::Command::new("sleep").arg("600").spawn().expect("sleep runs");
        assert!(!is_dead(&holder(child.id(), "here"), "here"));
        child.kill().expect("it is ours");
        // `kill` returns before the process has ended.
        let deadline = Instant::now() + Duration::from_secs(20);
        while !is_dead(&holder(child.id(), "here"), "here") && Instant::now() < deadline {
            std::thread::yield_now();
        }
        assert!(is_dead(&holder(child.id(), "here"), "here"), "a zombie is dead");
        assert!(!is_dead(&holder(child.id(), "elsewhere"), "here"), "of other hosts nothing is known");
        child.wait().expect("it ended");
        assert!(is_dead(&holder(child.id(), "here"), "here"));
    }
}
