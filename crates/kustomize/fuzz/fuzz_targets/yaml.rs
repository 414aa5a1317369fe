//! Any text, read and printed, and what was printed read again.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(documents) = hub_yaml::parse(text) else { return };
    for document in documents {
        let Ok(once) = hub_yaml::emit(&document.root) else { continue };
        let again = hub_yaml::parse(&once).expect("what is printed can be read");
        assert_eq!(hub_yaml::emit(&again[0].root).expect("it prints again"), once);
    }
});
