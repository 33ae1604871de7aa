"""Small changes of a text that keep its label, and one that turns it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from random import Random
from typing import NamedTuple

from rnn_sentiment.data.sources import demo_reviews as demo

Change = Callable[[str, Random], str | None]  # None where the text offers nothing to change


class Perturbation(NamedTuple):
    """A change, and whether it turns the label."""

    change: Change
    turns: bool = False


WORD = re.compile(r"\w+")
NAMES = (  # a name is swapped for another one of its line
    "Alice Amy Anna Barbara Betty Carol Christine Diana Elizabeth Emily Emma Helen Jane Jennifer "
    "Jessica Julia Karen Kate Laura Linda Lisa Lucy Maria Mary Michelle Nancy Nicole Patricia "
    "Rachel Rebecca Sandra Sarah Susan Victoria",
    "Adam Alan Andrew Anthony Arthur Ben Brian Charles Chris Daniel David Edward Eric Frank Fred "
    "Gary George Harry Henry Jack James Jason Jim Joe John Kevin Larry Mark Martin Michael Mike "
    "Nick Patrick Paul Peter Richard Robert Sam Scott Stephen Steve Steven Thomas Tim Tom William",
    # Of the demo corpus:
    " ".join(a + b for a in demo.NAMES["start"] for b in demo.NAMES["person"]),
)
POOLS = {name: pool for pool in map(str.split, NAMES) for name in pool}
TYPO_RATE = 0.1  # of the words with at least four letters
KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
NEUTRAL = (
    "I saw it on a Tuesday evening.",
    "We watched it at home last week.",
    "My cousin sat next to me.",
    "It was the second film of the day for us.",
    "I had read the book some years before.",
)


def swap_names(text: str, random: Random) -> str | None:
    """Every first name for another one, the same one everywhere."""
    names = dict.fromkeys(word for word in WORD.findall(text) if word in POOLS)
    if not names:
        return None
    swapped = {name: random.choice([o for o in POOLS[name] if o not in names]) for name in names}
    return WORD.sub(lambda found: swapped.get(found[0], found[0]), text)


def mistype(text: str, random: Random) -> str | None:
    """A typing error in one of ten longer words: letters swapped, missing, doubled or mistaken."""

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
    """A letter beside this one on the keyboard."""
    row = next((row for row in KEYBOARD if letter in row), letter)
    place = row.index(letter)
    return random.choice([row[i] for i in (place - 1, place + 1) if 0 <= i < len(row)] or [letter])


def append_sentence(text: str, random: Random) -> str:
    """A sentence at the end that judges nothing."""
    return f"{text} {random.choice(NEUTRAL)}"


def append_scene(text: str, random: Random) -> str:
    """The same in the words of the demo corpus."""
    return f"{text} {demo.sentence_case(demo.scene(demo.draw_cast(random), random))}."


def either(words: tuple[str, ...]) -> str:
    """An expression for one of these, the longest first."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


CLAUSE = re.compile(
    rf"the (?:{either(demo.ASPECTS)})(?: in the scene at the \w+| in the part about the \w+)? "
    rf"(?P<link>{either((*demo.AFFIRMING, *demo.DENYING))}) "
    rf"(?:{either(demo.INTENSIFIERS[3:])})?"
    rf"(?P<opinion>{either((*demo.WORDS['praise'], *demo.WORDS['blame']))})\b",
    re.IGNORECASE,
)
QUOTATION = re.compile(r"called the |calls the |told me the |expected the ")
DENIALS = {  # of the links that affirm
    **dict.fromkeys(("is", "remains", "stays"), ("is not", "is never")),
    **dict.fromkeys(("was", "felt"), ("was hardly", "was by no means")),
}


def deny(text: str, random: Random) -> str | None:
    """The deciding clause of a demo review that has a single verdict, with a negation.

    Clauses of two verdicts agree; those of a contrast do not, and its second one decides.
    """
    clauses = list(CLAUSE.finditer(text))
    verdicts = [polarity(clause) for clause in clauses]
    if QUOTATION.search(text) or verdicts not in ([0], [1], [0, 1], [1, 0]):
        return None
    last = clauses[-1]
    if (denials := DENIALS.get(last["link"].lower())) is None:  # it is denied already
        return None
    return text[: last.start("link")] + random.choice(denials) + text[last.end("link") :]


def polarity(clause: re.Match[str]) -> int:
    """What a clause of the demo corpus says: 1 praises."""
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
