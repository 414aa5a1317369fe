//! What a command works with: the stack, its environment, its values, its cluster.
//!
//! In: shared flags and the surroundings. Out: a [`Run`] and a [`Connection`]. Refuses to know: what the command does.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::approval::Asking;
use super::arguments::{ClusterArguments, FetchArguments, StackArguments};
use super::crash;
use super::interrupt;
use super::personality::dotenv;
use super::sources::Repositories;
use super::surroundings::Surroundings;
use crate::diagnostic::Problem;
use crate::environments::Environment;
use crate::fetch::{FetchOptions, Fetcher, LOCK_FILE};
use crate::lifecycle::{self, Connection, Error, KubeSurroundings, Overrides, Run, RunSettings, Target};
use crate::manifest::{COMPONENT_MANIFEST, STACK_MANIFEST};
use crate::stack::{Loading, Stack};
use crate::ui::{self, Detail, Format, Reporter};

/// Components at once at the most: they wait for the cluster and for hooks more than they work.
pub(super) const PARALLEL: usize = 8;

/// A stack with its environment.
pub(super) struct Session {
    /// The surroundings.
    pub(super) surroundings: Surroundings,
    /// The stack.
    pub(super) stack: Arc<Stack>,
    /// The environment, if any is named.
    pub(super) environment: Option<Environment>,
    /// Components that were named on the command line.
    pub(super) names: Vec<String>,
    /// How results are shown.
    pub(super) format: Format,
    arguments: StackArguments,
    /// The folder of the lock file.
    pins: PathBuf,
}

impl Session {
    /// Opens the stack that the flags name. A single name that is a component's directory makes a stack of its own,
    /// if it is none of the stack's components.
    ///
    /// # Errors
    /// There is no stack, or its manifests or its environment are wrong.
    pub(super) fn open(arguments: &StackArguments, names: &[String]) -> Result<Self, Error> {
        Self::open_with(arguments, names, &FetchArguments::default())
    }

    /// As [`Session::open`], where flags say how repositories of components are fetched.
    ///
    /// # Errors
    /// There is no stack, or its manifests or its environment are wrong.
    pub(super) fn open_with(
        arguments: &StackArguments,
        names: &[String],
        fetch: &FetchArguments,
    ) -> Result<Self, Error> {
        let mut surroundings = Surroundings::read();
        surroundings.variables.extend(arguments.variables());
        let directory = match names {
            [name] if looks_like_directory(name) => Some(PathBuf::from(name)),
            _ => None,
        };
        let (file, names) = stack_file(arguments, names);
        let base =
            arguments.base_dir.clone().or_else(|| file.parent().map(Path::to_path_buf)).unwrap_or_default();
        let sources =
            Repositories { options: fetch_options(&surroundings, &base, fetch, false), base: base.clone() };
        let loading = Loading { base: arguments.base_dir.as_deref(), sources: &sources };
        let (stack, names) = match directory {
            Some(dir) if arguments.file.is_none() => {
                let stack = Stack::of_component(&dir)?;
                let names = stack.components.keys().cloned().collect();
                (stack, names)
            }
            _ if file.is_file() => (Stack::load_as(&file, &loading)?, names.to_vec()),
            _ => return Err(no_stack(&file).into()),
        };
        // Source: hubctl's shell layer exports `.env`; what the process was started with counts more here.
        for (name, value) in dotenv::variables(&stack.dir.join(".env")) {
            surroundings.variables.entry(name).or_insert(value);
        }
        let name = arguments.environment_name().or_else(|| stack.default_environment.clone());
        let environment = name.map(|name| Environment::load(&name, &stack.dir)).transpose()?;
        Ok(Self {
            surroundings,
            pins: stack.dir.clone(),
            stack: Arc::new(stack),
            environment,
            names,
            format: arguments.output.into(),
            arguments: arguments.clone(),
        })
    }

    /// A stack that needs no opening, without an environment.
    pub(super) fn of_stack(stack: Stack, arguments: &StackArguments) -> Self {
        let surroundings = Surroundings::read();
        // In a hook, what is downloaded is pinned beside the rest of the stack.
        let pins = surroundings.get("HUB_BASE_DIR").map_or_else(|| stack.dir.clone(), PathBuf::from);
        Self {
            surroundings,
            pins,
            names: stack.components.keys().cloned().collect(),
            stack: Arc::new(stack),
            environment: None,
            format: arguments.output.into(),
            arguments: arguments.clone(),
        }
    }

    /// What the command line says of parameters.
    #[must_use]
    pub(super) fn overrides(&self) -> Overrides {
        Overrides { files: self.arguments.params_file.clone(), flags: self.arguments.param.clone() }
    }

    /// Puts something else in place of what the command line says of parameters.
    pub(super) fn set_overrides(&mut self, overrides: Overrides) {
        (self.arguments.params_file, self.arguments.param) = (overrides.files, overrides.flags);
    }

    /// The reporter for this command.
    #[must_use]
    pub(super) fn reporter(&self, detail: Detail) -> Arc<dyn Reporter> {
        ui::reporter(self.format, self.surroundings.screen(self.format), detail)
    }

    /// Everything that the lifecycle needs beside a cluster.
    ///
    /// # Errors
    /// Files of parameters, flags or the lock file are wrong.
    pub(super) fn run(
        &self,
        fetch: &FetchArguments,
        cluster: &ClusterArguments,
        reporter: &Arc<dyn Reporter>,
        yes: bool,
    ) -> Result<Run, Error> {
        let overrides = self.overrides();
        let variable = |name: &str| self.surroundings.get(name).map(ToOwned::to_owned);
        let layers = lifecycle::gather(&self.stack, self.environment.as_ref(), &overrides, &variable)?;
        let cancel = CancellationToken::new();
        let fetcher = Fetcher::new(self.fetch_options(fetch, false), cancel.clone())?;
        let environment = self.environment.as_ref();
        let asking = Asking {
            reporter: reporter.clone(),
            needed: environment.is_some_and(|e| e.confirm) && !yes,
            interactive: self.surroundings.interactive,
        };
        let run = Run {
            stack: self.stack.clone(),
            environment: environment.map(|e| e.name.clone()),
            layers,
            settings: self.settings(fetch, cluster),
            fetcher: Arc::new(fetcher),
            listener: self.listener(reporter),
            approver: Arc::new(asking),
            cancel,
        };
        let odd = self.stack.warnings.iter().chain(environment.iter().flat_map(|e| &e.warnings));
        for warning in odd {
            let place = warning.place.as_ref().map(|p| format!("{p}: ")).unwrap_or_default();
            let help = warning.help.as_ref().map(|h| format!(" ({h})")).unwrap_or_default();
            run.warn(None, format!("{place}{}{help}", warning.message));
        }
        Ok(run)
    }

    async fn connect_to(&self, target: &Target, arguments: &ClusterArguments) -> Result<Connection, Error> {
        let connection = target.connect(arguments.lock_timeout).await?;
        // A flag names another cluster on purpose, and a uid in the environment is a stronger word than a memory.
        let is_named = arguments.kubeconfig.is_some() || arguments.context.is_some();
        if let (Target::Kubeconfig { uid: None, .. }, Some(environment), false) =
            (target, &self.environment, is_named)
        {
            lifecycle::bind(&self.stack.dir, &environment.name, &connection, arguments.rebind).await?;
        }
        Ok(connection)
    }

    fn listener(&self, reporter: &Arc<dyn Reporter>) -> Arc<dyn lifecycle::Listener> {
        let forward: Arc<dyn lifecycle::Listener> = Arc::new(Forward(reporter.clone()));
        match self.surroundings.get(crash::KILL_AT).and_then(|number| number.parse().ok()) {
            Some(deadly) => Arc::new(crash::Crash::new(forward, deadly)),
            None => forward,
        }
    }

    /// How downloads behave for this stack.
    #[must_use]
    pub(super) fn fetch_options(&self, fetch: &FetchArguments, update: bool) -> FetchOptions {
        fetch_options(&self.surroundings, &self.pins, fetch, update)
    }

    fn settings(&self, fetch: &FetchArguments, cluster: &ClusterArguments) -> RunSettings {
        RunSettings {
            program: self.surroundings.program.clone(),
            commands: &super::personality::NAMES,
            helm: fetch.enable_helm.then(|| fetch.helm_command.clone()),
            environment: self.surroundings.variables.clone().into_iter().collect(),
            who: self.surroundings.who(),
            host: self.surroundings.host(),
            command: self.surroundings.shown_command(),
            stamp: hub_cluster::RunStamp::now(),
            hook_timeout: fetch.hook_timeout,
            lock_timeout: cluster.lock_timeout,
            parallel: PARALLEL,
        }
    }

    /// Where the command goes.
    ///
    /// # Errors
    /// Nothing names a cluster.
    pub(super) fn target(&self, arguments: &ClusterArguments) -> Result<Target, Error> {
        let kube = KubeSurroundings {
            flag_kubeconfig: arguments.kubeconfig.clone(),
            flag_context: arguments.context.clone(),
            variable: self.surroundings.kubeconfig_files(),
            home: self.surroundings.home(),
        };
        let choice = self.environment.as_ref().and_then(|e| e.cluster.as_ref());
        Target::choose(choice, &kube, &self.stack.dir)
    }

    /// What a verb needs that only looks at the cluster: a run that Ctrl-C ends, and its connection.
    ///
    /// # Errors
    /// Values that do not fit together; the cluster cannot be named or reached.
    pub(super) async fn look(
        &self,
        arguments: &ClusterArguments,
        detail: Detail,
    ) -> Result<(Run, Connection), Error> {
        let reporter = self.reporter(detail);
        let run = self.run(&FetchArguments::default(), arguments, &reporter, false)?;
        interrupt::watch(run.cancel.clone());
        let connection = self.connect(arguments, &run.cancel).await?;
        Ok((run, connection))
    }

    /// Connects to the cluster, unless the run is interrupted first.
    ///
    /// # Errors
    /// The cluster cannot be named or reached.
    pub(super) async fn connect(
        &self,
        arguments: &ClusterArguments,
        cancel: &CancellationToken,
    ) -> Result<Connection, Error> {
        let target = self.target(arguments)?;
        tokio::select! {
            connection = self.connect_to(&target, arguments) => connection,
            () = cancel.cancelled() => Err(Error::Interrupted),
        }
    }
}

/// Lets a reporter be told what happens.
struct Forward(Arc<dyn Reporter>);

impl lifecycle::Listener for Forward {
    fn on_event(&self, event: &lifecycle::Event) {
        self.0.on_event(event);
    }
}

fn fetch_options(
    surroundings: &Surroundings,
    dir: &Path,
    fetch: &FetchArguments,
    update: bool,
) -> FetchOptions {
    let cache = surroundings.cache_dir().unwrap_or_else(|| dir.join(".hub/cache"));
    FetchOptions {
        lock_file: Some(dir.join(LOCK_FILE)),
        offline: fetch.offline,
        update,
        timeout: fetch.fetch_timeout,
        retries: fetch.fetch_retries,
        ..FetchOptions::new(cache)
    }
}

/// The stack's file and the names of components: as with hubctl, the file may be the first of the names.
fn stack_file<'n>(arguments: &StackArguments, names: &'n [String]) -> (PathBuf, &'n [String]) {
    match (&arguments.file, names) {
        (Some(file), _) => (file.clone(), names),
        // A component's name has no dot and no slash.
        (None, [first, rest @ ..]) if first.contains(['.', '/']) && Path::new(first).is_file() => {
            (PathBuf::from(first), rest)
        }
        (None, _) => (PathBuf::from(STACK_MANIFEST), names),
    }
}

fn looks_like_directory(name: &str) -> bool {
    let path = Path::new(name);
    let said_so = name.contains('/') || name == "." || !Path::new(STACK_MANIFEST).is_file();
    said_so && path.join(COMPONENT_MANIFEST).is_file()
}

fn no_stack(file: &Path) -> Problem {
    Problem::new("hub::stack::none", format!("there is no stack here: {} does not exist", file.display()))
        .help("change to the stack's directory, name its manifest with --file, or name a component's directory: `hub deploy DIR`")
}
