//! Fields that hold the name of, or a value from, another resource.

pub(crate) mod names;
pub(crate) mod vars;
