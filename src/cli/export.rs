//! `depthscope export RUNS...`: a figure of run folders, or their experiment as PyTorch code.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::out::{print, say};
use crate::data::Dataset;
use crate::engine::{Choice, Optimizer, open};
use crate::error::{Error, Result};
use crate::export::{Caption, Format, Kind, Material, Size, figure, pytorch, write_file};
use crate::net::{Array, Graph};
use crate::probe::{ImageMaps, Subject, feature_maps};
use crate::run::shelf::{Item, Line, items, now};
use crate::run::{Answers, Experiment, Findings, History, Layout, MapRequest, Maps, Preview, RunFolder, RunId, Wanted};

/// Nets side by side in a maps figure.
const MOST_MAPS: usize = 4;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Run folders; several are compared in one figure
    #[arg(required = true, value_name = "RUNS")]
    folders: Vec<PathBuf>,
    /// What to show: loss, curves, error, gradients, weather, maps, depth, timeline, architecture, networks, runs, data, or
    /// what the window found out: lesions, insertion, shattering, transfer, landscape
    #[arg(long, value_name = "FIGURE", required_unless_present = "code")]
    figure: Option<Kind>,
    /// Instead of a figure: print the experiment of a run folder (or of a file, or by name) as Python code
    #[arg(long = "as", value_name = "CODE", conflicts_with_all = ["figure", "format", "size"])]
    code: Option<Code>,
    /// svg, png, pdf, csv or zip (all of them with the experiment) [default: the extension of --out, else svg]
    #[arg(long)]
    format: Option<Format>,
    /// screen, column (85 mm), slide (16:9) or poster (A3)
    #[arg(long, default_value_t = Size::Screen)]
    size: Size,
    /// The file to write, or a folder for FIGURE.FORMAT; the first run folder's figures/ unless given
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
    /// Take only this run; may be given several times
    #[arg(long, value_name = "RUN")]
    only: Vec<String>,
    /// For gradients the last measurement until this step; for maps the checkpoint of this step
    #[arg(long)]
    step: Option<usize>,
    /// For maps: the node, as in layer2.0 [default: the end of stage 1]
    #[arg(long)]
    node: Option<String>,
    /// For maps: which image of the test split, from 0 [default: 0]
    #[arg(long, value_name = "I")]
    image: Option<usize>,
}

/// What an experiment is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Code {
    Pytorch,
}

/// One run of the figure, and where it comes from.
struct Source<'a> {
    folder: &'a RunFolder,
    run: RunId,
}

/// # Errors
/// When a folder cannot be read, or does not hold what the figure needs.
pub fn run(args: &Args) -> Result<()> {
    let Some(shown) = args.figure else {
        return code(args);
    };
    refuse_idle_options(args, shown)?;
    let folders = args
        .folders
        .iter()
        .map(|path| RunFolder::open(path))
        .collect::<Result<Vec<_>>>()?;
    for notice in folders.iter().flat_map(|folder| &folder.notices) {
        eprintln!("depthscope: {notice}");
    }
    let (history, sources, findings) = chosen(args, &folders)?;
    let maps = match shown {
        Kind::Maps => Some(maps(args, &history, &sources)?),
        _ => None,
    };
    let items = match shown {
        Kind::Runs => listed(args),
        _ => Vec::new(),
    };
    let lines: Vec<Line> = items
        .iter()
        .map(|item| Line::new(item, None, &history, now()))
        .collect();
    let data = match shown {
        Kind::Data => Some(data(&folders)?),
        _ => None,
    };
    let caption = caption(&args.folders, &folders);
    let material = Material {
        step: args.step,
        maps: maps.as_ref(),
        findings: Some(&findings),
        runs: Some(&lines),
        data: data.as_ref(),
        ..Material::of(&caption, &history)
    };
    let figure =
        figure(shown, &material).map_err(|error| Error::Export(format!("{error}; {}", remedy(shown)).into()))?;
    let (path, format) = target(args, shown)?;
    figure.write(&path, format, args.size)?;
    say!("{}", path.display())
}

/// How to come by what a figure is missing.
fn remedy(kind: Kind) -> &'static str {
    match kind {
        Kind::Gradients | Kind::Weather => "train with probe_every above 0 (see `depthscope train --help`)",
        Kind::Depth => "train the experiment `depth` (see `depthscope train --help`)",
        Kind::Loss
        | Kind::Curves
        | Kind::Error
        | Kind::Maps
        | Kind::Timeline
        | Kind::Networks
        | Kind::Runs
        | Kind::Data
        | Kind::Architecture => "train first (see `depthscope train --help`)",
        Kind::Lesions | Kind::Insertion | Kind::Shattering | Kind::Transfer | Kind::Landscape => {
            "measure it in the window (see `depthscope --help`), which keeps it in the run folder"
        }
        Kind::Information | Kind::Forms => "export it from the window that measures it (see `depthscope --help`)",
    }
}

/// The runs of the folders under the names their owner gave them, hidden ones too: who names a folder wants to see it.
fn listed(args: &Args) -> Vec<Item> {
    let whole = |path: &PathBuf| path.canonicalize().unwrap_or_else(|_| path.clone());
    let wanted = |item: &Item| args.only.is_empty() || args.only.contains(&item.key.name);
    args.folders
        .iter()
        .flat_map(|path| items(&whole(path)))
        .filter(wanted)
        .collect()
}

/// A look at the data that all folders share.
fn data(folders: &[RunFolder]) -> Result<Preview> {
    let source = &folders[0].experiment.data;
    if folders.iter().any(|folder| folder.experiment.data != *source) {
        return Err(Error::Export(
            "a data figure shows one data set, and these run folders have several; give one folder".into(),
        ));
    }
    Preview::of(Wanted::Source(source.clone()))
}

/// Prints the first experiment as code, or writes it.
fn code(args: &Args) -> Result<()> {
    let path = &args.folders[0];
    let experiment = if path.is_dir() {
        Layout::new(path).read_experiment()?
    } else {
        Experiment::load(&path.to_string_lossy())?
    };
    let text = pytorch::program(&experiment);
    match &args.out {
        Some(out) => write_file(out, text.as_bytes()),
        None => print(format_args!("{text}")),
    }
}

fn refuse_idle_options(args: &Args, shown: Kind) -> Result<()> {
    let step_matters = matches!(shown, Kind::Gradients | Kind::Maps);
    for (given, name, matters, figures) in [
        (args.step.is_some(), "--step", step_matters, "gradients and maps"),
        (args.node.is_some(), "--node", shown == Kind::Maps, "maps"),
        (args.image.is_some(), "--image", shown == Kind::Maps, "maps"),
    ] {
        if given && !matters {
            return Err(Error::Export(
                format!("{name} is for {figures}, not for {shown}").into(),
            ));
        }
    }
    Ok(())
}

/// The chosen runs of all folders in one history, and what was found out about them. Where folders share a run's name,
/// the folder's is added to it.
fn chosen<'a>(args: &Args, folders: &'a [RunFolder]) -> Result<(History, Vec<Source<'a>>, Findings)> {
    let has = |folder: &RunFolder, name: &str| folder.history.runs.iter().any(|series| series.track.name == name);
    if let Some(unknown) = args
        .only
        .iter()
        .find(|name| !folders.iter().any(|folder| has(folder, name)))
    {
        let mut names: Vec<&str> = folders
            .iter()
            .flat_map(|folder| &folder.history.runs)
            .map(|series| series.track.name.as_str())
            .collect();
        names.dedup();
        return Err(Error::Export(
            format!(
                "--only {unknown}: there is no such run; the runs are {}",
                names.join(", ")
            )
            .into(),
        ));
    }
    let (mut history, mut sources, mut findings) = (History::default(), Vec::new(), Findings::default());
    for (path, folder) in args.folders.iter().zip(folders) {
        let first = history.runs.len();
        for series in &folder.history.runs {
            let name = &series.track.name;
            if !args.only.is_empty() && !args.only.contains(name) {
                continue;
            }
            let mut series = series.clone();
            sources.push(Source {
                folder,
                run: series.track.id,
            });
            series.track.id = history.runs.len();
            history.runs.push(series);
        }
        let runs = &mut history.runs[first..];
        match Answers::read(&Layout::new(path).findings(), runs) {
            Ok(found) => findings.add(found),
            Err(error) => eprintln!("depthscope: {error}"),
        }
        for series in runs {
            let name = &series.track.name;
            if folders.iter().filter(|other| has(other, name)).count() > 1 {
                series.track.name = format!("{name} ({})", short(path));
            }
        }
    }
    Ok((history, sources, findings))
}

/// The folder's own name.
fn short(path: &Path) -> String {
    let name = path.canonicalize().ok();
    let name = name.as_deref().unwrap_or(path).file_name();
    name.unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// One title and recipe, or those of each folder where they differ.
fn caption(paths: &[PathBuf], folders: &[RunFolder]) -> Caption {
    let captions: Vec<Caption> = folders.iter().map(|folder| Caption::of(&folder.experiment)).collect();
    if captions.iter().all(|caption| caption == &captions[0]) {
        return captions[0].clone();
    }
    let mut titles: Vec<&str> = captions.iter().map(|caption| caption.title.as_str()).collect();
    titles.dedup();
    let recipe = paths.iter().zip(&captions);
    Caption {
        title: titles.join("; "),
        recipe: recipe
            .map(|(path, caption)| format!("{}: {}", short(path), caption.recipe.join(", ")))
            .collect(),
        experiments: folders.iter().map(|folder| folder.experiment.clone()).collect(),
    }
}

fn target(args: &Args, shown: Kind) -> Result<(PathBuf, Format)> {
    let file = args.out.as_ref().filter(|path| !path.is_dir());
    let extension = file.and_then(|path| path.extension()?.to_str());
    let format = match (args.format, extension) {
        (Some(format), _) => format,
        (None, Some(extension)) => extension.parse()?,
        (None, None) => Format::Svg,
    };
    let size = match args.size {
        Size::Screen => String::new(),
        size => format!("-{size}"),
    };
    let name = format!("{shown}{size}.{format}");
    let path = match &args.out {
        Some(folder) if folder.is_dir() => folder.join(name),
        Some(path) => path.clone(),
        None => args.folders[0].join("figures").join(name),
    };
    Ok((path, format))
}

/// Probes the first seed of every net at its checkpoint.
fn maps(args: &Args, history: &History, sources: &[Source]) -> Result<Maps> {
    let mut names: Vec<&str> = Vec::new();
    let mut shown: Vec<RunId> = Vec::new();
    for series in &history.runs {
        if !names.contains(&series.track.name.as_str()) {
            names.push(&series.track.name);
            shown.push(series.track.id);
        }
    }
    if shown.len() > MOST_MAPS {
        return Err(Error::Export(
            format!(
                "a maps figure holds {MOST_MAPS} runs at most; choose with --only among {}",
                names.join(", ")
            )
            .into(),
        ));
    }
    let image = Subject::Test(args.image.unwrap_or(0));
    let mut request = MapRequest {
        nodes: Vec::new(),
        image: image.clone(),
        step: None,
    };
    let (mut maps, mut predictions, mut seen) = (Vec::new(), Vec::new(), None);
    for id in shown {
        let source = &sources[id];
        let (step, probed_node, probed) = probe(source, args.node.as_deref(), args.step, &image)?;
        request.nodes.push((id, probed_node));
        maps.push((step, probed.0));
        predictions.push(probed.1.probabilities.clone());
        seen = Some(probed.1);
    }
    let seen = seen.ok_or_else(|| Error::Export("no maps figure: there is no run in the folder".into()))?;
    Ok(Maps {
        request,
        image: seen.image,
        label: seen.label,
        images: seen.images,
        classes: seen.classes,
        predictions,
        maps,
    })
}

/// The step, the node, its maps, and what was probed.
fn probe(
    source: &Source,
    node: Option<&str>,
    step: Option<usize>,
    image: &Subject,
) -> Result<(usize, String, (Array, ImageMaps))> {
    let track = &source.folder.history.runs[source.run].track;
    let graph = Arc::new(Graph::new(&track.spec));
    let default = || {
        let stage = graph.blocks.iter().rfind(|block| block.stage == 1);
        stage.map_or_else(|| "logits".to_owned(), |block| block.name.clone())
    };
    let node = node.map_or_else(default, str::to_owned);
    if graph.find(&node).is_none() {
        return Err(Error::Export(
            format!(
                "{} has no node '{node}'; `depthscope inspect {}` lists them",
                track.name, track.spec
            )
            .into(),
        ));
    }
    let (step, weights) = source.folder.weights(source.run, step)?;
    let dataset = Dataset::open(&source.folder.experiment.data)?;
    let mut engine = open(Choice::Auto, &graph, &weights, Optimizer::default())?;
    let mut probed = feature_maps(engine.as_mut(), &dataset, image, std::slice::from_ref(&node))?;
    let missing = || Error::Engine(format!("the engine did not report the maps of '{node}'").into());
    let maps = probed.maps.remove(&node).ok_or_else(missing)?;
    Ok((step, node, (maps, probed)))
}
