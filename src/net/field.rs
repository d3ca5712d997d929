//! The fields of a [`Spec`] one by one, as a form shows and changes them.

use std::borrow::Cow;

use rust_i18n::t;

use super::spec::{BlockKind, Family, Init, Norm, Order, Spec};

/// What of a net can be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    Family,
    Depth,
    Width,
    Block,
    Shortcut,
    Scale,
    Norm,
    Init,
    ZeroLast,
    Order,
    Cardinality,
    GroupWidth,
}

/// The options of the text form, in its order.
pub(super) const OPTIONS: [Field; 10] = [
    Field::Block,
    Field::Shortcut,
    Field::Order,
    Field::Norm,
    Field::Init,
    Field::ZeroLast,
    Field::Scale,
    Field::Width,
    Field::Cardinality,
    Field::GroupWidth,
];

impl Field {
    /// In the order of a form: what matters most first.
    pub const ALL: [Field; 12] = [
        Field::Family,
        Field::Depth,
        Field::Width,
        Field::Shortcut,
        Field::Scale,
        Field::Norm,
        Field::Init,
        Field::Block,
        Field::Order,
        Field::ZeroLast,
        Field::Cardinality,
        Field::GroupWidth,
    ];

    /// Its name in plain words.
    pub fn label(self) -> Cow<'static, str> {
        match self {
            Field::Family => t!("Family"),
            Field::Depth => t!("Depth"),
            Field::Width => t!("Width"),
            Field::Shortcut => t!("Shortcut"),
            Field::Scale => t!("Scale"),
            Field::Norm => t!("Normalisation"),
            Field::Init => t!("Initial values"),
            Field::Block => t!("Block"),
            Field::Order => t!("Order"),
            Field::ZeroLast => t!("Zero start"),
            Field::Cardinality => t!("Cardinality"),
            Field::GroupWidth => t!("Group width"),
        }
    }

    /// Its name in the text form; family and depth stand there without one.
    pub fn key(self) -> &'static str {
        match self {
            Field::Family => "family",
            Field::Depth => "depth",
            Field::Width => "width",
            Field::Block => "block",
            Field::Shortcut => "shortcut",
            Field::Scale => "scale",
            Field::Norm => "norm",
            Field::Init => "init",
            Field::ZeroLast => "zero_last",
            Field::Order => "order",
            Field::Cardinality => "cardinality",
            Field::GroupWidth => "group_width",
        }
    }

    /// The values it can have, as in the text form; nothing for a number.
    pub fn choices(self) -> &'static [&'static str] {
        match self {
            Field::Family => &["plain", "resnet", "resnext"],
            Field::Block => &["basic", "bottleneck"],
            Field::Shortcut => &["A", "B", "C"],
            Field::Norm => &["batch", "none"],
            Field::Init => &["he", "xavier"],
            Field::ZeroLast => &["false", "true"],
            Field::Order => &["post", "pre"],
            Field::Depth | Field::Width | Field::Scale | Field::Cardinality | Field::GroupWidth => &[],
        }
    }
}

impl Spec {
    /// A field's value, as in the text form.
    pub fn value(&self, field: Field) -> String {
        let word = |word: &str| word.to_owned();
        match field {
            Field::Family => self.family.to_string(),
            Field::Depth => self.depth.to_string(),
            Field::Width => self.width.to_string(),
            Field::Shortcut => format!("{:?}", self.shortcut),
            Field::Scale => self.scale.to_string(),
            Field::Cardinality => self.cardinality.to_string(),
            Field::GroupWidth => self.group_width.to_string(),
            Field::ZeroLast => self.zero_last.to_string(),
            Field::Block => word(match self.block {
                BlockKind::Basic => "basic",
                BlockKind::Bottleneck => "bottleneck",
            }),
            Field::Order => word(match self.order {
                Order::Post => "post",
                Order::Pre => "pre",
            }),
            Field::Norm => word(match self.norm {
                Norm::Batch => "batch",
                Norm::None => "none",
            }),
            Field::Init => word(match self.init {
                Init::He => "he",
                Init::Xavier => "xavier",
            }),
        }
    }

    /// Whether the field means anything to the net.
    pub fn has(&self, field: Field) -> bool {
        match field {
            Field::Shortcut | Field::Scale => self.residual(),
            Field::Cardinality => self.block == BlockKind::Bottleneck,
            Field::GroupWidth => self.family == Family::Resnext,
            _ => true,
        }
    }

    /// The net with one field changed. A change of family or block takes with it what the papers tie to it.
    ///
    /// # Errors
    /// Why there is no such net, as the end of a sentence.
    pub fn with(&self, field: Field, value: &str) -> Result<Self, String> {
        let mut spec = self.clone();
        match field {
            Field::Shortcut if !self.residual() => {
                return Err(t!("a plain net has no shortcut; its residual twin is resnet").into());
            }
            Field::GroupWidth if self.family != Family::Resnext => {
                return Err(
                    t!("group_width belongs to resnext; elsewhere width and cardinality give the groups").into(),
                );
            }
            Field::Block => {
                let usual = self.shortcut == Spec::default_shortcut(self.family, self.block);
                spec.set(field.key(), value)?;
                if usual {
                    spec.shortcut = Spec::default_shortcut(spec.family, spec.block);
                }
            }
            Field::Family => {
                spec.set(field.key(), value)?;
                spec = self.as_family(spec.family);
            }
            _ => spec.set(field.key(), value)?,
        }
        spec.validate()?;
        Ok(spec)
    }

    /// The same net in another family, with that family's shortcut; a ResNeXt gets ResNeXt-29's 8 groups of the net's width.
    pub(super) fn as_family(&self, family: Family) -> Self {
        if family == self.family {
            return self.clone();
        }
        let mut spec = Self { family, ..self.clone() };
        match family {
            Family::Plain => spec.scale = 1.0,
            Family::Resnet => {}
            Family::Resnext => (spec.block, spec.group_width) = (BlockKind::Bottleneck, self.width),
        }
        if family == Family::Resnext || self.family == Family::Resnext {
            spec.cardinality = Spec::new(family, self.depth).cardinality;
        }
        spec.shortcut = Spec::default_shortcut(spec.family, spec.block);
        spec
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(text: &str) -> Spec {
        text.parse().unwrap()
    }

    #[test]
    fn one_field_at_a_time() {
        for (from, field, value, to) in [
            ("plain-20:width=8", Field::Depth, "56", "plain-56:width=8"),
            ("plain-20:width=8", Field::Family, "resnet", "resnet-20:width=8"),
            ("resnet-20:scale=0.5", Field::Family, "plain", "plain-20"),
            ("resnet-20", Field::Shortcut, "C", "resnet-20:shortcut=C"),
            ("resnet-20", Field::Block, "bottleneck", "resnet-20:block=bottleneck"),
            (
                "resnet-20:shortcut=C",
                Field::Block,
                "bottleneck",
                "resnet-20:block=bottleneck,shortcut=C",
            ),
            (
                "plain-29:block=bottleneck,width=8",
                Field::Family,
                "resnext",
                "resnext-29:width=8,group_width=8",
            ),
            ("resnext-29:width=8,group_width=8", Field::Cardinality, "4", {
                "resnext-29:width=8,cardinality=4,group_width=8"
            }),
            ("plain-20", Field::Norm, "none", "plain-20:norm=none"),
        ] {
            assert_eq!(spec(from).with(field, value).unwrap().to_string(), to, "{from} {value}");
        }
    }

    #[test]
    fn impossible_changes_say_why() {
        for (from, field, value, says) in [
            ("plain-20", Field::Depth, "21", "the nearest are 20 and 26"),
            ("plain-20", Field::Shortcut, "B", "no shortcut"),
            ("plain-20", Field::Scale, "0.5", "no shortcut to scale"),
            ("plain-20", Field::GroupWidth, "4", "belongs to resnext"),
            ("plain-20", Field::Cardinality, "2", "needs block=bottleneck"),
            ("resnet-26", Field::Block, "bottleneck", "9n+2"),
            ("resnext-20", Field::Block, "basic", "bottleneck blocks only"),
            ("resnet-20", Field::Width, "8x", "not a whole number"),
        ] {
            let error = spec(from).with(field, value).unwrap_err();
            assert!(error.contains(says), "{from} {value}: {error}");
        }
    }

    #[test]
    fn every_choice_reads_back() {
        for field in Field::ALL {
            for value in field.choices() {
                let mut spec = spec("resnet-20");
                spec.set(field.key(), value).unwrap();
                assert_eq!(spec.value(field), *value);
            }
        }
    }
}
