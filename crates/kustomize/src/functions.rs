//! Generators and transformers that are programs (KRM functions), through whoever can run them.
//!
//! Source: api `internal/plugins/fnplugin`, `execplugin`.

/// Runs programs.
pub trait FunctionRunner {
    /// Gives a program a `ResourceList` as YAML, and takes the one that it answers.
    ///
    /// # Errors
    /// In words, why there is no answer.
    fn run(&self, request: &FunctionRequest<'_>) -> Result<String, String>;
}

/// A program to be run.
#[derive(Clone, Debug)]
pub struct FunctionRequest<'r> {
    /// The folder of the kustomization that names it.
    pub folder: &'r str,
    /// The annotation `config.kubernetes.io/function` of its configuration, as YAML.
    pub function: &'r str,
    /// The `ResourceList`, as YAML.
    pub input: &'r str,
}
