#!/usr/bin/env python3
"""Records the facts of a real API server that the sandbox answers by: `record.py` beside a kubectl whose context is it.

Writes `resources.json` (one line per served resource: discovery and table columns) and `types.txt` (one line per API
type: its name, a tab, its OpenAPI v3 schema). Descriptions are left out and type names shortened, so both stay small.
"""
import json
import pathlib
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
    lines = [f"{name}\t{json.dumps(node, separators=(',', ':'), sort_keys=True)}\n" for name, node in sorted(found.items())]
    (HERE / "types.txt").write_text("".join(lines))


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
