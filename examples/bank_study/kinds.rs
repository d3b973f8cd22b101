//! Each kind of tensor under a bank that never saw any of it, of whatever model.

use crate::experiments::Study;
use crate::report::{pp, Report, Table};
use crate::study::{calibrate, measure, summary, Books, Measured, CHOSEN, CHOSEN_BLOCK};
use crate::Result;
use rayon::prelude::*;
use std::sync::Arc;

/// What tensors are, and how the second part of their name begins; what begins otherwise is an activation.
const KINDS: [(&str, &str); 4] =
    [("weights", "w_"), ("weight gradients", "wg_"), ("activation gradients", "d_"), ("activations", "")];

/// The index of a tensor's kind.
fn kind(tensor: &str) -> usize {
    let name = tensor.split('.').nth(1).unwrap_or_default();
    KINDS.iter().position(|(_, prefix)| name.starts_with(prefix)).unwrap_or(KINDS.len() - 1)
}

impl Study {
    /// All tensors, each under the bank of the chosen recipe without the tensors of its kind.
    pub fn kinds_left_out(&self) -> Result<Vec<Measured>> {
        let of_kind = |left_out: usize| {
            let bank = calibrate(&self.material, &self.counts, &CHOSEN, &|tensor| kind(tensor) == left_out)?.0;
            let bank = Arc::new(bank);
            let models = self.material.models.iter();
            let measured = models.map(|(_, input)| measure(input, bank.clone(), &CHOSEN_BLOCK, Books::PerBlock));
            let mut measured = measured.collect::<Result<Vec<_>>>()?.concat();
            measured.retain(|m| kind(&m.tensor) == left_out);
            Ok(measured)
        };
        let measured: Vec<Vec<Measured>> = (0..KINDS.len()).into_par_iter().map(of_kind).collect::<Result<_>>()?;
        Ok(measured.concat())
    }

    pub fn kinds(&self, report: &mut Report) -> Result<()> {
        let without_kind = self.kinds_left_out()?;
        let without_model = self.chosen.measure(&self.material, &CHOSEN_BLOCK, Books::PerBlock)?.left_out;
        let row = |(index, (what, _)): (usize, &(&str, &str))| {
            let of = |all: &[Measured]| -> Vec<Measured> {
                all.iter().filter(|m| kind(&m.tensor) == index).cloned().collect()
            };
            let (by_kind, by_model) = (of(&without_kind), of(&without_model));
            let gaps = [summary(&by_kind), summary(&by_model)].map(|s| [pp(s.mean), pp(s.worst_tensor)]);
            [vec![what.to_string(), by_kind.len().to_string()], gaps.concat()].concat()
        };
        let header = [
            "kind",
            "tensors",
            "kind left out: mean",
            "kind left out: worst tensor",
            "model left out: mean",
            "model left out: worst tensor",
        ];
        let rows = KINDS.iter().enumerate().filter(|(i, _)| without_kind.iter().any(|m| kind(&m.tensor) == *i));
        let rows = rows.map(row).collect();
        report.table(&Table { name: "kinds", header: header.map(String::from).to_vec(), rows })
    }
}
