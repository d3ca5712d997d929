//! From graph to plan.

use super::slots;
use super::{
    Addend, Conv, Gradient, Kernel, Norm, NormId, Plan, Reduction, Tap, Tensor, TensorId, Through, Value, View,
};
use crate::net::{Graph, Node, NodeId, Op};

/// Lowers a net.
pub fn lower(graph: &Graph) -> Plan {
    let mut lowering = Lowering {
        graph,
        plan: Plan {
            tensors: Vec::new(),
            norms: Vec::new(),
            convs: Vec::new(),
            forward: Vec::new(),
            backward: Vec::new(),
            values: Vec::new(),
            taps: Vec::new(),
            images: 0,
            images_gradient: 0,
            logits: 0,
            slots: Vec::new(),
        },
        targets: Vec::new(),
    };
    lowering.forward();
    lowering.backward();
    let mut plan = lowering.plan;
    plan.taps.sort_by_key(|tap| tap.at);
    slots::assign(&mut plan);
    plan
}

/// The gradient of what a view reads, gathered from the view's readers.
struct Target {
    view: View,
    /// Where readers have written it.
    written: Option<TensorId>,
    /// Shares of additions that no kernel has taken in yet.
    pending: Vec<Addend>,
}

struct Lowering<'a> {
    graph: &'a Graph,
    plan: Plan,
    targets: Vec<Target>,
}

impl Lowering<'_> {
    fn tensor(&mut self, name: String, shape: [usize; 3]) -> TensorId {
        let slot = 0;
        self.plan.tensors.push(Tensor { name, shape, slot });
        self.plan.tensors.len() - 1
    }

    fn gradient_of(&mut self, tensor: TensorId) -> TensorId {
        let Tensor { name, shape, .. } = &self.plan.tensors[tensor];
        self.tensor(format!("d {name}"), *shape)
    }

    fn param(&self, name: &str) -> usize {
        let named = |param: &crate::net::Param| param.name == name;
        let position = self.graph.params.iter().position(named);
        position.expect("a graph lists the parameters that its nodes name")
    }

    fn view(&self, node: NodeId) -> View {
        match self.plan.values[node] {
            Value::View(view) => view,
            _ => unreachable!("only an addition reads a subsampled shortcut, and only its ReLU a fused sum"),
        }
    }

    fn forward(&mut self) {
        for (id, node) in self.graph.nodes.iter().enumerate() {
            let value = self.forward_node(id, node);
            self.plan.values.push(value);
        }
        let logits = self.plan.logits;
        let gradient = self.gradient_of(logits);
        self.plan.forward.push(Kernel::Loss { logits, gradient });
    }

    fn forward_node(&mut self, id: NodeId, node: &Node) -> Value {
        let output = |lowering: &mut Self| lowering.tensor(node.name.clone(), node.output);
        match &node.op {
            Op::Input => {
                self.plan.images = output(self);
                Value::View(View::raw(self.plan.images))
            }
            Op::Conv {
                parameters,
                kernel,
                stride,
                groups,
                bias,
            } => {
                let conv = Conv {
                    node: id,
                    kernel: *kernel,
                    stride: *stride,
                    groups: *groups,
                    input: self.graph.nodes[node.inputs[0]].output,
                    output: node.output,
                    weight: self.param(&format!("{parameters}.weight")),
                    bias: bias.then(|| self.param(&format!("{parameters}.bias"))),
                };
                self.plan.convs.push(conv);
                let kernel = Kernel::Conv {
                    conv: self.plan.convs.len() - 1,
                    input: self.view(node.inputs[0]),
                    output: output(self),
                    statistics: None,
                };
                self.store(kernel)
            }
            Op::BatchNorm { parameters } => {
                let view = self.view(node.inputs[0]);
                let norm = Norm {
                    node: id,
                    tensor: view.tensor,
                    weight: self.param(&format!("{parameters}.weight")),
                    bias: self.param(&format!("{parameters}.bias")),
                    running_mean: self.param(&format!("{parameters}.running_mean")),
                    running_var: self.param(&format!("{parameters}.running_var")),
                };
                self.plan.norms.push(norm);
                let norm = self.plan.norms.len() - 1;
                self.request_statistics(view.tensor, norm);
                Value::View(View {
                    norm: Some(norm),
                    ..view
                })
            }
            Op::Relu => self.relu(node.inputs[0]),
            Op::Identity => self.plan.values[node.inputs[0]],
            Op::Subsample { stride } => Value::Subsample {
                view: self.view(node.inputs[0]),
                stride: *stride,
            },
            Op::Add { scale } => {
                let (shortcut, stride) = match self.plan.values[node.inputs[1]] {
                    Value::Subsample { view, stride } => (view, stride),
                    _ => (self.view(node.inputs[1]), 1),
                };
                let kernel = Kernel::Add {
                    branch: self.view(node.inputs[0]),
                    shortcut,
                    scale: *scale,
                    stride,
                    relu: false,
                    output: output(self),
                    statistics: None,
                };
                self.store(kernel)
            }
            Op::AvgPool => {
                let kernel = Kernel::Pool {
                    input: self.view(node.inputs[0]),
                    output: output(self),
                };
                self.store(kernel)
            }
            Op::Linear { parameters } => {
                self.plan.logits = output(self);
                let kernel = Kernel::Linear {
                    input: self.view(node.inputs[0]).tensor,
                    output: self.plan.logits,
                    weight: self.param(&format!("{parameters}.weight")),
                    bias: self.param(&format!("{parameters}.bias")),
                };
                self.store(kernel)
            }
        }
    }

    fn store(&mut self, kernel: Kernel) -> Value {
        self.plan.forward.push(kernel);
        Value::View(View::raw(output(&kernel).expect("a kernel that stores its output")))
    }

    fn request_statistics(&mut self, tensor: TensorId, norm: NormId) {
        for kernel in &mut self.plan.forward {
            if output(kernel) == Some(tensor)
                && let Kernel::Conv { statistics, .. } | Kernel::Add { statistics, .. } = kernel
            {
                *statistics = Some(norm);
            }
        }
    }

    /// Fused into the addition it follows, otherwise a matter of reading.
    fn relu(&mut self, input: NodeId) -> Value {
        let view = self.view(input);
        let last = self.plan.forward.len().saturating_sub(1);
        if let Some(Kernel::Add { relu, output, .. }) = self.plan.forward.last_mut()
            && view == View::raw(*output)
            && matches!(self.graph.nodes[input].op, Op::Add { .. })
        {
            *relu = true;
            self.plan.values[input] = Value::Sum { kernel: last };
            return Value::View(view);
        }
        Value::View(View { relu: true, ..view })
    }

    fn target(&mut self, view: View) -> &mut Target {
        let at = self.targets.iter().position(|target| target.view == view);
        let at = at.unwrap_or_else(|| {
            let (written, pending) = (None, Vec::new());
            self.targets.push(Target { view, written, pending });
            self.targets.len() - 1
        });
        &mut self.targets[at]
    }

    fn backward(&mut self) {
        for at in (0..self.plan.forward.len()).rev() {
            match self.plan.forward[at] {
                Kernel::Loss { logits, gradient } => self.target(View::raw(logits)).written = Some(gradient),
                Kernel::Linear {
                    input,
                    output,
                    weight,
                    bias,
                } => {
                    let gradient = self.total(output).tensor;
                    let into = self.gradient_of(input);
                    self.target(View::raw(input)).written = Some(into);
                    self.plan.backward.push(Kernel::LinearGrad {
                        input,
                        gradient,
                        into,
                        weight,
                        bias,
                    });
                }
                Kernel::Pool { input, output } => {
                    let gradient = self.total(output).tensor;
                    let into = self.gradient_of(input.tensor);
                    self.target(input).written = Some(into);
                    self.plan.backward.push(Kernel::PoolGrad { gradient, into });
                }
                Kernel::Add {
                    branch,
                    shortcut,
                    scale,
                    stride,
                    relu,
                    output,
                    ..
                } => self.add_grad(at, output, relu, branch, (shortcut, scale, stride)),
                Kernel::Conv {
                    conv, input, output, ..
                } => self.conv_grad(conv, input, output),
                _ => unreachable!("a backward kernel in the forward list"),
            }
        }
    }

    fn tap_nodes(&mut self, value: impl Fn(Value) -> bool, gradient: Gradient) {
        let at = self.plan.backward.len();
        for node in 0..self.plan.values.len() {
            if value(self.plan.values[node]) {
                self.plan.taps.push(Tap { node, at, gradient });
            }
        }
    }

    /// The gradient of a stored tensor over all its readers, readable from here on; nodes that it belongs to are tapped.
    fn total(&mut self, tensor: TensorId) -> Gradient {
        let mut raw = None;
        let mut viewed = None;
        for target in self.targets.extract_if(.., |target| target.view.tensor == tensor) {
            if target.view == View::raw(tensor) {
                raw = Some(target);
            } else {
                viewed = Some(target);
            }
        }
        let Some(viewed) = viewed else {
            let gradient = whole(&raw.expect("a stored tensor has a reader"));
            self.tap_nodes(|value| value == Value::View(View::raw(tensor)), gradient);
            return gradient;
        };
        let view = viewed.view;
        let gradient = whole(&viewed);
        self.tap_nodes(|value| value == Value::View(view), gradient);
        let before_relu = Gradient {
            through: Through::Relu(view),
            ..gradient
        };
        if let Some(norm) = view.norm {
            let normalised = Value::View(View { relu: false, ..view });
            if view.relu {
                self.tap_nodes(|value| value == normalised, before_relu);
            }
            let gradient = before_relu;
            self.reduce(Reduction { norm, gradient });
        }
        let mut total = Gradient {
            through: Through::Norm(view),
            ..gradient
        };
        if let Some(raw) = raw {
            let addend = Some(sole(&raw));
            let into = gradient.tensor;
            let gradient = total;
            self.plan.backward.push(Kernel::Settle { gradient, addend, into });
            total = settled(into);
        }
        self.tap_nodes(|value| value == Value::View(View::raw(tensor)), total);
        total
    }

    /// Takes a reduction while the kernel that completes the gradient has it at hand, or on its own.
    fn reduce(&mut self, reduction: Reduction) {
        let last = self.plan.backward.iter_mut().rev().find_map(|kernel| match kernel {
            Kernel::ConvGrad { into, reductions, .. } if *into == reduction.gradient.tensor => Some(reductions),
            _ => None,
        });
        match last.and_then(|reductions| reductions.iter_mut().find(|place| place.is_none())) {
            Some(place) => *place = Some(reduction),
            None => self.plan.backward.push(Kernel::NormGrad(reduction)),
        }
    }

    fn add_grad(
        &mut self,
        at: usize,
        output: TensorId,
        relu: bool,
        branch: View,
        (shortcut, scale, stride): (View, f32, usize),
    ) {
        let mut total = self.total(output);
        if total.through != Through::Nothing {
            let (gradient, into, addend) = (total, total.tensor, None);
            self.plan.backward.push(Kernel::Settle { gradient, addend, into });
            total = settled(into);
        }
        if relu {
            total.gate = Some(output);
        }
        self.tap_nodes(|value| value == Value::Sum { kernel: at }, total);
        let share = |scale: f32, stride| Addend {
            tensor: total.tensor,
            scale: total.scale * scale,
            gate: total.gate,
            stride,
        };
        self.target(branch).pending.push(share(1.0, 1));
        self.target(shortcut).pending.push(share(scale, stride));
        // A subsampled shortcut's own node.
        let subsampled = Value::Subsample { view: shortcut, stride };
        let gradient = Gradient {
            scale: total.scale * scale,
            ..total
        };
        self.tap_nodes(|value| value == subsampled, gradient);
    }

    fn conv_grad(&mut self, conv: usize, input: View, output: TensorId) {
        let gradient = self.total(output);
        let target = self.target(input);
        let (written, addend) = (target.written, target.pending.pop());
        let into = written.unwrap_or_else(|| self.gradient_of(input.tensor));
        self.target(input).written = Some(into);
        if input.tensor == self.plan.images {
            self.plan.images_gradient = into;
        }
        self.plan.backward.push(Kernel::ConvGrad {
            conv,
            input,
            gradient,
            into,
            addend,
            accumulate: written.is_some(),
            reductions: [None; 2],
        });
        if input.tensor == self.plan.images {
            let gradient = self.total(input.tensor);
            debug_assert_eq!(gradient.tensor, into);
        }
    }
}

/// A gradient that stands in its tensor as it is.
fn settled(tensor: TensorId) -> Gradient {
    Gradient {
        tensor,
        scale: 1.0,
        gate: None,
        through: Through::Nothing,
    }
}

/// The gradient of a view all of whose readers have been met.
fn whole(target: &Target) -> Gradient {
    let Addend {
        tensor, scale, gate, ..
    } = sole(target);
    Gradient {
        scale,
        gate,
        ..settled(tensor)
    }
}

/// The one share that a view's readers have left.
fn sole(target: &Target) -> Addend {
    match (target.written, target.pending.as_slice()) {
        (Some(tensor), []) => Addend {
            tensor,
            scale: 1.0,
            gate: None,
            stride: 1,
        },
        (None, &[addend]) => addend,
        _ => unreachable!("an addition's share goes into the first convolution that reads beside it"),
    }
}

/// The tensor that a forward kernel stores.
fn output(kernel: &Kernel) -> Option<TensorId> {
    match *kernel {
        Kernel::Conv { output, .. }
        | Kernel::Add { output, .. }
        | Kernel::Pool { output, .. }
        | Kernel::Linear { output, .. } => Some(output),
        _ => None,
    }
}
