//! An experiment as one Python file that trains it with PyTorch: `assets/pytorch/experiment.py`, filled in.

use std::fmt::Write;

use crate::data::Source;
use crate::engine::{Decay, OptimizerKind};
use crate::net::{BlockKind, Family, Init, Norm, Order, Spec};
use crate::run::{Experiment, ScheduleKind};

/// QUICK, ready to run; what stands between the marks is another experiment's own.
const QUICK: &str = include_str!("../../assets/pytorch/experiment.py");
const BEGIN: &str = "# <experiment>\n";
const END: &str = "# </experiment>\n";

/// The file's text. Runs that continue others are left out: the weights they start from are not in it.
pub fn program(experiment: &Experiment) -> String {
    let (head, rest) = QUICK.split_once(BEGIN).unwrap_or((QUICK, ""));
    let (_, tail) = rest.split_once(END).unwrap_or(("", rest));
    format!("{head}{BEGIN}{}{END}{tail}", settings(experiment))
}

fn settings(experiment: &Experiment) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: String| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name} = {value}");
    };
    let title = if experiment.title.is_empty() {
        &experiment.name
    } else {
        &experiment.title
    };
    line("TITLE", quoted(title));
    line("STEPS", experiment.steps.to_string());
    line("BATCH", experiment.batch.to_string());
    line("SEEDS", format!("{:?}", experiment.seeds));
    line("EVAL_EVERY", experiment.eval_every.to_string());
    line("DATA", data(&experiment.data));
    let (augment, optimizer, schedule) = (experiment.augment, experiment.optimizer, experiment.schedule);
    line(
        "AUGMENT",
        format!("dict(shift={}, flip={})", augment.shift, truth(augment.flip)),
    );
    let kind = match optimizer.kind {
        OptimizerKind::Sgd => "sgd",
        OptimizerKind::Adam => "adam",
    };
    let decay = match optimizer.decay {
        Decay::All => "all",
        Decay::Weights => "weights",
    };
    line(
        "OPTIMIZER",
        format!(
            "dict(kind=\"{kind}\", momentum={:?}, nesterov={}, weight_decay={:?}, decay=\"{decay}\", clip={:?})",
            optimizer.momentum,
            truth(optimizer.nesterov),
            optimizer.weight_decay,
            optimizer.clip
        ),
    );
    let kind = match schedule.kind {
        ScheduleKind::Constant => "constant",
        ScheduleKind::Step => "step",
        ScheduleKind::Cosine => "cosine",
    };
    let (rate, warmup) = (schedule.rate, schedule.warmup);
    line(
        "SCHEDULE",
        format!("dict(kind=\"{kind}\", rate={rate:?}, warmup={warmup})"),
    );
    text += "SPECS = {\n";
    for plan in &experiment.runs {
        if let (Ok(spec), None) = (plan.net.parse::<Spec>(), experiment.branch(&plan.name)) {
            let origin = plan.weights.as_ref().and_then(|source| source.file_name());
            let origin = origin.map(|file| format!("  # here from weights {}", quoted(&file.to_string_lossy())));
            text += &format!(
                "    {}: {},{}\n",
                quoted(&plan.name),
                net(&spec),
                origin.unwrap_or_default()
            );
        }
    }
    text + "}\n"
}

fn data(source: &Source) -> String {
    let path = source.path.as_ref().map(|path| quoted(&path.to_string_lossy()));
    let number = |value: Option<usize>| value.map_or_else(none, |value| value.to_string());
    format!(
        "dict(source={}, path={}, size={}, pool={}, difficulty={}, images={}, seed={})",
        quoted(&source.source),
        path.unwrap_or_else(none),
        number(source.size),
        number(source.pool),
        source.difficulty.map_or_else(none, |value| format!("{value:?}")),
        number(source.images),
        source.seed
    )
}

/// What differs from the family's defaults; input and classes are the data's.
fn net(spec: &Spec) -> String {
    let usual = Spec::new(spec.family, spec.depth);
    let mut parts = vec![format!("family=\"{}\", depth={}", spec.family, spec.depth)];
    if spec.block != usual.block {
        let block = match spec.block {
            BlockKind::Basic => "basic",
            BlockKind::Bottleneck => "bottleneck",
        };
        parts.push(format!("block=\"{block}\""));
    }
    if spec.residual() && (spec.shortcut != usual.shortcut || spec.block != usual.block) {
        parts.push(format!("shortcut=\"{:?}\"", spec.shortcut));
    }
    for (differs, part) in [
        (spec.order == Order::Pre, "order=\"pre\""),
        (spec.norm == Norm::None, "norm=\"none\""),
        (spec.init == Init::Xavier, "init=\"xavier\""),
        (spec.zero_last, "zero_last=True"),
    ] {
        if differs {
            parts.push(part.to_owned());
        }
    }
    if spec.scale != 1.0 {
        parts.push(format!("scale={:?}", spec.scale));
    }
    for (name, value, usual) in [
        ("width", spec.width, usual.width),
        ("cardinality", spec.cardinality, usual.cardinality),
    ] {
        if value != usual {
            parts.push(format!("{name}={value}"));
        }
    }
    if spec.family == Family::Resnext && spec.group_width != usual.group_width {
        parts.push(format!("group_width={}", spec.group_width));
    }
    format!("dict({})", parts.join(", "))
}

/// A text as JSON writes it, which Python reads as well.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn truth(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}

fn none() -> String {
    "None".into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_file_is_quick_itself() {
        assert_eq!(program(&Experiment::named("quick").unwrap()), QUICK);
    }

    #[test]
    fn every_experiment_has_its_settings_and_the_same_code() {
        let body = QUICK.split_once(END).unwrap().1;
        for name in Experiment::names() {
            let text = program(&Experiment::named(name).unwrap());
            assert!(text.ends_with(body) && text.matches(BEGIN).count() == 1, "{name}");
        }
        let text = program(&Experiment::named("colour").unwrap());
        for part in [
            "DATA = dict(source=\"textures\", path=None, size=16, pool=None, difficulty=0.3, images=4000, seed=0)",
            "AUGMENT = dict(shift=1, flip=False)",
            "SCHEDULE = dict(kind=\"cosine\", rate=0.05, warmup=50)",
        ] {
            assert!(text.contains(part), "{text}");
        }
    }

    #[test]
    fn nets_say_what_is_unusual_about_them() {
        for (text, python) in [
            ("plain-8", "dict(family=\"plain\", depth=8)"),
            (
                "resnet-8:shortcut=C,scale=0.5,width=3,norm=none,init=xavier",
                "dict(family=\"resnet\", depth=8, shortcut=\"C\", norm=\"none\", init=\"xavier\", scale=0.5, width=3)",
            ),
            (
                "resnet-11:block=bottleneck,order=pre",
                "dict(family=\"resnet\", depth=11, block=\"bottleneck\", shortcut=\"B\", order=\"pre\")",
            ),
            (
                "resnext-11:cardinality=2,group_width=3,width=2,zero_last=true",
                "dict(family=\"resnext\", depth=11, zero_last=True, width=2, cardinality=2, group_width=3)",
            ),
        ] {
            assert_eq!(net(&text.parse().unwrap()), python);
        }
    }

    #[test]
    fn texts_are_python_literals() {
        assert_eq!(quoted("C:\\data \"x\""), "\"C:\\\\data \\\"x\\\"\"");
    }
}
