//! From a training to its figures, through the two commands.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const EXPERIMENT: &str = r#"
name = "small"
title = "Two depths <side & side>"
steps = 4
batch = 8
probe_every = 2
eval_every = 2

[data]
source = "digits"

[[runs]]
net = "plain-8:width=4"
[[runs]]
net = "plain-14:width=4"
"#;

fn depthscope(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_depthscope"))
        .current_dir(folder)
        .args(arguments)
        .output()
        .unwrap()
}

fn says(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn a_training_becomes_figures() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("small.toml"), EXPERIMENT).unwrap();
    let trained = depthscope(folder, &["train", "small.toml", "--out", "a"]);
    assert!(trained.status.success(), "{}", says(&trained));

    for figure in [
        "loss",
        "error",
        "gradients",
        "maps",
        "depth",
        "networks",
        "runs",
        "data",
    ] {
        for format in ["svg", "png", "pdf", "csv"] {
            let written = depthscope(folder, &["export", "a", "--figure", figure, "--format", format]);
            assert!(written.status.success(), "{figure}: {}", says(&written));
            assert!(folder.join(format!("a/figures/{figure}.{format}")).is_file());
        }
    }
    let svg = fs::read_to_string(folder.join("a/figures/loss.svg")).unwrap();
    assert!(svg.contains("Two depths &lt;side &amp; side&gt;") && svg.contains("measured: "));
    let maps = fs::read_to_string(folder.join("a/figures/maps.csv")).unwrap();
    assert_eq!(
        maps.lines().count(),
        1 + 64 + 2 * 4 * 64,
        "the image and four channels of two nets"
    );

    for (arguments, sentence) in [
        (
            &["a", "--figure", "loss", "--step", "2"][..],
            "--step is for gradients and maps",
        ),
        (&["a", "--figure", "maps", "--node", "layer9.0"], "no node 'layer9.0'"),
        (&["a", "--figure", "maps", "--step", "3"], "no checkpoint at step 3"),
        (&["a", "--figure", "maps", "--image", "5000"], "no test image 5000"),
        (
            &["a", "--figure", "loss", "--only", "lenet"],
            "the runs are plain-8, plain-14",
        ),
        (
            &["a", "--figure", "depth", "--only", "plain-8"],
            "no depth figure: nets of at least two depths must have trained; train the experiment `depth` (see `depthscope train --help`)",
        ),
        (
            &["a", "--figure", "landscape"],
            "no landscape was looked at; measure it in the window",
        ),
        (
            &["a", "--figure", "loss", "--out", "loss.bmp"],
            "not one of svg, png, pdf, csv, zip",
        ),
        (&["nowhere", "--figure", "loss"], "not a run folder"),
    ] {
        let refused = depthscope(folder, &[&["export"], arguments].concat());
        let text = says(&refused);
        assert!(
            !refused.status.success() && text.contains(sentence),
            "{arguments:?}: {text}"
        );
        assert_eq!(text.lines().count(), 1, "{text}");
    }

    let column = depthscope(
        folder,
        &["export", "a", "--figure", "loss", "--size", "column", "--format", "zip"],
    );
    assert!(column.status.success(), "{}", says(&column));
    assert!(folder.join("a/figures/loss-column.zip").is_file());
    for source in ["a", "small.toml", "quick"] {
        let code = depthscope(folder, &["export", source, "--as", "pytorch"]);
        assert!(code.status.success(), "{source}: {}", says(&code));
        assert!(says(&code).contains("class Net(nn.Module)"));
    }

    fs::create_dir(folder.join("b")).unwrap();
    copy(&folder.join("a"), &folder.join("b"));
    let compared = depthscope(folder, &["export", "a", "b", "--figure", "loss", "--out", "both.csv"]);
    assert!(compared.status.success(), "{}", says(&compared));
    let csv = fs::read_to_string(folder.join("both.csv")).unwrap();
    assert!(csv.contains("plain-8 (a)") && csv.contains("plain-8 (b)"), "{csv}");

    let found = "[[runs]]\nname = \"plain-8\"\nseed = 0\n[[runs.lesions]]\nstep = 1\ncuts = [[0, \"Removed\"]]\n\
                 before = 0.75\nafter = 0.125\n";
    fs::write(folder.join("b/findings.toml"), found).unwrap();
    let lesions = depthscope(
        folder,
        &["export", "a", "b", "--figure", "lesions", "--out", "lesions.csv"],
    );
    assert!(lesions.status.success(), "{}", says(&lesions));
    let csv = fs::read_to_string(folder.join("lesions.csv")).unwrap();
    assert!(
        csv.contains("plain-8 (b),measured,0,1,layer1.0: removed,1,0.125,,"),
        "{csv}"
    );

    assert!(csv.contains("plain-8 (b),whole net,0,1,,,0.75,,"), "{csv}");
    assert!(csv.contains("accuracy on the test split (fraction)"), "{csv}");

    let here = depthscope(
        folder,
        &["export", "a", "--figure", "loss", "--format", "csv", "--out", "."],
    );
    assert!(here.status.success(), "{}", says(&here));
    assert!(folder.join("loss.csv").is_file());

    let labels = r#"{"a/plain-14/0": {"label": "the \"deep\" one, again", "hidden": true}}"#;
    fs::write(folder.join("labels.json"), labels).unwrap();
    let listed = depthscope(folder, &["export", "a", "b", "--figure", "runs", "--out", "runs.csv"]);
    assert!(listed.status.success(), "{}", says(&listed));
    let csv = fs::read_to_string(folder.join("runs.csv")).unwrap();
    let lines: Vec<&str> = csv.lines().collect();
    assert!(
        lines[0].starts_with("run,depth,loss curve,state,step,loss,error (fraction),test error (fraction),"),
        "{csv}"
    );
    assert_eq!(lines.len(), 5, "two runs of each folder: {csv}");
    assert!(lines[2].starts_with("\"the \"\"deep\"\" one, again\","), "{csv}");
    assert!(lines[1].contains(",finished,4,") && lines[3].contains(",b,"), "{csv}");

    let nets = fs::read_to_string(folder.join("a/figures/networks.csv")).unwrap();
    assert!(
        nets.starts_with(
            "net,depth,blocks,parameters,multiply-adds,training loss,training error (fraction),test error (fraction)\nplain-8,8,3,"
        ),
        "{nets}"
    );
    let classes = fs::read_to_string(folder.join("a/figures/data.csv")).unwrap();
    assert!(
        classes.starts_with("class,training images,test images\n0,"),
        "{classes}"
    );
    assert_eq!(classes.lines().count(), 11);
    let other = EXPERIMENT.replace("source = \"digits\"", "source = \"textures\"\nsize = 8");
    fs::write(folder.join("b/experiment.toml"), other).unwrap();
    let refused = depthscope(folder, &["export", "a", "b", "--figure", "data"]);
    assert!(
        says(&refused).contains("a data figure shows one data set"),
        "{}",
        says(&refused)
    );
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
