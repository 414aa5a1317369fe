//! Edits kustomization files in place, as `kustomize edit` and `kustomize create` do.
//!
//! In: the text of a kustomization file, a [`Request`], and the [`Folder`] that the file is in. Out: [`Edited`]: the same
//! text as the original would write, and remarks. Nothing is written and nothing is built here.
//!
//! ```
//! use hub_kustomize::edit::{DiskFolder, Request, Set, edit};
//!
//! let request = Request::Set(Set::Namespace("staging".into()));
//! let folder = DiskFolder::new(".");
//! let edited = edit("# ours\nnamePrefix: a-\n", "kustomization.yaml", &request, &folder)?;
//! assert_eq!(
//!     edited.text.as_deref(),
//!     Some(
//!         "# ours\nnamePrefix: a-\napiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nnamespace: staging\n"
//!     )
//! );
//! # Ok::<(), hub_kustomize::edit::Error>(())
//! ```
//!
//! Source: `commands/edit`, `commands/create` of kustomize v5.8.1.

mod add;
mod create;
mod decode;
mod error;
mod fix;
mod folder;
mod generator_sources;
mod generators;
mod image;
mod kustomization_file;
mod metadata;
mod pattern;
mod remove;
mod resource_paths;
mod resources;
mod schema;
mod set;
mod vars;

pub use add::{Add, PatchReference};
pub use create::{Create, create};
pub use error::{Error, Result};
pub use folder::{DiskFolder, Folder};
pub use generators::{GeneratorChange, GeneratorValues};
pub use remove::Remove;
pub use set::Set;

use self::kustomization_file::KustomizationFile;
use crate::FILE_NAMES;

/// The name of the kustomization file in a folder.
///
/// # Errors
/// There is none, or more than one.
pub fn file_name(folder: &dyn Folder) -> Result<&'static str> {
    let there: Vec<&'static str> = FILE_NAMES.into_iter().filter(|name| folder.exists(name)).collect();
    match there[..] {
        [] => Err(Error::NoKustomization),
        [only] => Ok(only),
        _ => Err(Error::SeveralKustomizations { names: there.into_iter().map(str::to_owned).collect() }),
    }
}

/// What is to be changed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Request {
    /// `edit add`
    Add(Add),
    /// `edit remove`
    Remove(Remove),
    /// `edit set`
    Set(Set),
    /// `edit fix`: moves what is in deprecated fields to those that stand for them now.
    Fix {
        /// Whether `vars` become `replacements`, which changes resource files too.
        vars: bool,
    },
}

/// What an edit gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edited {
    /// The new text of the kustomization file; None if the file stays as it is.
    pub text: Option<String>,
    /// Other files that change: path and new content.
    pub files: Vec<(String, Vec<u8>)>,
    /// What to tell whoever asked.
    pub remarks: Vec<String>,
}

/// Edits the text of a kustomization file; `file` is its name, for messages and because it is no resource of itself.
///
/// # Errors
/// The request makes no sense, names what is not there, or adds what is there already; the file does not say what it should.
pub fn edit(text: &str, file: &str, request: &Request, folder: &dyn Folder) -> Result<Edited> {
    let mut edit = Edit { file, folder, remarks: Vec::new(), files: Vec::new() };
    let mut kustomization = KustomizationFile::parse(text, file)?;
    let changed = match request {
        Request::Add(add) => add.apply(&mut kustomization, &mut edit)?,
        Request::Remove(remove) => remove.apply(&mut kustomization, &mut edit)?,
        Request::Set(set) => set.apply(&mut kustomization, &mut edit)?,
        Request::Fix { vars } => {
            fix::apply(&mut kustomization, &mut edit, *vars)?;
            Changed::Yes
        }
    };
    let text = match changed {
        Changed::Yes => Some(kustomization.print()?),
        Changed::No => None,
    };
    Ok(Edited { text, files: edit.files, remarks: edit.remarks })
}

/// What an edit works with besides the file's fields.
struct Edit<'e> {
    file: &'e str,
    folder: &'e dyn Folder,
    remarks: Vec<String>,
    files: Vec<(String, Vec<u8>)>,
}

/// Whether the file is to be written. It may differ even if nothing was added: each writing prints all fields anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Changed {
    Yes,
    No,
}
