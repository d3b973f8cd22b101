//! BookSim 2: its configuration grammar (src/config.l, src/config.y), the names of booksim_config.cpp, and the reader of network files
//! (src/networks/anynet.cpp), restated from booksim/booksim2.

use super::*;
use std::collections::BTreeSet;

#[derive(Debug, PartialEq)]
enum Token {
    Text(String),
    Whole(i64),
    Number(f64),
    Other(char),
}

/// The scanner: the longest match wins, of equal ones the first rule.
fn tokens(text: &str) -> Vec<Token> {
    let starts_word = |c: char| c.is_ascii_alphabetic() || "_-/.".contains(c);
    let in_word = |c: char| c.is_ascii_alphanumeric() || "_-/.+({,)}".contains(c);
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if rest.starts_with("//") {
            rest = rest.find('\n').map_or("", |end| &rest[end..]);
            continue;
        }
        if " \t\r\n".contains(c) {
            rest = &rest[1..];
            continue;
        }
        let numeric = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit() || "-.eE+".contains(c)).len();
        let number = (1..=numeric).rev().find(|&n| {
            let digits = rest[..n].trim_start_matches('-');
            digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
                && digits.parse::<f64>().is_ok()
                && !digits.ends_with('.')
        });
        let word = match starts_word(c) {
            true => rest.len() - rest.trim_start_matches(in_word).len(),
            false => 0,
        };
        let length = match number {
            Some(n) if n >= word => {
                found.push(rest[..n].parse().map_or_else(|_| Token::Number(rest[..n].parse().unwrap()), Token::Whole));
                n
            }
            _ if word > 0 => {
                found.push(Token::Text(rest[..word].into()));
                word
            }
            _ => {
                found.push(Token::Other(c));
                c.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    found
}

#[derive(Debug, PartialEq, Clone)]
enum Value {
    Text(String),
    Whole(i64),
    Number(f64),
}

/// The parser: `commands : command+`, `command : STR '=' (STR | NUM | FNUM) ';'`, and names that are known, with their types.
fn configuration(text: &str) -> BTreeMap<String, Value> {
    const TEXT: [&str; 8] = [
        "topology",
        "network_file",
        "routing_function",
        "vc_allocator",
        "sw_allocator",
        "traffic",
        "sim_type",
        "priority",
    ];
    const WHOLE: [&str; 15] = [
        "num_vcs",
        "vc_buf_size",
        "wait_for_tail_credit",
        "alloc_iters",
        "use_read_write",
        "deadlock_warn_timeout",
        "seed",
        "k",
        "n",
        "packet_size",
        "batch_size",
        "batch_count",
        "max_outstanding_requests",
        "injection_rate_uses_flits",
        "sample_period",
    ];
    const NUMBER: [&str; 2] = ["injection_rate", "latency_thres"];
    let mut values = BTreeMap::new();
    let tokens = tokens(text);
    assert!(!tokens.is_empty() && tokens.len().is_multiple_of(4), "{text}");
    for command in tokens.chunks(4) {
        let [Token::Text(name), Token::Other('='), value, Token::Other(';')] = command else { panic!("{command:?}") };
        let (value, known) = match value {
            Token::Text(text) => (Value::Text(text.clone()), TEXT.contains(&name.as_str())),
            Token::Whole(whole) => (Value::Whole(*whole), WHOLE.contains(&name.as_str())),
            Token::Number(number) => (Value::Number(*number), NUMBER.contains(&name.as_str())),
            other => panic!("{other:?}"),
        };
        assert!(known, "{name} = {value:?}");
        assert_eq!(values.insert(name.clone(), value), None, "{name} twice");
    }
    values
}

/// Routers with their node, and channels with their latency, as AnyNet::readFile understands a file.
fn network(text: &str) -> (BTreeMap<u32, u32>, BTreeMap<(u32, u32), u64>) {
    let (mut nodes, mut channels) = (BTreeMap::new(), BTreeMap::new());
    for line in text.lines() {
        let mut words = line.split(' ').filter(|w| !w.is_empty()).peekable();
        assert_eq!(words.next(), Some("router"), "{line}");
        let head: u32 = words.next().unwrap().parse().unwrap();
        while let Some(kind) = words.next() {
            let id: u32 = words.next().unwrap().parse().unwrap();
            // Without a number the latency is 1.
            let latency = words.next_if(|w| w.bytes().all(|b| b.is_ascii_digit())).map_or(1, |w| w.parse().unwrap());
            match kind {
                "node" => assert_eq!(nodes.insert(id, head), None, "node {id} at two routers"),
                "router" => assert_eq!(channels.insert((head, id), latency), None, "{line}"),
                other => panic!("'{other}' in {line}"),
            }
        }
    }
    // The traffic manager takes nodes for numbered from 0.
    assert!(nodes.keys().copied().eq(0..nodes.len() as u32));
    (nodes, channels)
}

#[test]
fn the_scanner_is_theirs() {
    let word = |t: &str| Token::Text(t.into());
    assert_eq!(
        tokens("a = -3; // c = 4\nb_1=.5;c = x.y-z/2;d=1e3;"),
        [
            word("a"),
            Token::Other('='),
            Token::Whole(-3),
            Token::Other(';'),
            word("b_1"),
            Token::Other('='),
            Token::Number(0.5),
            Token::Other(';'),
            word("c"),
            Token::Other('='),
            word("x.y-z/2"),
            Token::Other(';'),
            word("d"),
            Token::Other('='),
            Token::Number(1000.0),
            Token::Other(';'),
        ]
    );
}

#[test]
fn networks_are_the_topology_with_the_latency_of_the_link() {
    for text in TOPOLOGIES {
        let files = exported(text, "booksim");
        for compression in Compression::ALL {
            let (nodes, channels) = network(&files[&format!("network.{compression}.anynet")]);
            assert_eq!(nodes.len() as u32, topology(text).dies());
            assert!(nodes.iter().all(|(node, router)| node == router));
            let expected: BTreeSet<_> =
                topology(text).links().into_iter().flat_map(|(a, b)| [(a, b), (b, a)]).collect();
            assert_eq!(channels.keys().copied().collect::<BTreeSet<_>>(), expected, "{text}");
            assert!(channels.values().all(|&l| l == clocks(compression).0), "{text}");
        }
    }
    let (_, row) = network(&exported("mesh:2x3", "booksim")["phase1.off.anynet"]);
    assert_eq!(row.keys().copied().collect::<Vec<_>>(), [(0, 1), (1, 0), (1, 2), (2, 1)]);
    let (_, column) = network(&exported("mesh:2x3", "booksim")["phase2.off.anynet"]);
    assert_eq!(column.keys().copied().collect::<Vec<_>>(), [(0, 1), (1, 0)]);
}

#[test]
fn configurations_are_read_and_name_files_that_are_there() {
    for text in TOPOLOGIES {
        let files = exported(text, "booksim");
        let lines = topology(text).lines();
        for compression in Compression::ALL {
            let (latency, bytes_a_clock) = clocks(compression);
            let mut bytes = (1 << 20) as f64;
            for (i, line) in lines.iter().enumerate() {
                bytes /= f64::from(line.dies);
                let found = configuration(&files[&format!("phase{}.{compression}.cfg", i + 1)]);
                let whole = |name: &str| match found[name] {
                    Value::Whole(value) => value,
                    ref other => panic!("{name}: {other:?}"),
                };
                assert_eq!(found["network_file"], Value::Text(format!("phase{}.{compression}.anynet", i + 1)));
                assert_eq!(found["traffic"], Value::Text("neighbor".into()));
                // Neighbours in one dimension of k dies: all nodes of the network.
                let (nodes, _) = network(&files[&format!("phase{}.{compression}.anynet", i + 1)]);
                assert_eq!((whole("k"), whole("n"), nodes.len() as i64), (line.dies.into(), 1, line.dies.into()));
                assert_eq!(whole("batch_size"), i64::from(line.dies) - 1);
                assert_eq!(whole("packet_size"), (bytes / bytes_a_clock - 1e-9).ceil() as i64, "{text} {compression}");
                assert!(whole("vc_buf_size") > 2 * latency as i64);
            }
            let found = configuration(&files[&format!("network.{compression}.cfg")]);
            assert_eq!(found["network_file"], Value::Text(format!("network.{compression}.anynet")));
            assert_eq!(found["sim_type"], Value::Text("latency".into()));
        }
        assert_eq!(files.len(), 2 * 2 * (lines.len() + 1));
    }
}
