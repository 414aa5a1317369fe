//! Which fields an endpoint leaves alone, and which kinds count generations.
//!
//! Source: the `strategy.go` of each resource under kubernetes `pkg/registry`.

use crate::catalog::Resource;
use crate::fields::FieldSet;

/// Tells whether the kind's objects carry `metadata.generation`.
pub(crate) fn has_generation(resource: &Resource) -> bool {
    if resource.custom().is_some() {
        return true;
    }
    let group = resource.group.as_str();
    let plural = resource.plural.as_str();
    match group {
        "apps" => plural != "controllerrevisions",
        "batch" | "policy" | "networking.k8s.io" | "flowcontrol.apiserver.k8s.io" => true,
        "apiextensions.k8s.io" | "admissionregistration.k8s.io" => true,
        "" => matches!(plural, "pods" | "replicationcontrollers" | "podtemplates"),
        "scheduling.k8s.io" => plural == "priorityclasses",
        "discovery.k8s.io" => true,
        _ => false,
    }
}

/// The fields that writes through an endpoint do not touch and nobody comes to own by them.
pub(crate) fn ignored_fields(resource: &Resource, subresource: Option<&str>) -> FieldSet {
    let custom = resource.custom().is_some();
    match subresource {
        None if resource.has_subresource("status") => FieldSet::of_fields(&[&["status"]]),
        None => FieldSet::default(),
        Some("status") if custom => FieldSet::of_fields(&[&["metadata"], &["spec"]]),
        Some("status") => FieldSet::of_fields(&[&["spec"], &["metadata", "labels"]]),
        Some(_) => FieldSet::default(),
    }
}
