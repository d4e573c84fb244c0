"""What an error says at heart: TensorFlow wraps it in the way that it took, which fills a screen.

The judge says so, and so does the card in a learner's kernel: it is the one module that prodml takes from here.
"""

from __future__ import annotations

import re
import textwrap

# Pattern → nothing, in this order. Texts of TensorFlow 2.21.
WRAPPINGS = (
    r"\nTraceback \(most recent call last\):(?s:.*)",  # of Python code in a graph; its error stands above it already
    r"\s*\[\[\{\{node (?s:.*)",
    r"\s*\[Op:\w+\](?: name: \S*)?\s*$",
    r"^\{\{function_node [^}]*\}\}\s*",
    r"^Graph execution error:\n\nDetected at node .*\n(?:[ <].*\n|\n)*",
    r"^Error in user-defined function passed to \S+ transformation with iterator: \S+: ",
    r"^(?s:.*)in user code:\n\n(?: +File \".*\n.*\n)+\n",
    r"\s+for '\{\{node (?s:.*)",
)
WRAPPED = ("{{", "[Op:", "in user code:\n", "Graph execution error:\n")
CARRIERS = ("Exception", "InvalidArgumentError", "UnknownError")
NAMED = re.compile(r"[A-Za-z_.]*(?:Error|Exception|Warning): ")


def innermost(text: str) -> str:
    """The text of an error without TensorFlow's wrapping; any other text as it is."""
    if not any(mark in text for mark in WRAPPED):
        return text
    for pattern in WRAPPINGS:
        text = re.sub(pattern, "", text)
    return textwrap.dedent(text).strip()


def named(kind: str, inner: str) -> str:
    """An error in words, such as "ValueError: no such file": its own kind, unless its text names the inner one's."""
    if inner.startswith(f"{kind}: ") or (kind in CARRIERS and NAMED.match(inner)):
        return inner
    return f"{kind}: {inner}" if inner else kind
