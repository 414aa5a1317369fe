//! What is known of kinds: which lists a strategic merge merges and by which keys, and what lives in a namespace.
//!
//! In: the built-in tables, and OpenAPI documents that kustomizations name. Out: answers. Nothing here is global: a
//! build has one [`Schema`].
//!
//! Source: kyaml `openapi/openapi.go`, whose global state this follows step by step.

mod builtin;
mod custom;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use rustc_hash::FxHashMap;

use builtin::Builtin;
pub(crate) use custom::Custom;

/// The only version of the Kubernetes API that is built in.
pub(crate) const BUILTIN_VERSION: &str = "v1.21.2";

/// How a list is merged: by these keys; by value if there are none.
pub(crate) type MergeKeys = Rc<[String]>;

/// A place in a schema: a type, or a list or map of one.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) shape: Shape,
    pub(crate) target: Target,
    /// Set for a list that is merged.
    pub(crate) merge: Option<MergeKeys>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    One,
    List,
    Map,
}

/// A type of one of the schemas.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    /// Nothing is known.
    Unknown,
    Builtin(u16),
    Custom(Rc<custom::Definition>),
}

/// A schema that was read.
#[derive(Clone, Debug)]
enum Layer {
    Builtin,
    Custom(Rc<Custom>),
}

/// How far the built-in schema is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    NotAsked,
    /// A scope was told from the table alone: it is read along with a custom schema that comes later, behind it.
    Delayed,
    Done,
}

/// What a build knows of kinds.
pub(crate) struct Schema {
    version: RefCell<String>,
    /// The document that the next look at a type reads.
    pending: RefCell<Option<Rc<Custom>>>,
    initialized: Cell<bool>,
    builtin_reading: Cell<Reading>,
    builtin: RefCell<Option<Rc<Builtin>>>,
    /// What was read, in that order: a later one replaces definitions of the same name, and the types of kinds.
    layers: RefCell<Vec<Layer>>,
    scopes: FxHashMap<(&'static str, &'static str), bool>,
}

impl Schema {
    pub(crate) fn new() -> Self {
        Schema {
            version: RefCell::default(),
            pending: RefCell::default(),
            initialized: Cell::new(false),
            builtin_reading: Cell::new(Reading::NotAsked),
            builtin: RefCell::default(),
            layers: RefCell::default(),
            scopes: builtin::scopes(),
        }
    }

    /// Whether a kustomization has said which schema to use; what follows may then not change it.
    pub(crate) fn is_set(&self) -> bool {
        !self.version.borrow().is_empty() || self.pending.borrow().is_some()
    }

    /// Sets the schema, as the `openapi` field of a kustomization says; the outermost one `overrides`.
    pub(crate) fn set(
        &self,
        version: Option<&str>,
        custom: Option<Custom>,
        overrides: bool,
    ) -> Result<(), String> {
        if self.is_set() && !overrides {
            return Ok(());
        }
        if let Some(custom) = custom {
            if version.is_some() {
                return Err("openapi names both a version and a path: use one".into());
            }
            *self.pending.borrow_mut() = Some(Rc::new(custom));
            *self.version.borrow_mut() = "custom".into();
            self.initialized.set(false);
            return Ok(());
        }
        let version = version.unwrap_or_default();
        *self.version.borrow_mut() = version.to_owned();
        if version.is_empty() {
            return Ok(());
        }
        if version != BUILTIN_VERSION {
            return Err(format!("openapi version '{version}' is not built in: use {BUILTIN_VERSION}"));
        }
        *self.pending.borrow_mut() = None;
        self.initialized.set(false);
        Ok(())
    }

    fn initialize(&self) {
        if self.initialized.replace(true) {
            return;
        }
        let pending = self.pending.borrow().clone();
        let use_builtin = pending.is_none() || self.builtin_reading.get() == Reading::Delayed;
        let mut layers = self.layers.borrow_mut();
        layers.extend(pending.map(Layer::Custom));
        if use_builtin {
            layers.push(Layer::Builtin);
            self.builtin_reading.set(Reading::Done);
            self.builtin.borrow_mut().get_or_insert_with(|| Rc::new(Builtin::read()));
        }
    }

    /// What the latest schema that has it says.
    fn latest<T>(
        &self,
        mut builtin: impl FnMut(&Builtin) -> Option<T>,
        mut custom: impl FnMut(&Custom) -> Option<T>,
    ) -> Option<T> {
        let table = self.builtin.borrow();
        self.layers.borrow().iter().rev().find_map(|layer| match layer {
            Layer::Builtin => table.as_deref().and_then(&mut builtin),
            Layer::Custom(schema) => custom(schema),
        })
    }

    /// Whether a kind is known not to live in a namespace.
    pub(crate) fn is_cluster_scoped(&self, api_version: &str, kind: &str) -> bool {
        if let Some(namespaced) = self.scopes.get(&(api_version, kind)) {
            return !namespaced;
        }
        if !self.initialized.get() {
            if self.pending.borrow().is_some() {
                self.initialize();
            } else {
                if self.builtin_reading.get() == Reading::NotAsked {
                    self.builtin_reading.set(Reading::Delayed);
                }
                return false;
            }
        }
        let namespaced = self.latest(|_| None, |custom| custom.is_namespaced(api_version, kind));
        namespaced.is_some_and(|namespaced| !namespaced)
    }

    /// The type of a kind.
    pub(crate) fn of_kind(&self, api_version: &str, kind: &str) -> Option<Place> {
        self.initialize();
        let target = self.latest(
            |builtin| builtin.kind(api_version, kind).map(Target::Builtin),
            |custom| custom.kind(api_version, kind).map(Target::Custom),
        )?;
        Some(Place { shape: Shape::One, target, merge: None })
    }

    /// The place under a field.
    pub(crate) fn field(&self, place: &Place, name: &str) -> Option<Place> {
        if place.shape == Shape::Map {
            return Some(Place { shape: Shape::One, target: place.target.clone(), merge: None });
        }
        if place.shape == Shape::List {
            return None;
        }
        match &place.target {
            Target::Unknown => None,
            Target::Builtin(id) => self.builtin.borrow().as_ref()?.field(*id, name),
            Target::Custom(definition) => {
                let found = definition.field(name)?;
                Some(self.follow(found))
            }
        }
    }

    /// The place of the items of a list.
    pub(crate) fn items(&self, place: &Place) -> Option<Place> {
        if place.shape != Shape::List {
            return None;
        }
        match &place.target {
            Target::Custom(definition) => definition.items().map(|found| self.follow(found)),
            target => Some(Place { shape: Shape::One, target: target.clone(), merge: None }),
        }
    }

    /// Follows references among the definitions of all schemas.
    fn follow(&self, mut definition: Rc<custom::Definition>) -> Place {
        for _ in 0..64 {
            let Some(reference) = definition.reference() else { break };
            let next = self.latest(
                |builtin| builtin.named(&reference).map(Target::Builtin),
                |custom| custom.definition(&reference).map(Target::Custom),
            );
            match next {
                Some(Target::Custom(next)) => definition = next,
                other => {
                    let target = other.unwrap_or(Target::Unknown);
                    return Place { shape: Shape::One, target, merge: None };
                }
            }
        }
        let (shape, merge) = definition.shape();
        Place { shape, target: Target::Custom(definition), merge }
    }
}
