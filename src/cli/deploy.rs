//! `hub deploy`, `hub plan`, `hub diff`.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use clap::Args;

use super::arguments::{ClusterArguments, FetchArguments, PartArguments, StackArguments, duration};
use super::conclude::{conclude, refuse};
use super::exit::Exit;
use super::interrupt;
use super::session::{PARALLEL, Session};
use crate::lifecycle::{self, DeployOptions, Error, SavedParameters, SavedPlan, Status};
use crate::stack::Request;
use crate::ui::Detail;

/// Which components, and how.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "Examples:
  hub deploy kserve --param kserve.deploymentMode=Serverless
  hub deploy -e production --yes
  hub deploy ./components/etcd --context kind-dev")]
pub(super) struct DeployArguments {
    /// Components of the stack, or one component's directory [default: all]
    #[arg(value_name = "COMPONENT")]
    components: Vec<String>,
    #[command(flatten)]
    stack: StackArguments,
    #[command(flatten)]
    cluster: ClusterArguments,
    #[command(flatten)]
    fetch: FetchArguments,
    /// Do not take along what these components require
    #[arg(long)]
    only: bool,
    #[command(flatten)]
    part: PartArguments,
    /// Take fields that other managers own
    #[arg(long, help_heading = "Changes")]
    force_conflicts: bool,
    /// Take over objects that belong to something else
    #[arg(long, help_heading = "Changes")]
    adopt: bool,
    /// Leave objects that a component no longer contains
    #[arg(long, help_heading = "Changes")]
    no_prune: bool,
    /// Delete and create anew what cannot be changed
    #[arg(long, help_heading = "Changes")]
    recreate: bool,
    /// Refuse a plan that deletes more objects of a component than this
    #[arg(long, value_name = "N", help_heading = "Changes", env = "HUB_MAX_DELETES")]
    max_deletes: Option<usize>,
}

/// What only `deploy` takes.
#[derive(Args, Clone, Debug)]
pub(super) struct ApplyArguments {
    #[command(flatten)]
    deploy: DeployArguments,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
    /// Do not ask
    #[arg(short, long, env = "HUB_YES")]
    yes: bool,
    /// Do not wait until objects are ready
    #[arg(long)]
    no_wait: bool,
    /// How long to wait until objects are ready
    #[arg(long, value_name = "TIME", env = "HUB_TIMEOUT", default_value = "10m", value_parser = duration)]
    timeout: Duration,
    /// Components at once at the most
    #[arg(long, value_name = "N", env = "HUB_PARALLEL", default_value_t = PARALLEL)]
    parallel: usize,
    /// Stop at the first object that fails
    #[arg(long)]
    fail_fast: bool,
    /// Carry out exactly the plan that `hub plan --out` saved, or nothing if something has moved since
    #[arg(long, value_name = "FILE", conflicts_with_all = ["components", "named", "only", "offset", "limit", "dry_run",
        "force_conflicts", "adopt", "no_prune", "recreate", "max_deletes"])]
    plan: Option<PathBuf>,
}

/// What only `plan` and `diff` take.
#[derive(Args, Clone, Debug)]
pub(super) struct PlanArguments {
    #[command(flatten)]
    deploy: DeployArguments,
    /// Exit with 3 when there is something to change
    #[arg(long)]
    detailed_exitcode: bool,
    /// Save the plan, for `hub deploy --plan FILE`; no value of a secret is in it
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl DeployArguments {
    fn open(&self) -> Result<Session, lifecycle::Error> {
        Session::open_with(&self.stack, &self.part.names(&self.components), &self.fetch)
    }

    fn request(&self, session: &Session) -> Request {
        Request {
            components: session.names.clone(),
            only: self.only,
            offset: self.part.offset.clone(),
            limit: self.part.limit.clone(),
        }
    }

    fn options(&self) -> DeployOptions {
        DeployOptions {
            wait: true,
            timeout: Duration::from_secs(600),
            force_conflicts: self.force_conflicts,
            adopt: self.adopt,
            prune: !self.no_prune,
            recreate: self.recreate,
            max_deletes: self.max_deletes,
            fail_fast: false,
            saved: None,
        }
    }
}

/// Keeps the plans that a run makes.
struct Planned {
    inner: Arc<dyn lifecycle::Listener>,
    plans: Mutex<Vec<(String, hub_cluster::Plan)>>,
}

impl lifecycle::Listener for Planned {
    fn on_event(&self, event: &lifecycle::Event) {
        if let lifecycle::Event::Planned { component, plan } = event {
            let mut plans = self.plans.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            plans.push((component.clone(), plan.as_ref().clone()));
        }
        self.inner.on_event(event);
    }
}

impl Planned {
    fn save(&self, saved: &mut SavedPlan) {
        let plans = self.plans.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for (component, plan) in plans.iter() {
            saved.add(component, plan);
        }
    }
}

/// Runs `hub deploy`.
pub(super) async fn deploy(arguments: ApplyArguments) -> Exit {
    if arguments.dry_run {
        return plan(
            PlanArguments { deploy: arguments.deploy, detailed_exitcode: false, out: None },
            Detail::Short,
        )
        .await;
    }
    let start = Instant::now();
    let deploy = &arguments.deploy;
    let opened = deploy.open().and_then(|mut session| {
        let saved = arguments.plan.as_deref().map(|path| take_up(path, &mut session)).transpose()?;
        Ok((session, saved))
    });
    let (session, saved) = match opened {
        Ok(opened) => opened,
        Err(error) => return refuse(None, error),
    };
    let reporter = session.reporter(Detail::Short);
    let options = DeployOptions {
        wait: !arguments.no_wait,
        timeout: arguments.timeout,
        fail_fast: arguments.fail_fast,
        ..deploy.options()
    };
    let result = async {
        let mut run = session.run(&deploy.fetch, &deploy.cluster, &reporter, arguments.yes)?;
        run.settings.parallel = arguments.parallel;
        interrupt::watch(run.cancel.clone());
        let mut request = deploy.request(&session);
        let mut options = options.clone();
        if let Some(saved) = saved {
            request = saved.request();
            options = saved.options(&options);
            options.saved = Some(Arc::new(saved));
        }
        let connection = session.connect(&deploy.cluster, &run.cancel).await?;
        lifecycle::deploy(&run, &connection, &request, &options).await
    }
    .await;
    match result {
        Ok(report) => conclude(&*reporter, report, start, false),
        Err(error) => refuse(Some(&*reporter), error),
    }
}

/// Reads a saved plan, and gives the session the parameters of that time.
fn take_up(path: &Path, session: &mut Session) -> Result<SavedPlan, Error> {
    let saved = SavedPlan::load(path)?;
    saved.check(path, &session.stack.name, session.environment.as_ref().map(|e| e.name.as_str()))?;
    session.set_overrides(saved.overrides(path, session.overrides())?);
    Ok(saved)
}

/// Runs `hub plan` and `hub diff`.
pub(super) async fn plan(arguments: PlanArguments, detail: Detail) -> Exit {
    let start = Instant::now();
    let deploy = &arguments.deploy;
    let session = match deploy.open() {
        Ok(session) => session,
        Err(error) => return refuse(None, error),
    };
    let reporter = session.reporter(detail);
    let result = async {
        let mut run = session.run(&deploy.fetch, &deploy.cluster, &reporter, false)?;
        let planned = Arc::new(Planned { inner: run.listener.clone(), plans: Mutex::default() });
        run.listener = planned.clone();
        interrupt::watch(run.cancel.clone());
        let connection = session.connect(&deploy.cluster, &run.cancel).await?;
        let (request, options) = (deploy.request(&session), deploy.options());
        let report = lifecycle::plan(&run, &connection, &request, &options).await?;
        if let Some(path) = &arguments.out
            && matches!(report.status(), Status::Pending | Status::Unchanged)
        {
            let environment = run.environment.as_deref();
            let parameters = SavedParameters::of(&run, &session.overrides());
            let (stack, target) = (&run.stack.name, &connection.name);
            let mut saved = SavedPlan::new(stack, environment, target, &request, &options, parameters);
            planned.save(&mut saved);
            saved.save(path)?;
        }
        Ok(report)
    }
    .await;
    match result {
        Ok(report) => conclude(&*reporter, report, start, arguments.detailed_exitcode),
        Err(error) => refuse(Some(&*reporter), error),
    }
}

/// Runs `hub diff`: a full plan whose exit code says whether there is a difference.
pub(super) async fn diff(mut arguments: PlanArguments) -> Exit {
    arguments.detailed_exitcode = true;
    plan(arguments, Detail::Full).await
}
