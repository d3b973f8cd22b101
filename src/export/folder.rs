//! Writes a set of files to a folder: all or nothing, and never over somebody else's work.
//!
//! The manifest lists what was written and its hash, in the format of `sha256sum`. A file in the way is the export's own if
//! its content is the new one, or the one that the manifest lists; any other is foreign. New content is written to a folder
//! beside its destination first and then renamed, the manifest last: after a crash in between, the next run finds only new
//! content or content that the old manifest knows.

use super::ExportError;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Component, Path};

/// Name of the manifest.
pub const MANIFEST: &str = "huffwire.sha256";

/// SHA-256 in hexadecimal digits.
pub fn sha256(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes `files`, text by path, to `folder`.
pub fn write(files: &BTreeMap<String, String>, folder: &Path, force: bool) -> Result<(), ExportError> {
    let manifest: String = files.iter().map(|(path, text)| format!("{}  {path}\n", sha256(text.as_bytes()))).collect();
    at(folder, fs::create_dir_all(folder))?;
    let known = read_manifest(folder)?;

    let mut foreign = Vec::new();
    for (path, text) in files {
        let found = hash_of(&folder.join(path))?;
        let own = |hash: &String| known.as_ref().is_some_and(|k| k.get(path) == Some(hash));
        if found.is_some_and(|hash| hash != sha256(text.as_bytes()) && !own(&hash)) {
            foreign.push(path.clone());
        }
    }
    if known.is_none() && folder.join(MANIFEST).symlink_metadata().is_ok() {
        foreign.push(MANIFEST.to_owned());
    }
    if !force && !foreign.is_empty() {
        return Err(ExportError::Foreign { paths: foreign });
    }

    let staged = at(folder, tempfile::Builder::new().prefix(".huffwire-").tempdir_in(folder))?;
    for (path, text) in files.iter().map(|(p, t)| (p.as_str(), t)).chain([(MANIFEST, &manifest)]) {
        let to = staged.path().join(path);
        if let Some(parent) = to.parent() {
            at(parent, fs::create_dir_all(parent))?;
        }
        at(&to, fs::write(&to, text))?;
    }
    for path in files.keys().map(String::as_str) {
        let to = folder.join(path);
        if let Some(parent) = to.parent() {
            at(parent, fs::create_dir_all(parent))?;
        }
        at(&to, fs::rename(staged.path().join(path), &to))?;
    }
    for (path, hash) in known.unwrap_or_default() {
        let old = folder.join(&path);
        if !files.contains_key(&path) && hash_of(&old)? == Some(hash) {
            at(&old, fs::remove_file(&old))?;
            // Only the export makes folders; one that still holds something stays.
            if let Some(parent) = old.parent().filter(|parent| *parent != folder) {
                let _ = fs::remove_dir(parent);
            }
        }
    }
    let to = folder.join(MANIFEST);
    at(&to, fs::rename(staged.path().join(MANIFEST), &to))
}

/// The hashes of an earlier export by path; `None` if there is none, or if the file is no manifest.
fn read_manifest(folder: &Path) -> Result<Option<BTreeMap<String, String>>, ExportError> {
    let path = folder.join(MANIFEST);
    let text = match fs::read(&path) {
        Ok(bytes) => String::from_utf8(bytes),
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(ExportError::File { path, source }),
    };
    // Whoever wrote the file: nothing outside the folder is ever touched.
    let inside = |path: &str| Path::new(path).components().all(|c| matches!(c, Component::Normal(_)));
    let line = |line: &str| {
        let (hash, path) = line.split_once("  ")?;
        let hex = hash.len() == 64 && hash.chars().all(|c| c.is_ascii_hexdigit());
        (hex && !path.is_empty() && inside(path)).then(|| (path.to_owned(), hash.to_owned()))
    };
    Ok(text.ok().and_then(|text| text.lines().map(line).collect()))
}

/// The hash of what is at `path`; `None` if there is nothing.
fn hash_of(path: &Path) -> Result<Option<String>, ExportError> {
    match fs::read(path) {
        Ok(content) => Ok(Some(sha256(&content))),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ExportError::File { path: path.into(), source }),
    }
}

fn at<T>(path: &Path, result: io::Result<T>) -> Result<T, ExportError> {
    result.map_err(|source| ExportError::File { path: path.into(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(files: &[(&str, &str)]) -> BTreeMap<String, String> {
        files.iter().map(|(path, text)| (path.to_string(), text.to_string())).collect()
    }

    fn foreign(result: Result<(), ExportError>) -> Vec<String> {
        match result {
            Err(ExportError::Foreign { paths }) => paths,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn writes_again_and_takes_back_what_is_no_longer_part_of_it() {
        let dir = tempfile::tempdir().unwrap();
        write(&set(&[("a", "1"), ("sub/b", "2")]), dir.path(), false).unwrap();
        write(&set(&[("a", "3"), ("c", "4")]), dir.path(), false).unwrap();
        let mut names: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["a", "c", MANIFEST]);
        assert_eq!(fs::read_to_string(dir.path().join("a")).unwrap(), "3");
    }

    #[test]
    fn foreign_files_stay_unless_forced() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a"), "mine").unwrap();
        fs::write(dir.path().join("z"), "mine too").unwrap();
        let files = set(&[("a", "1"), ("b", "2")]);
        let error = write(&files, dir.path(), false).unwrap_err();
        assert!(error.to_string().starts_with("not written by an export, or changed since: a; nothing"), "{error}");
        assert!(!dir.path().join("b").exists());
        write(&files, dir.path(), true).unwrap();
        assert_eq!(fs::read_to_string(dir.path().join("a")).unwrap(), "1");
        assert_eq!(fs::read_to_string(dir.path().join("z")).unwrap(), "mine too");
        // Changed by hand since.
        fs::write(dir.path().join("b"), "edited").unwrap();
        assert_eq!(foreign(write(&set(&[("b", "3")]), dir.path(), false)), ["b"]);
        // No longer part of it, but edited: stays.
        write(&set(&[("a", "1")]), dir.path(), false).unwrap();
        assert_eq!(fs::read_to_string(dir.path().join("b")).unwrap(), "edited");
    }

    #[test]
    fn a_file_that_is_no_manifest_is_foreign_and_reaches_nothing_outside() {
        let outer = tempfile::tempdir().unwrap();
        let dir = outer.path().join("inner");
        fs::create_dir(&dir).unwrap();
        fs::write(outer.path().join("victim"), "1").unwrap();
        for text in ["hello\n".to_owned(), format!("{}  ../victim\n", sha256(b"1"))] {
            fs::write(dir.join(MANIFEST), text).unwrap();
            assert_eq!(foreign(write(&set(&[("a", "1")]), &dir, false)), [MANIFEST]);
        }
        write(&set(&[("a", "1")]), &dir, true).unwrap();
        assert!(outer.path().join("victim").exists());
    }
}
