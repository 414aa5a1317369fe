//! Components in the order of their needs, independent ones at the same time.
//!
//! In: names, needs, and what to do for one. Out: a report for each. A component that fails stops those that need it,
//! not its siblings. Refuses to know: what is done.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use hub_cluster::Counts;

use super::run::{ComponentReport, Report};
use super::{Event, Run, Status};

/// Does `work` for each name of `order`, once all its needs have ended well.
pub(super) async fn each<'a, F, W>(
    run: &'a Run,
    order: &'a [String],
    needs: &'a BTreeMap<String, BTreeSet<String>>,
    work: W,
) -> Report
where
    W: Fn(&'a str) -> F,
    F: Future<Output = ComponentReport> + 'a,
{
    let mut waiting: Vec<&str> = order.iter().map(String::as_str).collect();
    let mut ended: BTreeMap<String, ComponentReport> = BTreeMap::new();
    let mut running = FuturesUnordered::new();
    loop {
        waiting.retain(|name| {
            let needed = needs.get(*name);
            let broken = needed
                .into_iter()
                .flatten()
                .find(|need| ended.get(*need).is_some_and(|r| !went_well(r.status)));
            if let Some(need) = broken {
                ended.insert((*name).to_owned(), skip(run, name, need));
                return false;
            }
            let ready = needed.into_iter().flatten().all(|need| ended.contains_key(need));
            let start = ready && running.len() < run.settings.parallel.max(1);
            if start {
                running.push(work(name));
            }
            !start
        });
        match running.next().await {
            Some(report) => {
                ended.insert(report.name.clone(), report);
            }
            None if waiting.is_empty() => break,
            // Skipping one may have decided about another: look again. The graph has no circles, so this ends.
            None => {}
        }
    }
    Report { components: order.iter().filter_map(|name| ended.remove(name)).collect() }
}

fn went_well(status: Status) -> bool {
    matches!(status, Status::Done | Status::Unchanged | Status::Pending)
}

fn skip(run: &Run, name: &str, need: &str) -> ComponentReport {
    run.warn(Some(name), format!("not begun, since {need} did not end well"));
    run.tell(&Event::ComponentFinished {
        component: name.to_owned(),
        status: Status::Skipped,
        counts: Counts::default(),
        seconds: 0.0,
        error: None,
    });
    let optional = run.stack.is_optional(name);
    ComponentReport {
        name: name.to_owned(),
        status: Status::Skipped,
        counts: Counts::default(),
        error: None,
        optional,
    }
}
