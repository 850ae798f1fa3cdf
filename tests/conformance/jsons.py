# JSON both ways: spacing, escapes, errors.
import io
import json

print(json.dumps([1, -2, True, None, 'a"b\\c\n', [], {}]), json.dumps({"k": [1, 2]}))
print(json.dumps({"k": "v"}, separators=(",", ":")), json.dumps("é"))
v = json.loads('{"a": [1, 2, {"b": null}], "c": "\\u00e9\\n", "d": -12, "e": true}')
print(v["a"], v["c"], v["d"], v["e"], sorted(v))
for bad in ("", "{", "[1,", "{a:1}", "nul", '"abc'):
    try:
        print(json.loads(bad))
    except ValueError:
        print("ValueError", bad)
s = io.StringIO()
json.dump({"x": 1}, s)
print(s.getvalue(), json.load(io.StringIO("[1]")))
