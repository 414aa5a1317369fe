//! Saved plans: what `hub plan --out` writes, and what `hub deploy --plan` compares with.
//!
//! In: plans of a run, or a file. Out: a file, or what moved since. No value of a secret is in it: diffs are masked, and
//! contents appear as hashes under a random key. Refuses to know: how plans are made or carried out.

use std::path::{Path, PathBuf};

use hub_cluster::{Change, Fingerprint, Plan, moved};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::concealment::{mask, secret_names};
use super::{DeployOptions, Error, Overrides, Run};
use crate::parameters::ParameterSet;
use crate::stack::Request;

/// The version of the file's form.
const FORMAT: u32 = 1;

/// A plan that was saved.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SavedPlan {
    format: u32,
    /// The tool that saved it.
    tool: String,
    /// The stack.
    pub stack: String,
    /// The environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// The cluster, as users know it.
    pub target: String,
    /// What was asked for.
    pub request: SavedRequest,
    /// How it was planned.
    pub options: SavedOptions,
    /// What the command line said of parameters.
    #[serde(default)]
    pub parameters: SavedParameters,
    /// Random text that went into every hash.
    key: String,
    /// The components, in order.
    pub components: Vec<SavedComponent>,
}

/// What was asked for.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SavedRequest {
    components: Vec<String>,
    only: bool,
    offset: Option<String>,
    limit: Option<String>,
}

/// How it was planned.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SavedOptions {
    force_conflicts: bool,
    adopt: bool,
    prune: bool,
    recreate: bool,
    max_deletes: Option<usize>,
}

/// What the command line said of parameters, without what is secret.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SavedParameters {
    files: Vec<PathBuf>,
    flags: Vec<String>,
    /// Names of parameters whose values are secret: they have to be passed again.
    withheld: Vec<String>,
}

impl SavedParameters {
    /// What a run was given, without its secrets.
    #[must_use]
    pub fn of(run: &Run, given: &Overrides) -> Self {
        let secrets = secret_names(&run.stack, &run.layers);
        let mask = mask(run, &ParameterSet::default());
        let is_secret = |flag: &&String| secrets.contains(name_of(flag)) || mask.text(flag) != **flag;
        let (withheld, flags): (Vec<&String>, Vec<&String>) = given.flags.iter().partition(is_secret);
        Self {
            files: given.files.clone(),
            flags: flags.into_iter().cloned().collect(),
            withheld: withheld.into_iter().map(|flag| name_of(flag).to_owned()).collect(),
        }
    }
}

/// The parameter that a flag is about.
fn name_of(flag: &str) -> &str {
    let name = flag.split_once('=').map_or(flag, |(name, _)| name);
    name.split_once('|').map_or(name, |(name, _)| name).trim()
}

/// One component's part of a saved plan.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SavedComponent {
    /// Its name.
    pub name: String,
    /// What is to happen to each object, to be compared.
    pub objects: Vec<Fingerprint>,
    /// The same for people and programs, with masked diffs.
    pub changes: Vec<Value>,
}

impl SavedPlan {
    /// A plan with nothing in it yet.
    #[must_use]
    pub fn new(
        stack: &str,
        environment: Option<&str>,
        target: &str,
        request: &Request,
        options: &DeployOptions,
        parameters: SavedParameters,
    ) -> Self {
        let Request { components, only, offset, limit } = request.clone();
        let DeployOptions { force_conflicts, adopt, prune, recreate, max_deletes, .. } = *options;
        Self {
            format: FORMAT,
            tool: format!("hub/{}", env!("CARGO_PKG_VERSION")),
            stack: stack.to_owned(),
            environment: environment.map(ToOwned::to_owned),
            target: target.to_owned(),
            request: SavedRequest { components, only, offset, limit },
            options: SavedOptions { force_conflicts, adopt, prune, recreate, max_deletes },
            parameters,
            key: hub_cluster::random_key(),
            components: Vec::new(),
        }
    }

    /// Adds a component's plan.
    pub fn add(&mut self, name: &str, plan: &Plan) {
        let changes =
            plan.changes.iter().map(|change: &Change| serde_json::to_value(change).unwrap_or_default());
        let (objects, changes) = (plan.fingerprints(&self.key), changes.collect());
        self.components.push(SavedComponent { name: name.to_owned(), objects, changes });
    }

    /// Reads a file.
    ///
    /// # Errors
    /// It cannot be read, or is no saved plan of this form.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let refuse = |reason: String| Error::PlanFile { path: path.to_path_buf(), reason };
        let text = std::fs::read_to_string(path).map_err(|e| refuse(e.to_string()))?;
        let plan: Self = serde_json::from_str(&text)
            .map_err(|e| refuse(format!("it is no plan that `hub plan --out` saved: {e}")))?;
        if plan.format != FORMAT {
            return Err(refuse(format!(
                "its form is {}, and this hub reads {FORMAT}; plan anew",
                plan.format
            )));
        }
        Ok(plan)
    }

    /// Writes the file, for its owner's eyes only.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), Error> {
        use std::io::Write as _;
        use std::os::unix::fs::OpenOptionsExt as _;
        let refuse = |reason: String| Error::PlanFile { path: path.to_path_buf(), reason };
        let text = serde_json::to_string_pretty(self).map_err(|e| refuse(e.to_string()))?;
        let mut options = std::fs::OpenOptions::new();
        let file = options.write(true).create(true).truncate(true).mode(0o600).open(path);
        file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|e| refuse(e.to_string()))
    }

    /// What was asked for when it was saved.
    #[must_use]
    pub fn request(&self) -> Request {
        let SavedRequest { components, only, offset, limit } = self.request.clone();
        Request { components, only, offset, limit }
    }

    /// How it was planned, in place of what `options` say.
    #[must_use]
    pub fn options(&self, options: &DeployOptions) -> DeployOptions {
        let SavedOptions { force_conflicts, adopt, prune, recreate, max_deletes } = self.options;
        DeployOptions { force_conflicts, adopt, prune, recreate, max_deletes, ..options.clone() }
    }

    /// What was said of parameters when it was saved, and what is said of them now.
    ///
    /// # Errors
    /// A secret that it was made with is not given again.
    pub fn overrides(&self, path: &Path, given: Overrides) -> Result<Overrides, Error> {
        let SavedParameters { mut files, mut flags, withheld } = self.parameters.clone();
        let is_given = |name: &String| given.flags.iter().any(|flag| name_of(flag) == name);
        if let Some(name) = withheld.iter().find(|name| given.files.is_empty() && !is_given(name)) {
            let reason =
                format!("it was made with --param {name}=…, a secret that is not saved in it; pass it again");
            return Err(Error::PlanFile { path: path.to_path_buf(), reason });
        }
        files.extend(given.files);
        flags.extend(given.flags);
        Ok(Overrides { files, flags })
    }

    /// Refuses a run that is not for the stack and environment of the plan.
    ///
    /// # Errors
    /// It is for another.
    pub fn check(&self, path: &Path, stack: &str, environment: Option<&str>) -> Result<(), Error> {
        let shown = |stack: &str, environment: Option<&str>| match environment {
            Some(environment) => format!("{stack} in the environment {environment}"),
            None => stack.to_owned(),
        };
        let (wanted, found) = (shown(&self.stack, self.environment.as_deref()), shown(stack, environment));
        if wanted == found {
            return Ok(());
        }
        let reason = format!("it was made for {wanted}, and this run is for {found}");
        Err(Error::PlanFile { path: path.to_path_buf(), reason })
    }

    /// What of a component moved since the plan was saved. `lenient` once earlier components of the same run are
    /// carried out: what the server could not be asked about then is compared by what is rendered.
    #[must_use]
    pub fn moved(&self, name: &str, plan: &Plan, lenient: bool) -> Vec<String> {
        match self.components.iter().find(|one| one.name == name) {
            None => vec!["the saved plan does not have this component".to_owned()],
            Some(saved) => {
                let now = plan.fingerprints(&self.key);
                moved(&saved.objects, &now, lenient).iter().map(ToString::to_string).collect()
            }
        }
    }

    /// Components of the plan that a run no longer has.
    #[must_use]
    pub fn missing(&self, order: &[String]) -> Vec<String> {
        let names = self.components.iter().map(|one| &one.name);
        names.filter(|name| !order.contains(name)).cloned().collect()
    }
}
