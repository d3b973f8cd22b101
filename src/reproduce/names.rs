//! What a tensor's name says about it: model, kind, layer, step, format, and the class it belongs to.
//!
//! **The rule.** A name is cut at its dots. Read from any place:
//!
//! | part | meaning |
//! |---|---|
//! | `L` and digits; `layers`, `layer`, `blocks`, `block` or `h` and digits behind the next dot | layer |
//! | `s` and digits | training step or batch |
//! | the last part, if it is the name of a format, `mx_` before it or not, or `mx_scale` | format |
//! | the first part of what remains, if two or more remain | model |
//! | the rest | kind |
//!
//! The class follows from the kind: `w_` weights, `wg_` weight gradients, `d_` activation gradients. Any other kind is an activation
//! if the name has both layer and step in the short form (`smollm2.ffn1_out.L14.s0010.bf16`), a weight if it ends in
//! `weight` or `kernel` (`model.layers.3.mlp.up_proj.weight`), and [`OTHER`] otherwise. Scale bytes are [`OTHER`] too.

use crate::format::Format;
use crate::histograms::GroupRule;
use crate::page::colours;

/// Classes that names stand for, in the order in which they are shown.
pub const CLASSES: [&str; 4] = ["activations", "activation gradients", "weights", "weight gradients"];
/// Class of all other tensors.
pub const OTHER: &str = "other";

/// What a name says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels {
    /// Model; empty if the name has no part for it.
    pub model: String,
    /// What the tensor is in the model.
    pub kind: String,
    /// Layer.
    pub layer: Option<u64>,
    /// Training step or batch.
    pub step: Option<u64>,
    /// Format as the name has it, such as `bf16` or `mx_e3m2`.
    pub format: Option<String>,
    /// Whether layer and step are given in the short form, `Lxx` and `sXXXX`.
    short_form: bool,
}

impl Labels {
    /// Reads a name.
    pub fn of(name: &str) -> Self {
        let mut parts: Vec<&str> = name.split('.').collect();
        let mut labels = Labels::default();
        if parts.len() > 1 && parts.last().is_some_and(|p| named_format(p).is_some() || *p == "mx_scale") {
            labels.format = parts.pop().map(String::from);
        }
        let (mut rest, mut short_layer, mut i) = (Vec::new(), false, 0);
        while i < parts.len() {
            let next_number = parts.get(i + 1).and_then(|p| number(p));
            if let (None, Some(layer)) = (labels.layer, parts[i].strip_prefix('L').and_then(number)) {
                (labels.layer, short_layer) = (Some(layer), true);
            } else if let (None, Some(step)) = (labels.step, parts[i].strip_prefix('s').and_then(number)) {
                labels.step = Some(step);
            } else if let (None, Some(layer), "layers" | "layer" | "blocks" | "block" | "h") =
                (labels.layer, next_number, parts[i])
            {
                labels.layer = Some(layer);
                i += 1;
            } else {
                rest.push(parts[i]);
            }
            i += 1;
        }
        if rest.len() > 1 {
            labels.model = rest.remove(0).into();
        }
        labels.kind = rest.join(".");
        labels.short_form = short_layer && labels.step.is_some();
        labels
    }

    /// The class that the kind stands for.
    pub fn class(&self) -> &'static str {
        let [activations, activation_gradients, weights, weight_gradients] = CLASSES;
        let kind = self.kind.as_str();
        match kind {
            _ if self.format.as_deref() == Some("mx_scale") => OTHER,
            _ if kind.starts_with("wg_") => weight_gradients,
            _ if kind.starts_with("w_") => weights,
            _ if kind.starts_with("d_") => activation_gradients,
            _ if self.short_form && !kind.is_empty() => activations,
            _ if kind.ends_with("weight") || kind.ends_with("kernel") => weights,
            _ => OTHER,
        }
    }

    /// The name for people: model, kind, and what else there is.
    pub fn short(&self) -> String {
        let layer = self.layer.map(|l| format!("L{l}"));
        let step = self.step.map(|s| format!("s{s}"));
        let parts = [Some(self.model.clone()), Some(self.kind.clone()), layer, step];
        parts.into_iter().flatten().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(" ")
    }
}

fn number(text: &str) -> Option<u64> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// The format that the last part of a name stands for.
pub fn named_format(part: &str) -> Option<Format> {
    part.strip_prefix("mx_").unwrap_or(part).parse().ok()
}

/// The class of a tensor: that of the first rule that matches its name, else that which its labels stand for.
pub fn class_of(name: &str, labels: &Labels, rules: &[GroupRule]) -> String {
    let rule = rules.iter().find(|r| r.wants(name));
    rule.map_or_else(|| labels.class().into(), |r| r.name.clone())
}

/// Colour of a class on a page: always the same for those that names stand for, in turn for the user's own among `classes`.
pub fn class_colour(name: &str, classes: &[String]) -> &'static str {
    if name == OTHER {
        return colours::NONE;
    }
    let own = || classes.iter().filter(|c| !CLASSES.contains(&c.as_str())).position(|c| c == name).unwrap_or(0);
    CLASSES.iter().position(|c| *c == name).map_or_else(|| colours::nth(CLASSES.len() + own()), colours::nth)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_by_hand() {
        let read = |name: &str| {
            let l = Labels::of(name);
            (l.model.clone(), l.kind.clone(), l.layer, l.step, l.format.clone().unwrap_or_default(), l.class())
        };
        let expected =
            |m: &str, k: &str, l, s, f: &str, c: &'static str| (m.to_string(), k.to_string(), l, s, f.to_string(), c);
        let cases = [
            (
                "smollm2.ffn1_out.L14.s0010.bf16",
                expected("smollm2", "ffn1_out", Some(14), Some(10), "bf16", CLASSES[0]),
            ),
            ("m.d_attn.L02.s0000.e4m3", expected("m", "d_attn", Some(2), Some(0), "e4m3", CLASSES[1])),
            ("m.w_ffn1.L02.s0000.bf16", expected("m", "w_ffn1", Some(2), Some(0), "bf16", CLASSES[2])),
            ("m.wg_ffn1.L02.s0000.bf16", expected("m", "wg_ffn1", Some(2), Some(0), "bf16", CLASSES[3])),
            ("m.x.L02.s0000.mx_e3m2", expected("m", "x", Some(2), Some(0), "mx_e3m2", CLASSES[0])),
            ("m.x.L02.s0000.mx_scale", expected("m", "x", Some(2), Some(0), "mx_scale", OTHER)),
            (
                "model.layers.3.mlp.up_proj.weight",
                expected("model", "mlp.up_proj.weight", Some(3), None, "", CLASSES[2]),
            ),
            ("h.7.ln.bias", expected("ln", "bias", Some(7), None, "", OTHER)),
            ("embedding", expected("", "embedding", None, None, "", OTHER)),
            ("bf16", expected("", "bf16", None, None, "", OTHER)),
            ("", expected("", "", None, None, "", OTHER)),
        ];
        for (name, labels) in cases {
            assert_eq!(read(name), labels, "{name}");
        }
        assert_eq!(Labels::of("smollm2.ffn1_out.L14.s0010.bf16").short(), "smollm2 ffn1_out L14 s10");
    }

    #[test]
    fn the_first_rule_that_matches_wins() {
        let rule = |name: &str, glob: &str| GroupRule::new(name, &[glob.into()]).unwrap();
        let rules = [rule("mine", "m.*"), rule("late", "*")];
        assert_eq!(class_of("m.w_x", &Labels::of("m.w_x"), &rules), "mine");
        assert_eq!(class_of("n.w_x", &Labels::of("n.w_x"), &rules), "late");
        assert_eq!(class_of("n.w_x", &Labels::of("n.w_x"), &rules[..1]), "weights");
    }
}
