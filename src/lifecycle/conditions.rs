//! `readyConditions`: names that must resolve and URLs that must answer before a component, or the stack, counts as
//! ready.
//!
//! In: conditions, with a way to expand their texts. Out: what did not answer in time. Refuses to know: whose they are.
//!
//! Source: hubctl's `lifecycle/ready.go` and `util/http.go`: certificates are not verified, since it only matters that
//! something answers; redirects are not followed, and every status from 100 to 499 is an answer.

use std::time::Duration;

use tokio::time::Instant;

use super::{Error, Run};
use crate::fetch::answers;
use crate::manifest::ReadyCondition;

/// The pause between two looks.
const PAUSE: Duration = Duration::from_secs(2);
/// How long one look may take.
const LOOK: Duration = Duration::from_secs(10);
/// Addresses that stand for nobody: the machine itself, and a name that was reserved but not set.
const NOWHERE: [&str; 2] = ["127.0.0.1", "1.0.0.1"];

/// Waits for conditions, one after the other; `who` is whose they are.
///
/// # Errors
/// One is not met in its time, its text refers to something unknown, or the run is interrupted.
pub(super) async fn wait(
    run: &Run,
    who: &str,
    conditions: &[ReadyCondition],
    expand: &(dyn Fn(&str) -> Result<String, Error> + Sync),
) -> Result<(), Error> {
    for condition in conditions {
        let dns = condition.dns.as_deref().map(expand).transpose()?;
        let url = condition.url.as_deref().map(expand).transpose()?;
        pause(run, Duration::from_secs(condition.pause_seconds)).await?;
        let end = Instant::now() + Duration::from_secs(condition.wait_seconds);
        if let Some(name) = &dns {
            until(run, who, end, &format!("the name {name}"), || resolves(name)).await?;
        }
        if let Some(url) = &url {
            until(run, who, end, url, || answers(url)).await?;
        }
    }
    Ok(())
}

async fn until<F, L>(run: &Run, who: &str, end: Instant, what: &str, look: L) -> Result<(), Error>
where
    L: Fn() -> F,
    F: Future<Output = Result<(), String>>,
{
    let mut last = None;
    loop {
        let result = tokio::time::timeout(LOOK, look()).await;
        let why = match result.unwrap_or_else(|_| Err(format!("no answer within {} s", LOOK.as_secs()))) {
            Ok(()) => return Ok(()),
            Err(why) => why,
        };
        if Instant::now() + PAUSE > end {
            let waits = vec![format!("{what}: {why}, as its readyConditions ask")];
            return Err(Error::NotReady {
                component: who.to_owned(),
                state: "ready",
                waits,
                help:
                    "everything is applied; `waitSeconds` in the manifest gives it more time, --no-wait none"
                        .to_owned(),
            });
        }
        if last.as_ref() != Some(&why) {
            run.warn(Some(who), format!("waiting for {what}: {why}"));
            last = Some(why);
        }
        pause(run, PAUSE).await?;
    }
}

async fn pause(run: &Run, time: Duration) -> Result<(), Error> {
    tokio::select! {
        () = tokio::time::sleep(time) => Ok(()),
        () = run.cancel.cancelled() => Err(Error::Interrupted),
    }
}

/// Whether a name, maybe with a port, leads somewhere.
async fn resolves(name: &str) -> Result<(), String> {
    let host = name.rsplit_once(':').map_or(name, |(host, _)| host);
    let found = tokio::net::lookup_host((host, 443)).await.map_err(|error| error.to_string())?;
    let addresses: Vec<String> = found.map(|address| address.ip().to_string()).collect();
    match addresses.iter().find(|address| !NOWHERE.contains(&address.as_str()) && *address != "::1") {
        Some(_) => Ok(()),
        None => Err(format!("it leads to {}", addresses.join(", "))),
    }
}
