"""
Holds JSON lines against docs/output.schema.json. Knows the part of JSON Schema (draft 2020-12) that
this schema uses and refuses any other keyword, so that none is passed over; beyond that it wants no
key twice and keys in the order of the schema.

usage: validate.py [FILE]      reads stdin without one; names the first fault of each bad line
"""
import json
import os
import re
import sys

SCHEMA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs",
                      "output.schema.json")
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
KNOWN = {"$schema", "$defs", "title", "description", "$ref", "const", "enum", "type", "properties",
         "required", "additionalProperties", "propertyNames", "dependentRequired", "items",
         "minItems", "maxItems", "uniqueItems", "minimum", "minLength", "pattern", "oneOf", "anyOf",
         "if", "then", "else"}


class Fault(Exception):
    pass


def is_type(value, name):
    if name in ("integer", "number"):
        whole = isinstance(value, int) or name == "number" and isinstance(value, float)
        return whole and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


def same(a, b):
    return a == b and isinstance(a, bool) == isinstance(b, bool)


class Validator:
    def __init__(self, schema):
        self.root = schema

    def fits(self, schema, value):
        try:
            self.check(schema, value, "")
            return True
        except Fault:
            return False

    def check(self, schema, value, at):
        if isinstance(schema, bool):
            if not schema:
                raise Fault("%s: not allowed here" % at)
            return
        unknown = set(schema) - KNOWN
        assert not unknown, unknown
        if "$ref" in schema:
            self.check(self.root["$defs"][schema["$ref"].removeprefix("#/$defs/")], value, at)
        if "const" in schema and not same(value, schema["const"]):
            raise Fault("%s: not %r" % (at, schema["const"]))
        if "enum" in schema and not any(same(value, x) for x in schema["enum"]):
            raise Fault("%s: %r is none of its values" % (at, value))
        names = schema.get("type", [])
        names = [names] if isinstance(names, str) else names
        if names and not any(is_type(value, n) for n in names):
            raise Fault("%s: not of type %s" % (at, "/".join(names)))
        self.branches(schema, value, at)
        if isinstance(value, str):
            self.string(schema, value, at)
        if is_type(value, "number") and value < schema.get("minimum", value):
            raise Fault("%s: below %s" % (at, schema["minimum"]))
        if isinstance(value, list):
            self.array(schema, value, at)
        if isinstance(value, dict):
            self.object(schema, value, at)

    def branches(self, schema, value, at):
        if "oneOf" in schema:
            # All alternatives for a line differ in kind: the fault of that kind is the one to tell.
            kind = value.get("kind") if isinstance(value, dict) else None
            if {"$ref": "#/$defs/%s" % kind} in schema["oneOf"]:
                self.check(self.root["$defs"][kind], value, at)
            elif sum(self.fits(s, value) for s in schema["oneOf"]) != 1:
                raise Fault("%s: not exactly one of its forms" % at)
        if "anyOf" in schema and not any(self.fits(s, value) for s in schema["anyOf"]):
            raise Fault("%s: none of its forms" % at)
        if "if" in schema:
            branch = "then" if self.fits(schema["if"], value) else "else"
            self.check(schema.get(branch, True), value, at)

    def string(self, schema, value, at):
        if len(value) < schema.get("minLength", 0):
            raise Fault("%s: too short" % at)
        # Python's $ also stands before a final line end.
        if "pattern" in schema and not re.search(re.sub(r"\$$", r"\\Z", schema["pattern"]), value):
            raise Fault("%s: %r has not its form" % (at, value))

    def array(self, schema, value, at):
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
            raise Fault("%s: %d items" % (at, len(value)))
        if schema.get("uniqueItems") and len({json.dumps(x) for x in value}) != len(value):
            raise Fault("%s: equal items" % at)
        for i, x in enumerate(value):
            self.check(schema.get("items", True), x, "%s[%d]" % (at, i))

    def object(self, schema, value, at):
        own = schema.get("properties", {})
        for k in schema.get("required", []):
            if k not in value:
                raise Fault("%s: no %s" % (at, k))
        for k, others in schema.get("dependentRequired", {}).items():
            if k in value and not set(others) <= set(value):
                raise Fault("%s: %s needs %s" % (at, k, ", ".join(others)))
        for k, v in value.items():
            self.check(schema.get("propertyNames", True), k, "%s.%s" % (at, k))
            self.check(own.get(k, schema.get("additionalProperties", True)), v, "%s.%s" % (at, k))
        if schema.get("additionalProperties") is False:
            if list(value) != [k for k in own if k in value]:
                raise Fault("%s: keys in another order" % at)


def pairs(items):
    if len(dict(items)) != len(items):
        raise Fault("a key twice")
    return dict(items)


def no_number(name):
    raise Fault("%s is no JSON" % name)


def load():
    with open(SCHEMA, encoding="utf-8") as f:
        return json.load(f)


def line_fault(validator, line):
    """Why a line is none of bridle's; None if it is one."""
    try:
        value = json.loads(line, object_pairs_hook=pairs, parse_constant=no_number)
        validator.check(validator.root, value, "")
    except (Fault, ValueError) as e:
        return str(e).lstrip(".: ")
    return None


def main():
    validator, bad, n = Validator(load()), 0, 0
    with open(sys.argv[1], "rb") if len(sys.argv) > 1 else sys.stdin.buffer as f:
        for n, line in enumerate(f, 1):
            fault = line_fault(validator, line.decode("utf-8", "surrogateescape"))
            if fault:
                print("line %d: %s" % (n, fault))
                bad += 1
    print("%d lines, %d bad" % (n, bad))
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
