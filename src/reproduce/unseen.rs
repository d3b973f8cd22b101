//! The universal bank without a model: what it is worth to tensors of a model that had no part in it.

use super::ReproduceError;
use crate::codebook::{universal, Bank};
use crate::histograms::{Cover, FirstBook, GroupRule, HistogramSet};
use std::sync::Arc;

/// What the universal bank was made from.
static COUNTS: [&str; 2] = [
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/banks/real.histograms.json")),
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/banks/synthetic.histograms.json")),
];
/// What book 1 is made from, as in `banks/build.sh`: the average of models, not of the synthetic tensors, and a share for those that
/// it would serve worst.
const AVERAGE_OF: &str = "*.bf16";
const COVERED: &str = "{*.bf16,synthetic.*.zeros{0,0.02}.rows{0,1}.columns0}";
const COVER_PERCENT: u8 = 25;

/// The model of a tensor: the first part of its name.
pub fn model(tensor: &str) -> &str {
    tensor.split('.').next().unwrap_or(tensor)
}

/// For each of `models` the universal bank made without it, in the same order.
pub fn banks_without(models: &[&str]) -> Result<Vec<Arc<Bank>>, ReproduceError> {
    let sets = COUNTS.iter().map(|text| HistogramSet::from_json(text.as_bytes())).collect::<Result<Vec<_>, _>>()?;
    let all = HistogramSet::merge(sets)?;
    let mut known: Vec<&str> = all.tensors().map(|(_, t)| model(&t.tensor)).collect();
    known.sort_unstable();
    known.dedup();
    let bank = |left_out: &&str| match known.contains(left_out) {
        false => Ok(Arc::new(universal().bank.clone())),
        true => Ok(Arc::new(bank_of(&all, known.iter().filter(|m| *m != left_out))?)),
    };
    models.iter().map(bank).collect()
}

/// The bank that `banks/build.sh` makes, from these models alone.
fn bank_of<'a>(all: &HistogramSet, models: impl Iterator<Item = &'a &'a str>) -> Result<Bank, ReproduceError> {
    let file = universal();
    let options = file.provenance.as_ref().map(|p| p.options).unwrap_or_default();
    let groups = models.map(|model| GroupRule::new(*model, &[format!("{model}.*")])).collect::<Result<Vec<_>, _>>()?;
    let tensors = GroupRule::new("cover", &[COVERED.into()])?;
    let first = FirstBook {
        average: Some(GroupRule::new("average", &[AVERAGE_OF.into()])?),
        cover: Some(Cover { tensors, percent: COVER_PERCENT }),
    };
    let (set, _) = all.bank_of_clusters(&file.name, &groups, &first, file.bank.books().len(), &options)?;
    Ok(set.file.bank)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_all_models_it_is_the_universal_bank_and_without_one_another() {
        let sets = COUNTS.iter().map(|text| HistogramSet::from_json(text.as_bytes()).unwrap());
        let all = HistogramSet::merge(sets).unwrap();
        let models = ["gemma_tiny", "minilm", "proteinmpnn", "smollm2", "synthetic", "whisper_tiny"];
        assert_eq!(bank_of(&all, models.iter()).unwrap().digest(), universal().bank.digest());
        let banks = banks_without(&["nobody", "smollm2"]).unwrap();
        assert_eq!(banks[0].digest(), universal().bank.digest());
        assert_ne!(banks[1].digest(), universal().bank.digest());
    }
}
