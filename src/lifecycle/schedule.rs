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
    let skip = |name: &str, need: &str| skip(run, name, need);
    in_order(order, needs, run.settings.parallel, work, skip).await
}

async fn in_order<'a, F, W>(
    order: &'a [String],
    needs: &'a BTreeMap<String, BTreeSet<String>>,
    parallel: usize,
    work: W,
    skip: impl Fn(&str, &str) -> ComponentReport,
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
                ended.insert((*name).to_owned(), skip(name, need));
                return false;
            }
            let ready = needed.into_iter().flatten().all(|need| ended.contains_key(need));
            let start = ready && running.len() < parallel.max(1);
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

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};
    use std::task::{Context, Poll, Waker};

    use super::*;

    /// Time that passes only when everybody waits.
    #[derive(Default)]
    struct Clock {
        now: Cell<u64>,
        ends: RefCell<Vec<u64>>,
    }

    impl Clock {
        /// Begins now, not when it is first looked at.
        fn sleep(&self, milliseconds: u64) -> impl Future<Output = ()> + '_ {
            let end = self.now.get() + milliseconds;
            self.ends.borrow_mut().push(end);
            std::future::poll_fn(move |context| {
                if self.now.get() >= end {
                    return Poll::Ready(());
                }
                context.waker().wake_by_ref();
                Poll::Pending
            })
        }

        /// Runs to the end; whenever nothing goes on, the next sleeper's time has come.
        fn run<T>(&self, future: impl Future<Output = T>) -> T {
            let mut future = std::pin::pin!(future);
            loop {
                if let Poll::Ready(done) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                    return done;
                }
                let next = self.ends.borrow().iter().copied().filter(|end| *end > self.now.get()).min();
                self.now.set(next.unwrap_or(self.now.get()));
            }
        }
    }

    fn report(name: &str, status: Status) -> ComponentReport {
        ComponentReport {
            name: name.to_owned(),
            status,
            counts: Counts::default(),
            error: None,
            optional: false,
        }
    }

    /// Layers of components, each of which needs all of the layer before.
    fn layers(count: usize, width: usize) -> (Vec<String>, BTreeMap<String, BTreeSet<String>>) {
        let name = |layer: usize, number: usize| format!("c{layer}-{number}");
        let all = |layer: usize| (0..width).map(move |number| name(layer, number));
        let order: Vec<String> = (0..count).flat_map(all).collect();
        let needs = |layer: usize| if layer == 0 { BTreeSet::new() } else { all(layer - 1).collect() };
        let needs = (0..count).flat_map(|layer| all(layer).map(move |name| (name, needs(layer)))).collect();
        (order, needs)
    }

    /// How each component ended, and how long all of it took.
    fn timed(width: usize, parallel: usize, fails: &str) -> (Vec<(String, Status)>, u64) {
        let (order, needs) = layers(5, width);
        let clock = Clock::default();
        let work = |name: &str| {
            let (sleep, name) = (clock.sleep(200), name.to_owned());
            let status = if name == fails { Status::Failed } else { Status::Done };
            async move {
                sleep.await;
                report(&name, status)
            }
        };
        let skip = |name: &str, _: &str| report(name, Status::Skipped);
        let all = clock.run(in_order(&order, &needs, parallel, work, skip));
        (all.components.into_iter().map(|c| (c.name, c.status)).collect(), clock.now.get())
    }

    #[test]
    fn thirty_components_in_five_layers_take_the_longest_chain() {
        assert_eq!(timed(6, 8, "").1, 5 * 200);
        assert_eq!(timed(6, 3, "").1, 2 * 5 * 200);
        assert_eq!(timed(6, 1, "").1, 30 * 200);
    }

    #[test]
    fn what_fails_stops_those_that_need_it_and_no_others() {
        let (ended, time) = timed(2, 8, "c1-0");
        let with =
            |status| ended.iter().filter(|(_, s)| *s == status).map(|(n, _)| n.as_str()).collect::<Vec<_>>();
        assert_eq!(with(Status::Failed), ["c1-0"]);
        assert_eq!(with(Status::Done), ["c0-0", "c0-1", "c1-1"]);
        assert_eq!(with(Status::Skipped), ["c2-0", "c2-1", "c3-0", "c3-1", "c4-0", "c4-1"]);
        assert_eq!(time, 2 * 200);
    }
}
