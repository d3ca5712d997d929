//! The fields of a net in plain words, beside their names.

use std::borrow::Cow;

use rust_i18n::t;

use crate::net::Field;

/// What it is.
pub fn hint(field: Field) -> Cow<'static, str> {
    match field {
        Field::Family => t!("Layers one after another, or blocks that add their input"),
        Field::Depth => t!("Layers with weights: 6n+2 with two-convolution blocks, 9n+2 with bottlenecks"),
        Field::Width => {
            t!("Channels of the first stage; each later stage has twice as many. The cost grows with the square.")
        }
        Field::Shortcut => t!("How a shortcut gets past a block that changes the shape"),
        Field::Scale => t!("What every shortcut is multiplied by; at 1 it hands its input on unchanged"),
        Field::Norm => t!("Whether each convolution is followed by batch normalisation"),
        Field::Init => t!("How large the random weights are that training starts from"),
        Field::Block => t!("What stands between two shortcuts"),
        Field::Order => t!("Whether normalisation and ReLU come after each convolution or before it"),
        Field::ZeroLast => t!("Each branch starts at zero, so that a residual block starts as the identity"),
        Field::Cardinality => t!("Groups that a bottleneck's 3×3 convolution is split into"),
        Field::GroupWidth => t!("Channels of each group in the first stage of a ResNeXt"),
    }
}

/// A choice in plain words.
pub fn meaning(field: Field, choice: &str) -> Cow<'static, str> {
    match (field, choice) {
        (Field::Family, "plain") => t!("Layers one after another, without shortcuts"),
        (Field::Family, "resnet") => t!("Each block adds its input to what it computes"),
        (Field::Family, _) => t!("Residual bottlenecks whose 3×3 convolution is split into groups"),
        (Field::Block, "basic") => t!("Two 3×3 convolutions"),
        (Field::Block, _) => t!("1×1, 3×3 and 1×1 convolution, with four times the width put out"),
        (Field::Shortcut, "A") => t!("Takes every second pixel and fills new channels with zeros; no parameters"),
        (Field::Shortcut, "B") => t!("A 1×1 convolution where the shape changes, the identity elsewhere"),
        (Field::Shortcut, _) => t!("A 1×1 convolution on every block"),
        (Field::Norm, "batch") => t!("Batch normalisation after each convolution"),
        (Field::Norm, _) => t!("None: gradients can vanish or explode with depth"),
        (Field::Init, "he") => t!("He: keeps the size of a signal through ReLU layers"),
        (Field::Init, _) => t!("Xavier: smaller; without normalisation deep plain nets fade"),
        (Field::Order, "post") => t!("After each convolution; the last ReLU after the addition (He et al. 2015)"),
        (Field::Order, _) => t!("Before each convolution, so that the shortcut stays clean (He et al. 2016)"),
        (Field::ZeroLast, "true") => t!("Branches start at zero"),
        (_, _) => t!("Branches start at random"),
    }
}
