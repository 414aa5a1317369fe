#!/usr/bin/env python3
"""Records the facts of a real API server that the sandbox answers by: `record.py` beside a kubectl whose context is it,
with the server's Go modules in the module cache.

Writes `resources.json` (one line per served resource: discovery and table columns), `types.txt` (one line per API type:
its name, a tab, its OpenAPI v3 schema) and `protobuf.txt` (one line per message: its name, and tab by tab number, name and
type of each field: `*` repeated, `%` a map from strings, `+` inlined in JSON). Descriptions are left out and type names
shortened, so all stay small.
`x-go` says how Go writes a field, where that is not plain: `always` (null, zero or empty when unset), `zero` (left out
when zero), `struct` (`{}` when unset).
"""
import json
import pathlib
import re
import subprocess

HERE = pathlib.Path(__file__).parent
PREFIXES = [
    ("io.k8s.api.", ""),
    ("io.k8s.apimachinery.pkg.apis.meta.", "meta."),
    ("io.k8s.apimachinery.pkg.", "pkg."),
    ("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.", "apiextensions."),
    ("io.k8s.kube-aggregator.pkg.apis.apiregistration.", "apiregistration."),
]
AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"


MODULES = {
    "": "k8s.io/api@v0.36.3/",
    "meta": "k8s.io/apimachinery@v0.36.3/pkg/apis/meta/",
    "apiextensions": "k8s.io/apiextensions-apiserver@v0.36.3/pkg/apis/apiextensions/",
    "apiregistration": "k8s.io/kube-aggregator@v0.36.3/pkg/apis/apiregistration/",
}
SCALARS = ("string", "bool", "int", "int32", "int64", "float64")
NULLED = ("metav1.Time", "metav1.MicroTime", "Time", "MicroTime", "runtime.RawExtension")


class Package:
    """The structs and named types of one Go package."""

    def __init__(self, folder):
        self.structs, self.named = {}, {}
        for file in folder.glob("*types*.go"):
            if file.name.endswith("_test.go"):
                continue
            text = re.sub(r"//[^\n]*|/\*.*?\*/", "", file.read_text(), flags=re.S)
            for name, body in re.findall(r"^type (\w+) struct \{(.*?)^\}", text, flags=re.S | re.M):
                self.structs[name] = [line.strip() for line in body.splitlines() if line.strip()]
            self.named.update(re.findall(r"^type (\w+) =? ?(map\[.*|\[\].*|\w+)$", text, flags=re.M))

    def marks(self, name):
        """The fields of a struct that Go does not write plainly: name to mark."""
        out = {}
        for line in self.structs.get(name, []):
            found = re.match(r"(?:(\w+)\s+)?([\w.*\[\]]+)\s+`.*json:\"([^\"]*)\"", line)
            if not found:
                continue
            _, kind, tag = found.groups()
            field, *options = tag.split(",")
            if "inline" in options:
                out.update(self.marks(kind.rsplit(".", 1)[-1]))
            elif field != "-":
                mark = self.mark(kind, options)
                if mark:
                    out[field] = mark
        return out

    def mark(self, kind, options):
        kind = self.named.get(kind, kind)
        scalar = kind in SCALARS or kind in ("types.UID", "v1.FinalizerName") or kind.startswith("v1.") and "Policy" in kind
        pointer = kind.startswith(("*", "[", "map["))
        if "omitzero" in options:
            return None
        if scalar:
            return "zero" if "omitempty" in options else "always"
        if pointer:
            return None if "omitempty" in options else "always"
        return "always" if kind in NULLED else "struct"


def modules():
    return pathlib.Path(subprocess.check_output(["go", "env", "GOMODCACHE"], text=True).strip())


def messages(known):
    """The lines of `protobuf.txt`; `known` has the properties of each type."""
    wanted = {".".join(name.split(".")[:2]) for name in known if not name.startswith(("pkg.", "io."))}
    lines = []
    for package in sorted(wanted):
        first, version = package.split(".")
        base = MODULES.get(first)
        folder = modules() / base / version if base else modules() / MODULES[""] / first / version
        text = re.sub(r"//[^\n]*", "", (folder / "generated.proto").read_text())
        for name, body in re.findall(r"^message (\w+) \{(.*?)^\}", text, flags=re.S | re.M):
            fields = []
            for repeated, kind, field, number in re.findall(
                r"(optional|repeated|)\s+(map<string, ?[\w.]+>|[\w.]+) (\w+) = (\d+)", body
            ):
                many = "*" if repeated == "repeated" else ""
                if kind.startswith("map<"):
                    many, kind = "%", kind[4:-1].split(",")[1].strip()
                kind = kind.lstrip(".").replace("k8s.io.", "io.k8s.")
                if kind.startswith("io.k8s."):
                    kind = short(kind)
                elif kind[0].isupper():
                    kind = f"{package}.{kind}"
                properties = known.get(f"{package}.{name}", {})
                inline = "+" if properties and field not in properties else ""
                fields.append(f"{number} {field} {inline}{many}{kind}")
            lines.append("\t".join([f"{package}.{name}", *fields]) + "\n")
    return lines


def packages():
    cache = modules()
    found = {}

    def package(name):
        first, version = name.split(".")[:2]
        if (first, version) not in found:
            base = MODULES.get(first)
            folder = cache / base / version if base else cache / MODULES[""] / first / version
            found[first, version] = Package(folder)
        return found[first, version]

    return package


def raw(path):
    return json.loads(subprocess.check_output(["kubectl", "get", "--raw", path]))


def proxied(url, accept):
    return json.loads(subprocess.check_output(["curl", "-s", "-H", f"Accept: {accept}", url]))


def short(name):
    for long, brief in PREFIXES:
        if name.startswith(long):
            return brief + name[len(long):]
    return name


def schema(node):
    """The schema without descriptions, with `allOf: [one]` folded in."""
    out = {}
    for key, value in node.items():
        if key == "description":
            continue
        if key == "allOf" and len(value) == 1:
            out.update(schema(value[0]))
        elif key == "$ref":
            out["$ref"] = short(value.rsplit("/", 1)[1])
        elif key == "properties":
            out[key] = {name: schema(child) for name, child in value.items()}
        elif key in ("items", "additionalProperties") and isinstance(value, dict):
            out[key] = schema(value)
        else:
            out[key] = value
    return out


def types():
    found = {}
    for path in raw("/openapi/v3")["paths"]:
        if path.startswith(("api/", "apis/")):
            for name, node in raw("/openapi/v3/" + path)["components"].get("schemas", {}).items():
                new = schema(node)
                old = found.setdefault(short(name), new)
                gvks = "x-kubernetes-group-version-kind"
                if gvks in new:
                    old[gvks] = [g for g in old[gvks] if g not in new[gvks]] + new[gvks]
    package = packages()
    for name, node in found.items():
        if not name.startswith(("pkg.", "io.")) and "properties" in node:
            for field, mark in package(name).marks(name.rsplit(".", 1)[1]).items():
                if field in node["properties"]:
                    node["properties"][field]["x-go"] = mark
    lines = [f"{name}\t{json.dumps(node, separators=(',', ':'), sort_keys=True)}\n" for name, node in sorted(found.items())]
    (HERE / "types.txt").write_text("".join(lines))
    known = {name: node.get("properties", {}) for name, node in found.items()}
    (HERE / "protobuf.txt").write_text("".join(messages(known)))


def resources(base):
    lines = []
    for root in ("/api", "/apis"):
        for group in proxied(base + root, AGGREGATED)["items"]:
            name = group["metadata"].get("name", "")
            for version in group["versions"]:
                path = f"{root}/{name}/{version['version']}" if name else f"{root}/{version['version']}"
                for resource in version["resources"]:
                    resource["responseKind"] = {k: v for k, v in resource["responseKind"].items() if v}
                    for sub in resource.get("subresources", []):
                        sub["responseKind"] = {k: v for k, v in sub["responseKind"].items() if v}
                    fact = {"group": name, "version": version["version"], **resource}
                    if "list" in resource["verbs"]:
                        columns = proxied(f"{base}{path}/{resource['resource']}?limit=1", TABLE)["columnDefinitions"]
                        fact["columns"] = [[c["name"], c["type"], c["format"], c["priority"]] for c in columns]
                    lines.append(json.dumps(fact, separators=(",", ":")))
    (HERE / "resources.json").write_text("[\n" + ",\n".join(lines) + "\n]\n")


def main():
    types()
    proxy = subprocess.Popen(["kubectl", "proxy", "--port=0"], stdout=subprocess.PIPE, text=True)
    try:
        resources("http://" + proxy.stdout.readline().split()[-1])
    finally:
        proxy.terminate()


if __name__ == "__main__":
    main()
