//! `helmCharts`: resources that Helm renders, through whoever can run it.
//!
//! Source: api `internal/builtins/HelmChartInflationGenerator.go`.

use crate::{
    accumulate::Target,
    error::{Error, Result},
    kustomization::{HelmChart, HelmGlobals},
    read,
    resource::Resource,
};

/// Renders charts.
pub trait ChartRenderer {
    /// The manifests of a chart, as YAML.
    ///
    /// # Errors
    /// In words, why there are none.
    fn render(&self, request: &ChartRequest<'_>) -> Result<String, String>;
}

/// A chart to be rendered.
#[derive(Clone, Debug)]
pub struct ChartRequest<'r> {
    /// The folder of the kustomization; paths in the chart are relative to it.
    pub folder: &'r str,
    /// The chart.
    pub chart: &'r HelmChart,
    /// What holds for all charts of the kustomization.
    pub globals: &'r HelmGlobals,
}

/// The resources of a chart.
///
/// # Errors
/// Charts are not rendered here, or rendering failed.
pub(crate) fn inflate(target: &Target<'_, '_>, chart: &HelmChart) -> Result<Vec<Resource>> {
    let globals = target.kustomization.helm_globals.clone().unwrap_or_default();
    inflate_with(target, chart, &globals)
}

pub(crate) fn inflate_with(
    target: &Target<'_, '_>,
    chart: &HelmChart,
    globals: &HelmGlobals,
) -> Result<Vec<Resource>> {
    const STEP: &str = "helmCharts";
    let Some(renderer) = target.context.options.charts else {
        return Err(Error::step(STEP, "charts are not rendered here: must specify --enable-helm"));
    };
    let mut chart = chart.clone();
    if chart.namespace.is_empty() {
        chart.namespace = match target.kustomization.namespace.as_str() {
            "" => target.chart_namespace.clone(),
            namespace => namespace.to_owned(),
        };
    }
    let request = ChartRequest { folder: &target.root.folder, chart: &chart, globals };
    let text = renderer
        .render(&request)
        .map_err(|message| Error::step(STEP, format!("'{}': {message}", chart.name)))?;
    let nodes = read::objects(&text, &format!("chart {}", chart.name))?;
    Ok(nodes.into_iter().map(Resource::new).collect())
}
