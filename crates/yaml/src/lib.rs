//! YAML trees that parse and print as go-yaml does, with spans.
