//! Feature maps for whoever is looking: which are wanted, and when they were last made.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rust_i18n::t;

use super::course::Course;
use super::experiment::RunId;
use super::lane::Lane;
use super::message::{MapRequest, Maps};
use crate::data::Dataset;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::probe::{ImageMaps, feature_maps};

/// While training, maps are made at most this often.
const PERIOD: Duration = Duration::from_millis(200);

/// What is being watched.
#[derive(Debug, Default)]
pub struct Watch {
    request: Option<MapRequest>,
    made: Option<Instant>,
}

impl Watch {
    /// Takes a request, leaving out what does not exist; the sentence says what that was.
    pub fn set(&mut self, request: Option<MapRequest>, course: &Course, lanes: &[Lane]) -> Option<String> {
        self.made = None;
        self.request = None;
        let mut request = request?;
        if let Err(error) = request.image.pixels(&course.dataset) {
            return Some(error.to_string());
        }
        let unknown = |(run, node): &(RunId, String)| match lanes.get(*run) {
            None => Some(t!("there is no run %{run} to show maps of", run = run).into()),
            Some(lane) if lane.graph.find(node).is_none() => Some(
                t!(
                    "%{name} has no node '%{node}' to show maps of",
                    name = lane.track.name,
                    node = node
                )
                .into(),
            ),
            Some(_) => None,
        };
        let notice = request.nodes.iter().find_map(unknown);
        request.nodes.retain(|entry| unknown(entry).is_none());
        self.request = Some(request).filter(|request| !request.nodes.is_empty());
        notice
    }

    /// Has new maps made at once: the weights have changed, or training rests.
    pub fn refresh(&mut self) {
        self.made = None;
    }

    /// Whether new maps are wanted.
    pub fn is_due(&self, training: bool) -> bool {
        let old = |made: Instant| training && made.elapsed() >= PERIOD;
        self.request.is_some() && self.made.is_none_or(old)
    }

    /// Makes the maps of this moment; `None` when nobody watches.
    pub fn maps(&mut self, course: &Course, lanes: &mut [Lane]) -> Result<Option<Maps>> {
        let Some(request) = &self.request else { return Ok(None) };
        self.made = Some(Instant::now());
        let made = maps_of(request, &course.dataset, |run, probe| {
            let lane = &mut lanes[run];
            let probed = lane.ask(course, |engine| probe(engine))?;
            Ok((lane.reached(), probed))
        });
        made.map(Some)
    }
}

/// Probes an engine for the image of a request.
pub type Ask<'a> = &'a dyn Fn(&mut dyn Engine) -> Result<ImageMaps>;

/// Makes the maps of a request that asks for any; `of` has the run's engine asked and says which step it is at.
pub fn maps_of(
    request: &MapRequest,
    dataset: &Dataset,
    mut of: impl FnMut(RunId, Ask) -> Result<(usize, ImageMaps)>,
) -> Result<Maps> {
    let mut wanted: BTreeMap<RunId, Vec<String>> = BTreeMap::new();
    for (run, node) in &request.nodes {
        wanted.entry(*run).or_default().push(node.clone());
    }
    let mut found = BTreeMap::new();
    let mut image = None;
    for (run, nodes) in wanted {
        let (step, probed) = of(run, &|engine| feature_maps(engine, dataset, &request.image, &nodes))?;
        for (node, array) in probed.maps {
            found.insert((run, node), (step, array, probed.probabilities.clone()));
        }
        image = Some(probed.image);
    }
    let nothing = || Error::Engine(t!("the request names no maps"));
    let entry = |key: &(RunId, String)| {
        let missing = || Error::Engine(t!("the engine did not report the maps of '%{node}'", node = key.1));
        found.get(key).cloned().ok_or_else(missing)
    };
    let mut maps = Vec::with_capacity(request.nodes.len());
    let mut predictions = Vec::with_capacity(request.nodes.len());
    for key in &request.nodes {
        let (step, array, probabilities) = entry(key)?;
        maps.push((step, array));
        predictions.push(probabilities);
    }
    Ok(Maps {
        image: image.ok_or_else(nothing)?,
        label: request.image.label(dataset),
        images: dataset.test.len(),
        classes: dataset.classes.clone(),
        predictions,
        maps,
        request: request.clone(),
    })
}
