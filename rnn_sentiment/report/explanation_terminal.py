"""Print an explanation: coloured words, the most important ones, and how far to trust it."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from rnn_sentiment.inference.explanation import Explanation

FOR, AGAINST = (80, 160, 255), (255, 150, 50)  # blue and orange: safe for colour blindness
LISTED = 10  # words in the table


def show(explanation: Explanation) -> None:
    """Print an explanation, without colours if standard output is not a terminal."""
    console = Console(highlight=False, soft_wrap=True)
    with console.capture() as captured:
        shares = (f"{name}={share:.4f}" for name, share in explanation.probabilities.items())
        console.print(Text(explanation.label, "bold"), Text(f"({', '.join(shares)})"))
        for method in explanation.importance:
            console.print()
            console.print(Text(method, "bold"))
            console.print(coloured(explanation, method))
        console.print()
        console.print(table(explanation))
        for sentence in explanation.trust():
            console.print(Text(sentence))
    encoding = console.encoding  # may lack letters of the text
    print(captured.get().encode(encoding, "replace").decode(encoding), end="")


def coloured(explanation: Explanation, method: str) -> Text:
    """The text, with words coloured blue if they speak for the answer and orange if against it."""
    strength = explanation.strength(method)
    text = Text()
    for piece, word in explanation.words.pieces():
        text.append(piece, "" if word is None else style(strength[word]))
    return text


def style(share: float) -> str:
    """The style of a word from its strength, -1 to 1; weaker words are paler."""
    if not share:
        return ""
    full = FOR if share > 0 else AGAINST
    mixed = (round(255 + (part - 255) * abs(share)) for part in full)
    return f"black on rgb({','.join(map(str, mixed))})"


def table(explanation: Explanation) -> Table:
    """The most important words and their log-odds by each method."""
    found = Table("word", box=None, padding=(0, 2, 0, 0))
    for method in explanation.importance:
        found.add_column(f"{method}, log-odds", justify="right")
    names = explanation.words.names()
    for word in explanation.most_important(LISTED):
        values = (f"{of_words[word]:+.3f}" for of_words in explanation.importance.values())
        found.add_row(Text(names[word]), *values)
    return found
