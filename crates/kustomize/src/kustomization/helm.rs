//! Reads `helmCharts`, `helmGlobals` and the deprecated `helmChartInflationGenerator`.
//!
//! Source: api `types/helmchartargs.go`.

use hub_yaml::Node;

use super::{HelmChart, HelmGlobals, decode::Decoder};
use crate::error::{Error, Result};

impl Decoder<'_> {
    pub(crate) fn helm_globals(&self, node: &Node) -> Result<HelmGlobals> {
        let mut globals = HelmGlobals::default();
        for (name, value) in self.fields(node, "helmGlobals")? {
            match name.to_ascii_lowercase().as_str() {
                "charthome" => globals.chart_home = self.text(value, "helmGlobals.chartHome")?,
                "confighome" => globals.config_home = self.text(value, "helmGlobals.configHome")?,
                _ => self.unknown(node, &name, &["chartHome", "configHome"])?,
            }
        }
        Ok(globals)
    }

    pub(crate) fn helm_chart(&self, node: &Node) -> Result<HelmChart> {
        let mut chart = HelmChart::default();
        for (name, value) in self.fields(node, "helmCharts")? {
            if !self.helm_chart_field(&name, value, &mut chart)? {
                self.unknown(node, &name, &["name", "version", "repo", "releaseName", "valuesInline"])?;
            }
        }
        Ok(chart)
    }

    /// Reads one field of a chart; false if it is none.
    pub(crate) fn helm_chart_field(&self, name: &str, value: &Node, chart: &mut HelmChart) -> Result<bool> {
        match name.to_ascii_lowercase().as_str() {
            "name" => chart.name = self.text(value, name)?,
            "version" => chart.version = self.text(value, name)?,
            "repo" => chart.repo = self.text(value, name)?,
            "releasename" => chart.release_name = self.text(value, name)?,
            "namespace" => chart.namespace = self.text(value, name)?,
            "valuesfile" => chart.values_file = self.text(value, name)?,
            "valuesinline" => {
                chart.values_inline = hub_yaml::emit(value).or_else(|e| self.fail(value, e.message))?;
            }
            "valuesmerge" => chart.values_merge = self.text(value, name)?,
            "includecrds" => chart.include_crds = self.boolean(value, name)?,
            "skiphooks" => chart.skip_hooks = self.boolean(value, name)?,
            "skiptests" => chart.skip_tests = self.boolean(value, name)?,
            "additionalvaluesfiles" => chart.additional_values_files = self.texts(value, name)?,
            "apiversions" => chart.api_versions = self.texts(value, name)?,
            "kubeversion" => chart.kube_version = self.text(value, name)?,
            "nametemplate" => chart.name_template = self.text(value, name)?,
            "debug" => {
                self.boolean(value, name)?;
            }
            "devel" => chart.devel = self.boolean(value, name)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// An entry of `helmChartInflationGenerator`.
    pub(crate) fn helm_chart_args(&self, node: &Node) -> Result<(HelmChart, Option<HelmGlobals>)> {
        let mut chart = HelmChart::default();
        let mut globals = HelmGlobals::default();
        for (name, value) in self.fields(node, "helmChartInflationGenerator")? {
            match name.to_ascii_lowercase().as_str() {
                "chartname" => chart.name = self.text(value, &name)?,
                "chartversion" => chart.version = self.text(value, &name)?,
                "chartrepourl" => chart.repo = self.text(value, &name)?,
                "releasename" => chart.release_name = self.text(value, &name)?,
                "releasenamespace" => chart.namespace = self.text(value, &name)?,
                "values" => chart.values_file = self.text(value, &name)?,
                "valueslocal" => {
                    let emitted =
                        hub_yaml::emit(value).map_err(|e| Error::invalid("", value.span(), e.message));
                    chart.values_inline = emitted?;
                }
                "valuesmerge" => chart.values_merge = self.text(value, &name)?,
                "charthome" => globals.chart_home = self.text(value, &name)?,
                "helmhome" => globals.config_home = self.text(value, &name)?,
                "helmbin" | "chartreponame" | "extraargs" => {}
                _ => {
                    self.unknown(node, &name, &["chartName", "chartVersion", "chartRepoUrl", "releaseName"])?;
                }
            }
        }
        let has_globals = globals != HelmGlobals::default();
        Ok((chart, has_globals.then_some(globals)))
    }
}
