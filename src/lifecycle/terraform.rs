//! Components that terraform carries out: initialised, planned, and, unless the run is a plan, applied.
//!
//! In: a scratch copy. Out: whether anything changes, and outputs. A plan never applies; hubctl's `--dry` does.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::run::Run;
use super::scratch::Scratch;
use super::{Error, Verb};
use crate::diagnostic::Problem;
use crate::flavour::terraform::{self, Backend, BackendError};
use crate::hooks::{Hook, Trigger};

/// The exit code of `terraform plan -detailed-exitcode` when something changes.
const CHANGES: i32 = 2;

/// Everything but the hooks after it; true where something changes.
///
/// # Errors
/// Variables are missing, a hook or terraform fails.
pub(super) async fn carry_out(run: &Run, scratch: &Scratch) -> Result<bool, Error> {
    let destroys = scratch.verb() == Verb::Undeploy;
    for (old, new) in terraform::RENAMED {
        // Both names are there for the component's files, as with hubctl.
        let (given, known) = (scratch.variable(old), scratch.variable(new));
        let value = if given.is_empty() { known } else { given };
        if !value.is_empty() {
            scratch.export(old, &value);
            scratch.export(new, &value);
        }
    }
    let backend = terraform::backend(scratch.dir(), &|name| scratch.variable(name))
        .map_err(|error| refused(scratch, &error))?;
    let data = run
        .stack
        .dir
        .canonicalize()
        .unwrap_or_else(|_| run.stack.dir.clone())
        .join(".hub/terraform")
        .join(scratch.name());
    let keep = |name: &str, value: &str| {
        if scratch.variable(name).is_empty() {
            scratch.export(name, value);
        }
    };
    keep("TF_DATA_DIR", &data.display().to_string());
    keep("TF_INPUT", "0");
    keep("TF_IN_AUTOMATION", "true");
    scratch.run_file_hook(run, Trigger::PreInit).await?;
    write_backend(scratch, &backend)?;
    let program = program(run, scratch).await?;
    scratch.export("terraform", &program.display().to_string());
    let mut init = words(&["init", "-get=true", "-reconfigure", "-force-copy", "-no-color"]);
    init.extend(backend.config);
    step(run, scratch, &program, "terraform init", init).await?;
    let before = if destroys { Trigger::PreUndeploy } else { Trigger::PreDeploy };
    scratch.run_own_hooks(run, before).await?;
    if scratch.verb() != Verb::Plan {
        // Source: hubctl goes on where an import fails: what is imported may be in the state already.
        if let Err(error) = scratch.run_file_hook(run, Trigger::Import).await {
            if error.kind() == super::Kind::Interrupted {
                return Err(error);
            }
            run.warn(Some(scratch.name()), format!("{error}; it is ignored, as by hubctl"));
        }
    }
    let file = scratch.outside("terraform.tfplan");
    let mut plan = words(&["plan", "-input=false", "-no-color", "-detailed-exitcode"]);
    plan.push(format!("-out={}", file.display()));
    plan.extend(terraform::var_files(scratch.dir()));
    if destroys {
        plan.push("-destroy".to_owned());
    }
    let changes = match step(run, scratch, &program, "terraform plan", plan).await {
        Ok(()) => false,
        Err(Error::Hook(crate::hooks::HookError::Failed { code: CHANGES, .. })) => true,
        Err(error) => return Err(error),
    };
    if scratch.verb() == Verb::Plan {
        return Ok(changes);
    }
    if changes {
        let mut apply = words(&["apply", "-input=false", "-no-color", "-auto-approve"]);
        apply.push(file.display().to_string());
        step(run, scratch, &program, "terraform apply", apply).await?;
    }
    if !destroys {
        let json = scratch
            .capture(run, "terraform output", program, words(&["output", "-json", "-no-color"]))
            .await?;
        let json: Value = serde_json::from_str(&json).map_err(|e| broken(scratch, &e.to_string()))?;
        let (lines, files) = terraform::outputs(&json, scratch.dir());
        for (path, text) in files {
            std::fs::write(&path, text).map_err(|e| broken(scratch, &format!("{}: {e}", path.display())))?;
        }
        scratch.note_printed(&lines);
    }
    Ok(changes)
}

async fn step(
    run: &Run,
    scratch: &Scratch,
    program: &Path,
    name: &str,
    arguments: Vec<String>,
) -> Result<(), Error> {
    let hook = Hook {
        name: name.to_owned(),
        path: program.to_path_buf(),
        arguments,
        timeout: None,
        ignore_errors: false,
    };
    let trigger = if scratch.verb() == Verb::Undeploy { Trigger::Undeploy } else { Trigger::Deploy };
    scratch.run_silent(run, trigger, hook).await
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// `TERRAFORM_BIN`, or `terraform`; with `TERRAFORM_VERSION`, one of that version.
async fn program(run: &Run, scratch: &Scratch) -> Result<PathBuf, Error> {
    let given = scratch.variable("TERRAFORM_BIN");
    let program = PathBuf::from(if given.is_empty() { "terraform".to_owned() } else { given });
    let wanted = scratch.variable("TERRAFORM_VERSION");
    if wanted.is_empty() {
        return Ok(program);
    }
    let said = scratch.capture(run, "terraform version", program.clone(), words(&["version"])).await?;
    if said.contains(&wanted) {
        return Ok(program);
    }
    let versioned = format!("terraform-v{wanted}");
    let path = scratch.variable("PATH");
    if path.split(':').any(|folder| Path::new(folder).join(&versioned).is_file()) {
        return Ok(PathBuf::from(versioned));
    }
    let message = format!("{}: there is no terraform {wanted}", scratch.name());
    Err(Problem::new("hub::flavour::terraform", message)
        .help(format!("neither {} is of TERRAFORM_VERSION, nor is there a {versioned} on the PATH; name one with TERRAFORM_BIN", program.display()))
        .into())
}

fn write_backend(scratch: &Scratch, backend: &Backend) -> Result<(), Error> {
    let Some(kind) = backend.kind else { return Ok(()) };
    let path = scratch.dir().join("_backend.tf");
    if path.exists() {
        return Ok(());
    }
    let text = format!("terraform {{\n  backend \"{kind}\" {{}}\n}}\n");
    std::fs::write(&path, text).map_err(|e| broken(scratch, &format!("{}: {e}", path.display())))
}

fn broken(scratch: &Scratch, reason: &str) -> Error {
    Problem::new("hub::flavour::terraform", format!("{}: {reason}", scratch.name())).into()
}

fn refused(scratch: &Scratch, error: &BackendError) -> Error {
    let (what, help) = match error {
        BackendError::Unset(names) => (
            format!("it needs {}", names.join(", ")),
            "set them in the environment, or as `env` of parameters; they say where terraform keeps its state".to_owned(),
        ),
        BackendError::Provider(other) => (
            format!("HUB_CLOUD_PROVIDER is `{other}`"),
            "it is one of aws, azure, gcp; or give the configuration a `backend` of its own".to_owned(),
        ),
    };
    Problem::new(
        "hub::flavour::terraform",
        format!("{} is carried out by terraform, and {what}", scratch.name()),
    )
    .help(help)
    .into()
}
