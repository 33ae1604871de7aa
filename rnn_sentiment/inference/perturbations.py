"""Small changes of a text that keep its label, and one that flips it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from random import Random
from typing import NamedTuple

from rnn_sentiment.data.sources import demo_reviews as demo

Change = Callable[[str, Random], str | None]  # None if there is nothing to change in the text


class Perturbation(NamedTuple):
    """A change, and whether it flips the label."""

    change: Change
    turns: bool = False


WORD = re.compile(r"\w+")
NAMES = (  # a name is replaced by another one of its group
    "Alice Amy Anna Barbara Betty Carol Christine Diana Elizabeth Emily Emma Helen Jane Jennifer "
    "Jessica Julia Karen Kate Laura Linda Lisa Lucy Maria Mary Michelle Nancy Nicole Patricia "
    "Rachel Rebecca Sandra Sarah Susan Victoria",
    "Adam Alan Andrew Anthony Arthur Ben Brian Charles Chris Daniel David Edward Eric Frank Fred "
    "Gary George Harry Henry Jack James Jason Jim Joe John Kevin Larry Mark Martin Michael Mike "
    "Nick Patrick Paul Peter Richard Robert Sam Scott Stephen Steve Steven Thomas Tim Tom William",
    # In the demo corpus:
    " ".join(a + b for a in demo.NAMES["start"] for b in demo.NAMES["person"]),
)
POOLS = {name: pool for pool in map(str.split, NAMES) for name in pool}
TYPO_RATE = 0.1  # share of the words with at least four letters
KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
NEUTRAL = (
    "I saw it on a Tuesday evening.",
    "We watched it at home last week.",
    "My cousin sat next to me.",
    "It was the second film of the day for us.",
    "I had read the book some years before.",
)


def swap_names(text: str, random: Random) -> str | None:
    """Replace every first name by another one, consistently."""
    names = dict.fromkeys(word for word in WORD.findall(text) if word in POOLS)
    if not names:
        return None
    swapped = {name: random.choice([o for o in POOLS[name] if o not in names]) for name in names}
    return WORD.sub(lambda found: swapped.get(found[0], found[0]), text)


def mistype(text: str, random: Random) -> str | None:
    """Put a typo in one of ten longer words: letters swapped, missing, doubled or wrong."""

    def spoil(found: re.Match[str]) -> str:
        word = found[0]
        if len(word) < 4 or not word.isalpha() or random.random() >= TYPO_RATE:
            return word
        place = random.randrange(1, len(word) - 1)
        here, there = word[place], word[place + 1]
        kinds = (there + here, there, here + here + there, neighbour(here, random) + there)
        return word[:place] + random.choice(kinds) + word[place + 2 :]

    changed = WORD.sub(spoil, text)
    return None if changed == text else changed


def neighbour(letter: str, random: Random) -> str:
    """A letter next to this one on the keyboard."""
    row = next((row for row in KEYBOARD if letter in row), letter)
    place = row.index(letter)
    return random.choice([row[i] for i in (place - 1, place + 1) if 0 <= i < len(row)] or [letter])


def append_sentence(text: str, random: Random) -> str:
    """Append a sentence without an opinion."""
    return f"{text} {random.choice(NEUTRAL)}"


def append_scene(text: str, random: Random) -> str:
    """Append a neutral sentence in the words of the demo corpus."""
    return f"{text} {demo.sentence_case(demo.scene(demo.draw_cast(random), random))}."


def either(words: tuple[str, ...]) -> str:
    """A regular expression for any of these words, the longest first."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


CLAUSE = re.compile(
    rf"the (?:{either(demo.ASPECTS)})(?: in the scene at the \w+| in the part about the \w+)? "
    rf"(?P<link>{either((*demo.AFFIRMING, *demo.DENYING))}) "
    rf"(?:{either(demo.INTENSIFIERS[3:])})?"
    rf"(?P<opinion>{either((*demo.WORDS['praise'], *demo.WORDS['blame']))})\b",
    re.IGNORECASE,
)
QUOTATION = re.compile(r"called the |calls the |told me the |expected the ")
DENIALS = {  # negations of affirming verbs
    **dict.fromkeys(("is", "remains", "stays"), ("is not", "is never")),
    **dict.fromkeys(("was", "felt"), ("was hardly", "was by no means")),
}


def deny(text: str, random: Random) -> str | None:
    """Negate the deciding clause of a demo review with a single verdict.

    Reviews with two verdicts, whose clauses agree, are skipped. In a contrast the clauses differ,
    and the second one decides.
    """
    clauses = list(CLAUSE.finditer(text))
    verdicts = [polarity(clause) for clause in clauses]
    if QUOTATION.search(text) or verdicts not in ([0], [1], [0, 1], [1, 0]):
        return None
    last = clauses[-1]
    if (denials := DENIALS.get(last["link"].lower())) is None:  # it is negated already
        return None
    return text[: last.start("link")] + random.choice(denials) + text[last.end("link") :]


def polarity(clause: re.Match[str]) -> int:
    """The sentiment of a clause of the demo corpus: 1 is praise."""
    praises = clause["opinion"].lower() in demo.WORDS["praise"]
    return int(praises != (clause["link"].lower() in demo.DENYING))


PERTURBATIONS: Mapping[str, Perturbation] = {
    "names swapped": Perturbation(swap_names),
    "typing errors": Perturbation(mistype),
    "neutral sentence": Perturbation(append_sentence),
}
DEMO_PERTURBATIONS: Mapping[str, Perturbation] = {
    **PERTURBATIONS,
    "neutral sentence": Perturbation(append_scene),
    "negation": Perturbation(deny, turns=True),
}
