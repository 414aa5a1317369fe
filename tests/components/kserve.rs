//! KServe, rendered.

use crate::rendered::Repository;

#[test]
fn the_mode_changes_one_config_map() {
    let repository = Repository::new();
    let raw = repository.render("kserve", &["kserve.deploymentMode=RawDeployment"]);
    let serverless = repository.render("kserve", &["kserve.deploymentMode=Serverless"]);
    assert_eq!(raw.changed(&serverless), ["ConfigMap inferenceservice-config".to_owned()].into());
    let config = raw.differing(&serverless, "ConfigMap inferenceservice-config");
    assert_eq!(config, ["/data/deploy", "/data/ingress"]);
    assert!(raw.has("Deployment kserve-controller-manager"));
}

#[test]
fn a_mode_that_does_not_exist_is_refused() {
    Repository::new().refuses(
        "kserve",
        &["kserve.deploymentMode=serverles"],
        &["did you mean `Serverless`?"],
    );
}
