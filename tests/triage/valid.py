#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Hold each line of a file against a JSON schema: valid.py SCHEMA FILE.

By python3-jsonschema where it is installed, else by what is here, which knows what our
schema uses and refuses words that it does not.
"""
import json
import re
import sys

TYPES = {"object": dict, "array": list, "string": str, "null": type(None), "boolean": bool}
PLAIN = {"$schema", "title", "definitions"}


def is_type(v, name):
    if name == "integer":
        return isinstance(v, int) and not isinstance(v, bool)
    return isinstance(v, TYPES[name])


def problems(root, schema, v, at="line"):
    if "$ref" in schema:
        node = root
        for part in schema["$ref"].split("/")[1:]:
            node = node[part]
        yield from problems(root, node, v, at)
        return
    for word, arg in schema.items():
        if word in PLAIN:
            continue
        if word == "oneOf":
            n = sum(not list(problems(root, s, v, at)) for s in arg)
            if n != 1:
                t = v.get("type") if isinstance(v, dict) else None
                yield f"{at}: fits {n} of the kinds of lines"
                if t in root["definitions"]:
                    yield from problems(root, root["definitions"][t], v, at)
        elif word == "type":
            if not any(is_type(v, t) for t in (arg if isinstance(arg, list) else [arg])):
                yield f"{at}: {v!r} is no {arg}"
        elif word == "enum":
            if v not in arg:
                yield f"{at}: {v!r} is none of {arg}"
        elif word == "const":
            if v != arg:
                yield f"{at}: {v!r} is not {arg!r}"
        elif word == "minimum":
            if is_type(v, "integer") and v < arg:
                yield f"{at}: {v} is less than {arg}"
        elif word == "maxItems":
            if isinstance(v, list) and len(v) > arg:
                yield f"{at}: more than {arg}"
        elif word == "pattern":
            if isinstance(v, str) and not re.search(arg, v):
                yield f"{at}: {v!r} is not like {arg}"
        elif word == "required":
            yield from (f"{at}: no {k}" for k in arg if isinstance(v, dict) and k not in v)
        elif word == "items":
            if isinstance(v, list):
                for i, x in enumerate(v):
                    yield from problems(root, arg, x, f"{at}[{i}]")
        elif word in ("properties", "patternProperties"):
            for k in v if isinstance(v, dict) else ():
                for name, s in arg.items():
                    if name == k if word == "properties" else re.search(name, k):
                        yield from problems(root, s, v[k], f"{at}.{k}")
        elif word == "additionalProperties":
            known = schema.get("properties", {})
            for k in v if isinstance(v, dict) else ():
                if k not in known and not any(re.search(p, k) for p in schema.get("patternProperties", {})):
                    yield f"{at}: unknown {k}"
        else:
            sys.exit(f"the schema uses {word}, which is not known here")


def main():
    root = json.load(open(sys.argv[1], encoding="utf-8"))
    try:
        import jsonschema
        by = "jsonschema"
        judge = jsonschema.Draft7Validator(root)
        check = lambda v: [e.message for e in judge.iter_errors(v)]
    except ImportError:
        by = "our own"
        check = lambda v: list(problems(root, root, v))
    bad = n = 0
    with open(sys.argv[2], "rb") as f:
        for n, line in enumerate(f, 1):
            if not line.endswith(b"\n"):
                print(f"line {n}: has no end")
                bad += 1
            for p in check(json.loads(line.decode("utf-8")))[:3]:
                print(f"line {n}: {p}")
                bad += 1
    print(f"{n} lines, {bad} problems ({by})")
    sys.exit(bad != 0 or n == 0)


main()
