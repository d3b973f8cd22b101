//! The first 24 bytes of a `.hfw` file (docs/hfw-format.md, section 2).

use super::ContainerError;

/// First bytes of every `.hfw` file.
pub const MAGIC: [u8; 4] = *b"HFW1";
/// Version of the file format.
pub const VERSION: u16 = 2;
/// Bytes of the header.
pub const HEADER_BYTES: usize = 24;
/// Longest manifest: enough for some 400 000 tensors.
pub const MAX_MANIFEST_BYTES: usize = 64 << 20;
/// Bytes of the header before its CRC.
const CHECKED_BYTES: usize = 20;

/// The header for a file of `file_bytes` bytes that ends with `manifest`.
pub(super) fn header(file_bytes: u64, manifest: &[u8]) -> Result<[u8; HEADER_BYTES], ContainerError> {
    if manifest.len() > MAX_MANIFEST_BYTES {
        return Err(ContainerError::ManifestTooLong(manifest.len()));
    }
    let mut bytes = [0; HEADER_BYTES];
    bytes[..4].copy_from_slice(&MAGIC);
    bytes[4..6].copy_from_slice(&VERSION.to_le_bytes());
    bytes[8..16].copy_from_slice(&file_bytes.to_le_bytes());
    bytes[16..20].copy_from_slice(&(manifest.len() as u32).to_le_bytes());
    let crc = crc32c::crc32c_append(crc32c::crc32c(&bytes[..CHECKED_BYTES]), manifest);
    bytes[CHECKED_BYTES..].copy_from_slice(&crc.to_le_bytes());
    Ok(bytes)
}

/// Checks the header of a whole file and takes it apart: data, manifest.
pub(super) fn split(file: &[u8]) -> Result<(&[u8], &[u8]), ContainerError> {
    let magic = &file[..file.len().min(MAGIC.len())];
    if !MAGIC.starts_with(magic) || magic.is_empty() {
        return Err(ContainerError::Magic(magic.to_vec()));
    }
    let actual = file.len() as u64;
    let Some((header, rest)) = file.split_first_chunk::<HEADER_BYTES>() else {
        return Err(ContainerError::Truncated { actual, expected: HEADER_BYTES as u64 });
    };
    let number = |from: usize, to: usize| header[from..to].iter().rev().fold(0u64, |n, &b| n << 8 | u64::from(b));
    let (version, reserved, expected, length, stated) =
        (number(4, 6), number(6, 8), number(8, 16), number(16, 20), number(20, 24));
    if version != u64::from(VERSION) {
        return Err(ContainerError::Version(version as u16));
    }
    if reserved != 0 {
        return Err(ContainerError::Header { field: "reserved", value: reserved, allowed: "must be 0".into() });
    }
    if actual < expected {
        return Err(ContainerError::Truncated { actual, expected });
    }
    if actual > expected {
        return Err(ContainerError::Extended { actual, expected });
    }
    let most = rest.len().min(MAX_MANIFEST_BYTES) as u64;
    if length > most {
        let allowed = format!("must be at most {most}");
        return Err(ContainerError::Header { field: "manifest length", value: length, allowed });
    }
    let (data, manifest) = rest.split_at(rest.len() - length as usize);
    let computed = crc32c::crc32c_append(crc32c::crc32c(&header[..CHECKED_BYTES]), manifest);
    if u64::from(computed) != stated {
        return Err(ContainerError::ManifestCrc { stated: stated as u32, computed });
    }
    Ok((data, manifest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(data: &[u8], manifest: &[u8]) -> Vec<u8> {
        let h = header((HEADER_BYTES + data.len() + manifest.len()) as u64, manifest).unwrap();
        [&h[..], data, manifest].concat()
    }

    fn refused(file: &[u8], message: &str) {
        let e = split(file).unwrap_err().to_string();
        assert!(e.contains(message), "got '{e}', expected '{message}'");
    }

    #[test]
    fn header_by_hand() {
        let f = file(b"abc", b"{}");
        assert_eq!(&f[..20], b"HFW1\x02\0\0\0\x1d\0\0\0\0\0\0\0\x02\0\0\0");
        assert_eq!(split(&f).unwrap(), (&b"abc"[..], &b"{}"[..]));
    }

    #[test]
    fn each_defect_has_its_message() {
        let good = file(b"abc", b"{}");
        let with = |at: usize, value: u8| {
            let mut f = good.clone();
            f[at] = value;
            f
        };
        refused(&[], "no .hfw file: it begins with []");
        refused(b"PK\x03\x04", "no .hfw file: it begins with [50, 4b, 03, 04]");
        refused(&good[..3], "truncated: 3 bytes of 24");
        refused(&good[..23], "truncated: 23 bytes of 24");
        refused(&good[..28], "truncated: 28 bytes of 29");
        refused(&[&good[..], b"x"].concat(), "extended: 30 bytes, the file ends after 29");
        refused(&with(4, 1), ".hfw version 1: this program knows version 2");
        refused(&with(6, 1), "header: reserved is 1, must be 0");
        refused(&with(16, 6), "header: manifest length is 6, must be at most 5");
        refused(&with(16, 3), "CRC-32C of header and manifest");
        refused(&with(28, b'x'), "CRC-32C of header and manifest");
        refused(&with(20, !good[20]), "CRC-32C of header and manifest");
    }

    #[test]
    fn a_manifest_beyond_the_limit_is_not_written() {
        let long = vec![b' '; MAX_MANIFEST_BYTES + 1];
        assert_eq!(header(0, &long).unwrap_err().to_string(), "manifest of 67108865 bytes: the limit is 67108864");
    }
}
