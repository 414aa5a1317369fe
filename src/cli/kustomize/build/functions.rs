//! Runs generators and transformers that are programs.
//!
//! In: what a kustomization says of a function, and a list of resources. Out: the list that the program answers.
//!
//! Source: kyaml `fn/runtime/exec/exec.go`, `runfn/runfn.go` (mergeExecEnv).

use std::path::Path;

use hub_kustomize::{FunctionRequest, FunctionRunner};
use hub_yaml::Node;

/// Programs, if they are allowed.
#[derive(Clone, Debug)]
pub(super) struct Programs {
    /// Whether programs are run.
    pub(super) enabled: bool,
    /// `NAME=VALUE` each; they count more than what the function says.
    pub(super) environment: Vec<String>,
}

impl FunctionRunner for Programs {
    fn run(&self, request: &FunctionRequest<'_>) -> Result<String, String> {
        let documents = hub_yaml::parse(request.function).map_err(|error| error.to_string())?;
        let function = documents.first().map(|document| &document.root).ok_or("its annotation is empty")?;
        let Some(exec) = function.get("exec") else {
            return Err("functions in containers and in Starlark are not run by hub: \
                make it a program, with `exec: {path: …}` in its annotation"
                .to_owned());
        };
        if !self.enabled {
            return Err("it is a program: must specify --enable-exec".to_owned());
        }
        let path = exec.get("path").and_then(Node::text).unwrap_or_default();
        let texts = |field: &str| {
            let items = exec.get(field).map_or(&[][..], Node::items);
            items.iter().filter_map(Node::text).map(str::to_owned).collect::<Vec<_>>()
        };
        let program = program(path, request.folder)?;
        let mut command = duct::cmd(program, texts("args"))
            .dir(request.folder)
            .stdin_bytes(request.input)
            .stdout_capture()
            .unchecked();
        for variable in texts("env").iter().chain(&self.environment) {
            if let Some((name, value)) = variable.split_once('=') {
                command = command.env(name, value);
            }
        }
        let output = command.run().map_err(|error| format!("cannot run '{path}': {error}"))?;
        if !output.status.success() {
            return Err(format!("'{path}' failed: {}", output.status));
        }
        String::from_utf8(output.stdout).map_err(|_| format!("'{path}' answered what is not UTF-8"))
    }
}

/// A path with a `/` starts at the folder of the kustomization, one without is looked for where programs are.
fn program(path: &str, folder: &str) -> Result<String, String> {
    match path {
        "" => Err("its annotation names no program".to_owned()),
        path if path.contains('/') => Ok(Path::new(folder).join(path).to_string_lossy().into_owned()),
        path => Ok(path.to_owned()),
    }
}
