//! Images on command lines.
//!
//! Source: `commands/edit/set/setimage.go`, api `internal/image/image.go` (Split).

use std::collections::BTreeMap;

use hub_yaml::Node;

use super::{
    decode,
    error::{Error, Result},
    kustomization_file::KustomizationFile,
};

/// In place of a part: what the file has for it.
const KEEP: &str = "*";

const FIELDS: [&str; 3] = ["newName", "newTag", "digest"];

/// An entry of `images`; what is empty is left out.
#[derive(Clone, Debug, Default)]
struct Image {
    name: String,
    /// Values of [`FIELDS`].
    parts: [String; 3],
    tag_suffix: String,
}

/// Sets images; they end up sorted by name. Of images in the file that share a name, the first one counts.
///
/// # Errors
/// An argument has none of the forms.
pub(super) fn set(file: &mut KustomizationFile, arguments: &[String]) -> Result<()> {
    if arguments.is_empty() {
        return Err(Error::request("no image specified"));
    }
    let mut images: BTreeMap<String, Image> = BTreeMap::new();
    for argument in arguments {
        let image = Image::parse(argument)?;
        images.insert(image.name.clone(), image);
    }
    for old in file.items("images").iter().map(Image::of_node) {
        match images.get_mut(&old.name) {
            Some(image) => image.keep_from(&old),
            None => {
                images.insert(old.name.clone(), old);
            }
        }
    }
    let nothing = Image::default();
    let nodes = images.into_values().map(|mut image| {
        image.keep_from(&nothing);
        image.node()
    });
    *file.items_mut("images") = nodes.collect();
    Ok(())
}

impl Image {
    fn parse(argument: &str) -> Result<Self> {
        let (key, value) = argument.split_once('=').unwrap_or(("", argument));
        let (name, tag, digest) = split(value);
        if name == argument {
            return Err(Error::request(format!(
                "invalid format of image '{argument}', use one of the following options:
- <image>=<newimage>:<newtag>
- <image>=<newimage>@<digest>
- <image>=<newimage>:<newtag>@<digest>
- <image>=<newimage>
- <image>:<newtag>
- <image>:<newtag>@<digest>
- <image>@<digest>"
            )));
        }
        let (name, new_name) = if key.is_empty() { (name, "") } else { (key, name) };
        let parts = [new_name, tag, digest].map(str::to_owned);
        Ok(Self { name: name.to_owned(), parts, tag_suffix: String::new() })
    }

    fn of_node(node: &Node) -> Self {
        let text = |field: &str| node.get(field).and_then(Node::text).unwrap_or_default().to_owned();
        Self { name: text("name"), parts: FIELDS.map(text), tag_suffix: text("tagSuffix") }
    }

    /// Takes parts that are to be kept from another image.
    fn keep_from(&mut self, other: &Image) {
        for (part, kept) in self.parts.iter_mut().zip(&other.parts) {
            if part == KEEP {
                part.clone_from(kept);
                self.tag_suffix.clear();
            }
        }
    }

    fn node(&self) -> Node {
        let named = [("name", &self.name), ("tagSuffix", &self.tag_suffix)];
        let fields = named.into_iter().chain(FIELDS.into_iter().zip(&self.parts));
        let filled = fields.filter(|(_, value)| !value.is_empty());
        decode::mapping(filled.map(|(name, value)| (name, decode::text(value))).collect())
    }
}

/// Name, tag and digest of an image; a port in the name is no tag.
fn split(image: &str) -> (&str, &str, &str) {
    let path = image.find('/').unwrap_or(0);
    let find = |mark: char| image[path..].find(mark).map(|at| at + path);
    match (find(':'), find('@')) {
        (None, None) => (image, "", ""),
        (Some(tag), Some(digest)) if tag < digest => {
            (&image[..tag], &image[tag + 1..digest], &image[digest + 1..])
        }
        (Some(tag), None) => (&image[..tag], &image[tag + 1..], ""),
        (_, Some(digest)) => (&image[..digest], "", &image[digest + 1..]),
    }
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn images_are_split_as_by_kustomize() {
        for (image, parts) in [
            ("nginx", ("nginx", "", "")),
            ("nginx:1.2", ("nginx", "1.2", "")),
            ("nginx@sha256:ab", ("nginx", "", "sha256:ab")),
            ("nginx:1@sha256:ab", ("nginx", "1", "sha256:ab")),
            ("host:5000/nginx", ("host:5000/nginx", "", "")),
            ("host:5000/a/nginx:1", ("host:5000/a/nginx", "1", "")),
        ] {
            assert_eq!(split(image), parts, "{image}");
        }
    }
}
