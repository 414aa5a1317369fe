//! Which object has to wait for which.
//!
//! In: the objects of a plan. Out: a [`Graph`] of what each waits for, and phases to break ties. Refuses to
//! know the cluster and time.

use std::collections::HashMap;

use serde_json::Value;

use crate::id::{GroupKind, ObjectId};

pub(crate) mod phase;
mod references;

/// How far something must be before what waits for it may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Needs {
    /// Stored by the server.
    Applied,
    /// Ready.
    Ready,
}

/// What a node waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Edge {
    /// Place of the other node.
    pub(crate) on: usize,
    pub(crate) needs: Needs,
    /// False where a failure of the other does not matter.
    pub(crate) hard: bool,
}

/// Which node waits for which, by place.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    edges: Vec<Vec<Edge>>,
    /// Soft edges that were left out because they would close a circle: waiting and waited for.
    pub(crate) dropped: Vec<(usize, usize)>,
}

/// An object to be ordered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node<'a> {
    pub(crate) id: &'a ObjectId,
    pub(crate) object: &'a Value,
}

/// Where to find what.
struct Index<'a> {
    nodes: &'a [Node<'a>],
    by_id: HashMap<&'a ObjectId, usize>,
    crds: HashMap<GroupKind, usize>,
}

impl Graph {
    /// Orders objects by what they refer to.
    pub(crate) fn of(nodes: &[Node<'_>]) -> Graph {
        let index = Index::of(nodes);
        let mut graph = Graph { edges: vec![Vec::new(); nodes.len()], dropped: Vec::new() };
        for (place, node) in nodes.iter().enumerate() {
            for edge in index.hard_edges(node) {
                graph.add(place, edge);
            }
        }
        for (place, node) in nodes.iter().enumerate() {
            for edge in index.soft_edges(node) {
                graph.add(place, edge);
            }
        }
        graph
    }

    /// What a node waits for.
    pub(crate) fn waits_for(&self, place: usize) -> &[Edge] {
        &self.edges[place]
    }

    /// True where something waits for this node to be ready.
    pub(crate) fn is_awaited_ready(&self, place: usize) -> bool {
        self.edges.iter().flatten().any(|edge| edge.on == place && edge.needs == Needs::Ready)
    }

    fn add(&mut self, place: usize, edge: Edge) {
        if edge.on == place
            || self.edges[place].iter().any(|known| known.on == edge.on && known.needs >= edge.needs)
        {
            return;
        }
        if self.reaches(edge.on, place) {
            self.dropped.push((place, edge.on));
            return;
        }
        self.edges[place].push(edge);
    }

    /// True where `from` waits, by whatever way, for `to`.
    fn reaches(&self, from: usize, to: usize) -> bool {
        let mut open = vec![from];
        let mut seen = std::collections::HashSet::new();
        while let Some(place) = open.pop() {
            if place == to {
                return true;
            }
            if seen.insert(place) {
                open.extend(self.edges[place].iter().map(|edge| edge.on));
            }
        }
        false
    }
}

impl<'a> Index<'a> {
    fn of(nodes: &'a [Node<'a>]) -> Self {
        let by_id = nodes.iter().enumerate().map(|(place, node)| (node.id, place)).collect();
        let crds = nodes.iter().enumerate().filter(|(_, node)| node.id.is_crd());
        let crds = crds
            .map(|(place, node)| {
                let text =
                    |pointer: &str| node.object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
                (GroupKind::new(text("/spec/group"), text("/spec/names/kind")), place)
            })
            .collect();
        Index { nodes, by_id, crds }
    }

    /// What must be there, or the server refuses the object.
    fn hard_edges(&self, node: &Node<'_>) -> Vec<Edge> {
        let hard = |on: usize, needs: Needs| Edge { on, needs, hard: true };
        let mut edges = Vec::new();
        if let Some(namespace) = &node.id.namespace {
            let id = ObjectId::new(GroupKind::new("", "Namespace"), None, namespace);
            edges.extend(self.by_id.get(&id).map(|place| hard(*place, Needs::Applied)));
        }
        edges.extend(self.crds.get(&node.id.group_kind()).map(|place| hard(*place, Needs::Ready)));
        for (id, needs) in references::required(node) {
            edges.extend(self.by_id.get(&id).map(|place| hard(*place, needs)));
        }
        // A webhook or API whose backend does not answer yet breaks other writes, its own component's first.
        for service in references::backends(node) {
            if let Some(place) = self.by_id.get(&service) {
                edges.push(hard(*place, Needs::Applied));
                let selected = references::workloads(self.nodes, &self.nodes[*place]);
                edges.extend(selected.into_iter().map(|workload| hard(workload, Needs::Ready)));
            }
        }
        edges
    }

    /// What should better be there.
    fn soft_edges(&self, node: &Node<'_>) -> Vec<Edge> {
        let wanted = references::wanted(node);
        let places = wanted.iter().filter_map(|id| self.by_id.get(id));
        places.map(|place| Edge { on: *place, needs: Needs::Applied, hard: false }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn graph(objects: &[Value]) -> (Vec<ObjectId>, Graph) {
        let ids: Vec<ObjectId> = objects.iter().map(|object| ObjectId::of(object).expect("valid")).collect();
        let nodes: Vec<Node<'_>> = ids.iter().zip(objects).map(|(id, object)| Node { id, object }).collect();
        let graph = Graph::of(&nodes);
        (ids, graph)
    }

    fn edges(graph: &Graph, place: usize) -> Vec<(usize, Needs)> {
        graph.waits_for(place).iter().map(|edge| (edge.on, edge.needs)).collect()
    }

    #[test]
    fn objects_wait_for_namespace_and_kind() {
        let (_, graph) = graph(&[
            json!({"apiVersion": "x.io/v1", "kind": "Thing", "metadata": {"name": "a", "namespace": "n"}}),
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}}),
            json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "things.x.io"},
                "spec": {"group": "x.io", "names": {"kind": "Thing"}}}),
        ]);
        assert_eq!(edges(&graph, 0), [(1, Needs::Applied), (2, Needs::Ready)]);
        assert!(graph.is_awaited_ready(2) && !graph.is_awaited_ready(1));
    }

    #[test]
    fn webhooks_wait_for_their_backend_to_be_ready() {
        let (_, graph) = graph(&[
            json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration", "metadata": {"name": "w"},
                "webhooks": [{"clientConfig": {"service": {"namespace": "n", "name": "s"}}}]}),
            json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s", "namespace": "n"}, "spec": {"selector": {"app": "a"}}}),
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d", "namespace": "n"},
                "spec": {"template": {"metadata": {"labels": {"app": "a", "x": "y"}}}}}),
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "other", "namespace": "n"}}),
        ]);
        assert_eq!(edges(&graph, 0), [(1, Needs::Applied), (2, Needs::Ready)]);
    }

    #[test]
    fn circles_lose_their_soft_edges() {
        let pod = |name: &str, claim: &str| {
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "n"},
                "spec": {"serviceAccountName": claim}})
        };
        let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "s", "namespace": "n"}});
        let (_, graph) = graph(&[pod("a", "s"), account]);
        assert_eq!(edges(&graph, 0), [(1, Needs::Applied)]);
        let mut circle = Graph { edges: vec![Vec::new(); 2], dropped: Vec::new() };
        circle.add(0, Edge { on: 1, needs: Needs::Applied, hard: true });
        circle.add(1, Edge { on: 0, needs: Needs::Applied, hard: false });
        assert_eq!(circle.dropped, [(1, 0)]);
        assert!(circle.waits_for(1).is_empty());
    }
}
