//! Values of charts.
//!
//! In: a chart's values and those in the kustomization. Out: values for helm.
//!
//! Source: api `internal/builtins/HelmChartInflationGenerator.go` (replaceValuesInline), kyaml `yaml/merge2`.

use hub_yaml::Node;

/// Which values win.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ValuesMerge {
    /// Those in the kustomization.
    Override,
    /// Those of the chart.
    Merge,
    /// Only those in the kustomization are there.
    Replace,
}

impl ValuesMerge {
    /// # Errors
    /// It is none of the three.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        match text {
            "" | "override" => Ok(Self::Override),
            "merge" => Ok(Self::Merge),
            "replace" => Ok(Self::Replace),
            other => Err(format!("valuesMerge must be one of merge, override, replace, not '{other}'")),
        }
    }

    /// The chart's values and those in the kustomization as one text.
    ///
    /// # Errors
    /// One of them is no YAML.
    pub(super) fn combine(self, chart: &str, inline: &str) -> Result<String, String> {
        let (mut chart, inline) = (read(chart)?, read(inline)?);
        let combined = match self {
            Self::Override => {
                merge(&inline, &mut chart);
                chart
            }
            Self::Merge => {
                let mut combined = inline;
                merge(&chart, &mut combined);
                combined
            }
            Self::Replace => inline,
        };
        hub_yaml::emit(&combined).map_err(|error| error.to_string())
    }
}

fn read(text: &str) -> Result<Node, String> {
    let mut root =
        hub_yaml::parse_first(text).map_err(|error| error.to_string())?.unwrap_or_else(Node::mapping);
    hub_yaml::expand_aliases(&mut root).map_err(|error| error.to_string())?;
    Ok(if root.is_null() { Node::mapping() } else { root })
}

/// Puts values over others: mappings key by key, anything else as a whole; null takes a key away.
fn merge(from: &Node, into: &mut Node) {
    for (key, value) in from.entries() {
        let Some(key) = key.text() else { continue };
        if value.is_null() {
            into.remove(key);
            continue;
        }
        match into.get_mut(key) {
            Some(old) if old.is_mapping() && value.is_mapping() => merge(value, old),
            _ => into.set(key, value.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ValuesMerge;

    #[test]
    fn values_are_put_over_those_of_the_chart_or_below() {
        let chart = "a: 1\nb: {c: 2, d: 3}\nl: [1, 2]\n";
        let inline = "a: 9\nb: {d: null, e: 4}\nl: [3]\n";
        let combine = |merge: ValuesMerge| merge.combine(chart, inline).expect("both are YAML");
        assert_eq!(combine(ValuesMerge::Override), "a: 9\nb:\n  c: 2\n  e: 4\nl:\n- 3\n");
        assert_eq!(combine(ValuesMerge::Merge), "a: 1\nb:\n  c: 2\n  d: 3\n  e: 4\nl:\n- 1\n- 2\n");
        assert_eq!(combine(ValuesMerge::Replace), "a: 9\nb:\n  d: null\n  e: 4\nl:\n- 3\n");
        assert!(ValuesMerge::parse("other").is_err());
    }
}
