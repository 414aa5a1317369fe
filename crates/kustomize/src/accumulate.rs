//! The recursion: a kustomization's resources, generators, components and transformers, in this order.
//!
//! In: a folder with a kustomization. Out: its resources with the field specs and vars that go up with them.
//!
//! Source: api `internal/target/kusttarget.go`; the order of the calls is the specification.

use std::{cell::RefCell, rc::Rc, sync::Arc};

use crate::{
    build::Options,
    crds,
    error::{Error, Result},
    generators::data::{self, Kind},
    helm,
    kustomization::{COMPONENT, FILE_NAMES, GeneratorOptions, Kustomization, Var},
    loader::Root,
    origin::Origin,
    plugins, read,
    references::{names, vars},
    resource::Resource,
    resource_set::ResourceSet,
    schema::{Custom, Schema},
    transformer_config::TransformerConfig,
    transformers::{Hash, ORDER, Source, Transform},
};

/// What a whole build has in common.
pub(crate) struct Context<'o> {
    pub(crate) options: &'o Options<'o>,
    pub(crate) schema: Schema,
    pub(crate) defaults: Rc<TransformerConfig>,
    pub(crate) warnings: RefCell<Vec<String>>,
}

impl Context<'_> {
    pub(crate) fn warn(&self, message: impl Into<String>) {
        self.warnings.borrow_mut().push(message.into());
    }
}

/// What has been gathered.
#[derive(Default)]
pub(crate) struct Accumulator {
    pub(crate) set: ResourceSet,
    config: Option<Rc<TransformerConfig>>,
    vars: Vec<Var>,
}

impl Accumulator {
    fn config(&self) -> Rc<TransformerConfig> {
        self.config.clone().unwrap_or_default()
    }

    fn merge_config(&mut self, other: &Rc<TransformerConfig>) -> Result<()> {
        match &mut self.config {
            None if other.is_settled => self.config = Some(Rc::clone(other)),
            None => {
                // Merging into nothing still drops field specs that others make superfluous.
                let mut config = TransformerConfig::default();
                let merged = config.merge(other);
                merged.map_err(|message| Error::step("configurations", message))?;
                self.config = Some(Rc::new(config));
            }
            Some(config) if Rc::ptr_eq(config, other) && other.is_settled => {}
            Some(config) => {
                let merged = Rc::make_mut(config).merge(other);
                merged.map_err(|message| Error::step("configurations", message))?;
            }
        }
        Ok(())
    }

    /// Takes over all that another one has.
    fn merge(&mut self, other: Accumulator, schema: &Schema) -> Result<()> {
        self.set.append_all(other.set, schema)?;
        if let Some(config) = &other.config {
            self.merge_config(config)?;
        }
        vars::merge(&mut self.vars, other.vars)
    }
}

/// A kustomization in its folder.
pub(crate) struct Target<'l, 'c> {
    pub(crate) context: &'c Context<'c>,
    pub(crate) root: Root<'l>,
    pub(crate) kustomization: Kustomization,
    /// The name of the kustomization file.
    pub(crate) file: String,
    /// Known only if resources are to say where they come from.
    pub(crate) origin: RefCell<Option<Origin>>,
    /// The namespace that charts below are rendered for.
    pub(crate) chart_namespace: String,
}

impl<'l, 'c> Target<'l, 'c> {
    /// Reads the kustomization of a folder.
    ///
    /// # Errors
    /// The folder has none, or several, or a faulty one.
    pub(crate) fn load(context: &'c Context<'c>, root: Root<'l>) -> Result<Self> {
        let mut found = None;
        for name in FILE_NAMES {
            if !root.is_file(name) {
                continue;
            }
            if found.is_some() {
                return Err(Error::SeveralKustomizations { root: root.folder });
            }
            found = Some(name);
        }
        let Some(name) = found else {
            return Err(Error::NoKustomization { root: root.folder });
        };
        let text = root.load_text(name)?;
        let shown = format!("{}/{name}", root.folder);
        let mut kustomization = Kustomization::parse(&text, &shown)?;
        for warning in kustomization.warnings.drain(..) {
            context.warn(warning);
        }
        Ok(Target {
            context,
            root,
            kustomization,
            file: name.to_owned(),
            origin: RefCell::new(None),
            chart_namespace: String::new(),
        })
    }

    /// Sets the schema that the kustomization asks for; the outermost one `overrides`.
    pub(crate) fn set_schema(&self, overrides: bool) -> Result<()> {
        let openapi = &self.kustomization.openapi;
        let custom = match openapi.get("path") {
            None => None,
            Some(path) => {
                let text = self.root.load_text(path)?;
                let schema = &self.context.schema;
                if schema.is_set() && !overrides {
                    None
                } else {
                    let node = hub_yaml::parse_first(&text).map_err(|e| Error::yaml(path, &e))?;
                    node.map(|node| Custom::read(&node))
                }
            }
        };
        let version = openapi.get("version").map(String::as_str);
        let set = self.context.schema.set(version, custom, overrides);
        set.map_err(|message| Error::step("openapi", message))
    }

    fn shown_file(&self) -> String {
        format!("{}/{}", self.root.folder, self.file)
    }

    /// Gathers everything into what a parent has gathered, or into nothing.
    ///
    /// # Errors
    /// Whatever goes wrong on the way.
    pub(crate) fn accumulate(&self, into: Accumulator) -> Result<Accumulator> {
        self.gather(into).map_err(|e| e.within_unless_placed(|| self.shown_file()))
    }

    fn gather(&self, mut into: Accumulator) -> Result<Accumulator> {
        let schema = &self.context.schema;
        let k = &self.kustomization;
        self.add_resources(&mut into, &k.resources)?;
        if k.configurations.is_empty() {
            into.merge_config(&self.context.defaults)?;
        } else {
            let mut custom = TransformerConfig::default();
            for path in &k.configurations {
                let text = self.root.load_text(path)?;
                let node = hub_yaml::parse_first(&text).map_err(|e| Error::yaml(path, &e))?;
                let read = TransformerConfig::read(&node.unwrap_or_default(), path)?;
                let merged = custom.merge(&read);
                merged.map_err(|message| Error::step("configurations", format!("{path}: {message}")))?;
            }
            let mut config = TransformerConfig::clone(&self.context.defaults);
            config.merge(&custom).map_err(|message| Error::step("configurations", message))?;
            into.merge_config(&Rc::new(config))?;
        }
        if !k.crds.is_empty() {
            let config = crds::load(&self.root, &k.crds)?;
            into.merge_config(&Rc::new(config))?;
        }
        self.generate(&mut into)?;
        into = self.add_components(into)?;
        self.transform(&mut into)?;
        self.validate(&mut into)?;
        vars::add(&mut into.vars, &k.vars, &mut into.set, schema)?;
        Ok(into)
    }

    /// Adds what files and folders have.
    pub(crate) fn add_resources(&self, into: &mut Accumulator, paths: &[String]) -> Result<()> {
        for path in paths {
            if self.root.is_file(path) {
                self.add_file(into, path)?;
                continue;
            }
            let root = self.root.enter(path)?;
            let child = self.with_origin(path, || self.child(root, false))?;
            let gathered = child.accumulate(Accumulator::default());
            let gathered = gathered.map_err(|e| e.within(format!("'{path}'")))?;
            let merged = into.merge(gathered, &self.context.schema);
            merged.map_err(|e| e.within(format!("merging '{path}' into '{}'", self.root.folder)))?;
        }
        Ok(())
    }

    /// Runs with the origin moved on to a path.
    fn with_origin<T>(&self, path: &str, run: impl FnOnce() -> T) -> T {
        let before = self.origin.borrow().clone();
        if let Some(origin) = &before {
            *self.origin.borrow_mut() = Some(origin.append(path));
        }
        let result = run();
        *self.origin.borrow_mut() = before;
        result
    }

    fn child(&self, root: Root<'l>, component: bool) -> Result<Target<'l, 'c>> {
        let mut child = Target::load(self.context, root)?;
        child.kustomization.build_metadata.clone_from(&self.kustomization.build_metadata);
        *child.origin.borrow_mut() = self.origin.borrow().clone();
        child.chart_namespace = match self.kustomization.namespace.as_str() {
            "" => self.chart_namespace.clone(),
            namespace => namespace.to_owned(),
        };
        child.set_schema(false)?;
        let is_component = child.kustomization.kind == COMPONENT;
        if is_component != component {
            let (wanted, field) =
                if component { ("a Component", "components") } else { ("no Component", "resources") };
            let message = format!("{} must be {wanted}, being under {field}", child.shown_file());
            return Err(Error::step(field, message));
        }
        Ok(child)
    }

    fn add_file(&self, into: &mut Accumulator, path: &str) -> Result<()> {
        let text = self.root.load_text(path)?;
        let origin = self.origin.borrow().as_ref().map(|origin| origin.append(path));
        let file: Arc<str> = format!("{}/{path}", self.root.folder).into();
        for node in read::objects(&text, path)? {
            let mut resource = Resource::new(node);
            resource.file = Some(Arc::clone(&file));
            if let Some(origin) = &origin {
                resource.set_annotation_text(crate::origin::ORIGIN, Some(origin.text()));
            }
            into.set.append(resource, &self.context.schema).map_err(|e| e.within(format!("'{path}'")))?;
        }
        Ok(())
    }

    fn add_components(&self, mut into: Accumulator) -> Result<Accumulator> {
        for path in &self.kustomization.components {
            let root = self.root.enter(path)?;
            let component = self.with_origin(path, || self.child(root, true))?;
            let gathered = component.accumulate(into);
            into = gathered.map_err(|e| e.within(format!("'{path}'")))?;
        }
        Ok(into)
    }

    fn generate(&self, into: &mut Accumulator) -> Result<()> {
        let k = &self.kustomization;
        let global = k.generator_options.as_ref();
        let sorts = [
            (Kind::ConfigMap, "ConfigMapGenerator", &k.config_map_generator),
            (Kind::Secret, "SecretGenerator", &k.secret_generator),
        ];
        for (kind, name, entries) in sorts {
            let origin = self.origin.borrow().as_ref().map(|origin| origin.builtin(&self.file, name));
            for args in entries {
                let mut args = args.clone();
                args.options = GeneratorOptions::merged(args.options.take(), global);
                let resource = data::generate(kind, &args, &self.root)?;
                self.absorb(into, vec![resource], origin.as_ref())?;
            }
        }
        let origin = self
            .origin
            .borrow()
            .as_ref()
            .map(|origin| origin.builtin(&self.file, "HelmChartInflationGenerator"));
        for chart in &k.helm_charts {
            let resources = helm::inflate(self, chart)?;
            self.absorb(into, resources, origin.as_ref())?;
        }
        for config in self.plugin_configs(&k.generators, "generators")? {
            let origin = Origin::of_plugin(&config);
            let resources = plugins::generate(self, &config)?;
            self.absorb(into, resources, origin.as_ref())?;
        }
        Ok(())
    }

    fn absorb(
        &self,
        into: &mut Accumulator,
        mut resources: Vec<Resource>,
        origin: Option<&Origin>,
    ) -> Result<()> {
        if let Some(origin) = origin {
            for resource in &mut resources {
                resource.set_origin_if_missing(origin);
            }
        }
        let schema = &self.context.schema;
        let mut set = ResourceSet::default();
        resources.into_iter().try_for_each(|resource| set.append(resource, schema))?;
        into.set.absorb(set, schema)
    }

    /// The configurations of plugins: entries are one themselves, or paths of files or kustomizations of them.
    fn plugin_configs(&self, entries: &[String], field: &str) -> Result<Vec<Resource>> {
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        let mut configs = Accumulator::default();
        let mut paths = Vec::new();
        for entry in entries {
            let Ok(nodes) = read::objects(entry, &self.shown_file()) else {
                paths.push(entry.clone());
                continue;
            };
            for node in nodes {
                let mut config = Resource::new(node);
                if let Some(origin) = self.origin.borrow().as_ref() {
                    let text = origin.append(&self.file).text();
                    config.set_annotation_text(crate::origin::ORIGIN, Some(text));
                }
                configs.set.append(config, &self.context.schema).map_err(|e| e.within(field))?;
            }
        }
        self.add_resources(&mut configs, &paths).map_err(|e| e.within(field))?;
        Ok(configs.set.into_list())
    }

    fn transform(&self, into: &mut Accumulator) -> Result<()> {
        let file = self.shown_file();
        let source = Source {
            kustomization: &self.kustomization,
            config: into.config(),
            root: &self.root,
            file: &file,
        };
        let mut steps: Vec<(Box<dyn Transform>, Option<Origin>)> = Vec::new();
        for (kind, make) in ORDER {
            let origin = self.origin.borrow().as_ref().map(|origin| origin.builtin(&self.file, kind));
            steps.extend(make(&source)?.into_iter().map(|step| (step, origin.clone())));
        }
        for config in self.plugin_configs(&self.kustomization.transformers, "transformers")? {
            let origin = Origin::of_plugin(&config);
            let step = plugins::transformer(self, &config)?;
            steps.push((step, origin));
        }
        for (step, origin) in steps {
            step.transform(&mut into.set, &self.context.schema)?;
            if let Some(origin) = origin {
                for resource in into.set.list_mut() {
                    resource.add_transformation(&origin);
                }
            }
            into.set.drop_empty();
        }
        Ok(())
    }

    fn validate(&self, into: &mut Accumulator) -> Result<()> {
        for config in self.plugin_configs(&self.kustomization.validators, "validators")? {
            let step = plugins::transformer(self, &config)?;
            let mut checked = into.set.clone();
            step.transform(&mut checked, &self.context.schema)?;
            plugins::check_unchanged(&into.set, &checked, &config, &self.context.schema)?;
            into.set = checked;
        }
        Ok(())
    }

    /// What is done once, by the outermost kustomization, after all else: hashes, references, vars.
    ///
    /// # Errors
    /// A reference or a var cannot be resolved.
    pub(crate) fn finish(&self, mut into: Accumulator) -> Result<ResourceSet> {
        let schema = &self.context.schema;
        Hash.transform(&mut into.set, schema)?;
        let config = into.config();
        names::fix(&mut into.set, &config.name_reference, schema)?;
        let unused = vars::resolve(&into.vars, &mut into.set, &config.var_reference)?;
        if !unused.is_empty() {
            self.context.warn(format!("well-defined vars that were never replaced: {}", unused.join(",")));
        }
        let is_local = |resource: &Resource| {
            let local = crate::meta::annotation(resource.node(), "config.kubernetes.io/local-config");
            local.is_some_and(|value| value != "false")
        };
        if into.set.iter().any(is_local) {
            into.set.list_mut().retain(|resource| !is_local(resource));
        }
        Ok(into.set)
    }
}
