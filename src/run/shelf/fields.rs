//! Recipe and net as pairs of names and values, for columns.

use std::borrow::Cow;

use rust_i18n::t;

use crate::net::{Field, Spec};
use crate::run::{Experiment, RunPlan};

/// `schedule.rate` = `0.02`, in the order of the experiment file.
pub type Fields = Vec<(String, String)>;

/// What is no part of the recipe: names, and what is listed run by run.
const ASIDE: [&str; 8] = [
    "name",
    "title",
    "seeds",
    "runs",
    "branches",
    "probe_every",
    "eval_every",
    "checkpoint_every",
];

/// What all runs of the experiment share.
pub fn recipe(experiment: &Experiment) -> Fields {
    let mut fields = Fields::new();
    if let Ok(toml::Value::Table(table)) = toml::Value::try_from(experiment) {
        for (key, value) in table.into_iter().filter(|(key, _)| !ASIDE.contains(&key.as_str())) {
            flatten(key, value, &mut fields);
        }
    }
    fields
}

fn flatten(key: String, value: toml::Value, fields: &mut Fields) {
    match value {
        toml::Value::Table(table) => {
            for (inner, value) in table {
                flatten(format!("{key}.{inner}"), value, fields);
            }
        }
        toml::Value::String(text) => fields.push((key, text)),
        // A single-precision 0.02 is not 0.019999999552965164.
        toml::Value::Float(number) => fields.push((key, (number as f32).to_string())),
        other => fields.push((key, other.to_string())),
    }
}

/// The experiment that has this recipe, of one run; `None` where the recipe is no whole one.
pub fn experiment(recipe: &Fields, net: &str, seed: u64) -> Option<Experiment> {
    let mut text = String::from("name = \"one\"\nruns = []\n");
    for (key, value) in recipe {
        let line = format!("{key} = {value}\n");
        text += &match toml::from_str::<toml::Table>(&line) {
            Ok(_) => line,
            Err(_) => format!("{key} = {}\n", toml::Value::from(value.as_str())),
        };
    }
    let experiment: Experiment = toml::from_str(&text).ok()?;
    Some(Experiment {
        seeds: vec![seed],
        runs: vec![RunPlan::new("one", net)],
        ..experiment
    })
}

/// What sets a run apart within its experiment: its net, its seed, and what it continues.
pub fn net(spec: &Spec, seed: u64, experiment: &Experiment, name: &str) -> Fields {
    let lower = |value: &dyn std::fmt::Debug| format!("{value:?}").to_lowercase();
    let [channels, height, width] = spec.input;
    let mut fields = vec![
        ("net".to_owned(), spec.family.to_string()),
        ("depth".into(), spec.depth.to_string()),
        ("block".into(), lower(&spec.block)),
        ("order".into(), lower(&spec.order)),
        ("norm".into(), lower(&spec.norm)),
        ("init".into(), lower(&spec.init)),
        ("zero_last".into(), spec.zero_last.to_string()),
        ("width".into(), spec.width.to_string()),
        ("cardinality".into(), spec.cardinality.to_string()),
        ("input".into(), format!("{channels}x{height}x{width}")),
        ("classes".into(), spec.classes.to_string()),
        ("seed".into(), seed.to_string()),
    ];
    if spec.residual() {
        fields.push(("shortcut".into(), format!("{:?}", spec.shortcut)));
        fields.push(("scale".into(), spec.scale.to_string()));
    }
    if spec.family == crate::net::Family::Resnext {
        fields.push(("group_width".into(), spec.group_width.to_string()));
    }
    if let Some(branch) = experiment.branch(name) {
        fields.push(("continues".into(), format!("{} from {}", branch.of, branch.step)));
        fields.push(("rate_factor".into(), branch.rate.to_string()));
    }
    fields
}

/// What a field is called, in the forms of nets and recipes.
pub fn title(key: &str) -> Cow<'_, str> {
    if let Some(field) = Field::ALL.into_iter().find(|field| field.key() == key) {
        return field.label();
    }
    match key {
        "net" => t!("Net"),
        "input" => t!("Input"),
        "classes" => t!("Classes"),
        "seed" => t!("Seed"),
        "continues" => t!("Continues"),
        "rate_factor" => t!("Rate factor"),
        "steps" => t!("Steps"),
        "batch" => t!("Batch"),
        "eval_every" => t!("Test every"),
        "probe_every" => t!("Norms every"),
        "data.source" => t!("Source"),
        "data.path" => t!("Data path"),
        "data.size" => t!("Size"),
        "data.pool" => t!("Pool"),
        "data.difficulty" => t!("Difficulty"),
        "data.images" => t!("Images"),
        "data.seed" => t!("Data seed"),
        "augment.shift" => t!("Shift"),
        "augment.flip" => t!("Mirror"),
        "optimizer.kind" => t!("Optimiser"),
        "optimizer.momentum" => t!("Momentum"),
        "optimizer.nesterov" => t!("Nesterov"),
        "optimizer.weight_decay" => t!("Weight decay"),
        "optimizer.decay" => t!("Decay of"),
        "optimizer.clip" => t!("Clip at"),
        "schedule.kind" => t!("Schedule"),
        "schedule.rate" => t!("Learning rate"),
        "schedule.warmup" => t!("Warm-up"),
        other => other.into(),
    }
}

/// The same above a column, where only a person's name is written large.
pub fn heading(key: &str) -> String {
    match key {
        "optimizer.nesterov" => title(key).into_owned(),
        _ => title(key).to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_a_recipe_and_a_net_has_a_name() {
        let experiment = Experiment::named("faithful").unwrap();
        let spec = "resnext-20:group_width=4".parse().unwrap();
        let fields = recipe(&experiment).into_iter().chain(net(&spec, 0, &experiment, "net"));
        for (key, _) in fields {
            assert_ne!(title(&key), key, "a key is no name");
        }
        assert_eq!(heading("schedule.rate"), "learning rate");
    }

    #[test]
    fn a_recipe_is_read_back_from_its_fields() {
        for name in ["quick", "faithful"] {
            let whole = Experiment::named(name).unwrap();
            let read = experiment(&recipe(&whole), "plain-20", 7).unwrap();
            assert_eq!(recipe(&read), recipe(&whole));
            assert_eq!(
                (read.data, read.schedule, read.seeds),
                (whole.data, whole.schedule, vec![7])
            );
        }
        assert_eq!(experiment(&vec![("batch".into(), "32".into())], "plain-20", 0), None);
    }
}
