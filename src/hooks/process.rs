//! Running one hook: its output as it comes, its end, its time limit, and its end before its time.
//!
//! A hook runs in a process group of its own, so that ending it ends its children too.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio_util::sync::CancellationToken;

use super::{Hook, HookContext, HookError};

/// Which stream of a hook a line came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum HookStream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// What a hook left behind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HookOutput {
    /// All of its standard output, where outputs are looked for.
    pub stdout: String,
    /// How long it ran.
    pub took: Duration,
}

/// How long a hook may take to end after it was asked to.
const GRACE: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(10);
const LAST_LINES: usize = 20;

/// Runs a hook to its end. Blocks: call it where blocking is allowed.
///
/// # Errors
/// It cannot be started, fails, takes too long, or the run is interrupted.
pub fn run(
    hook: &Hook,
    context: &HookContext,
    cancel: &CancellationToken,
    line: &(dyn Fn(HookStream, &str) + Sync),
) -> Result<HookOutput, HookError> {
    let start = Instant::now();
    let failed = |source| HookError::Start { hook: hook.name.clone(), source };
    let (out_reader, out_writer) = std::io::pipe().map_err(failed)?;
    let (err_reader, err_writer) = std::io::pipe().map_err(failed)?;
    let handle = duct::cmd(hook.path.as_os_str(), &hook.arguments)
        .dir(&context.dir)
        .full_env(context.environment.iter().cloned())
        .stdin_null()
        .stdout_file(out_writer)
        .stderr_file(err_writer)
        .unchecked()
        .before_spawn(|command| {
            command.process_group(0);
            Ok(())
        })
        .start()
        .map_err(failed)?;
    let stdout = Mutex::new(String::new());
    let stderr = Arc::new(Mutex::new(Vec::new()));
    let timeout = hook.timeout.unwrap_or(context.timeout);
    let ended = std::thread::scope(|scope| {
        scope.spawn(|| {
            forward(out_reader, |text| {
                line(HookStream::Stdout, text);
                let mut all = lock(&stdout);
                all.push_str(text);
                all.push('\n');
            });
        });
        scope.spawn(|| {
            forward(err_reader, |text| {
                line(HookStream::Stderr, text);
                let mut last = lock(&stderr);
                last.push(text.to_owned());
                let surplus = last.len().saturating_sub(LAST_LINES);
                last.drain(..surplus);
            });
        });
        wait(&handle, start + timeout, cancel)
    });
    let stderr = lock(&stderr).join("\n");
    let name = hook.name.clone();
    match ended.map_err(failed)? {
        End::Exited(status) if status.success() => {
            let stdout = stdout.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
            Ok(HookOutput { stdout, took: start.elapsed() })
        }
        End::Exited(status) => Err(match (status.code(), status.signal()) {
            (Some(code), _) => HookError::Failed { hook: name, code, stderr },
            (None, signal) => HookError::Killed { hook: name, signal: signal.unwrap_or_default(), stderr },
        }),
        End::TimedOut => Err(HookError::TimedOut { hook: name, timeout, stderr }),
        End::Interrupted => Err(HookError::Interrupted { hook: name }),
    }
}

/// Runs a program to its end with the terminal, or whatever this process has, as its own. Blocks.
///
/// # Errors
/// It cannot be started, or fails.
pub fn attached(hook: &Hook, context: &HookContext) -> Result<(), HookError> {
    let failed = |source| HookError::Start { hook: hook.name.clone(), source };
    let output = duct::cmd(hook.path.as_os_str(), &hook.arguments)
        .dir(&context.dir)
        .full_env(context.environment.iter().cloned())
        .unchecked()
        .run()
        .map_err(failed)?;
    let (name, stderr) = (hook.name.clone(), String::new());
    match (output.status.code(), output.status.signal()) {
        (Some(0), _) => Ok(()),
        (Some(code), _) => Err(HookError::Failed { hook: name, code, stderr }),
        (None, signal) => Err(HookError::Killed { hook: name, signal: signal.unwrap_or_default(), stderr }),
    }
}

enum End {
    Exited(std::process::ExitStatus),
    TimedOut,
    Interrupted,
}

fn wait(handle: &duct::Handle, deadline: Instant, cancel: &CancellationToken) -> std::io::Result<End> {
    let groups: Vec<Pid> =
        handle.pids().into_iter().filter_map(|pid| Pid::from_raw(i32::try_from(pid).ok()?)).collect();
    loop {
        let next = deadline.min(Instant::now() + POLL);
        if let Some(output) = handle.wait_deadline(next)? {
            // What it left running would hold its output open for ever.
            signal(&groups, Signal::KILL);
            return Ok(End::Exited(output.status));
        }
        if cancel.is_cancelled() {
            end(handle, &groups)?;
            return Ok(End::Interrupted);
        }
        if Instant::now() >= deadline {
            end(handle, &groups)?;
            return Ok(End::TimedOut);
        }
    }
}

/// Asks the hook's whole process group to end, and kills it if it doesn't.
fn end(handle: &duct::Handle, groups: &[Pid]) -> std::io::Result<()> {
    signal(groups, Signal::TERM);
    let grace = Instant::now() + GRACE;
    while handle.wait_deadline(grace.min(Instant::now() + POLL))?.is_none() && Instant::now() < grace {}
    signal(groups, Signal::KILL);
    handle.wait()?;
    Ok(())
}

fn signal(groups: &[Pid], signal: Signal) {
    for group in groups {
        // A group that is gone already needs no signal.
        let _ = kill_process_group(*group, signal);
    }
}

fn forward(reader: impl Read, mut line: impl FnMut(&str)) {
    let mut reader = BufReader::new(reader);
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        match reader.read_until(b'\n', &mut bytes) {
            Ok(0) | Err(_) => return,
            Ok(_) => line(String::from_utf8_lossy(&bytes).trim_end_matches(['\n', '\r'])),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn hook(script: &str) -> (tempfile::TempDir, Hook, HookContext) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pre-deploy");
        std::fs::write(&path, script).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        let hook = Hook {
            name: "pre-deploy".into(),
            path,
            arguments: Vec::new(),
            timeout: None,
            ignore_errors: false,
        };
        let context = HookContext {
            dir: dir.path().to_path_buf(),
            environment: vec![("PATH".into(), "/usr/bin:/bin".into()), ("MODE".into(), "x y".into())],
            timeout: Duration::from_secs(60),
        };
        (dir, hook, context)
    }

    #[test]
    fn sees_its_environment_only_and_output_is_kept() {
        let (_dir, hook, context) = hook("#!/bin/sh\necho \"$MODE$HOME\"\npwd\n");
        let lines = Mutex::new(Vec::new());
        let output = run(&hook, &context, &CancellationToken::new(), &|stream, text| {
            lines.lock().unwrap().push((stream, text.to_owned()));
        });
        assert!(output.unwrap().stdout.starts_with("x y\n"));
        assert_eq!(lines.lock().unwrap()[0], (HookStream::Stdout, "x y".to_owned()));
    }

    #[test]
    fn a_failure_shows_code_and_stderr() {
        let (_dir, hook, context) = hook("#!/bin/sh\necho no such bucket >&2\nexit 3\n");
        let error = run(&hook, &context, &CancellationToken::new(), &|_, _| {}).unwrap_err();
        assert_eq!(error.to_string(), "the hook pre-deploy exits 3:\n  | no such bucket");
    }

    #[test]
    fn a_hanging_hook_is_ended_with_its_children() {
        // The child holds the hook's output open, so that `run` returns only when the child is gone as well.
        let (_dir, mut hook, context) = hook("#!/bin/sh\nsleep 1000 &\nwait\n");
        hook.timeout = Some(Duration::from_millis(200));
        let start = Instant::now();
        let error = run(&hook, &context, &CancellationToken::new(), &|_, _| {}).unwrap_err();
        assert!(matches!(error, HookError::TimedOut { .. }), "{error}");
        assert!(start.elapsed() < Duration::from_secs(60));
    }

    #[test]
    fn what_a_hook_leaves_running_does_not_hold_it_up() {
        let (_dir, hook, context) = hook("#!/bin/sh\nsleep 1000 &\nexit 0\n");
        let output = run(&hook, &context, &CancellationToken::new(), &|_, _| {}).unwrap();
        assert!(output.took < Duration::from_secs(30));
    }

    #[test]
    fn an_interrupted_hook_is_ended() {
        let (_dir, hook, context) = hook("#!/bin/sh\nsleep 1000\n");
        let cancel = CancellationToken::new();
        cancel.cancel();
        let error = run(&hook, &context, &cancel, &|_, _| {}).unwrap_err();
        assert!(matches!(error, HookError::Interrupted { .. }));
    }

    #[test]
    fn a_missing_interpreter_is_named_as_such() {
        let (_dir, hook, context) = hook("#!/no/such/program\n");
        let error = run(&hook, &context, &CancellationToken::new(), &|_, _| {}).unwrap_err();
        assert!(matches!(error, HookError::Start { .. }));
    }
}
