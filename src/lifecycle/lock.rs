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
    let is_dead = move |holder: &Holder| holder.host == host && !is_running(holder.pid);
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

fn is_running(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    pid.is_none_or(|pid| rustix::process::test_kill_process(pid) != Err(rustix::io::Errno::SRCH))
}

/// Gives the lock back; what goes wrong there is said, but the run's result stands.
pub(super) async fn release(run: &Run, lock: Lock) {
    if let Err(error) = lock.release().await {
        run.warn(None, format!("the lock was not given back: {error}"));
    }
}
