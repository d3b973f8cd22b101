//! A file that appears in its place only when it is complete.

use super::ContainerError;
use std::fs::File;
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Bytes gathered before they are written.
const BUFFER: usize = 1 << 20;

/// A temporary file in the folder of the final one, removed unless [`Output::commit`] is reached.
pub(super) struct Output {
    writer: BufWriter<NamedTempFile>,
    path: PathBuf,
    overwrite: bool,
    position: u64,
}

impl Output {
    pub fn create(path: &Path, overwrite: bool) -> Result<Self, ContainerError> {
        let failed = |source| ContainerError::Output { path: path.into(), source };
        // Again when it is put in place; here so that no work is done in vain. `symlink_metadata`: a dangling link is
        // there too.
        if !overwrite && path.symlink_metadata().is_ok() {
            return Err(ContainerError::Exists(path.into()));
        }
        if path.is_dir() {
            return Err(failed(std::io::ErrorKind::IsADirectory.into()));
        }
        let folder = match path.parent() {
            Some(p) if !p.as_os_str().is_empty() => p,
            _ => Path::new("."),
        };
        let mut builder = tempfile::Builder::new();
        builder.prefix(".hfw-").suffix(".tmp");
        // A temporary file is private by default; this one becomes an ordinary file.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let file = builder.tempfile_in(folder).map_err(failed)?;
        let writer = BufWriter::with_capacity(BUFFER, file);
        Ok(Output { writer, path: path.into(), overwrite, position: 0 })
    }

    fn failed(&self, source: std::io::Error) -> ContainerError {
        ContainerError::Output { path: self.path.clone(), source }
    }

    /// Bytes before the place where the next ones go.
    pub const fn position(&self) -> u64 {
        self.position
    }

    pub fn write(&mut self, bytes: &[u8]) -> Result<(), ContainerError> {
        self.writer.write_all(bytes).map_err(|e| self.failed(e))?;
        self.position += bytes.len() as u64;
        Ok(())
    }

    /// Goes back to an earlier position; what was written behind it is void.
    pub fn rewind(&mut self, position: u64) -> Result<(), ContainerError> {
        debug_assert!(position <= self.position);
        self.writer.seek(SeekFrom::Start(position)).map_err(|e| self.failed(e))?;
        self.position = position;
        Ok(())
    }

    /// Puts the file in its place, with `head` over its first bytes.
    pub fn commit(mut self, head: &[u8]) -> Result<(), ContainerError> {
        let mut finish = || {
            self.writer.flush()?;
            let file: &mut File = self.writer.get_mut().as_file_mut();
            file.set_len(self.position)?;
            file.seek(SeekFrom::Start(0))?;
            file.write_all(head)?;
            // On disk before the name points to it, so that not even a power cut leaves half a file.
            file.sync_all()
        };
        finish().map_err(|e| self.failed(e))?;
        let Output { writer, path, overwrite, .. } = self;
        let failed = |source| ContainerError::Output { path: path.clone(), source };
        let file = writer.into_inner().map_err(|e| failed(e.into_error()))?;
        let placed = match overwrite {
            true => file.persist(&path),
            false => file.persist_noclobber(&path),
        };
        match placed {
            Ok(_) => Ok(()),
            Err(e) if !overwrite && e.error.kind() == std::io::ErrorKind::AlreadyExists => {
                Err(ContainerError::Exists(path))
            }
            Err(e) => Err(failed(e.error)),
        }
    }
}
