"""The demo corpus: generated reviews, for places where IMDB is not available.

A review is a run of neutral plot sentences with a few *verdicts* among them. Every verdict agrees
with the review's label, but what it says is decided by word order: a denial turns its opinion
word round ("is hardly dull"), a contrast overrules its first clause ("..., but ..."), a quotation
stands or falls with the writer's answer ("I disagree"). The rules are the tables below; nothing
in them depends on the label, so that a bag of words can only count opinion words, whose lean
is `PLAIN_SHARE`. Neutral sentences between the last verdict and the end are what a recurrent
state has to carry it across.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple

from rnn_sentiment.data.parquet import write_part

LABELS = ("negative", "positive")


def split(table: dict[str, str]) -> dict[str, list[str]]:
    """Turn a table's lines of words into lists."""
    return {key: words.split() for key, words in table.items()}


WORDS = split(
    {
        "praise": "brilliant superb wonderful moving gripping charming delightful stunning clever "
        "graceful inspired tender witty magnificent fresh splendid",
        "blame": "dull dreadful terrible clumsy tedious awful lifeless hollow boring wooden sloppy "
        "painful stale shallow miserable feeble",
    }
)
OPINIONS = {1: WORDS["praise"], 0: WORDS["blame"]}  # polarity (as label) -> words
INTENSIFIERS = ("", "", "", "very ", "truly ", "quite ", "utterly ", "remarkably ")
AFFIRMING = ("is", "is", "was", "felt", "remains", "stays")  # the opinion word holds
DENYING = (  # the opinion word is turned round: negation and missed hopes
    "is never", "was hardly", "is not", "is far from", "was by no means", "could have been",
    "was meant to be", "tries in vain to be",
)  # fmt: skip
ASPECTS = (
    "acting", "plot", "score", "pace", "dialogue", "casting", "ending", "editing", "story",
    "script", "lighting", "camera work", "opening", "direction",
)  # fmt: skip
CLAUSE = "the {aspect}{where} {link} {degree}{opinion}"
# These put an opinion word out of a short window's reach of what turns it round.
WHERE = ("", " in the scene at the {spot}", " in the part about the {thing}")
CONTRASTS = (  # the clause {decides}, always the later one, overrules the clause {concedes}
    "{concedes}, but {decides}",
    "{concedes}, yet {decides}",
    "{concedes}. However, {decides}",
    "although {concedes}, {decides}",
    "even if {concedes}, {decides}",
    "{concedes}. {scene} However, {decides}",
)
QUOTATIONS = (
    'critics called the {aspect} "{degree}{opinion}"{since}{answer}',
    'the poster calls the {aspect} "{degree}{opinion}"{since}{answer}',
    "{person} told me the {aspect} would be {degree}{opinion}{since}{answer}",
    "I expected the {aspect} to be {degree}{opinion}{since}{answer}",
)
SINCE = ("", " before the {weather} in {place}", " on the way to the {spot}")
AGREEING = (", and so it is", ", and rightly so", ", which is true")
REJECTING = (". I disagree", ", which is false", ". Wrong")

KIND_SHARES = {"statement": 0.3, "contrast": 0.45, "quotation": 0.25}  # how verdicts are made
PLAIN_SHARE = 0.8  # of clauses and quotations whose opinion word means what it says
FLIPPED_SHARE = 0.04  # of labels that contradict their review, so that nothing reaches 100 %
WORDS_PER_VERDICT, MAX_VERDICTS = 40, 7
LENGTHS = (  # (share of reviews, words at most), between which lengths are interpolated
    (0.0, 15), (0.05, 64), (0.1, 90), (0.25, 127), (0.5, 174), (0.75, 275), (0.9, 450),
    (0.99, 900), (0.9995, 1200), (1.0, 2500),
)  # fmt: skip

SCENES = (  # neutral: no opinion, no cue of a verdict
    "{person} drives to {place} before the {weather} and waits at the {spot}",
    "{person}, a {trade} from {place}, finds a {thing} under the {spot}",
    "in {place} the {trade} hands {person} a {thing} and leaves by the {spot}",
    "meanwhile {person} and {other} carry the {thing} across the {spot}",
    "{other} writes to {person} about the {thing} and the {weather} in {place}",
    "we follow {person} from the {spot} to the {spot2} while {other} counts the days",
    "years later {other} returns to {place} with a {thing}",
    "the {trade} asks {person} about {other} and the {thing}",
    "there is a scene at the {spot} in which {person} shows {other} the {thing}",
    "{person} is played by {actor}, who also plays the {trade}",
    "it was shot in {place} during the {weather} by {actor}",
    "after the {weather} they meet again at the {spot} near {place}",
    "a {trade} and a {trade2} argue over the {thing} until {other} arrives",
    "the second half takes us to {place}, where {person} works as a {trade}",
)
NOUNS = split(
    {
        "weather": "storm flood frost harvest snow drought fog eclipse winter thaw rain heat",
        "spot": "harbour station bridge market mill chapel window orchard kitchen tower garden "
        "stable lighthouse cellar courtyard railway library bakery river school",
        "trade": "baker pilot sailor teacher doctor painter farmer soldier clerk tailor miner "
        "singer gardener printer lawyer nurse beekeeper waiter driver widow",
        "thing": "letter suitcase map violin key photograph lantern ledger coat clock ring "
        "telegram notebook mirror bicycle trunk radio compass coin kite",
    }
)
NAMES = split(
    {
        "start": "Al Bar Bel Bran Cal Cor Dar Del Dor El Fal Fen Gar Gil Hal Har Ilm Jor Kal Kes "
        "Lan Lor Mar Mel Mor Nar Nol Or Pel Per Quin Ral Ros Sal Sel Tar Tol Ul Val Ver Wen Wil "
        "Yar Zel",
        "middle": "a e i o u ba da de di do ga ka la le li lo ma mi na ni no ra ri ro sa ta ti va",
        "person": "bert dine dor gan la lia line mund na nor ra rick sa ther tina ton vin wen",
        "actor": "berg born dahl ezzi ini kov ling man oux quist rell ric sen ski stad vez witz",
        "place": "bridge burg bury dale field ford grad haven holm mere mouth port stead wick",
    }
)
WORD = re.compile(r"[\w']+")


class Review(NamedTuple):
    """A generated review and what the generator knows about it."""

    text: str
    label: int  # 1 positive, 0 negative; as stored, so possibly flipped
    true_label: int  # what the text says
    distance: int  # words between the end of the last verdict and the end of the text


def generate(num_reviews: int, seed: int) -> Iterator[Review]:
    """Yield ``num_reviews`` reviews, first all of label 0, then all of label 1 (as on the Hub).

    Each review has its own random stream, so that the generator holds one review at a time and
    the n-th review of a label is the same however many follow it.
    """
    for index in range(num_reviews):
        label = int(index >= num_reviews - num_reviews // 2)
        number = index - label * (num_reviews - num_reviews // 2)
        yield write_review(label, Random(f"{seed}/{label}/{number}"))


def reviews(num_reviews: int, seed: int) -> Iterator[tuple[str, int]]:
    """Yield ``(text, label)``, as a loader of the written files does; see `generate`."""
    return ((review.text, review.label) for review in generate(num_reviews, seed))


def write_review(label: int, random: Random) -> Review:
    """Compose one review: verdicts, and plot sentences up to a length drawn from `LENGTHS`."""
    true_label = 1 - label if random.random() < FLIPPED_SHARE else label
    num_words = draw_length(random)
    cast = draw_cast(random)
    num_verdicts = min(1 + random.randrange(1 + 2 * num_words // WORDS_PER_VERDICT), MAX_VERDICTS)
    verdicts = [verdict(true_label, cast, random) for _ in range(num_verdicts)]
    scenes: list[str] = []
    missing = num_words - sum(map(count_words, verdicts))
    while missing > 0:
        scenes.append(scene(cast, random))
        missing -= count_words(scenes[-1])
    # The square favours short distances: a first lesson for a recurrent state, then harder ones.
    num_after = int((len(scenes) + 1) * random.random() ** 2)
    before, after = scenes[num_after:], scenes[:num_after]
    for text in verdicts[:-1]:
        before.insert(random.randrange(len(before) + 1), text)
    distance = sum(map(count_words, after))
    sentences = [*before, verdicts[-1], *after]
    return Review(typeset(sentences, random), label, true_label, distance)


def draw_length(random: Random) -> int:
    """Words of a review: a piecewise linear quantile function (exact on every platform)."""
    share = random.random()
    above = next(i for i, (upper, _) in enumerate(LENGTHS) if share < upper)
    (low, fewest), (high, most) = LENGTHS[above - 1 : above + 1]
    return int(fewest + (most - fewest) * (share - low) / (high - low))


def draw_cast(random: Random) -> dict[str, str]:
    """The names of one review: mostly common ones, and a rare one for the vocabulary's tail."""
    return {
        "person": made_up_name("person", 0.25, random),
        "other": made_up_name("person", 0.0, random),
        "place": made_up_name("place", 0.25, random),
        "actor": made_up_name("actor", 1.0, random),
    }


def made_up_name(kind: str, rarity: float, random: Random) -> str:
    """A name of two parts (hundreds of them), or with ``rarity`` one of three (tens of thousands).

    Rarer names in every sentence would let a model learn its training reviews by heart.
    """
    middle = random.choice(NAMES["middle"]) if random.random() < rarity else ""
    return random.choice(NAMES["start"]) + middle + random.choice(NAMES[kind])


def verdict(polarity: int, cast: dict[str, str], random: Random) -> str:
    """A sentence or two whose upshot is ``polarity``, whatever its opinion words are."""
    kind = random.choices(list(KIND_SHARES), list(KIND_SHARES.values()))[0]
    if kind == "contrast":
        return random.choice(CONTRASTS).format(
            concedes=clause(1 - polarity, random),
            scene=f"{sentence_case(scene(cast, random))}.",
            decides=clause(polarity, random),
        )
    if kind == "quotation":
        plain = random.random() < PLAIN_SHARE
        answer = random.choice(AGREEING if plain else REJECTING)
        slots = opinion_slots(polarity if plain else 1 - polarity, random)
        since = random.choice(SINCE).format(**cast, **draw_nouns(random))
        return random.choice(QUOTATIONS).format(
            answer=answer, since=since, person=cast["person"], **slots
        )
    return clause(polarity, random)


def clause(polarity: int, random: Random) -> str:
    """A statement about one aspect; a denied word of the other polarity says the same."""
    plain = random.random() < PLAIN_SHARE
    slots = opinion_slots(polarity if plain else 1 - polarity, random)
    link = random.choice(AFFIRMING if plain else DENYING)
    where = random.choice(WHERE).format(**draw_nouns(random))
    return CLAUSE.format(link=link, where=where, **slots)


def opinion_slots(polarity: int, random: Random) -> dict[str, str]:
    """An aspect, an intensifier or none, and an opinion word that by itself means ``polarity``."""
    opinion = random.choice(OPINIONS[polarity])
    if random.random() < 0.03:
        opinion = opinion.upper()
    return {
        "aspect": random.choice(ASPECTS),
        "degree": random.choice(INTENSIFIERS),
        "opinion": opinion,
    }


def scene(cast: dict[str, str], random: Random) -> str:
    """A neutral plot sentence about the cast."""
    return random.choice(SCENES).format(**cast, **draw_nouns(random))


def draw_nouns(random: Random) -> dict[str, str]:
    """Two different neutral nouns of each kind, as ``spot`` and ``spot2``."""
    nouns = {}
    for slot, words in NOUNS.items():
        nouns[slot], nouns[f"{slot}2"] = random.sample(words, 2)
    return nouns


def typeset(sentences: list[str], random: Random) -> str:
    """Join sentences with capitals, punctuation and the line breaks of reviews on the web."""
    parts = []
    for sentence in sentences:
        stop = random.choices((".", "!", "...", "?!"), (90, 6, 3, 1))[0]
        gap = "<br /><br />" if random.random() < 0.08 else " "
        parts += [sentence_case(sentence), stop, gap]
    return "".join(parts[:-1])


def sentence_case(text: str) -> str:
    """Capitalise the first letter and leave the rest (names, shouting) as it is."""
    return text[:1].upper() + text[1:]


def count_words(text: str) -> int:
    """Words of a text without line breaks."""
    return len(WORD.findall(text))


def write(folder: Path, num_train: int, num_test: int, seed: int) -> Path:
    """Write both splits as parquet in the Hub's layout and return ``folder``.

    A file appears under its final name only when it is complete; memory is bounded by one row
    group, whatever the number of reviews.
    """
    target = Path(folder) / "plain_text"
    target.mkdir(parents=True, exist_ok=True)
    for part, size, part_seed in (("train", num_train, 2 * seed), ("test", num_test, 2 * seed + 1)):
        write_part(target / f"{part}-00000-of-00001.parquet", reviews(size, part_seed), LABELS)
    return Path(folder)
