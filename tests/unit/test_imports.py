"""Who may import whom, and no floats where there must be none: DESIGN.md sections 1 and 2.

Read from the syntax trees, so that the rules cannot drift from the code.
"""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIB = {path.stem for path in (ROOT / "lib").glob("*.py")}
PURE = {"struct", "array", "binascii", "collections", "hashlib", "cryptolib", "micropython"}

# folder or file -> what its modules may import, beside lib/ where LIB is named
RULES = {
    "lib": PURE | LIB,
    "firmware/policy": {
        "array",
        "collections",
        "micropython",
        "firmware.messages",
        "firmware.evidence_messages",
    }
    | LIB,
    "firmware/drivers": {"array", "micropython"},
    "firmware/services": {
        "array",
        "json",
        "binascii",
        "collections",
        "micropython",
        "firmware.messages",
        "firmware.evidence_messages",
        "firmware.motion_messages",
        "firmware.trace",
        "firmware.modem_profiles",
        "firmware.evidence.records",
        "firmware.console",
    }
    | LIB,
    "firmware/console": {
        *("array", "binascii", "collections", "gc", "hashlib", "json", "micropython", "sys"),
        *("firmware.VERSION", "firmware.fall_log", "firmware.file_pieces", "firmware.store"),
        *("firmware.config", "firmware.evidence.birth", "firmware.evidence_messages"),
        *("firmware.messages", "firmware.policy.recipients", "firmware.policy.texts"),
        *("firmware.services.console", "firmware.supervisor"),
    }
    | LIB,
    "firmware/evidence": {
        *("binascii", "collections", "hashlib", "json", "micropython", "struct"),
        *("firmware.evidence_messages", "firmware.messages", "firmware.store"),
    }
    | LIB,
    "firmware/file_pieces.py": {"os"},
    "firmware/release.py": {"sys", "binascii", "firmware.console"},
    "firmware/store.py": {"os", "io", "json", "binascii", "vfs", "micropython"},
    "firmware/journal.py": {"json", "binascii", "micropython", "struct", "firmware.store"},
    "firmware/fall_log.py": {"json", "binascii", "micropython"},
    "firmware/config.py": {
        "json",
        "binascii",
        "micropython",
        "firmware.store",
        "firmware.messages",
    }
    | LIB,
    "firmware/clock.py": {"time", "micropython", "firmware.messages", "firmware.evidence_messages"}
    | LIB,
    "firmware/messages.py": {"collections", "micropython"},
    "firmware/evidence_messages.py": {"collections"},
    "firmware/motion_messages.py": {"collections"},
    "firmware/trace.py": {"array"},
    "firmware/supervisor.py": {"micropython", "firmware.messages", "firmware.evidence_messages"},
    "firmware/board.py": {
        *("machine", "esp32", "select", "io", "hashlib", "micropython"),
        *("firmware.board_parts", "firmware.board_console"),
    },
    "firmware/board_console.py": {"machine", "micropython", "select", "sys"},
    "firmware/board_sound.py": {
        *("machine", "select", "micropython"),
        "firmware.drivers.microphone",
    },
    "firmware/board_parts.py": {
        *("machine", "select", "os", "network", "hashlib", "micropython"),
        *("firmware.drivers." + path.stem for path in (ROOT / "firmware/drivers").glob("*.py")),
    },
    "boot.py": {"machine", "micropython", "esp32", "sys"},
    "main.py": {"firmware.app", "gc", "machine", "micropython"},
}
FLOATLESS = ("lib", "firmware/policy", "firmware/messages.py")
NEVER = {
    "simulator": ("firmware", *sorted(LIB)),
    "kit": ("firmware", "simulator", *sorted(LIB)),
}


def sources(where):
    path = ROOT / where
    return [path] if path.suffix == ".py" else sorted(path.rglob("*.py"))


def imports(path):
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            if node.module in (
                "firmware",
                "firmware.policy",
                "firmware.services",
                "firmware.evidence",
                "firmware.console",
            ):
                for alias in node.names:
                    yield node.lineno, node.module + "." + alias.name
            else:
                yield node.lineno, node.module


def allowed(name, rule):
    return name in rule or any(name.startswith(r + ".") for r in rule if "." in r)


def own_package(where, name):
    """Modules of one folder may import each other (policy by policy, service by service)."""
    package = where.replace("/", ".")
    return where.count("/") == 1 and not where.endswith(".py") and name.startswith(package)


def test_every_import_is_allowed():
    broken = []
    for where, rule in RULES.items():
        for path in sources(where):
            for line, name in imports(path):
                if not allowed(name, rule) and not own_package(where, name):
                    broken.append("%s:%d imports %s" % (path.relative_to(ROOT), line, name))
    assert not broken, "\n".join(broken)


def test_the_judges_never_import_what_they_judge():
    broken = []
    for where, forbidden in NEVER.items():
        for path in sources(where):
            for line, name in imports(path):
                if name and name.split(".")[0] in forbidden:
                    broken.append("%s:%d imports %s" % (path.relative_to(ROOT), line, name))
    assert not broken, "\n".join(broken)


def test_every_firmware_file_has_a_rule():
    ruled = {path for where in RULES for path in sources(where)}
    free = {
        ROOT / "firmware" / name
        for name in (
            *("app.py", "start.py", "core.py", "product.py"),
            *("evidence_parts.py", "__init__.py"),
        )
    }
    data = set(sources("firmware/boards")) | {ROOT / "firmware/modem_profiles.py"}
    missing = set(sources("firmware")) - ruled - free - data
    assert not missing, sorted(str(path.relative_to(ROOT)) for path in missing)


def test_no_floats_in_pure_code():
    broken = []
    for where in FLOATLESS:
        for path in sources(where):
            for node in ast.walk(ast.parse(path.read_text())):
                division = isinstance(node, (ast.BinOp, ast.AugAssign))
                if division and isinstance(node.op, ast.Div):
                    broken.append("%s:%d divides" % (path.relative_to(ROOT), node.lineno))
                if isinstance(node, ast.Constant) and isinstance(node.value, float):
                    broken.append("%s:%d has a float" % (path.relative_to(ROOT), node.lineno))
                if isinstance(node, ast.Name) and node.id == "float":
                    broken.append("%s:%d names float" % (path.relative_to(ROOT), node.lineno))
    assert not broken, "\n".join(broken)


def private_constants(tree):
    """Line of each `_NAME = const(...)`: MicroPython keeps no name of these, only the value."""
    found = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            name = getattr(node.targets[0], "id", "")
            if getattr(node.value.func, "id", "") == "const" and name.startswith("_"):
                found[name] = node.lineno
    return found


def test_private_constants_stand_before_their_use():
    """CPython would find one at run time; on the board it is a NameError, on a rare path."""
    broken = []
    for where in ("lib", "firmware"):
        for path in sources(where):
            tree = ast.parse(path.read_text())
            known = private_constants(tree)
            for node in ast.walk(tree):
                name = getattr(node, "id", None) if isinstance(node, ast.Name) else None
                if name in known and node.lineno < known[name]:
                    broken.append("%s:%d uses %s" % (path.relative_to(ROOT), node.lineno, name))
    assert not broken, "\n".join(broken)


def test_private_constants_are_not_asked_for_from_outside():
    hidden = set()
    for where in ("lib", "firmware"):
        for path in sources(where):
            for name in private_constants(ast.parse(path.read_text())):
                hidden.add((path.stem, name))
    broken = []
    for where in ("lib", "firmware", "tests/unit"):
        for path in sources(where):
            for node in ast.walk(ast.parse(path.read_text())):
                pairs = []
                if isinstance(node, ast.ImportFrom) and node.module:
                    pairs = [(node.module.split(".")[-1], alias.name) for alias in node.names]
                if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                    pairs = [(node.value.id, node.attr)]
                for pair in pairs:
                    if pair in hidden:
                        line = (path.relative_to(ROOT), node.lineno, *pair)
                        broken.append("%s:%d asks %s for %s" % line)
    assert not broken, "\n".join(broken)
