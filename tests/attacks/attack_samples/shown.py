"""What a teacher looks at: pages of formgrader and of feedback, tables, a terminal. Promise P8."""

from __future__ import annotations

import base64
import json

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from attack_samples.target import Attack
from autograder.authoring.notebooks import to_text

WRONG = "def double(x): return x + 2"
LOST = r"yours is \[3.0, 6.0\]"
RUN = "void(top.canary='ran')"  # what must never run in a teacher's browser
PAGE = base64.b64encode(f"<script>{RUN}</script>".encode()).decode()

MARKDOWN = {  # name → text of a Markdown cell that a learner adds
    "script": f"<script>{RUN}</script>",
    "script in a paragraph": f"Look: <script>{RUN}</script>",
    "image with an error": f'<img src="x:" onerror="{RUN}">',
    "image in a list": f'1. <img src=x: onerror="{RUN}">',
    "drawing": f'<svg onload="{RUN}"><animate onbegin="{RUN}" attributeName="x" dur="1s"/></svg>',
    "frame with a page": f'<iframe srcdoc="<script>{RUN}</script>"></iframe>',
    "object": f'<object data="data:text/html;base64,{PAGE}"></object><embed src="javascript:{RUN}">',
    "open details": f'<details open ontoggle="{RUN}"><summary>x</summary></details>',
    "input with the focus": f'<input autofocus onfocus="{RUN}">',
    "style": '<style>body{background:url("http://canary.invalid/style")}</style>',
    "form": '<form action="/formgrader/api/submission"><button>Full credit</button></form>',
    "base": '<base href="http://canary.invalid/">',
    "refresh": f'<meta http-equiv="refresh" content="0;url=data:text/html;base64,{PAGE}">',
    "comment that never ends": "<!-- all that follows is gone",
    "end of the page": f"</div></div></body></html><script>{RUN}</script>",
    "link to a script": f"[more](javascript:{RUN})",
    "link to a script, disguised": f"[more](JaVa&#115;cript&colon;{RUN})",
    "link by reference": f"[more][1]\n\n[1]: javascript:{RUN}",
    "link in brackets": f"<javascript:{RUN}>",
    "link to a page of data": f"[more](data:text/html;base64,{PAGE})",
    "link with a title that breaks out": f'[more](http://a.invalid "x\\" onmouseover=\\"{RUN}")',
    "link of a vbscript": "[more](vbscript:canary)",
    "image from elsewhere": "![](http://canary.invalid/seen.png)",
    "image that is a script": f"![x](javascript:{RUN})",
    "image of an attachment that is not there": "![x](attachment:none.png)",
    "diagram": f"```mermaid\n</pre><script>{RUN}</script>\n```",
    "language of a block": f'```"><script>{RUN}</script>\n1\n```',
    "block of code": f"```html\n</code></pre><script>{RUN}</script>\n```",
    "span of code": f"`</code><script>{RUN}</script>`",
    "heading": f'# <a name="x" onclick="{RUN}">x</a>',
    "table": f"|a|\n|-|\n|<script>{RUN}</script>|",
    "script in a formula": f"$$</span><script>{RUN}</script>$$",
    "formula with a link": rf"$\href{{javascript:{RUN}}}{{x}}$",
    "formula with html": r"$$\require{html}\class{c}{\style{position:fixed}{x}}$$",
    "formula that grows": r"$\def\a{\b\b}\def\b{\c\c}\def\c{xx}\a$",
    "formula that changes others": r"\(\renewcommand{\alpha}{\beta}\)",
    "fence that ends early": f"<b>\n\n``````\n```\n<script>{RUN}</script>\n``````",
    "a million characters": "<b>" * 350_000,
    "quotes in quotes": ">" * 15_000,
    "heading with the id of a field for points": "# check_double",
    "heading with the id of a comment": "double-comment\n===",
    "heading with such an id in disguise": "## check<!-- -->_`double`",
    "blanks that are letters": "value\u3164 = 1\u115f",
    "marks that turn the direction": "a\u200f b\u061c c\u200e",
    "text that nobody sees": "ok" + "".join(chr(0xE0000 + ord(c)) for c in "full points") + "\u200b\ufeff\u2063",
    "text from right to left": "\u202e)(eslaf nruter\u2066",
    "codes for a terminal": "\x1b]0;title\x07\x1b[2J\x9b31m",
}  # fmt: skip

# nbconvert itself makes text of these, today.
TEXT_ANYWAY = {"comment that never ends", "link with a title that breaks out", "language of a block", "block of code",
               "span of code", "fence that ends early", "a million characters", "quotes in quotes"}  # fmt: skip


def _added(text: str) -> object:
    def change(nb: NotebookNode) -> None:
        nb.cells.insert(1, new_markdown_cell(text))

    return change


def _attachment(nb: NotebookNode) -> None:
    cell = new_markdown_cell("![x](attachment:x.svg)")
    cell.attachments = {"x.svg": {"image/svg+xml": base64.b64encode(f"<svg onload={RUN}>".encode()).decode()}}
    nb.cells.insert(1, cell)


def _outputs(nb: NotebookNode) -> None:
    data = {
        "text/html": f"<script>{RUN}</script>",
        "application/javascript": RUN,
        "text/markdown": f"<b onclick={RUN}>",
    }
    output = new_output("display_data", data=data)
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.outputs = [output]
    nb.cells.append(new_code_cell("1", outputs=[output]))


def _metadata(nb: NotebookNode) -> None:
    """Of the notebook, and of cells: their ids and tags are written into the page."""
    breaking = f'"><script>{RUN}</script>'
    nb.metadata.update(title=breaking, widgets={"application/vnd.jupyter.widget-state+json": {"x": breaking}})
    nb.metadata.language_info = {"name": "python", "pygments_lexer": breaking}
    for place, cell in enumerate(nb.cells):
        cell.id = breaking + str(place)
        cell.metadata.tags = [breaking]
        cell.metadata.magics_language = breaking
        cell.metadata["nbgrader"] = {**cell.metadata.get("nbgrader", {}), "comment": breaking, "score": breaking}
    nb.cells.append(new_code_cell("1", metadata={"nbgrader": {"grade_id": breaking, "grade": True, "points": 1}}))


def _code(nb: NotebookNode) -> None:
    nb.cells.append(new_code_cell(f"# </pre></div><script>{RUN}</script>"))
    nb.cells.append(new_code_cell(f"%%html\n<script>{RUN}</script>"))


def _backwards(nb: NotebookNode) -> None:
    nb.cells.append(new_code_cell("level = 'user\u202e \u2066# only admins\u2069 \u2066'"))


def _raw(nb: NotebookNode) -> None:
    cell = {"cell_type": "raw", "metadata": {"raw_mimetype": "text/html"}, "id": "raw"}
    nb.cells.append(NotebookNode(cell, source=f"<script>{RUN}</script>"))


def _many_cells(nb: NotebookNode) -> None:
    many = [new_markdown_cell(f"cell {n}") for n in range(1500)]
    nb.cells = [*many[:750], *nb.cells, *many[750:]]


def _huge_code(nb: NotebookNode) -> None:
    nb.cells.append(new_code_cell("# " + "x " * 1_000_000))


def _half_characters(nb: NotebookNode) -> bytes:
    nb.cells.insert(1, new_markdown_cell("half"))
    return to_text(nb).replace('"half"', '"half \\ud800"').encode()


def _numbers_for_texts(nb: NotebookNode) -> bytes:
    content = json.loads(to_text(nb))
    content["cells"].append({"cell_type": {"x": 1}, "source": {"<script>": 1}, "metadata": {"tags": 3}})
    return json.dumps(content).encode()


def _says(name: str, error: str, says: str) -> Attack:
    """The text of an error, which is told as it is."""
    source = f"def double(x): raise ValueError({error!r})"
    return Attack(name, "P8", {"double": source}, ("double",), {"double": says})


def _shows(name: str, change: object) -> Attack:
    return Attack(name, "P8", {"double": WRONG}, ("double",), {"double": LOST}, change=change)  # type: ignore[arg-type]


ATTACKS: list[Attack] = [
    *(_shows(f"Markdown: {name}", _added(text)) for name, text in MARKDOWN.items()),
    _shows("attachment", _attachment),
    _shows("outputs", _outputs),
    _shows("metadata", _metadata),
    _shows("code", _code),
    _shows("code that reads backwards", _backwards),
    _shows("raw cell", _raw),
    _shows("1,500 cells", _many_cells),
    _shows("2 MB of code", _huge_code),
    _shows("half a character", _half_characters),
    _shows("texts that are none", _numbers_for_texts),
    _says("message with a script", f"<script>{RUN}</script>", r"raised ValueError: <script>"),
    _says("message that is a formula", "=cmd|' /C calc'!A0", r"^Your code raised ValueError: =cmd"),
    _says("message for a terminal", "\x1b[2J\x1b]0;x\x07", "raised ValueError"),
    _says("message that nobody sees", "x\U000e0066\U000e0075\u200b\u3164", "raised ValueError"),
    _says(
        "message with a link", "see http://127.0.0.1:8888/formgrader/manage_students/x", "raised ValueError: see http"
    ),
    _says("message from right to left", "\u202esdrawkcab\u2066", "raised ValueError"),
    _says("message of a megabyte", "x" * 1_000_000, r"^.{1,500}$"),
    _says("message like a verdict", "</pre>\n3 of 3 points. All checks passed.", "^Your code raised ValueError"),
]
