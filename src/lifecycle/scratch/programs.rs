//! Hooks and programs of a component: found, run, and what they printed kept.
//!
//! In: a scratch copy and a trigger. Out: outputs and exported variables, kept in the scratch copy. Refuses to know: what
//! comes before and after.

use std::path::PathBuf;

use super::{Scratch, verb_of};
use crate::flavour::{self, Export, Implementation};
use crate::hooks::{self, Trigger};
use crate::lifecycle::download::blocking;
use crate::lifecycle::run::Run;
use crate::lifecycle::{Error, Event, Verb};
use crate::manifest::HookDeclaration;
use crate::stack::Component;

impl Scratch {
    /// The component's own hooks at a trigger: those that its manifest declares, then the file of that name.
    ///
    /// # Errors
    /// One of them fails.
    pub(in crate::lifecycle) async fn run_own_hooks(&self, run: &Run, trigger: Trigger) -> Result<(), Error> {
        self.run_hooks(run, trigger, &self.own_hooks, self.has_file_hooks()).await
    }

    /// The hooks of the stack for it.
    ///
    /// # Errors
    /// One of them fails.
    pub(in crate::lifecycle) async fn run_stack_hooks(
        &self,
        run: &Run,
        trigger: Trigger,
    ) -> Result<(), Error> {
        self.run_hooks(run, trigger, &self.stack_hooks, false).await
    }

    /// The executable file of a trigger's name alone.
    ///
    /// # Errors
    /// It fails.
    pub(in crate::lifecycle) async fn run_file_hook(&self, run: &Run, trigger: Trigger) -> Result<(), Error> {
        match hooks::find_file(trigger, self.dir()) {
            Some(hook) => self.run_hook(run, trigger, hook, true).await,
            None => Ok(()),
        }
    }

    /// A program whose output may hold outputs.
    ///
    /// # Errors
    /// It fails.
    pub(in crate::lifecycle) async fn run_program_hook(
        &self,
        run: &Run,
        trigger: Trigger,
        hook: hooks::Hook,
    ) -> Result<(), Error> {
        self.run_hook(run, trigger, hook, true).await
    }

    /// A program whose output is shown and no more.
    ///
    /// # Errors
    /// It fails.
    pub(in crate::lifecycle) async fn run_silent(
        &self,
        run: &Run,
        trigger: Trigger,
        hook: hooks::Hook,
    ) -> Result<(), Error> {
        self.run_hook(run, trigger, hook, false).await
    }

    /// What a program prints; only what it says on standard error is shown.
    ///
    /// # Errors
    /// It fails.
    pub(in crate::lifecycle) async fn capture(
        &self,
        run: &Run,
        name: &str,
        program: PathBuf,
        arguments: Vec<String>,
    ) -> Result<String, Error> {
        let hook = hooks::Hook {
            name: name.to_owned(),
            path: program,
            arguments,
            timeout: None,
            ignore_errors: false,
        };
        let (context, cancel, mask) = (self.hook_context(), run.cancel.clone(), self.mask.clone());
        let (listener, component, shown) = (run.listener.clone(), self.name.clone(), name.to_owned());
        let result = blocking("running a program", move || {
            hooks::run(&hook, &context, &cancel, &|stream, line| {
                if stream == hooks::HookStream::Stderr {
                    let (component, hook) = (component.clone(), shown.clone());
                    listener.on_event(&Event::HookLine { component, hook, stream, line: mask.text(line) });
                }
            })
        })
        .await?;
        result.map(|output| output.stdout).map_err(|error| self.masked(error).into())
    }

    /// Runs the component's own program for the verb, if it has one; a plan only says so.
    pub(in crate::lifecycle) async fn run_program(&self, run: &Run) -> Result<(), Error> {
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
    pub(in crate::lifecycle) async fn run_post_hooks(&self, run: &Run) -> Result<(), Error> {
        let trigger = if self.verb == Verb::Undeploy { Trigger::PostUndeploy } else { Trigger::PostDeploy };
        self.run_own_hooks(run, trigger).await?;
        self.run_stack_hooks(run, trigger).await
    }

    /// Whether any hook would run at a trigger.
    pub(in crate::lifecycle) fn has_hooks(component: &Component, triggers: [Trigger; 2]) -> bool {
        let declared = [&component.stack_hooks, &component.manifest.hooks];
        triggers.into_iter().any(|trigger| {
            let dir = &component.manifest.dir;
            declared.iter().any(|hooks| !hooks.is_empty())
                || hooks::find(trigger, dir, dir, &[], "", true).is_ok_and(|hooks| !hooks.is_empty())
        })
    }

    /// Whether a program of the component's own directory carries an undeployment out.
    pub(in crate::lifecycle) fn has_undeploy_program(component: &Component) -> bool {
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
        let (mut context, cancel) = (self.hook_context(), run.cancel.clone());
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
                if own && self.exports_at(trigger) {
                    self.take_exports(run, &name, &output.stdout);
                } else if own {
                    self.note_printed(&output.stdout);
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

    /// Whether hooks at a trigger set variables by what they print, which then holds no outputs.
    fn exports_at(&self, trigger: Trigger) -> bool {
        match self.implementation {
            Implementation::Helm => trigger == Trigger::PreDeploy,
            Implementation::Terraform => {
                matches!(trigger, Trigger::PreInit | Trigger::PreDeploy | Trigger::PreUndeploy)
            }
            _ => false,
        }
    }

    fn take_exports(&self, run: &Run, hook: &str, printed: &str) {
        for export in flavour::exports(printed, &|name| Some(self.variable(name))) {
            match export {
                Export::Variable(name, value) => self.export(&name, &value),
                Export::Refused(line) => {
                    let line = self.mask.text(&line);
                    run.warn(Some(&self.name), format!("{hook} prints `{line}`, which sets nothing: hub runs no commands out of such lines"));
                }
            }
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
