//! Lanes in turn: packets of the reference codec through the decoder core.

use crate::common::*;
use crate::cores::Core;
use huffwire::cosim::StallPattern;
use huffwire::rtl::tops::Side;

#[test]
fn decoder_in_turn() {
    for config in turn_configurations() {
        let mut rng = seeded("decoder_in_turn");
        let mut packets = packets(&config, &mut rng);
        packets.retain(|p| p.plain.len() <= 400 * step_bytes(&config));
        let codec = codec(&config);
        let words: Vec<Vec<u8>> =
            packets.iter().map(|p| codec.encode_packet(&p.plain, &choice(&config, p)).unwrap()).collect();
        let plain: Vec<Vec<u8>> = packets.iter().map(|p| p.plain.clone()).collect();
        let mut decoder = Core::new(&config, Side::Decoder);
        for text in [("none", "none"), ("random:0.3:1", "random:0.4:2")] {
            let stalls: (StallPattern, StallPattern) = (text.0.parse().unwrap(), text.1.parse().unwrap());
            let trace = decoder.run_both(&link_beats(&config, &words), &stalls);
            let (found, errors) = plain_packets(&config, &trace);
            assert_eq!(errors, vec![0; packets.len()], "{} {text:?}", decoder.name);
            assert_same(&found, &plain, &format!("{} {text:?}", decoder.name));
        }
    }
}
