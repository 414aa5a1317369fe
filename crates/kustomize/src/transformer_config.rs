//! The field specs that transformers use: built-in ones, and those that kustomizations add.
//!
//! In: `data/field-specs.txt`, files under `configurations` and `crds`. Out: a [`TransformerConfig`].
//!
//! Source: api `internal/plugins/builtinconfig`.

use std::rc::Rc;

use hub_yaml::{Node, Text};

use crate::{
    error::{Error, Result},
    field_spec::FieldSpec,
    id::Gvk,
    kustomization::decode::Decoder,
};

const DEFAULTS: &str = include_str!("../data/field-specs.txt");

/// Fields that refer to resources of a kind by name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NameReference {
    /// What is referred to.
    pub(crate) target: Gvk,
    pub(crate) referrers: Vec<FieldSpec>,
}

/// Field specs by transformer.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct TransformerConfig {
    pub(crate) name_prefix: Vec<FieldSpec>,
    pub(crate) name_suffix: Vec<FieldSpec>,
    pub(crate) namespace: Vec<FieldSpec>,
    pub(crate) common_labels: Vec<FieldSpec>,
    pub(crate) labels: Vec<FieldSpec>,
    pub(crate) template_labels: Vec<FieldSpec>,
    pub(crate) common_annotations: Vec<FieldSpec>,
    pub(crate) name_reference: Vec<NameReference>,
    pub(crate) var_reference: Vec<FieldSpec>,
    pub(crate) images: Vec<FieldSpec>,
    pub(crate) replicas: Vec<FieldSpec>,
    /// Whether merging it with itself would change nothing, as is known of the built-in one.
    pub(crate) is_settled: bool,
}

const SECTIONS: [&str; 10] = [
    "namePrefix",
    "nameSuffix",
    "namespace",
    "commonLabels",
    "labels",
    "templateLabels",
    "commonAnnotations",
    "varReference",
    "images",
    "replicas",
];

impl TransformerConfig {
    /// The built-in one.
    pub(crate) fn defaults() -> Rc<Self> {
        let mut config = TransformerConfig::default();
        for row in DEFAULTS.lines().filter(|row| !row.starts_with('#')) {
            let (section, rest) = row.split_once(' ').expect("rows have words");
            if section == "nameReference" {
                let mut words = rest.splitn(4, ' ');
                let target = gvk(&mut words);
                let spec = spec(words.next().expect("the target's spec"));
                match config.name_reference.last_mut() {
                    Some(last) if last.target == target => last.referrers.push(spec),
                    _ => config.name_reference.push(NameReference { target, referrers: vec![spec] }),
                }
            } else if let Some(list) = config.section(section) {
                list.push(spec(rest));
            }
        }
        config.sort();
        config.is_settled = true;
        Rc::new(config)
    }

    fn section(&mut self, name: &str) -> Option<&mut Vec<FieldSpec>> {
        Some(match name {
            "namePrefix" => &mut self.name_prefix,
            "nameSuffix" => &mut self.name_suffix,
            "namespace" => &mut self.namespace,
            "commonLabels" => &mut self.common_labels,
            "labels" => &mut self.labels,
            "templateLabels" => &mut self.template_labels,
            "commonAnnotations" => &mut self.common_annotations,
            "varReference" => &mut self.var_reference,
            "images" => &mut self.images,
            "replicas" => &mut self.replicas,
            _ => return None,
        })
    }

    /// Adds all of another one.
    ///
    /// # Errors
    /// Two field specs for the same fields differ in `create`.
    pub(crate) fn merge(&mut self, other: &TransformerConfig) -> Result<(), String> {
        self.is_settled = false;
        let mut other = other.clone();
        for name in SECTIONS {
            let incoming = std::mem::take(other.section(name).expect("a section"));
            let list = self.section(name).expect("a section");
            for spec in incoming {
                spec.merge_into(list).map_err(|message| format!("{name}: {message}"))?;
            }
        }
        for reference in other.name_reference {
            self.merge_reference(reference).map_err(|message| format!("nameReference: {message}"))?;
        }
        self.sort();
        Ok(())
    }

    pub(crate) fn merge_reference(&mut self, incoming: NameReference) -> Result<(), String> {
        let known = self.name_reference.iter_mut().find(|known| known.target == incoming.target);
        match known {
            Some(known) => {
                for spec in incoming.referrers {
                    spec.merge_into(&mut known.referrers)?;
                }
            }
            None => self.name_reference.push(incoming),
        }
        Ok(())
    }

    fn sort(&mut self) {
        for name in SECTIONS {
            let list = self.section(name).expect("a section");
            list.sort_by_cached_key(|spec| sort_key(&spec.gvk));
        }
        self.name_reference.sort_by_cached_key(|reference| sort_key(&reference.target));
    }

    /// Reads a file of field specs.
    ///
    /// # Errors
    /// An unknown field, or a value of the wrong type.
    pub(crate) fn read(root: &Node, file: &str) -> Result<Self> {
        let mut config = TransformerConfig::default();
        let decoder = Decoder::new(file);
        for (name, value) in decoder.fields(root, "configuration")? {
            if name.eq_ignore_ascii_case("nameReference") {
                for item in decoder.items(value, "nameReference")? {
                    let (target, referrers) = decoder.name_reference(item)?;
                    config
                        .merge_reference(NameReference { target, referrers })
                        .map_err(|message| Error::invalid(file, item.span(), message))?;
                }
                continue;
            }
            let known = SECTIONS.iter().find(|section| section.eq_ignore_ascii_case(&name));
            let Some(list) = known.and_then(|section| config.section(section)) else {
                return Err(Error::invalid(file, value.span(), format!("unknown field '{name}'")));
            };
            for item in decoder.items(value, &name)? {
                list.push(decoder.field_spec(item)?);
            }
        }
        config.sort();
        Ok(config)
    }
}

fn gvk<'t>(words: &mut impl Iterator<Item = &'t str>) -> Gvk {
    let mut word = || match words.next() {
        Some("-") | None => Text::default(),
        Some(word) => Text::new(word),
    };
    Gvk { group: word(), version: word(), kind: word() }
}

fn spec(row: &str) -> FieldSpec {
    let mut words = row.splitn(5, ' ');
    let gvk = gvk(&mut words);
    let create = words.next() == Some("create");
    FieldSpec::new(gvk, words.next().expect("rows end with a path"), create)
}

/// Kinds in the order in which they are applied, then by group, version and kind.
///
/// Source: kyaml `resid/gvk.go`, IsLessThan.
fn sort_key(gvk: &Gvk) -> (i32, String) {
    let or =
        |text: &Text, none: &'static str| if text.is_empty() { none.to_owned() } else { text.to_string() };
    let text = format!("{}_{}_{}", or(&gvk.group, "~G"), or(&gvk.version, "~V"), or(&gvk.kind, "~K"));
    (crate::sort::kind_order(&gvk.kind), text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_field_specs_are_settled() {
        let defaults = TransformerConfig::defaults();
        let mut merged = TransformerConfig::default();
        merged.merge(&defaults).expect("they do not contradict each other");
        merged.is_settled = true;
        assert_eq!(merged, *defaults);
    }
}
