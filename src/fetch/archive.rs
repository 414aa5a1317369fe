//! Archives, unpacked without trust.
//!
//! In: a tar (plain, gzip, xz, zstd) or zip file. Out: its files in a folder that was empty before; the archive's one
//! root folder is stripped. Refuses: absolute paths, `..`, links that leave the folder, devices, too many entries, too
//! many bytes, and archives that grow out of proportion.
//!
//! Source: hubctl's `files download-tar` for the stripped root.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Component, Path, PathBuf};

use super::FetchError;

/// What an archive may grow to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Entries at the most.
    pub entries: usize,
    /// Bytes of all files together at the most.
    pub bytes: u64,
    /// How many times its own size the content may have, beyond `ratio_floor` bytes.
    pub ratio: u64,
    /// Bytes that are always fine, whatever the ratio.
    pub ratio_floor: u64,
}

impl Default for Limits {
    /// Manifests compress to a tenth or a twentieth of their size; far beyond that it is an attack.
    fn default() -> Self {
        Self { entries: 100_000, bytes: 2 << 30, ratio: 60, ratio_floor: 256 << 10 }
    }
}

/// Unpacks `archive`, shown as `name`, into the folder `target`, which must not exist yet.
///
/// # Errors
/// The archive is damaged or refused; `target` does not exist then.
pub fn unpack(archive: &Path, name: &str, target: &Path, limits: Limits) -> Result<(), FetchError> {
    let store = |source| FetchError::Store { path: target.to_path_buf(), source };
    let parent = target.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent).map_err(store)?;
    let staging = tempfile::Builder::new().prefix(".unpack-").tempdir_in(parent).map_err(store)?;
    let unpacked = staging.path().join("content");
    std::fs::create_dir(&unpacked).map_err(store)?;
    let result = Unpacking::open(archive, &unpacked, limits).and_then(|mut u| u.run());
    result.map_err(|error| FetchError::Archive { archive: name.to_owned(), reason: error.to_string() })?;
    std::fs::rename(single_root(&unpacked).map_err(store)?, target).map_err(store)
}

/// The one folder that holds everything, or the folder itself.
fn single_root(dir: &Path) -> io::Result<PathBuf> {
    let entries = std::fs::read_dir(dir)?.collect::<io::Result<Vec<_>>>()?;
    match entries.as_slice() {
        [only] if only.file_type()?.is_dir() => Ok(only.path()),
        _ => Ok(dir.to_path_buf()),
    }
}

struct Unpacking<'a> {
    archive: &'a Path,
    target: &'a Path,
    limits: Limits,
    allowed: u64,
    written: u64,
    entries: usize,
}

impl<'a> Unpacking<'a> {
    fn open(archive: &'a Path, target: &'a Path, limits: Limits) -> io::Result<Self> {
        let size = std::fs::metadata(archive)?.len();
        let allowed = limits.bytes.min(limits.ratio_floor.max(size.saturating_mul(limits.ratio)));
        Ok(Self { archive, target, limits, allowed, written: 0, entries: 0 })
    }

    fn run(&mut self) -> io::Result<()> {
        let mut file = BufReader::new(File::open(self.archive)?);
        let magic = file.fill_buf()?.to_vec();
        match magic.as_slice() {
            [0x1f, 0x8b, ..] => self.tar(flate2::bufread::MultiGzDecoder::new(file)),
            [0xfd, b'7', b'z', b'X', b'Z', ..] => self.tar(liblzma::bufread::XzDecoder::new(file)),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => self.tar(zstd::Decoder::with_buffer(file)?),
            [b'P', b'K', 3 | 5, ..] => self.zip(File::open(self.archive)?),
            _ => self.tar(file),
        }
    }

    fn tar(&mut self, reader: impl Read) -> io::Result<()> {
        // The decoder itself is bounded too: headers and padding are bytes as well.
        let bounded = reader.take(self.allowed.saturating_add(self.limits.ratio_floor).saturating_mul(2));
        let mut archive = tar::Archive::new(bounded);
        for entry in archive.entries()? {
            let mut entry = entry?;
            let kind = entry.header().entry_type();
            if kind.is_pax_global_extensions() {
                continue;
            }
            self.count()?;
            let path = inside(&entry.path()?)?;
            let mode = entry.header().mode().unwrap_or(0o644);
            if kind.is_dir() {
                self.directory(&path)?;
            } else if kind.is_symlink() || kind.is_hard_link() {
                let link = entry.link_name()?.ok_or_else(|| refuse("a link without a target"))?.into_owned();
                self.link(&path, &link, kind.is_hard_link())?;
            } else if kind.is_file() || kind.is_contiguous() {
                self.file(&path, mode, &mut entry)?;
            } else {
                return Err(refuse(&format!("{} is neither a file, a folder nor a link", path.display())));
            }
        }
        Ok(())
    }

    fn zip(&mut self, file: File) -> io::Result<()> {
        let mut archive = zip::ZipArchive::new(file)?;
        for index in 0..archive.len() {
            let mut entry = archive.by_index(index)?;
            self.count()?;
            let path = inside(Path::new(entry.name()?.as_ref()))?;
            let mode = entry.unix_mode().unwrap_or(0o644);
            if entry.is_dir() {
                self.directory(&path)?;
            } else if entry.is_symlink() {
                let mut link = String::new();
                (&mut entry).take(4096).read_to_string(&mut link)?;
                self.link(&path, Path::new(&link), false)?;
            } else {
                self.file(&path, mode, &mut entry)?;
            }
        }
        Ok(())
    }

    fn count(&mut self) -> io::Result<()> {
        self.entries += 1;
        if self.entries > self.limits.entries {
            return Err(refuse(&format!("it has more than {} entries", self.limits.entries)));
        }
        Ok(())
    }

    fn directory(&self, path: &Path) -> io::Result<()> {
        self.parents_are_folders(path)?;
        std::fs::create_dir_all(self.target.join(path))
    }

    fn file(&mut self, path: &Path, mode: u32, content: &mut dyn Read) -> io::Result<()> {
        self.parents_are_folders(path)?;
        let full = self.target.join(path);
        if let Some(parent) = full.parent() {
            std::fs::create_dir_all(parent)?;
        }
        if full.symlink_metadata().is_ok() {
            std::fs::remove_file(&full)?;
        }
        let mut out = File::create_new(&full)?;
        let left = self.allowed - self.written;
        let copied = io::copy(&mut content.take(left + 1), &mut out)?;
        if copied > left {
            return Err(refuse(&format!(
                "it unpacks to more than {} bytes, {} times its own size",
                self.allowed, self.limits.ratio
            )));
        }
        self.written += copied;
        set_mode(&full, mode)
    }

    fn link(&self, path: &Path, link: &Path, hard: bool) -> io::Result<()> {
        self.parents_are_folders(path)?;
        let base = if hard { Path::new("") } else { path.parent().unwrap_or(Path::new("")) };
        let leaves =
            || refuse(&format!("the link {} leads out of it, to {}", path.display(), link.display()));
        let target = resolve(base, link).ok_or_else(leaves)?;
        let full = self.target.join(path);
        if let Some(parent) = full.parent() {
            std::fs::create_dir_all(parent)?;
        }
        if hard {
            self.parents_are_folders(&target)?;
            return std::fs::hard_link(self.target.join(target), full);
        }
        symlink(link, &full)
    }

    /// No entry is written through a link that an earlier entry made.
    fn parents_are_folders(&self, path: &Path) -> io::Result<()> {
        let mut current = self.target.to_path_buf();
        for part in path.parent().into_iter().flat_map(Path::components) {
            current.push(part);
            match current.symlink_metadata() {
                Ok(metadata) if !metadata.is_dir() => {
                    return Err(refuse(&format!(
                        "{} lies below something that is no folder",
                        path.display()
                    )));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// The path of an entry, if it stays inside.
fn inside(path: &Path) -> io::Result<PathBuf> {
    let outside = || refuse(&format!("{} would land outside", path.display()));
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => clean.push(name),
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return Err(outside()),
        }
    }
    Ok(clean)
}

/// Where a link leads, relative to the root; `None` when that is outside.
fn resolve(base: &Path, link: &Path) -> Option<PathBuf> {
    let mut resolved = base.to_path_buf();
    for part in link.components() {
        match part {
            Component::Normal(name) => resolved.push(name),
            Component::CurDir => {}
            Component::ParentDir if !resolved.pop() => return None,
            Component::ParentDir => {}
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(resolved)
}

fn refuse(reason: &str) -> io::Error {
    io::Error::other(reason.to_owned())
}

#[cfg(unix)]
fn symlink(link: &Path, at: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(link, at)
}

#[cfg(not(unix))]
fn symlink(_: &Path, at: &Path) -> io::Result<()> {
    Err(refuse(&format!("{} is a link, which this system cannot make", at.display())))
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode & 0o777 | 0o600))
}

#[cfg(not(unix))]
fn set_mode(_: &Path, _: u32) -> io::Result<()> {
    Ok(())
}
