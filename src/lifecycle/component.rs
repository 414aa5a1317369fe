//! One component on its way to objects: scratch copy, downloads, templates, hooks, build.
//!
//! In: a component with resolved parameters. Out: [`Prepared`]. Refuses to know: what is on the cluster.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use hub_cluster::Mask;
use serde_json::Value;

use super::concealment::{self, mask};
use super::download::{blocking, download};
use super::run::Run;
use super::{Bases, Connection, Error, Event, Phase, Verb, build, hook_environment};
use crate::diagnostic::Problem;
use crate::flavour::{self, Implementation};
use crate::hooks::{self, HookContext, Trigger};
use crate::manifest::HookDeclaration;
use crate::outputs::{RandomPad, RawOutputs};
use crate::parameters::ParameterSet;
use crate::stack::Component;
use crate::template;
use crate::workspace::Workspace;

/// A component that is ready to be planned.
pub struct Prepared {
    /// Its objects, in the order of the build.
    pub objects: Vec<Value>,
    /// The namespace of objects that name none.
    pub namespace: Option<String>,
    /// Its scratch copy, where hooks go on.
    pub(super) scratch: Scratch,
}

/// A component's scratch copy with what its hooks need.
pub(super) struct Scratch {
    workspace: Workspace,
    context: HookContext,
    mask: Mask,
    name: String,
    verb: Verb,
    stack_hooks: Vec<HookDeclaration>,
    own_hooks: Vec<HookDeclaration>,
    pad: RandomPad,
    /// What its own programs printed, where outputs are looked for.
    printed: Mutex<String>,
    /// What carries the verb out.
    implementation: Implementation,
}

/// The variable that names the namespace of objects without one. Source: `hub-component-kustomize`.
const NAMESPACE: &str = "NAMESPACE";

/// Takes a component from its sources to its objects.
///
/// # Errors
/// Anything that stops it; the cluster is untouched.
pub async fn prepare(
    run: &Run,
    connection: Option<&Connection>,
    verb: Verb,
    component: &Component,
    parameters: &ParameterSet,
) -> Result<Prepared, Error> {
    let (scratch, crds) = render(run, connection, verb, component, parameters, true).await?;
    run.enter(&component.name, Phase::Building)?;
    let dir = scratch.workspace.dir().to_path_buf();
    // A program of the component has done, or will do, everything; there may be no objects at all.
    let bare = component.manifest.lifecycle.bare || scratch.implementation.is_program();
    let name = component.name.clone();
    let bases = Bases::new(run.fetcher.clone());
    let built = blocking("the build", move || build::build(&name, &dir, &crds, bare, &bases)).await??;
    for warning in built.warnings {
        run.warn(Some(&component.name), scratch.mask.text(&warning));
    }
    run.tell(&Event::Built { component: component.name.clone(), objects: built.objects.len() });
    Ok(Prepared { objects: built.objects, namespace: parameters.by_env(NAMESPACE), scratch })
}

/// Takes a component as far as its hooks before the build; `hooks` tells whether these run.
pub(super) async fn render(
    run: &Run,
    connection: Option<&Connection>,
    verb: Verb,
    component: &Component,
    parameters: &ParameterSet,
    hooks: bool,
) -> Result<(Scratch, Vec<PathBuf>), Error> {
    let name = &component.name;
    run.enter(name, Phase::Fetching)?;
    let workspace = Workspace::create(&run.stack.dir, &component.manifest.dir)?;
    let context = HookContext {
        dir: workspace.dir().to_path_buf(),
        environment: hook_environment::variables(run, connection, verb, name, parameters, &workspace).await?,
        timeout: run.settings.hook_timeout,
    };
    let mut scratch = Scratch {
        context,
        mask: mask(run, parameters),
        name: name.clone(),
        verb,
        stack_hooks: component.stack_hooks.clone(),
        own_hooks: component.manifest.hooks.clone(),
        pad: random_pad(component),
        printed: Mutex::default(),
        implementation: Implementation::Nothing,
        workspace,
    };
    let crds = download(run, name, parameters, scratch.workspace.dir()).await?;
    let trigger = if verb == Verb::Undeploy { Trigger::PreUndeploy } else { Trigger::PreDeploy };
    if verb == Verb::Plan {
        if !component.stack_hooks.is_empty() {
            run.warn(
                Some(name),
                "the stack's hooks for it are not run by a plan, since they may change something",
            );
        }
    } else if hooks {
        scratch.run_hooks(run, trigger, &scratch.stack_hooks, false).await?;
    }
    run.enter(name, Phase::Rendering)?;
    let rendered = template::render(scratch.workspace.dir(), &component.manifest.templates, parameters)?;
    for warning in rendered.warnings {
        run.warn(Some(name), warning);
    }
    run.enter(name, Phase::PreHook)?;
    let requires = component.manifest.requires.iter().map(|r| r.value.as_str());
    scratch.implementation = flavour::choose(scratch.dir(), verb_of(verb), requires);
    if hooks {
        scratch.run_hooks(run, trigger, &scratch.own_hooks, scratch.has_file_hooks()).await?;
        scratch.run_program(run).await?;
    }
    Ok((scratch, crds))
}

/// The verb that programs of a component know; a plan is about a deployment.
fn verb_of(verb: Verb) -> &'static str {
    if verb == Verb::Undeploy { Verb::Undeploy.name() } else { Verb::Deploy.name() }
}

impl Prepared {
    /// Masks the values of secret parameters in the objects, in a Secret also where they were encoded with others.
    /// True where there were any.
    pub fn conceal(&mut self) -> bool {
        let masked: Vec<Value> =
            self.objects.iter().map(|o| concealment::object(o, &self.scratch.mask)).collect();
        let found = masked != self.objects;
        self.objects = masked;
        found
    }
}

/// Source: hubctl's `lifecycle.options.random.bytes`, 128 by default.
fn random_pad(component: &Component) -> RandomPad {
    use rand::Rng as _;
    let mut bytes = vec![0; component.manifest.lifecycle.random_bytes.unwrap_or(128)];
    rand::rng().fill_bytes(&mut bytes);
    RandomPad::new(bytes)
}

impl Scratch {
    /// Where it lies.
    pub(super) fn dir(&self) -> &Path {
        self.workspace.dir()
    }

    /// What the component's own programs said so far.
    ///
    /// # Errors
    /// Secrets among it cannot be read.
    pub(super) fn raw_outputs(&self, component: &str) -> Result<RawOutputs, Error> {
        let printed = self.printed.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        RawOutputs::parse(&printed, Some(&self.pad)).map_err(|error| {
            Problem::new("hub::outputs::secrets", format!("{component}: {error}"))
                .help("`hub util otp` encodes with HUB_RANDOM, in the same run of the same component")
                .into()
        })
    }

    /// Files of well-known names are hooks, except for components that are programs. Source: hubctl's flavours.
    fn has_file_hooks(&self) -> bool {
        !self.implementation.is_program()
    }

    /// Whether a program of the component did everything.
    pub(super) fn is_program(&self) -> bool {
        self.implementation.is_program()
    }

    /// Runs the component's own program for the verb, if it has one; a plan only says so.
    async fn run_program(&self, run: &Run) -> Result<(), Error> {
        let verb = verb_of(self.verb).to_owned();
        let (path, name, arguments) = match &self.implementation {
            Implementation::Make => (PathBuf::from("make"), format!("make {verb}"), vec![verb]),
            Implementation::Script(path) => {
                let name = path.strip_prefix(self.dir()).unwrap_or(path).display().to_string();
                (path.clone(), name, Vec::new())
            }
            _ => return Ok(()),
        };
        if self.verb == Verb::Plan {
            run.warn(
                Some(&self.name),
                format!("{name} would be run; what it changes cannot be told beforehand"),
            );
            return Ok(());
        }
        let trigger = if self.verb == Verb::Undeploy { Trigger::Undeploy } else { Trigger::Deploy };
        let hook = hooks::Hook { name, path, arguments, timeout: None, ignore_errors: false };
        self.run_hook(run, trigger, hook, true).await
    }

    /// Runs the hooks after everything else: the component's own, then the stack's.
    pub(super) async fn run_post_hooks(&self, run: &Run) -> Result<(), Error> {
        let trigger = if self.verb == Verb::Undeploy { Trigger::PostUndeploy } else { Trigger::PostDeploy };
        self.run_hooks(run, trigger, &self.own_hooks, self.has_file_hooks()).await?;
        self.run_hooks(run, trigger, &self.stack_hooks, false).await
    }

    /// Whether any hook would run at a trigger.
    pub(super) fn has_hooks(component: &Component, triggers: [Trigger; 2]) -> bool {
        let declared = [&component.stack_hooks, &component.manifest.hooks];
        triggers.into_iter().any(|trigger| {
            let dir = &component.manifest.dir;
            declared.iter().any(|hooks| !hooks.is_empty())
                || hooks::find(trigger, dir, dir, &[], "", true).is_ok_and(|hooks| !hooks.is_empty())
        })
    }

    /// Whether a program of the component's own directory carries an undeployment out.
    pub(super) fn has_undeploy_program(component: &Component) -> bool {
        flavour::choose(&component.manifest.dir, Verb::Undeploy.name(), []).is_program()
    }

    async fn run_hooks(
        &self,
        run: &Run,
        trigger: Trigger,
        declared: &[HookDeclaration],
        files: bool,
    ) -> Result<(), Error> {
        let path = self.context.environment.iter().find(|(name, _)| name == "PATH");
        let path = path.map_or("", |(_, value)| value.as_str());
        let find = |declared: &[HookDeclaration], files: bool| {
            hooks::find(trigger, self.dir(), &run.stack.dir, declared, path, files)
        };
        for declaration in declared {
            match find(std::slice::from_ref(declaration), false) {
                Ok(found) => {
                    for hook in found {
                        self.run_hook(run, trigger, hook, files).await?;
                    }
                }
                // Source: hubctl goes on without a hook that a stack declares and that is nowhere.
                Err(error @ hooks::HookError::Missing { .. }) if !files => {
                    run.warn(Some(&self.name), format!("{error}; it is passed over"));
                }
                Err(error) => return Err(error.into()),
            }
        }
        if files && hooks::is_passed_over(trigger, self.dir()) {
            let name = trigger.name();
            run.warn(
                Some(&self.name),
                format!("{name} is not run, since it is not executable; `chmod +x {name}`"),
            );
        }
        for hook in find(&[], files)? {
            self.run_hook(run, trigger, hook, files).await?;
        }
        Ok(())
    }

    /// Runs one; what the component's `own` hooks print may hold outputs, and only they get the random bytes for these.
    async fn run_hook(&self, run: &Run, trigger: Trigger, hook: hooks::Hook, own: bool) -> Result<(), Error> {
        let (component, name) = (self.name.clone(), hook.name.clone());
        run.tell(&Event::HookStarted { component: component.clone(), hook: name.clone(), trigger });
        let (mut context, cancel) = (self.context.clone(), run.cancel.clone());
        if own {
            context.environment.push(("HUB_RANDOM".to_owned(), self.pad.text()));
        }
        let listener = run.listener.clone();
        let (mask, line_component, line_hook) = (self.mask.clone(), component.clone(), name.clone());
        let ignore = hook.ignore_errors;
        let result = blocking("running a hook", move || {
            hooks::run(&hook, &context, &cancel, &|stream, line| {
                listener.on_event(&Event::HookLine {
                    component: line_component.clone(),
                    hook: line_hook.clone(),
                    stream,
                    line: mask.text(line),
                });
            })
        })
        .await?;
        match result {
            Ok(output) => {
                if own {
                    let mut printed = self.printed.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    printed.push_str(&output.stdout);
                }
                run.tell(&Event::HookFinished { component, hook: name, seconds: output.took.as_secs_f64() });
                Ok(())
            }
            Err(error @ hooks::HookError::Interrupted { .. }) => Err(error.into()),
            Err(error) if ignore => {
                run.warn(
                    Some(&component),
                    format!("{}; it is ignored, as declared", self.mask.text(&error.to_string())),
                );
                Ok(())
            }
            Err(error) => Err(self.masked(error).into()),
        }
    }

    /// What a hook wrote to standard error may hold secrets.
    fn masked(&self, error: hooks::HookError) -> hooks::HookError {
        use hooks::HookError::{Failed, Killed, TimedOut};
        match error {
            Failed { hook, code, stderr } => Failed { hook, code, stderr: self.mask.text(&stderr) },
            Killed { hook, signal, stderr } => Killed { hook, signal, stderr: self.mask.text(&stderr) },
            TimedOut { hook, timeout, stderr } => TimedOut { hook, timeout, stderr: self.mask.text(&stderr) },
            other => other,
        }
    }
}
