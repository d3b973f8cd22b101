//! Files that no encoder made, and damaged ones.

use super::*;

/// A `.hfw` file, its manifest changed and header and CRC put right again.
fn with_manifest(hfw: &[u8], change: impl FnOnce(&mut serde_json::Value)) -> Vec<u8> {
    let (data, manifest) = header::split(hfw).unwrap();
    let mut value = serde_json::from_slice(manifest).unwrap();
    change(&mut value);
    with_parts(data, value.to_string().as_bytes())
}

fn with_parts(data: &[u8], manifest: &[u8]) -> Vec<u8> {
    let head = header::header((HEADER_BYTES + data.len() + manifest.len()) as u64, manifest).unwrap();
    [&head[..], data, manifest].concat()
}

fn decoded(hfw: Vec<u8>) -> Result<Vec<u8>, ContainerError> {
    let mut out = Vec::new();
    Container::from_bytes(hfw)?.decode(|b| {
        out.extend_from_slice(b);
        Ok(())
    })?;
    Ok(out)
}

fn sample() -> Vec<u8> {
    let a = bf16(2500, 120, 13);
    let mut options = EncodeOptions::new(vec![fields(&a)]);
    options.packet_elements = 1000;
    round_trip("a.safetensors", &safetensors(&[("a", "BF16", &a), ("b", "U8", &[1, 2, 3])]), &options).1
}

#[test]
fn hostile_manifests_are_refused_before_decoding() {
    let hfw = sample();
    let refused = |change: &dyn Fn(&mut serde_json::Value), expected: &str| {
        let e = message(Container::from_bytes(with_manifest(&hfw, change)));
        assert!(e.contains(expected), "got '{e}', expected '{expected}'");
    };
    let coded = |v: &mut serde_json::Value, key: &str, to: u64| v["segments"][1]["coded"][key] = to.into();
    refused(&|v| v["extra"] = 1.into(), "manifest: unknown field `extra`");
    refused(&|v| v["segments"] = serde_json::json!([{"zipped": {}}]), "unknown variant `zipped`");
    refused(&|v| v["bytes"] = (-1).into(), "manifest: invalid value");
    refused(&|v| v["sha256"] = "ABC".into(), "sha256 'ABC': expected 64");
    refused(&|v| v["banks"][0] = "{}".into(), "manifest: bank 0: not a huffwire bank file");
    refused(&|v| v["codings"][0]["bank"] = 7.into(), "manifest: bank 7 of 1");
    refused(&|v| v["codings"][0]["parameters"]["lanes"] = 3.into(), "manifest: coding 0: lanes = 3");
    refused(&|v| v["codings"][0]["parameters"]["format"] = "e4m3".into(), "manifest: coding 0: the bank has planes");
    refused(&|v| coded(v, "coding", 1), "manifest: coding 1 of 1");
    refused(&|v| coded(v, "packet_elements", 0), "segment 1: packet_elements is 0, must be 1 to 16777216");
    refused(&|v| coded(v, "packet_elements", u64::MAX), "packet_elements is 18446744073709551615");
    refused(&|v| v["segments"][1]["coded"]["unpacked"] = true.into(), "unpacked is 1, which bf16 cannot be");
    refused(&|v| coded(v, "bytes", 4999), "segment 1: bytes is 4999, must be a positive multiple of 2");
    refused(&|v| coded(v, "bytes", 0), "segment 1: bytes is 0");
    refused(&|v| v["segments"][0]["stored"]["bytes"] = 0.into(), "segment 0: bytes is 0, must be at least 1");
    refused(&|v| coded(v, "bytes", u64::MAX - 1), "coded_bytes is ");
    refused(&|v| coded(v, "coded_bytes", 10), "coded_bytes is 10, 3 packets take at least");
    refused(&|v| coded(v, "bytes", 4998), "the segments' original bytes add up to");
    refused(&|v| v["segments"][0]["stored"]["bytes"] = u64::MAX.into(), "add up to 18446744073709551615, expected");
    refused(&|v| coded(v, "coded_bytes", 9999), "the segments' bytes in the file add up to");
    let (data, _) = header::split(&hfw).unwrap();
    for text in ["", "[]", "{", "\u{0}", &"[".repeat(100_000)] {
        assert!(message(Container::from_bytes(with_parts(data, text.as_bytes()))).starts_with("manifest: "));
    }
}

#[test]
fn packet_errors_say_where() {
    let hfw = sample();
    let (data, manifest) = header::split(&hfw).unwrap();
    let head = {
        let v: serde_json::Value = serde_json::from_slice(manifest).unwrap();
        v["segments"][0]["stored"]["bytes"].as_u64().unwrap() as usize
    };
    let second = head + 4 + u32::from_le_bytes(data[head..head + 4].try_into().unwrap()) as usize;
    let with = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut data = data.to_vec();
        change(&mut data);
        message(decoded(with_parts(&data, manifest)))
    };
    let at = "segment 1 (tensor 'a'), packet 1: ";
    assert!(with(&|d| d[second + 104] ^= 1).starts_with(&format!("{at}CRC-32C")));
    assert!(with(&|d| d[second + 4] ^= 0x30)
        .starts_with(&format!("{at}wire format version 1: this decoder knows version 2")));
    let e = with(&|d| d[second..second + 4].fill(0xff));
    assert!(e.starts_with(&format!("{at}a packet of 4294967295 bytes, ")), "{e}");
    let e = with(&|d| d[second..second + 4].fill(0));
    assert!(e.starts_with(&format!("{at}packet of 0 bytes: header and trailer")), "{e}");
    // Only the checksum can see a change of what is stored.
    assert!(with(&|d| d[3] ^= 1).starts_with("SHA-256 of the decoded file is "));

    let coded = |change: &dyn Fn(&mut serde_json::Value)| message(decoded(with_manifest(&hfw, change)));
    // The packets have 1000 elements, 2000 bytes, each.
    let e = coded(&|v| v["segments"][1]["coded"]["packet_elements"] = 900.into());
    assert!(e.starts_with("segment 1 (tensor 'a'), packet 0: ") && e.ends_with("(or more), expected 1800"), "{e}");
    let e = coded(&|v| v["segments"][1]["coded"]["packet_elements"] = 1100.into());
    assert_eq!(e, "segment 1 (tensor 'a'), packet 0: 2000 bytes of elements (or more), expected 2200");
    let e = coded(&|v| {
        v["segments"][1]["coded"]["bytes"] = 4000.into();
        v["bytes"] = (v["bytes"].as_u64().unwrap() - 1000).into();
    });
    assert!(
        e.starts_with("segment 1 (tensor 'a'), packet 2: ") && e.ends_with("behind the last packet of the segment")
    );
    // Made for fp32 by the manifest: same alphabet, other elements.
    let e = coded(&|v| v["codings"][0]["parameters"]["format"] = "fp32".into());
    let expected =
        "segment 1 (tensor 'a'), packet 0: a packet of bf16 under map 'fields', the segment has fp32 under 'fields'";
    assert_eq!(e, expected);
    let e = coded(&|v| v["sha256"] = "0".repeat(64).into());
    assert!(e.ends_with(&format!("the original had {}", "0".repeat(64))), "{e}");
}

#[test]
fn a_file_is_the_same_whenever_it_is_made() {
    assert!(sample() == sample());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_damaged_file_is_refused(edits in prop::collection::vec((any::<prop::sample::Index>(), 1u8..), 1..4),
                                 whole: bool) {
        let hfw = HFW.with(Clone::clone);
        let mut damaged = hfw.clone();
        for (at, value) in edits {
            // Somewhere in the file, or in the data alone with the header right.
            let at = if whole { at.index(hfw.len()) } else { HEADER_BYTES + at.index(4000) };
            damaged[at] ^= value;
        }
        prop_assert!(damaged == hfw || decoded(damaged).is_err());
    }

    #[test]
    fn a_cut_or_longer_file_is_refused(at: prop::sample::Index, more in prop::collection::vec(any::<u8>(), 1..9)) {
        let hfw = HFW.with(Clone::clone);
        prop_assert!(decoded(hfw[..at.index(hfw.len())].to_vec()).is_err());
        prop_assert!(decoded([hfw, more].concat()).is_err());
    }
}

thread_local! {
    static HFW: Vec<u8> = sample();
}
