//! `images`
//!
//! Source: api `internal/builtins/ImageTagTransformer.go`, `filters/imagetag`, `internal/image/image.go`.

use hub_yaml::{Node, Tag, Value};

use super::{Source, Transform, labels::describe};
use crate::{
    error::{Error, Result},
    field_spec::{FieldSpec, SetResult, set_scalar, wrong_kind},
    kustomization::Image,
    meta::text_of,
    pattern::ImageName,
    resource_set::ResourceSet,
    schema::Schema,
};

/// Changes names, tags and digests of images.
pub(crate) struct Images {
    pub(crate) image: Image,
    pub(crate) field_specs: Vec<FieldSpec>,
}

impl Images {
    pub(super) fn of_kustomization(source: &Source<'_, '_>) -> Result<Vec<Box<dyn Transform>>> {
        let images = source.kustomization.images.iter();
        Ok(images
            .map(|image| -> Box<dyn Transform> {
                Box::new(Images { image: image.clone(), field_specs: source.config.images.clone() })
            })
            .collect())
    }
}

impl Transform for Images {
    fn transform(&self, set: &mut ResourceSet, _schema: &Schema) -> Result<()> {
        let name = ImageName::new(&self.image.name).map_err(|message| Error::step("images", message))?;
        let update = Update { image: &self.image, name };
        for resource in set.contents_mut() {
            if resource.kind() == "CustomResourceDefinition" {
                continue;
            }
            update
                .containers(&mut resource.node)
                .map_err(|message| Error::step("images", format!("{}: {message}", describe(resource))))?;
        }
        for resource in set.contents_mut() {
            if resource.kind() == "CustomResourceDefinition" {
                continue;
            }
            let gvk = resource.gvk();
            let mut changes = Vec::new();
            for spec in self.field_specs.iter().filter(|spec| spec.selects(&gvk)) {
                let mut set = |node: &mut Node| {
                    update.set(node)?;
                    if node.share() != 0 {
                        changes.push((node.share(), node.clone()));
                    }
                    Ok(())
                };
                spec.visit(&mut resource.node, None, &mut set)
                    .map_err(|message| Error::step("images", format!("{}: {message}", describe(resource))))?;
            }
            resource.echo(&changes);
        }
        Ok(())
    }
}

struct Update<'i> {
    image: &'i Image,
    name: ImageName,
}

impl Update<'_> {
    /// Changes the images of everything that looks like containers, wherever it is.
    fn containers(&self, node: &mut Node) -> SetResult {
        match &mut node.value {
            Value::Mapping(entries) => {
                for (key, value) in entries {
                    if value.is_scalar() {
                        continue;
                    }
                    self.containers(value)?;
                    if matches!(text_of(key), "containers" | "initContainers") {
                        for container in value.items_mut().into_iter().flatten() {
                            self.container(container)?;
                        }
                    }
                }
                Ok(())
            }
            Value::Sequence(items) => items.iter_mut().try_for_each(|item| self.containers(item)),
            _ => Ok(()),
        }
    }

    fn container(&self, container: &mut Node) -> SetResult {
        if container.tag() == Tag::Null {
            return Ok(());
        }
        if !container.is_mapping() {
            return Err(wrong_kind("a container", container));
        }
        match container.get_mut("image") {
            Some(image) => self.set(image),
            None => Ok(()),
        }
    }

    fn set(&self, node: &mut Node) -> SetResult {
        if node.tag() != Tag::Null && !node.is_scalar() {
            return Err(wrong_kind("the name of an image", node));
        }
        let old = text_of(node);
        if !self.name.matches(old) {
            return Ok(());
        }
        let new = self.updated(old);
        set_scalar(node, &new, Tag::Unset)
    }

    fn updated(&self, old: &str) -> String {
        let (name, tag, digest) = split(old);
        let name = if self.image.new_name.is_empty() { name } else { &self.image.new_name };
        let (new_tag, new_digest) = (self.image.new_tag.as_str(), self.image.digest.as_str());
        let suffixed;
        let (tag, digest) = match (new_tag, new_digest) {
            ("", "") if self.image.tag_suffix.is_empty() => (tag, digest),
            ("", "") => {
                suffixed = format!("{tag}{}", self.image.tag_suffix);
                (suffixed.as_str(), "")
            }
            (tag, digest) => (tag, digest),
        };
        let mut image = name.to_owned();
        if !tag.is_empty() {
            image.push(':');
            image.push_str(tag);
        }
        if !digest.is_empty() {
            image.push('@');
            image.push_str(digest);
        }
        image
    }
}

/// Name, tag and digest of an image; a colon before the first slash belongs to the host.
pub(crate) fn split(image: &str) -> (&str, &str, &str) {
    let host = image.find('/').unwrap_or(0);
    let find = |c: char| image[host..].find(c).map(|at| host + at);
    match (find(':'), find('@')) {
        (None, None) => (image, "", ""),
        (colon, Some(at)) if colon.is_none_or(|colon| at < colon) => (&image[..at], "", &image[at + 1..]),
        (Some(colon), Some(at)) => (&image[..colon], &image[colon + 1..at], &image[at + 1..]),
        (Some(colon), None) => (&image[..colon], &image[colon + 1..], ""),
        (None, Some(at)) => (&image[..at], "", &image[at + 1..]),
    }
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn images_are_split() {
        for (image, expected) in [
            ("nginx", ("nginx", "", "")),
            ("nginx:1.0", ("nginx", "1.0", "")),
            ("host:5000/a/nginx", ("host:5000/a/nginx", "", "")),
            ("host:5000/nginx:1@sha256:ab", ("host:5000/nginx", "1", "sha256:ab")),
            ("nginx@sha256:ab", ("nginx", "", "sha256:ab")),
        ] {
            assert_eq!(split(image), expected, "{image}");
        }
    }
}
