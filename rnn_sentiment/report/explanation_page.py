"""An explanation as one self-contained HTML file."""

from __future__ import annotations

from pathlib import Path

from rnn_sentiment.errors import UserError
from rnn_sentiment.inference.explanation import GRADIENTS, OCCLUSION, Explanation
from rnn_sentiment.inference.faithfulness import RANDOM, Faithfulness
from rnn_sentiment.report.templating import render
from rnn_sentiment.storage import write_file

WIDTH, HEIGHT = 320, 160  # of the figure, in its own units
STYLES = {OCCLUSION: "thick", GRADIENTS: "thin", RANDOM: "dashed"}  # of the lines


def check(file: Path) -> None:
    """Check that a page can be written to this file.

    Raises:
        UserError: it is not an `.html` file, or its folder does not exist.
    """
    if file.suffix.lower() not in (".html", ".htm"):
        raise UserError(f"out={file} is not an .html file")
    if not file.parent.is_dir():
        raise UserError(f"out={file}: there is no folder {file.parent}")


def write(explanation: Explanation, file: Path) -> None:
    """Write the page.

    Raises:
        MachineError: it cannot be written.
    """
    names = explanation.words.names()
    page = render(
        __package__,
        "explanation.html.jinja",
        explanation=explanation,
        marked={method: marked(explanation, method) for method in explanation.importance},
        rows=[
            (names[word], [values[word] for values in explanation.importance.values()])
            for word in explanation.most_important(len(names))
        ],
        curves=curves(explanation.faithfulness),
        width=WIDTH,
        height=HEIGHT,
    )
    write_file(file, page)


def marked(explanation: Explanation, method: str) -> list[tuple[str, float, float] | tuple[str]]:
    """The pieces of a text: words with importance and strength, and what is between words."""
    values, strength = explanation.importance[method], explanation.strength(method)
    return [
        (piece,) if word is None else (piece, values[word], strength[word])
        for piece, word in explanation.words.pieces()
    ]


def curves(faithfulness: Faithfulness) -> list[tuple[str, str, str]]:
    """Name, style and points of each line of the figure."""
    lines = []
    for name, curve in faithfulness.curves.items():
        points = zip(faithfulness.deleted * WIDTH, (1 - curve) * HEIGHT, strict=True)
        lines.append((name, STYLES[name], " ".join(f"{x:.1f},{y:.1f}" for x, y in points)))
    return lines
