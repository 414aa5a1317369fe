//! Addresses of services, handed out as they are created.

use serde_json::{Value, json};

use super::writer::{CONTROLLER_MANAGER, held, live, set_status};
use crate::catalog::Resource;
use crate::state::State;
use crate::store::{Change, Table};

fn services() -> Table {
    Table::new("", "services")
}

/// Gives a new service its cluster address and node ports.
pub(crate) fn allocate(state: &State, resource: &Resource, value: &mut Value) {
    if (resource.group.as_str(), resource.plural.as_str()) != ("", "services") {
        return;
    }
    let kind = value["spec"]["type"].as_str().unwrap_or_default().to_owned();
    if kind == "ExternalName" {
        return;
    }
    if value["spec"]["clusterIP"].as_str().is_none_or(str::is_empty) {
        value["spec"]["clusterIP"] = json!(free_address(state));
    }
    if value["spec"]["clusterIPs"].as_array().is_none_or(Vec::is_empty) {
        value["spec"]["clusterIPs"] = json!([value["spec"]["clusterIP"]]);
    }
    if value["spec"]["ipFamilies"].is_null() {
        value["spec"]["ipFamilies"] = json!(["IPv4"]);
    }
    if value["spec"]["ipFamilyPolicy"].is_null() {
        value["spec"]["ipFamilyPolicy"] = json!("SingleStack");
    }
    if matches!(kind.as_str(), "NodePort" | "LoadBalancer") {
        let mut taken = node_ports(state);
        for port in value["spec"]["ports"].as_array_mut().into_iter().flatten() {
            if port["nodePort"].as_i64().unwrap_or_default() == 0 {
                let free = (30_000..32_768).find(|p| !taken.contains(p)).unwrap_or(32_767);
                taken.push(free);
                port["nodePort"] = json!(free);
            }
        }
    }
}

fn node_ports(state: &State) -> Vec<i64> {
    let services = services();
    let all = state.store.list(&services, None);
    all.flat_map(|(_, s)| s["spec"]["ports"].as_array().cloned().unwrap_or_default())
        .filter_map(|p| p["nodePort"].as_i64())
        .collect()
}

fn free_address(state: &State) -> String {
    let services = services();
    let taken: std::collections::HashSet<String> = state
        .store
        .list(&services, None)
        .filter_map(|(_, s)| s["spec"]["clusterIP"].as_str().map(str::to_owned))
        .collect();
    let address = |n: u32| format!("10.0.{}.{}", n / 256, n % 256);
    (10..65_000).map(address).find(|a| !taken.contains(a)).unwrap_or_else(|| address(65_000))
}

/// Gives a LoadBalancer its outer address, and takes it from what is none any more.
pub(super) fn see_service(state: &mut State, change: &Change) {
    let Some(service) = live(state, &services(), &change.key) else {
        return;
    };
    let has_one = service["status"]["loadBalancer"]["ingress"].is_array();
    let wants_one = service["spec"]["type"] == "LoadBalancer";
    if held(&service) || has_one == wants_one {
        return;
    }
    if has_one {
        let mut status = service["status"].clone();
        status["loadBalancer"] = json!({});
        return set_status(state, &services(), &service, status, CONTROLLER_MANAGER);
    }
    let inner = service["spec"]["clusterIP"].as_str().unwrap_or("10.0.0.0");
    let outer = inner.replacen("10.0.", "198.18.", 1);
    let mut status = service["status"].clone();
    status["loadBalancer"] = json!({"ingress": [{"ip": outer, "ipMode": "VIP"}]});
    set_status(state, &services(), &service, status, CONTROLLER_MANAGER);
}
