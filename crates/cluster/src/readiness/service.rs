//! Services: load balancers have an address, everything else is done at once.
//!
//! Differs from kstatus, which does not look at the address. The annotation `hub.agilestacks.io/wait: "false"`
//! waives the wait on clusters without load balancers.

use serde_json::Value;

use super::Readiness;

const WAIT: &str = "hub.agilestacks.io/wait";

pub(super) fn rule(object: &Value) -> Option<Readiness> {
    let is_balancer = object.pointer("/spec/type").is_some_and(|kind| kind == "LoadBalancer");
    let is_waived = object["metadata"]["annotations"][WAIT] == "false";
    if !is_balancer || is_waived {
        return Some(Readiness::current("there is nothing to wait for"));
    }
    let has = |pointer: &str| {
        object.pointer(pointer).and_then(Value::as_array).is_some_and(|addresses| !addresses.is_empty())
    };
    Some(if has("/status/loadBalancer/ingress") || has("/spec/externalIPs") {
        Readiness::current("it has an address")
    } else {
        Readiness::in_progress("the load balancer has no address yet")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn balancers_need_an_address() {
        let service = |spec: Value, status: Value| {
            rule(&json!({"spec": spec, "status": status})).expect("a rule").is_ready()
        };
        assert!(service(json!({"type": "ClusterIP"}), json!({})));
        assert!(!service(json!({"type": "LoadBalancer"}), json!({"loadBalancer": {}})));
        assert!(service(
            json!({"type": "LoadBalancer"}),
            json!({"loadBalancer": {"ingress": [{"ip": "1.2.3.4"}]}})
        ));
    }
}
