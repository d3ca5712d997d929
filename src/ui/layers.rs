//! Choosing a node in two nets at once.

use crate::net::Graph;

/// The node of `graph` that answers to `name` in another net: of the same name, or of the last block of that stage, or
/// that block's output; the stem where nothing fits.
pub fn counterpart(name: &str, graph: &Graph) -> String {
    let there = |name: &str| graph.find(name).is_some();
    if there(name) {
        return name.to_owned();
    }
    let mut parts = name.splitn(3, '.');
    if let (Some(stage), Some(block)) = (parts.next(), parts.next().and_then(|block| block.parse::<usize>().ok())) {
        let last = graph.spec.blocks_per_stage().saturating_sub(1);
        let block = format!("{stage}.{}", block.min(last));
        let inside = parts
            .next()
            .map(|rest| format!("{block}.{rest}"))
            .filter(|name| there(name));
        if let Some(node) = inside.or_else(|| there(&block).then_some(block)) {
            return node;
        }
    }
    graph.nodes[graph.trunk()[0]].name.clone()
}

/// The node `by` places further along the trunk (`blocks`) or among all nodes; at the ends it stays.
pub fn neighbour(name: &str, graph: &Graph, by: isize, blocks: bool) -> String {
    let here = graph.find(name).unwrap_or(0);
    if !blocks {
        let there = here.saturating_add_signed(by).clamp(1, graph.nodes.len() - 1);
        return graph.nodes[there].name.clone();
    }
    let trunk = graph.trunk();
    let place = if by >= 0 {
        trunk.partition_point(|&node| node <= here)
    } else {
        trunk.partition_point(|&node| node < here).saturating_sub(1)
    };
    graph.nodes[trunk[place.min(trunk.len() - 1)]].name.clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(text: &str) -> Graph {
        Graph::new(&text.parse().unwrap())
    }

    #[test]
    fn every_net_has_an_answer() {
        let (plain, residual) = (graph("plain-20"), graph("resnet-56"));
        assert_eq!(counterpart("layer2.8.conv1", &plain), "layer2.2.conv1");
        assert_eq!(counterpart("layer1.1.add", &plain), "layer1.1");
        assert_eq!(counterpart("layer3.2", &residual), "layer3.2");
        assert_eq!(counterpart("nonsense", &plain), "relu");
        for node in &residual.nodes {
            assert!(plain.find(&counterpart(&node.name, &plain)).is_some());
        }
    }

    #[test]
    fn arrows_walk_the_trunk_and_stop_at_its_ends() {
        let graph = graph("plain-8");
        let mut name = "relu".to_owned();
        let mut seen = vec![name.clone()];
        for _ in 0..4 {
            name = neighbour(&name, &graph, 1, true);
            seen.push(name.clone());
        }
        assert_eq!(seen, ["relu", "layer1.0", "layer2.0", "layer3.0", "layer3.0"]);
        assert_eq!(neighbour("layer1.0", &graph, -1, true), "relu");
        assert_eq!(neighbour("layer1.0.bn1", &graph, 1, true), "layer1.0");
        assert_eq!(neighbour("layer1.0.bn1", &graph, 1, false), "layer1.0.relu1");
        assert_eq!(neighbour("logits", &graph, 1, false), "logits");
    }
}
