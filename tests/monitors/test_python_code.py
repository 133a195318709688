"""What code may import and use, by whatever detour it gets there."""

from __future__ import annotations

import ast
import threading

import pytest

from guardproxy.monitors._python_names import read
from tests.cost import seconds
from tests.monitors.watching import built, labels

ALLOW = built("python_code", tools=["python"], imports={"allow": ["math", "json", "numpy", "shutil", "importlib"]})
DENY = built("python_code", tools=["python"], imports={"deny": ["socket", "ctypes"]},
             calls={"deny": ["os.system", "subprocess", "open", "eval", ".to_sql", "shutil.rmtree"]})  # fmt: skip
CALLS = built("python_code", tools=["python"], calls={"allow": ["print", "len", "math", ".mean", "numpy"]})

HARMLESS = [
    "import math\nprint(math.sqrt(2))",
    "import numpy as np\nprint(np.random.rand(3).mean())",
    "def f(x):\n    return x + 1\nprint(f(1))",
    "class A:\n    def __init__(self, a):\n        self.a = a\nprint(len([A(1)]))",
    "print('''\n!ls\n%run x\n''')",
    "x = 7 %2\nprint(x)",
    "print(len([i for i in (1, 2)]))",
    "",
    "# -*- coding: utf-8 -*-\nprint(1)",
    "system = 1\nprint(system)",
]
SYSTEM = [
    "import os\nos.system('x')",
    "import os as o\no.system('x')",
    "from os import system\nsystem('x')",
    "from os import system as s",
    "import os.path\nos.system('x')",
    "import os\nf = os.system\nf('x')",
    "import os\nf: object = os.system\nf('x')",
    "import os\nif (f := os.system):\n    f('x')",
    "import os\na = b = os\nb.system('x')",
    "import os\na = os\nb = a\nc = b\nc.system('x')",
    "import os\nlist(map(os.system, ['x']))",
    "import os\n[os.system][0]('x')",
    "import os\n(lambda f: f('x'))(os.system)",
    "import os\nfrom functools import partial\npartial(os.system, 'x')()",
    "import os\n@os.system\ndef x(): ...",
    "import os\ngetattr(os, 'system')('x')",
    "import os\ngetattr(os, 'sys' + 'tem')('x')",
    "g = getattr\nimport os\ng(os, 'system')('x')",
    "__import__('os').system('x')",
    "__import__('o' + 's').system('x')",
    "i = __import__\ni('os').system('x')",
    "import builtins\nbuiltins.__import__('os').system('x')",
    "import importlib\nimportlib.import_module('os').system('x')",
    "from importlib import import_module as m\nm('os').system('x')",
    "from os import *\nsystem('x')",
    "import shutil\nshutil.os.system('x')",
    "import tempfile\ntempfile._os.system('x')",
    "import json\njson.codecs.builtins.open('x')",
    "def f():\n    import os\n    return os.system('x')",
    "try:\n    import os\nexcept ImportError as os:\n    pass\nos.system('x')",
    "import os\nclass A:\n    run = os.system\nA.run('x')",
    "eval(\"__import__('os').system('x')\")",
    "import ｏｓ\nos.ｓｙｓｔｅｍ('x')",
    "import os\nf'{os.system(chr(120))}'",
    "import os\nmatch 1:\n    case 1: os.system('x')",
    "os.system('x')",
    "import os\n[o := os][0].system('x')",
    "import os\nclass A:\n    o = os\nA.o.system('x')",
    "class A:\n    import os as o\nA.o.system('x')",
    "class A:\n    if 1:\n        import os as o\nA.o.system('x')",
    "import os\no = os\nimport __main__\n__main__.o.system('x')",
    "import os\ndef f(o=os):\n    o.system('x')",
    "import os\nfor o in (os,): o.system('x')",
    "import os\no, = os,\no.system('x')",
    "import os\nx = os if 1 else 0\nx.system('x')",
    "import os\nf = lambda: os\nf().system('x')",
    "import os\nmatch os:\n    case o: o.system('x')",
    "import os.path as p\np.os.system('x')",
    "from os import system as print\nprint('x')",
    "import os\nd = {}\nd['o'] = os\nd['o'].system('x')",
    "import os\nvars(os)['system']('x')",
    "print.__self__.__import__('os').system('x')",
    "import importlib\nimportlib.__import__('os').system('x')",
    "try:\n    1 / 0\nexcept Exception as e:\n    e.__traceback__.tb_frame.f_globals['os'].system('x')",
    "import os\nglobal o\nasync def f():\n    yield os",
]
DYNAMIC = [
    "import os\ngetattr(os, input())('x')",
    "eval(input())",
    "exec(open('x').read())",
    "exec(compile(x, 'x', 'exec'))",
    "__import__(name)",
    "import importlib\nimportlib.import_module(name)",
    "import importlib\nimportlib.import_module('.x', 'os')",
    "().__class__.__base__.__subclasses__()",
    "(1).__class__",
    "getattr((), '__class__')",
    "getattr((), '__cla' + 'ss__')",
    "f.__globals__['os']",
    "(x for x in ()).gi_frame.f_builtins",
    "__builtins__['eval']('1')",
    "import builtins\nvars(builtins)['eval']('1')",
    "globals()['os']",
    "e = eval\nlist(map(e, ['1']))",
    "list(map(__import__, ['os']))",
    "import sys\nsys.modules['os']",
    "from sys import modules",
    "import sys\nm = sys.modules\nm['os']",
    "import importlib.util\nimportlib.util.find_spec('os')",
    "import operator, os\noperator.attrgetter('system')(os)",
    "import pickle\npickle.loads(b'')",
    "import inspect\ninspect.currentframe()",
    "class A:\n    i = __import__\nA.i('os')",
    "# coding: utf-7\nprint(1)",
    "\n#!x\x0c\n# vim: set fileencoding=rot13 :"[1:],
    "exec('import os')\nexec('x = os')",
]
SHELL = [
    "!ls",
    "  !ls -la",
    "%run x.py",
    "%%bash\nrm -rf /",
    "%%sh\nls",
    "x = !ls",
    "x, y = %timeit 1",
    "!!ls",
    "%system ls",
    "print(1)\n!ls\nprint(2)",
    "if 1:\n    !ls",
    "?print",
    "get_ipython().system('ls')",
    "ip = get_ipython()\nip.run_cell('x')",
    "from IPython import get_ipython as g\ng()",
]


@pytest.mark.parametrize("code", HARMLESS)
def test_harmless_code(code: str) -> None:
    for one in (ALLOW, DENY):
        assert labels(one, "python", code, plain=True) == set()
        assert labels(one, "python", {"code": code}) == set()


@pytest.mark.parametrize("code", SYSTEM)
def test_a_denied_function_by_whatever_name(code: str) -> None:
    assert labels(DENY, "python", code, plain=True) & {"function", "dynamic"}


@pytest.mark.parametrize("code", [c for c in SYSTEM if "import" in c and "json" not in c])
def test_a_module_that_is_not_allowed_by_whatever_way(code: str) -> None:
    assert labels(ALLOW, "python", code, plain=True) & {"import", "dynamic"}


@pytest.mark.parametrize("code", DYNAMIC)
def test_what_cannot_be_told_from_the_text(code: str) -> None:
    assert "dynamic" in labels(ALLOW, "python", code, plain=True)


@pytest.mark.parametrize("code", SHELL)
def test_what_leaves_python(code: str) -> None:
    assert "shell" in labels(ALLOW, "python", code, plain=True)


def test_the_rest_of_a_cell_with_commands_is_read_too() -> None:
    assert labels(ALLOW, "python", "!ls\nimport os", plain=True) == {"shell", "import"}
    assert labels(ALLOW, "python", "%%time\nimport os", plain=True) == {"shell", "import"}
    assert labels(ALLOW, "python", "!ls\ndef (", plain=True) == {"shell", "unparsable"}


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import math, json", set()),
        ("import numpy.linalg as l", set()),
        ("from numpy import linalg", set()),
        ("import numpydoc", {"import"}),
        ("from . import secret", {"import"}),
        ("from .. import numpy", {"import"}),
        ("import numpy\nnumpy.os.getcwd()", {"import"}),
        ("import numpy\nnumpy.random.rand(1)", set()),
    ],
)
def test_lists_of_modules(code: str, found: set[str]) -> None:
    assert labels(ALLOW, "python", code, plain=True) == found


def test_a_module_handed_on_is_lost_sight_of() -> None:
    code = "import os\ndef f(m):\n    return m.system('x')\nf(os)"
    assert "dynamic" in labels(DENY, "python", code, plain=True)
    assert "dynamic" in labels(DENY, "python", "import os\nx = [os]", plain=True)
    assert "dynamic" in labels(DENY, "python", "import os\nclass A: pass\nA.o = os", plain=True)
    assert labels(DENY, "python", "import math\nprint(math)", plain=True) == set()


def test_a_method_of_any_value() -> None:
    assert labels(DENY, "python", "df.to_sql('x')", plain=True) == {"function"}
    assert labels(DENY, "python", "f(1).to_sql('x')", plain=True) == {"function"}
    assert labels(DENY, "python", "df.to_sqlite('x')", plain=True) == set()


def test_only_what_is_listed_may_be_called() -> None:
    assert labels(CALLS, "python", "print(len([1]))\nimport math\nmath.sqrt(2)\nx.mean()", plain=True) == set()
    assert labels(CALLS, "python", "x.sum()", plain=True) == {"dynamic"}
    assert labels(CALLS, "python", "(lambda: 1)()", plain=True) == {"dynamic"}
    assert labels(CALLS, "python", "open('x')", plain=True) == {"function"}
    assert labels(CALLS, "python", "display(1)", plain=True) == {"function"}
    assert labels(CALLS, "python", "import numpy\nnumpy.os.system('x')", plain=True) == {"function"}
    assert labels(CALLS, "python", "import os\nprint(os)", plain=True) == {"dynamic"}


def test_where_code_stands() -> None:
    bad = "import os"
    one = built("python_code", tools=["python", "run_*"], arguments=["code", "cells"], imports={"allow": []})
    assert labels(one, "python", {"code": bad}) == {"import"}
    assert labels(one, "run_it", {"cells": ["1", bad]}) == {"import"}
    assert labels(one, "python", bad) == {"import"}, "code that is no JSON is code"
    assert labels(one, "python", f'"{bad}"') == {"import"}
    assert labels(one, "python", "[1, 2]") == set()
    assert labels(one, "python", "{}") == set()
    assert labels(one, "python", {"script": bad}) == {"unparsable"}
    assert labels(one, "python", {"code": 7}) == {"unparsable"}
    assert labels(one, "python", '{"code": "1", "code": "import os"}') == {"unparsable"}
    assert labels(one, "mail", {"code": bad}) == set()


@pytest.mark.parametrize(
    "code", ["def (", "print 'x'", "\0", "import os;;", "if x:\nprint(1)", "ls -la /", "'" * 3 + "x"]
)
def test_what_is_no_python(code: str) -> None:
    assert labels(ALLOW, "python", code, plain=True) == {"unparsable"}


DEEP = {
    "brackets": "(" * 30_000,
    "braces": "{" * 30_000,
    "not": "not " * 8_000 + "1",
    "minus": "-" * 30_000 + "1",
    "attributes": "a" + ".b" * 16_000,
    "sums": "1" + "+1" * 16_000,
    "calls": "a" + "()" * 16_000,
    "lambdas": "lambda:" * 4_500 + "1",
    "powers": "1" + "**1" * 10_000,
    "conditions": "1 if a else " * 2_600 + "1",
    "branches": "if a:\n pass\n" + "elif a:\n pass\n" * 2_000,
    "indents": "".join(" " * n + "if 1:\n" for n in range(250)),
    "strings": "f'" + '{f"{1}"}' * 4_000 + "'",
    "unclosed": "{1:" * 90 + "(a b" * 5_000,
    "texts": "eval(" * 4 + repr("eval('" * 5_000),
    "names": ";".join(f"a{n}=a{n + 1}" for n in range(2_000)) + ";a2000=os",
    "getattr": "getattr(" * 150 + "x" + ", 'a')" * 150,
    "aliases": "import os\n" + "\n".join(f"x = os.a{n}" for n in range(1_000)),
}


@pytest.mark.parametrize("name", DEEP)
def test_deep_and_long_code_is_bounded(name: str) -> None:
    """Neither the stack nor time: also on a thread, whose stack may be small."""
    code = DEEP[name][:32_768]
    got: list[float] = []
    thread = threading.Thread(target=lambda: got.append(seconds(lambda: labels(ALLOW, "python", code, plain=True), 2)))
    thread.start()
    thread.join()
    assert got, "the thread died"
    assert got[0] < 10, "what runs away takes minutes"


def test_long_code_is_not_read() -> None:
    assert labels(ALLOW, "python", "x = 1\n" * 10_000, plain=True) == {"unparsable"}
    assert labels(built("python_code", tools=["*"], max_code=100), "x", "1" * 101, plain=True) == {"unparsable"}


def test_reading_code_runs_nothing(tmp_path) -> None:
    mark = tmp_path / "mark"
    labels(DENY, "python", f"open({str(mark)!r}, 'w').write('x')\nexec('open({str(mark)!r}, \"w\")')", plain=True)
    assert not mark.exists()


@pytest.mark.parametrize(
    "code",
    [
        "match ():\n  case object(__class__=type(__base__=b)): b",
        "import json\nmatch json:\n  case object(codecs=object(sys=object(modules=m))): m['os'].system('id')",
        "def f():\n  yield\nmatch f():\n  case object(gi_frame=object(f_builtins=b)): b['__import__']('os')",
        "eval('__import__')('o' + 's').system('id')",
        "eval('exec')('imp' + 'ort os')",
        "f = eval('getattr')\nf((), '__cl' + 'ass__')",
        "exec(b'#coding:utf_7\\nx=1 #+AAo-import os')",
        "import json\n(lambda m: m.codecs.sys.modules['os'].system('id'))(json)",
        "class X:\n  import json\nX.json.codecs.sys",
        "__import__",
        "_('os').system('id')",
    ],
)
def test_detours_are_told(code: str) -> None:
    assert labels(ALLOW, "python", code, plain=True)


def test_a_name_that_is_made_of_itself_stays_short() -> None:
    chain = ".".join("b" * 31)
    code = f"import a\na = a.{chain}\n" + "\n".join(f"a.c{i}" for i in range(400))
    seen = read(ast.parse(code))
    assert seen.dynamic and max(name.count(".") for name in seen.names) < 70
