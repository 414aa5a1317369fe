//! The field manager of one endpoint: what it does to `metadata.managedFields` on each write.
//!
//! Source: apimachinery `managedfields/internal`: its chain of small managers, in the same order.

use std::sync::LazyLock;

use serde_json::Value;

use super::conflict::ApplyConflict;
use super::last_applied::{LAST_APPLIED, has_last_applied, renew_last_applied};
use super::managers::{ManagerId, Managers, decode, encode};
use super::updater::{Updater, Versions};
use crate::fields::FieldSet;
use crate::schema::Schema;
use crate::typed::{check, compare, field_set};

const BEFORE_FIRST_APPLY: &str = "before-first-apply";
const OLD_UPDATES: &str = "ancient-changes";
const MAX_UPDATERS: usize = 10;

/// Metadata that nobody owns.
static NEVER_OWNED: LazyLock<FieldSet> = LazyLock::new(|| {
    let mut set = FieldSet::of_fields(&[&["apiVersion"], &["kind"], &["metadata"]]);
    for name in [
        "name",
        "namespace",
        "creationTimestamp",
        "selfLink",
        "uid",
        "clusterName",
        "generation",
        "managedFields",
        "resourceVersion",
    ] {
        set.absorb(&FieldSet::of_fields(&[&["metadata", name]]));
    }
    set
});

/// Why an apply was refused.
#[derive(Debug)]
pub(crate) enum ApplyError {
    /// Other managers own fields that the configuration changes: message, and each conflict's message and field.
    Conflict { message: String, causes: Vec<(String, String)> },
    /// The configuration does not fit the schema.
    Schema(String),
    /// The request cannot be an apply at all.
    Refused(String),
}

/// The field manager of one endpoint.
pub(crate) struct FieldManager<'a> {
    /// The schema of an API version of the kind; `None` when that version is not served.
    pub(crate) versions: &'a dyn Fn(&str) -> Option<&'a Schema>,
    pub(crate) api_version: &'a str,
    pub(crate) kind: &'a str,
    /// Empty for the object itself.
    pub(crate) subresource: &'a str,
    /// Fields that writes through this endpoint do not touch.
    pub(crate) ignored: &'a FieldSet,
    /// The object that a new one starts from.
    pub(crate) empty: &'a Value,
    /// The time of the write, RFC 3339.
    pub(crate) now: &'a str,
}

struct ByVersion<'a>(&'a dyn Fn(&str) -> Option<&'a Schema>);

impl Versions for ByVersion<'_> {
    fn schema(&self, api_version: &str) -> Option<&Schema> {
        (self.0)(api_version)
    }
}

impl FieldManager<'_> {
    /// Records who changed what on any write but apply, in `new`; `live` is `None` for a create.
    pub(crate) fn update(&self, live: Option<&Value>, new: &mut Value, manager: &str) {
        let Some(mut managers) = self.managers_of_update(live, new) else {
            return;
        };
        set_entries(new, Vec::new());
        if managers.is_empty() && live.is_some() {
            return;
        }
        let live = live.map(without_entries);
        let live = live.as_ref().unwrap_or(self.empty);
        self.record(live, new, &mut managers, manager);
        self.cap(&mut managers);
        set_entries(new, encode(&managers));
    }

    fn record(&self, live: &Value, new: &Value, managers: &mut Managers, manager: &str) {
        let Some(schema) = (self.versions)(self.api_version) else {
            return;
        };
        let current = ManagerId::new("current-operation", false, "", "");
        let versions = ByVersion(self.versions);
        let updater =
            Updater { versions: &versions, api_version: self.api_version, schema, ignored: self.ignored };
        updater.update(live, new, managers, &current);
        strip(managers, &current);
        if let Some(taken) = managers.remove(&current) {
            let id = ManagerId::new(manager, false, self.api_version, self.subresource);
            let entry = managers.entry(id).or_default();
            entry.set.absorb(&taken.set);
            entry.api_version = self.api_version.to_owned();
            entry.time = Some(self.now.to_owned());
        }
    }

    /// The managers that a written object claims, else those of the live one; `None` leaves all as sent.
    fn managers_of_update(&self, live: Option<&Value>, new: &Value) -> Option<Managers> {
        let of_live = || Some(live.and_then(|l| decode(entries(l))).unwrap_or_default());
        if !self.subresource.is_empty() {
            return of_live();
        }
        let sent = entries(new);
        let reset = match sent {
            Value::Array(items) => {
                items.is_empty() || matches!(items.as_slice(), [Value::Object(only)] if only.is_empty())
            }
            _ => false,
        };
        if reset {
            return Some(Managers::new());
        }
        match decode(sent) {
            Some(managers) if !managers.is_empty() => Some(managers),
            _ => of_live(),
        }
    }

    /// Applies `config` to `live` (`None` for a create); gives the new object, and whether it differs in more than its
    /// managers.
    ///
    /// # Errors
    /// [`ApplyError`]: a conflict without `force`, a configuration that does not fit, or no apply at all.
    pub(crate) fn apply(
        &self,
        live: Option<&Value>,
        config: &Value,
        manager: &str,
        force: bool,
    ) -> Result<(Value, bool), ApplyError> {
        if config.get("apiVersion").and_then(Value::as_str) != Some(self.api_version) {
            let sent = config.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
            let (group, version) = crate::object::group_version(sent);
            let kind = self.kind;
            return Err(ApplyError::Refused(format!("invalid object type: {group}/{version}, Kind={kind}")));
        }
        if !entries(config).is_null() {
            return Err(ApplyError::Refused("metadata.managedFields must be nil".into()));
        }
        let mut managers = live.and_then(|l| decode(entries(l))).unwrap_or_default();
        let bare = live.map(without_entries);
        if let (true, Some(live)) = (managers.is_empty(), bare.as_ref()) {
            self.record(self.empty, live, &mut managers, BEFORE_FIRST_APPLY);
        }
        let base = bare.as_ref().unwrap_or(self.empty);
        let new = match self.apply_bare(base, config, &mut managers, manager, force) {
            Err(ApplyError::Conflict { .. })
                if manager == "kubectl" && !force && self.last_applied_covers(base, config, &managers) =>
            {
                self.apply_bare(base, config, &mut managers, manager, true)?
            }
            other => other?,
        };
        let renewed = manager == "kubectl" && has_last_applied(base);
        let changed = new.is_some() || renewed;
        let mut new = new.or(bare).unwrap_or_else(|| self.empty.clone());
        if renewed {
            renew_last_applied(&mut new, config);
        }
        set_entries(&mut new, encode(&managers));
        Ok((new, changed))
    }

    /// Gives the new object, or `None` when it is the live one.
    fn apply_bare(
        &self,
        live: &Value,
        config: &Value,
        managers: &mut Managers,
        manager: &str,
        force: bool,
    ) -> Result<Option<Value>, ApplyError> {
        let schema = (self.versions)(self.api_version).expect("the endpoint's own version is served");
        let misfits = check(schema, config, false);
        if !misfits.is_empty() {
            return Err(ApplyError::Schema(self.misfit_message(config, &misfits)));
        }
        let id = ManagerId::new(manager, true, self.api_version, self.subresource);
        let versions = ByVersion(self.versions);
        let updater =
            Updater { versions: &versions, api_version: self.api_version, schema, ignored: self.ignored };
        self.check_other_versions(live, managers)?;
        let before = managers.clone();
        let new = match updater.apply(live, config, managers, &id, force) {
            Ok(new) => new,
            Err(conflict) => return Err(refuse(managers, before, &conflict)),
        };
        strip(managers, &id);
        if new.is_some()
            && let Some(entry) = managers.get_mut(&id)
        {
            entry.time = Some(self.now.to_owned());
        }
        Ok(new)
    }

    /// The live object must fit the schema of every version that a manager has written, as the real server has it.
    fn check_other_versions(&self, live: &Value, managers: &Managers) -> Result<(), ApplyError> {
        let others =
            managers.values().map(|m| m.api_version.as_str()).filter(|version| *version != self.api_version);
        for schema in others.filter_map(self.versions) {
            if let Some(misfit) = check(schema, live, true).first() {
                return Err(ApplyError::Schema(misfit.to_string()));
            }
        }
        Ok(())
    }

    fn misfit_message(&self, config: &Value, misfits: &[crate::typed::SchemaError]) -> String {
        let text = |name: &str| {
            config.pointer(&format!("/metadata/{name}")).and_then(Value::as_str).unwrap_or_default()
        };
        let misfits = match misfits {
            [one] => one.to_string(),
            several => {
                let lines: Vec<String> = several.iter().map(|e| format!("  {e}")).collect();
                format!("errors:\n{}", lines.join("\n"))
            }
        };
        let (namespace, name) = (text("namespace"), text("name"));
        let (group, version) = crate::object::group_version(self.api_version);
        let subject = format!("{namespace}/{name}; {group}/{version}, Kind={}", self.kind);
        format!("failed to create typed patch object ({subject}): {misfits}")
    }

    /// Tells whether all conflicts are about what kubectl's client-side apply had set and nobody changed since.
    fn last_applied_covers(&self, live: &Value, config: &Value, managers: &Managers) -> bool {
        let Some(schema) = (self.versions)(self.api_version) else {
            return false;
        };
        let annotation = live.pointer("/metadata/annotations").and_then(|a| a.get(LAST_APPLIED));
        let Some(last) =
            annotation.and_then(Value::as_str).and_then(|text| serde_json::from_str::<Value>(text).ok())
        else {
            return false;
        };
        if last.get("apiVersion").and_then(Value::as_str) != Some(self.api_version) {
            return false;
        }
        let changed = compare(schema, &last, live);
        let own = field_set(schema, &last)
            .difference(&changed.modified)
            .difference(&changed.added)
            .difference(&changed.removed);
        let versions = ByVersion(self.versions);
        let updater =
            Updater { versions: &versions, api_version: self.api_version, schema, ignored: self.ignored };
        let id = ManagerId::new("kubectl", true, self.api_version, self.subresource);
        match updater.apply(live, config, &mut managers.clone(), &id, false) {
            Ok(_) => true,
            Err(conflict) => {
                let mut taken = FieldSet::default();
                conflict.conflicts.iter().for_each(|(_, path)| taken.insert(path));
                taken.difference(&own).is_empty()
            }
        }
    }

    /// Merges the oldest updaters of one version into one entry when there are more than ten.
    fn cap(&self, managers: &mut Managers) {
        let mut updaters: Vec<(Option<String>, ManagerId)> = managers
            .iter()
            .filter(|(id, _)| !id.applied)
            .map(|(id, managed)| (managed.time.clone(), id.clone()))
            .collect();
        let mut count = updaters.len();
        if count <= MAX_UPDATERS {
            return;
        }
        updaters.sort();
        let mut first_of: std::collections::BTreeMap<String, ManagerId> = Default::default();
        for (_, id) in updaters {
            if count <= MAX_UPDATERS {
                break;
            }
            let version = id.api_version.clone();
            let Some(first) = first_of.get(&version) else {
                first_of.insert(version, id);
                continue;
            };
            let bucket = ManagerId::new(OLD_UPDATES, false, &version, "");
            if !managers.contains_key(&bucket)
                && let Some(oldest) = managers.remove(first)
            {
                managers.insert(bucket.clone(), oldest);
            }
            if let Some(merged) = managers.remove(&id) {
                let entry = managers.entry(bucket).or_default();
                entry.set.absorb(&merged.set);
                entry.time = merged.time;
                count -= 1;
            }
        }
    }
}

fn refuse(managers: &mut Managers, before: Managers, conflict: &ApplyConflict) -> ApplyError {
    *managers = before;
    ApplyError::Conflict { message: conflict.message(), causes: conflict.causes() }
}

fn strip(managers: &mut Managers, id: &ManagerId) {
    if let Some(managed) = managers.get_mut(id) {
        managed.set = managed.set.difference(&NEVER_OWNED);
        if managed.set.is_empty() {
            managers.remove(id);
        }
    }
}

fn entries(object: &Value) -> &Value {
    object.pointer("/metadata/managedFields").unwrap_or(&Value::Null)
}

/// The object without its managers.
pub(super) fn without_entries(object: &Value) -> Value {
    let mut bare = object.clone();
    set_entries(&mut bare, Vec::new());
    bare
}

fn set_entries(object: &mut Value, entries: Vec<Value>) {
    let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) else {
        return;
    };
    if entries.is_empty() {
        metadata.shift_remove("managedFields");
    } else {
        metadata.insert("managedFields".into(), Value::Array(entries));
    }
}
