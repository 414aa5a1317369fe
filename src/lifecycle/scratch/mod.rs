//! A component's scratch copy at work: its environment, its hooks, its programs.
//!
//! In: a component with resolved parameters. Out: what its programs printed and exported. Refuses to know: objects.

mod programs;

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use hub_cluster::Mask;

use super::concealment::mask;
use super::run::Run;
use super::{Connection, Error, Verb, helm, hook_environment, terraform};
use crate::diagnostic::Problem;
use crate::flavour::{self, Implementation};
use crate::hooks::{HookContext, Trigger};
use crate::manifest::HookDeclaration;
use crate::outputs::{RandomPad, RawOutputs};
use crate::parameters::ParameterSet;
use crate::stack::Component;
use crate::template;
use crate::workspace::{Generated, Workspace};

/// A component's scratch copy with what its hooks need.
pub(super) struct Scratch {
    workspace: Workspace,
    context: HookContext,
    /// Variables that were set on the way, by hooks of charts and of terraform too; they count more than the rest.
    exported: Mutex<Vec<(String, String)>>,
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
    /// Terraform's plan has changes.
    changes: bool,
    /// What hooks generate once and need again.
    generated: Generated,
}

fn unkept(component: &str, error: &std::io::Error) -> Error {
    Problem::new(
        "hub::workspace::generated",
        format!("{component}: what its hooks generated cannot be kept: {error}"),
    )
    .help("it is kept in .hub/generated beside hub.yaml, which must be writable")
    .into()
}

/// The verb that programs of a component know; a plan is about a deployment.
fn verb_of(verb: Verb) -> &'static str {
    if verb == Verb::Undeploy { Verb::Undeploy.name() } else { Verb::Deploy.name() }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Source: hubctl's `lifecycle.options.random.bytes`, 128 by default.
fn random_pad(component: &Component) -> RandomPad {
    use rand::Rng as _;
    let mut bytes = vec![0; component.manifest.lifecycle.random_bytes.unwrap_or(128)];
    rand::rng().fill_bytes(&mut bytes);
    RandomPad::new(bytes)
}

impl Scratch {
    /// Copies a component and prepares the environment of its hooks.
    ///
    /// # Errors
    /// There is no room, or no kubeconfig for hooks can be had.
    pub(super) async fn open(
        run: &Run,
        connection: Option<&Connection>,
        verb: Verb,
        component: &Component,
        parameters: &ParameterSet,
    ) -> Result<Self, Error> {
        let name = &component.name;
        let workspace = Workspace::create(&run.stack.dir, &component.manifest.dir)?;
        let generated = Generated::new(&run.stack.dir, run.environment.as_deref(), name);
        generated.restore(workspace.dir()).map_err(|e| unkept(name, &e))?;
        let context = HookContext {
            dir: workspace.dir().to_path_buf(),
            environment: hook_environment::variables(run, connection, verb, name, parameters, &workspace)
                .await?,
            timeout: run.settings.hook_timeout,
        };
        Ok(Self {
            context,
            exported: Mutex::default(),
            mask: mask(run, parameters),
            name: name.clone(),
            verb,
            stack_hooks: component.stack_hooks.clone(),
            own_hooks: component.manifest.hooks.clone(),
            pad: random_pad(component),
            printed: Mutex::default(),
            implementation: Implementation::Nothing,
            changes: false,
            generated,
            workspace,
        })
    }

    /// Renders the component's templates.
    ///
    /// # Errors
    /// One of them is wrong.
    pub(super) fn render_templates(
        &self,
        run: &Run,
        component: &Component,
        parameters: &ParameterSet,
    ) -> Result<(), Error> {
        let rendered = template::render(self.dir(), &component.manifest.templates, parameters)?;
        for warning in rendered.warnings {
            run.warn(Some(&self.name), warning);
        }
        Ok(())
    }

    /// The component.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// What the run does with it.
    pub(super) fn verb(&self) -> Verb {
        self.verb
    }

    /// Drops what its hooks generated, once it is undeployed.
    ///
    /// # Errors
    /// It cannot be removed.
    pub(super) fn forget_generated(&self) -> Result<(), Error> {
        self.generated.forget().map_err(|e| unkept(&self.name, &e))
    }

    /// What takes secrets out of text.
    pub(super) fn mask(&self) -> &Mask {
        &self.mask
    }

    /// A file of the scratch area that is not the component's.
    pub(super) fn outside(&self, name: &str) -> PathBuf {
        self.workspace.outside(name)
    }

    /// What hooks are started with.
    pub(super) fn hook_context(&self) -> HookContext {
        let mut context = self.context.clone();
        for (name, value) in lock(&self.exported).iter() {
            context.environment.retain(|(known, _)| known != name);
            context.environment.push((name.clone(), value.clone()));
        }
        context
    }

    /// A variable of its hooks; empty where it is not set.
    pub(super) fn variable(&self, name: &str) -> String {
        let exported = lock(&self.exported).iter().rev().find(|(n, _)| n == name).map(|(_, v)| v.clone());
        let given = || self.context.environment.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone());
        exported.or_else(given).unwrap_or_default()
    }

    /// Sets a variable for all that follows.
    pub(super) fn export(&self, name: &str, value: &str) {
        let mut exported = lock(&self.exported);
        exported.retain(|(known, _)| known != name);
        exported.push((name.to_owned(), value.to_owned()));
    }

    /// Adds lines to what its programs printed.
    pub(super) fn note_printed(&self, lines: &str) {
        lock(&self.printed).push_str(lines);
    }

    /// Where it lies.
    pub(super) fn dir(&self) -> &Path {
        self.workspace.dir()
    }

    /// What the component's own programs said so far.
    ///
    /// # Errors
    /// Secrets among it cannot be read.
    pub(super) fn raw_outputs(&self, component: &str) -> Result<RawOutputs, Error> {
        let printed = lock(&self.printed);
        RawOutputs::parse(&printed, Some(&self.pad)).map_err(|error| {
            Problem::new("hub::outputs::secrets", format!("{component}: {error}"))
                .help("`hub util otp` encodes with HUB_RANDOM, in the same run of the same component")
                .into()
        })
    }

    /// Files of well-known names are hooks, except for components that are programs. Source: hubctl's flavours.
    pub(super) fn has_file_hooks(&self) -> bool {
        !self.implementation.is_own_program()
    }

    /// Whether a program of the component did everything.
    pub(super) fn is_program(&self) -> bool {
        self.implementation.is_program()
    }

    /// Whether terraform would change something.
    pub(super) fn changes(&self) -> bool {
        self.changes
    }

    /// Settles what carries the verb out; what `hub` does not do is refused.
    ///
    /// # Errors
    /// It is none of what `hub` does.
    pub(super) fn choose(&mut self, component: &Component) -> Result<(), Error> {
        let requires = component.manifest.requires.iter().map(|r| r.value.as_str());
        self.implementation = flavour::choose(self.dir(), verb_of(self.verb), requires);
        let Implementation::Refused(what) = self.implementation else { return Ok(()) };
        let message = format!("{} is a component for {what}, which hub does not run", self.name);
        Err(Problem::new("hub::flavour::refused", message)
            .help("give it a program `deploy` (and `undeploy`), or a kustomization; docs/hubctl.md says why")
            .into())
    }

    /// Everything between the templates and the build: hooks, programs, terraform. Gives the chart of a helm component.
    ///
    /// # Errors
    /// A hook or a program fails.
    pub(super) async fn run_before_build(
        &mut self,
        run: &Run,
        parameters: &ParameterSet,
    ) -> Result<Option<PathBuf>, Error> {
        let before = if self.verb == Verb::Undeploy { Trigger::PreUndeploy } else { Trigger::PreDeploy };
        let mut chart = None;
        match self.implementation {
            Implementation::Terraform => {
                self.changes = terraform::carry_out(run, self).await?;
                return Ok(None);
            }
            Implementation::Helm => {
                self.export_tools();
                if self.verb != Verb::Undeploy {
                    let path = helm::chart(run, self, parameters).await?;
                    self.export("CHART_PATH", &path.display().to_string());
                    chart = Some(path);
                }
            }
            _ => {}
        }
        self.run_own_hooks(run, before).await?;
        if self.verb == Verb::Deploy {
            self.generated.keep(self.dir()).map_err(|e| unkept(&self.name, &e))?;
        }
        self.run_program(run).await?;
        Ok(chart)
    }

    /// `$kubectl` and `$helm`, with flags for context and namespace, as hooks of charts expect them.
    fn export_tools(&self) {
        let (context, namespace) = (self.variable("HUB_DOMAIN_NAME"), self.variable("NAMESPACE"));
        let flag = |name: &str, value: &str| {
            if value.is_empty() { String::new() } else { format!(" {name}={value}") }
        };
        let place = flag("--namespace", &namespace);
        self.export("kubectl", &format!("kubectl{}{place}", flag("--context", &context)));
        self.export("helm", &format!("helm{}{place}", flag("--kube-context", &context)));
    }
}
