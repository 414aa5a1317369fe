//! Services, Ingresses and NetworkPolicies.

use serde_json::{Value, json};

use super::{items, one_of, text};
use crate::status::Cause;

/// A Service.
pub(super) fn service(value: &Value, live: Option<&Value>, causes: &mut Vec<Cause>) {
    let spec = &value["spec"];
    let external = spec["type"] == "ExternalName";
    let ports = items(value, "/spec/ports");
    if ports.is_empty() && !external && spec["clusterIP"] != "None" {
        causes.push(Cause::required("spec.ports", ""));
    }
    let mut seen: Vec<(&Value, &Value)> = Vec::new();
    for (index, port) in ports.iter().enumerate() {
        service_port(port, &format!("spec.ports[{index}]"), ports.len() > 1, causes);
        let key = (&port["port"], &port["protocol"]);
        if seen.contains(&key) {
            let shown = json!({"Name": "", "Protocol": key.1, "AppProtocol": null, "Port": key.0, "TargetPort": 0, "NodePort": 0});
            causes.push(Cause::duplicate(format!("spec.ports[{index}]"), &shown));
        }
        seen.push(key);
    }
    one_of(&spec["sessionAffinity"], "spec.sessionAffinity", &["ClientIP", "None"], causes);
    one_of(&spec["type"], "spec.type", &["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"], causes);
    if external && text(value, "/spec/externalName").is_empty() {
        causes.push(Cause::required("spec.externalName", ""));
    }
    if let Some(live) = live {
        keep_address(value, live, causes);
    }
}

fn service_port(port: &Value, field: &str, named: bool, causes: &mut Vec<Cause>) {
    if named && text(port, "/name").is_empty() {
        causes.push(Cause::required(format!("{field}.name"), ""));
    }
    let range = "must be between 1 and 65535, inclusive";
    let fits = |number: i64| (1..=65535).contains(&number);
    if !port["port"].as_i64().is_some_and(fits) {
        causes.push(Cause::invalid(format!("{field}.port"), &port["port"], range));
    }
    one_of(&port["protocol"], &format!("{field}.protocol"), &["SCTP", "TCP", "UDP"], causes);
    if port["targetPort"].as_i64().is_some_and(|number| !fits(number)) {
        causes.push(Cause::invalid(format!("{field}.targetPort"), &port["targetPort"], range));
    }
}

/// The cluster address stays while the service has one.
fn keep_address(value: &Value, live: &Value, causes: &mut Vec<Cause>) {
    let (new, old) = (text(value, "/spec/clusterIP"), text(live, "/spec/clusterIP"));
    let given =
        !old.is_empty() && live["spec"]["type"] != "ExternalName" && value["spec"]["type"] != "ExternalName";
    if given && new != old {
        let detail = "may not change once set";
        causes.push(Cause::invalid("spec.clusterIPs[0]", &json!([new]), detail));
    }
}

/// An Ingress.
pub(super) fn ingress(value: &Value, _live: Option<&Value>, causes: &mut Vec<Cause>) {
    if items(value, "/spec/rules").is_empty() && value.pointer("/spec/defaultBackend").is_none() {
        let detail = "either `defaultBackend` or `rules` must be specified";
        causes.push(Cause::invalid("spec", &Value::Null, detail));
    }
    for (index, rule) in items(value, "/spec/rules").iter().enumerate() {
        for (at, path) in items(rule, "/http/paths").iter().enumerate() {
            let field = format!("spec.rules[{index}].http.paths[{at}]");
            if path["pathType"].is_null() {
                causes.push(Cause::required(format!("{field}.pathType"), "pathType must be specified"));
            }
            let backend = &path["backend"];
            if backend["service"].is_null() && backend["resource"].is_null() {
                causes.push(Cause::required(format!("{field}.backend"), "port name or number is required"));
            }
        }
    }
}

/// A NetworkPolicy.
pub(super) fn policy(value: &Value, _live: Option<&Value>, causes: &mut Vec<Cause>) {
    for (rules, peers) in [("ingress", "from"), ("egress", "to")] {
        for (index, rule) in items(value, &format!("/spec/{rules}")).iter().enumerate() {
            for (at, peer) in items(rule, &format!("/{peers}")).iter().enumerate() {
                let field = format!("spec.{rules}[{index}].{peers}[{at}]");
                network_peer(peer, &field, causes);
            }
        }
    }
    for (index, kind) in items(value, "/spec/policyTypes").iter().enumerate() {
        if !matches!(kind.as_str(), Some("Ingress" | "Egress")) {
            let allowed = ["Ingress", "Egress"].map(str::to_owned);
            causes.push(Cause::unsupported(format!("spec.policyTypes[{index}]"), kind, &allowed));
        }
    }
}

fn network_peer(peer: &Value, field: &str, causes: &mut Vec<Cause>) {
    let block = &peer["ipBlock"];
    if block.is_null() {
        if peer["podSelector"].is_null() && peer["namespaceSelector"].is_null() {
            causes.push(Cause::required(field, "must specify a peer"));
        }
        return;
    }
    if !is_cidr(text(block, "/cidr")) {
        let detail = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
        causes.push(Cause::invalid(format!("{field}.ipBlock.cidr"), &block["cidr"], detail));
    }
}

fn is_cidr(text: &str) -> bool {
    let Some((address, bits)) = text.split_once('/') else { return false };
    let most = match address.parse() {
        Ok(std::net::IpAddr::V4(_)) => 32,
        Ok(std::net::IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    bits.parse::<u8>().is_ok_and(|bits| bits <= most)
}
