//! Any text: it is read or refused, and a refusal names a place inside the text.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match hub_yaml::parse(text) {
        Ok(documents) => {
            for document in documents {
                let _ = hub_yaml::emit(&document.root);
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
