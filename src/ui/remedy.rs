//! What to do in the window about a figure that there is nothing for yet.

use std::borrow::Cow;

use rust_i18n::t;

use super::panels::Panel;
use crate::export::Kind;

/// The end of a sentence: which button or key brings what the figure is missing.
pub fn remedy(kind: Kind) -> String {
    let press = |button: Cow<str>, panel: Panel| {
        let panel = panel.title();
        t!(
            "press “%{button}” in the panel %{panel}",
            button = button,
            panel = panel
        )
        .into()
    };
    match kind {
        Kind::Loss | Kind::Curves | Kind::Error | Kind::Timeline => t!("press Run (Space)").into(),
        Kind::Gradients | Kind::Weather => {
            let field = t!("Norms every");
            t!(
                "set “%{field}” in the recipe above 0 and press Run (Space)",
                field = field
            )
            .into()
        }
        Kind::Depth => t!("find “Start experiment: depth” with Ctrl+K, and press Run (Space)").into(),
        Kind::Maps => t!("choose a layer and an image in the panel Feature maps").into(),
        Kind::Information => t!("open the panel Fading digit and wait until it has read the images").into(),
        Kind::Lesions => press(t!("Remove each block of each net"), Panel::Lesions),
        Kind::Forms => press(t!("Compare the forms"), Panel::Forms),
        Kind::Insertion => press(t!("Insert identities and train on"), Panel::Insertion),
        Kind::Shattering => press(t!("Measure every net"), Panel::Shattering),
        Kind::Transfer => press(t!("Try the three ways"), Panel::Transfer),
        Kind::Landscape => press(t!("Look around"), Panel::Landscape),
        Kind::Networks | Kind::Architecture => t!("wait until the training is prepared").into(),
        Kind::Runs => t!("press Run (Space), or show hidden runs in the panel Runs").into(),
        Kind::Data => press(t!("Data in use"), Panel::Data),
    }
}
