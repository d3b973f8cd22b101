//! Several tensor files as one input, selected from by one list of globs.

use super::{FileKind, OpenOptions, TensorError, TensorFile};
use globset::Glob;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// One file of an input.
#[derive(Debug)]
pub struct InputFile {
    /// Where it is.
    pub path: PathBuf,
    /// The file, with the tensors selected.
    pub file: TensorFile,
}

/// Why files make no input.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum InputError {
    /// A file that cannot be read at all; the message names it.
    #[error(transparent)]
    Open(TensorError),
    /// A file with something wrong in it.
    #[error("{path}: {source}")]
    Contents {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: TensorError,
    },
    /// A glob that is none.
    #[error("{0}")]
    Glob(#[from] globset::Error),
    /// A glob that no tensor of any file matches.
    #[error("no tensor matches '{pattern}'; there are: {names}")]
    NoMatch {
        /// The glob.
        pattern: String,
        /// The first names there are.
        names: String,
    },
}

impl InputError {
    /// The error with the file's name, unless it has one already.
    pub fn at(path: &Path, source: TensorError) -> Self {
        match source {
            TensorError::Io { .. } | TensorError::NotAFile(_) => InputError::Open(source),
            source => InputError::Contents { path: path.into(), source },
        }
    }
}

impl InputFile {
    /// Opens all files and selects with `options.select`, where a glob has to match a tensor of some file, not of every
    /// one. Files without a selected tensor are left out.
    pub fn open_all(paths: &[PathBuf], options: &OpenOptions) -> Result<Vec<InputFile>, InputError> {
        /// Names that the error for a glob without a match lists.
        const LISTED: usize = 5;
        let globs = options.select.iter().map(|g| Ok(Glob::new(g)?.compile_matcher()));
        let globs: Vec<_> = globs.collect::<Result<_, globset::Error>>()?;
        let mut matched = vec![globs.is_empty(); globs.len()];
        let (mut names, mut files) = (Vec::new(), Vec::new());
        for path in paths {
            let open = |options: &OpenOptions| TensorFile::open(path, options).map_err(|e| InputError::at(path, e));
            let mut select = Vec::new();
            if !globs.is_empty() {
                // Names first: the format given is for the selected tensors and need not suit the others.
                let raw = options.kind.unwrap_or_else(|| FileKind::of(path)) == FileKind::Raw;
                let format = options.format.filter(|_| raw);
                let all = open(&OpenOptions { kind: options.kind, format, ..OpenOptions::default() })?;
                for (i, glob) in globs.iter().enumerate() {
                    if all.tensors().iter().any(|t| glob.is_match(&t.name)) {
                        matched[i] = true;
                        select.push(options.select[i].clone());
                    }
                }
                names.extend(all.tensors().iter().map(|t| format!("'{}'", t.name)));
                if select.is_empty() {
                    continue;
                }
            }
            let file = open(&OpenOptions { select, ..options.clone() })?;
            files.push(InputFile { path: path.clone(), file });
        }
        if let Some(i) = matched.iter().position(|m| !m) {
            if names.len() > LISTED {
                let more = names.len() - LISTED;
                names.truncate(LISTED);
                names.push(format!("{more} more"));
            }
            let names = if names.is_empty() { "none at all".into() } else { names.join(", ") };
            return Err(InputError::NoMatch { pattern: options.select[i].clone(), names });
        }
        Ok(files)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::Format;

    fn paths(dir: &Path) -> Vec<PathBuf> {
        let header = |dtype: &str, name: &str| {
            let text = format!(r#"{{"{name}":{{"dtype":"{dtype}","shape":[2],"data_offsets":[0,2]}}}}"#);
            [&(text.len() as u64).to_le_bytes(), text.as_bytes(), &[1, 2]].concat()
        };
        let (a, b) = (dir.join("a.safetensors"), dir.join("b.safetensors"));
        std::fs::write(&a, header("U8", "x.one")).unwrap();
        std::fs::write(&b, header("I8", "y.two")).unwrap();
        vec![a, b]
    }

    fn options(select: &[&str]) -> OpenOptions {
        OpenOptions { select: select.iter().map(|s| s.to_string()).collect(), ..OpenOptions::default() }
    }

    #[test]
    fn a_glob_need_not_match_in_every_file() {
        let dir = tempfile::tempdir().unwrap();
        let paths = paths(dir.path());
        let names = |select: &[&str]| -> Vec<String> {
            let files = InputFile::open_all(&paths, &options(select)).unwrap();
            files.iter().flat_map(|f| f.file.tensors()).map(|t| t.name.clone()).collect()
        };
        assert_eq!(names(&[]), ["x.one", "y.two"]);
        assert_eq!(names(&["*two"]), ["y.two"]);
        assert_eq!(names(&["y*", "x*"]), ["x.one", "y.two"]);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_file() {
        let dir = tempfile::tempdir().unwrap();
        let mut paths = paths(dir.path());
        let e = InputFile::open_all(&paths, &options(&["x*", "z*"])).unwrap_err().to_string();
        assert_eq!(e, "no tensor matches 'z*'; there are: 'x.one', 'y.two'");
        assert!(InputFile::open_all(&paths, &options(&["a["])).unwrap_err().to_string().contains("a["));
        let wide = OpenOptions { format: Some(Format::Bf16), ..options(&["x*"]) };
        let e = InputFile::open_all(&paths, &wide).unwrap_err().to_string();
        assert!(e.contains("a.safetensors: tensor 'x.one'"), "{e}");
        paths.push(dir.path().join("none.npy"));
        let e = InputFile::open_all(&paths, &options(&[])).unwrap_err().to_string();
        assert_eq!(e.matches("none.npy").count(), 1, "{e}");
    }
}
