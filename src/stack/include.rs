//! Files of parameters that a stack includes.
//!
//! In: `extensions.include` of a stack, followed from file to file. Out: [`Included`], in the order in which files count.
//! Refuses to know: what parameters mean.
//!
//! Source: hubctl's `hub-stack-init`, which gathers `extensions.include` recursively.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::diagnostic::{Problem, Problems, shown};
use crate::manifest::{IncludedFile, Located, OutputDeclaration, ParameterDeclaration};

/// What included files say.
#[derive(Clone, Debug, Default)]
pub(super) struct Included {
    pub(super) parameters: Vec<Vec<ParameterDeclaration>>,
    pub(super) outputs: Vec<OutputDeclaration>,
    pub(super) warnings: Vec<Problem>,
    seen: BTreeSet<PathBuf>,
}

impl Included {
    /// Reads files, named relative to `dir`, and those that they include.
    pub(super) fn add_all(&mut self, files: &[Located], dir: &Path, base: &Path, problems: &mut Problems) {
        for file in files {
            let path = dir.join(&file.value);
            if !path.is_file() {
                problems.push(
                    Problem::new("hub::stack::include", format!("there is no file {}", shown(&path, base)))
                        .help("files under `extensions: {include: […]}` are relative to the file that names them")
                        .at(file.place.clone()),
                );
                continue;
            }
            if !self.seen.insert(path.canonicalize().unwrap_or_else(|_| path.clone())) {
                continue;
            }
            match IncludedFile::load(&path, base) {
                Ok(mut included) => {
                    self.parameters.push(included.parameters);
                    self.outputs.append(&mut included.outputs);
                    self.warnings.append(&mut included.warnings);
                    let below = path.parent().unwrap_or(dir).to_path_buf();
                    self.add_all(&included.includes, &below, base, problems);
                }
                Err(found) => problems.0.extend(found.0),
            }
        }
    }
}
