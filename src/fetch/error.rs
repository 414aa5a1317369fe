//! Why something could not be fetched or unpacked.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use miette::Diagnostic;
use thiserror::Error;

/// Why something could not be fetched or unpacked. URLs in it carry no password.
#[derive(Debug, Error, Diagnostic)]
#[non_exhaustive]
pub enum FetchError {
    /// The word names nothing that can be fetched.
    #[error("cannot fetch `{text}`: {reason}")]
    #[diagnostic(
        code(hub::fetch::source),
        help("name an http(s) URL, a file URL, or a path relative to the component")
    )]
    Source {
        /// The word.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    #[diagnostic(code(hub::fetch::file), help("paths are relative to the component's directory"))]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The server could not be reached, or broke off.
    #[error("cannot download {url}: {reason} ({tries} tries)")]
    #[diagnostic(
        code(hub::fetch::network),
        help("check the network and proxy settings; what was fetched before is used with --offline")
    )]
    Network {
        /// The URL.
        url: String,
        /// What went wrong, with the cause.
        reason: String,
        /// How often it was tried.
        tries: u32,
    },
    /// The server did not answer in time.
    #[error("cannot download {url}: no answer within {} s ({tries} tries)", timeout.as_secs_f64())]
    #[diagnostic(code(hub::fetch::timeout), help("give it more time with --fetch-timeout"))]
    Timeout {
        /// The URL.
        url: String,
        /// How long each try waited.
        timeout: Duration,
        /// How often it was tried.
        tries: u32,
    },
    /// The server answered, but not with the content.
    #[error("cannot download {url}: the server answers {status} ({tries} {})", if *tries == 1 { "try" } else { "tries" })]
    #[diagnostic(code(hub::fetch::status))]
    Status {
        /// The URL.
        url: String,
        /// The code and its words.
        status: String,
        /// How often it was tried.
        tries: u32,
        /// What to do next.
        #[help]
        help: &'static str,
    },
    /// A redirect from https to http.
    #[error("cannot download {url}: it redirects to plain http, {target}")]
    #[diagnostic(code(hub::fetch::downgrade), help("name the final address, if you trust it"))]
    Downgrade {
        /// The URL.
        url: String,
        /// Where it would lead.
        target: String,
    },
    /// The content is larger than allowed.
    #[error("{url} is larger than {limit} bytes")]
    #[diagnostic(code(hub::fetch::size))]
    TooLarge {
        /// The URL.
        url: String,
        /// Bytes allowed.
        limit: u64,
    },
    /// The content is not what was fetched before.
    #[error(
        "{url} is not what hub.lock has: expected sha256 {expected} ({expected_size} bytes), found {found} ({found_size} bytes)"
    )]
    #[diagnostic(
        code(hub::fetch::digest),
        help(
            "the content behind the URL has changed, or was tampered with; if the change is wanted, run `hub fetch --update`"
        )
    )]
    Digest {
        /// The URL.
        url: String,
        /// The digest in the lock file.
        expected: String,
        /// The size in the lock file.
        expected_size: u64,
        /// The digest of what was downloaded.
        found: String,
        /// The size of what was downloaded.
        found_size: u64,
    },
    /// The content is of another sort than asked for.
    #[error("{name} is not {wanted}: {reason}")]
    #[diagnostic(code(hub::fetch::content))]
    Content {
        /// The URL or path.
        name: String,
        /// What was asked for.
        wanted: &'static str,
        /// How it shows.
        reason: String,
        /// What to do next.
        #[help]
        help: &'static str,
    },
    /// Not in the cache, and the network is not to be used.
    #[error("{url} was never fetched, and --offline forbids the network")]
    #[diagnostic(code(hub::fetch::offline), help("run `hub fetch` once while online"))]
    Offline {
        /// The URL.
        url: String,
    },
    /// An entry of an archive would land outside its folder, or is of a sort that is not unpacked.
    #[error("the archive {archive} is refused: {reason}")]
    #[diagnostic(code(hub::fetch::archive), help("nothing of it was unpacked; ask whoever made the archive"))]
    Archive {
        /// The archive.
        archive: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A folder that a component asks for is not in its archive.
    #[error("the archive {archive} has no folder {subpath}")]
    #[diagnostic(code(hub::fetch::subpath))]
    Subpath {
        /// The archive.
        archive: String,
        /// The folder.
        subpath: String,
        /// Folders that it has.
        #[help]
        help: String,
    },
    /// The cache or the lock file cannot be read or written.
    #[error("cannot use {}: {source}", path.display())]
    #[diagnostic(code(hub::fetch::store))]
    Store {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The lock file has something else in it.
    #[error("{} is not a lock file of hub: {reason}", path.display())]
    #[diagnostic(
        code(hub::fetch::lock_file),
        help("restore it from version control, or delete it and run `hub fetch`")
    )]
    LockFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A repository could not be copied.
    #[error("cannot copy the repository {url}: {reason}")]
    #[diagnostic(
        code(hub::fetch::repository),
        help("`git fetch {url}` by hand shows whether the address, the reference and your access are right")
    )]
    Repository {
        /// Its address.
        url: String,
        /// What went wrong.
        reason: String,
    },
    /// A reference is another commit than the lock file has.
    #[error("{reference} of {url} has moved: hub.lock has the commit {expected}, it is {found} now")]
    #[diagnostic(
        code(hub::fetch::moved),
        help(
            "if the change is wanted, `hub fetch --update` pins the new commit; a commit as reference never moves"
        )
    )]
    Moved {
        /// The repository's address.
        url: String,
        /// The branch or tag.
        reference: String,
        /// The commit in the lock file.
        expected: String,
        /// The commit that the reference is now.
        found: String,
    },
    /// The run was interrupted.
    #[error("interrupted while downloading {url}")]
    #[diagnostic(code(hub::interrupted))]
    Interrupted {
        /// The URL.
        url: String,
    },
}
