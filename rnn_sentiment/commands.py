"""Command lines: one grammar, `key=value` beside words, and one line for a mistake."""

from __future__ import annotations

import argparse
import difflib
import errno
import functools
import os
import re
import select
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

from rnn_sentiment import machine
from rnn_sentiment.errors import Interrupted, UserError
from rnn_sentiment.storage import printable

if TYPE_CHECKING:
    from omegaconf import DictConfig

NO_CHOICE = "Config group override must be"  # how Hydra's plain ValueError begins
KEY = re.compile(r"([A-Za-z_][\w.]*)=(.*)", re.DOTALL)
OF_TEXT = ("data.source.path", "data.source.delimiter", "data.unlabelled", "data.cache")
PLAIN = re.compile(r"[A-Za-z0-9_/\\+.$%*@?|: -]*")  # what Hydra reads as text without quotes
GRAMMAR = re.compile(r"['\"]|.*\$\{|(choice|glob|sort|shuffle)\(|.*,", re.DOTALL)


class Parser(argparse.ArgumentParser):
    """Arguments as `key=value`, or as `--key value`; everything else is a word.

    Words that look like `key=value`, and are no file or folder, come after `--`.

    Args:
        name: of the command, `rnn_sentiment.NAME`.
        purpose: one sentence.
        examples: command lines for `--help`, without `python -m rnn_sentiment.`.
        overrides: whether keys with a dot, as `data.path=FOLDER`, are collected as `overrides`.
    """

    def __init__(
        self, name: str, purpose: str, examples: Sequence[str], overrides: bool = False
    ) -> None:
        lines = "\n".join(f"  python -m rnn_sentiment.{example}" for example in examples)
        super().__init__(
            prog=f"python -m rnn_sentiment.{name}",
            description=f"{purpose}\n\nexamples:\n{lines}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        self.overrides = overrides

    def add_table_arguments(self) -> None:
        """Take what says how a file of texts is read, as `data.` keys say it of a corpus."""
        self.add_argument(
            "--text_column", default="text", metavar="NAME", help="of a table; text without it"
        )
        self.add_argument(
            "--delimiter", metavar="CHARACTER", help="of CSV and TSV; found out without it"
        )
        self.add_argument(
            "--quoting", choices=["doubled", "escaped", "none"], help="of CSV and TSV; likewise"
        )
        self.add_argument(
            "--encoding", metavar="NAME", help="latin-1, cp1252, utf-16, ...; UTF-8 without it"
        )
        self.add_argument(
            "--columns", type=list_of_names, metavar="[NAME,...]",
            help="of CSV and TSV whose first line is no header",
        )  # fmt: skip
        self.add_argument(
            "--bad_rows", choices=["stop", "skip"], default="stop", help="what a bad row leads to"
        )

    def parse(self, arguments: Sequence[str] | None = None) -> argparse.Namespace:
        """Read a command line.

        Raises:
            UserError: a key is unknown, or something is missing.
        """
        given = list(sys.argv[1:] if arguments is None else arguments)
        end = given.index("--") if "--" in given else len(given)
        overrides: list[str] = []
        words: list[str] = []
        known = [o.removeprefix("--") for o in self._option_string_actions if o.startswith("--")]
        for word in given[:end]:
            if not (found := KEY.fullmatch(word)) or os.path.exists(word):
                words.append(word)
            elif found[1] in known:
                words.append(f"--{word}")
            elif self.overrides and "." in found[1]:
                overrides.append(word)
            else:
                self.refuse(found[1], known)
        parsed = self.parse_intermixed_args([*words, *given[end:]])
        parsed.overrides = overrides
        return parsed

    def refuse(self, key: str, known: Sequence[str]) -> NoReturn:
        """Name an unknown key and the nearest valid one."""
        keys = [name for name in known if name != "help"]
        near = difflib.get_close_matches(key, keys, 1)
        hint = f"did you mean '{near[0]}'?" if near else f"valid: {', '.join(keys)}"
        raise UserError(f"unknown key '{key}'; {hint} (texts such as 'a=b' come after --)")

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and how to get help."""
        named = re.sub(r"--([a-z]+)", r"\1=", message)
        raise UserError(f"{named} (see {self.prog} --help)")


def list_of_names(text: str) -> list[str]:
    """Read `[text,label]`, as Hydra's keys are written, with or without the brackets."""
    return [name.strip() for name in text.strip().removeprefix("[").removesuffix("]").split(",")]


def hydra_command(
    run: Callable[[DictConfig], Any],
    config_name: str,
    complete: Callable[[list[str]], list[str]] = list,
) -> None:
    """Run a command that a Hydra configuration describes.

    Args:
        run: takes the configuration.
        config_name: a file in `conf/`.
        complete: adds to the words of the command line what follows from them.
    """
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra then raises instead of printing and exiting

    def call() -> None:
        import hydra

        from rnn_sentiment.configuration import CONF
        from rnn_sentiment.upgrade import full_names

        sys.argv[1:] = map(quoted, full_names(complete(sys.argv[1:])))
        decorate = hydra.main(version_base="1.3", config_path=str(CONF), config_name=config_name)
        # Caught inside as well: Hydra would print a line of its own above the error's.
        task = functools.wraps(run)(lambda cfg: one_line_errors(lambda: run(cfg)))
        try:
            decorate(task)()
        except OSError as error:  # of the run folder, which Hydra makes
            if error.errno not in (errno.EEXIST, errno.ENOTDIR, errno.ENAMETOOLONG):
                raise
            raise UserError(
                f"the run folder cannot be {str(error.filename)[:200]} ({error.strerror}); choose "
                "another hydra.run.dir"
            ) from error

    one_line_errors(call)


def quoted(override: str) -> str:
    """Quote the value of a key of text, such as a path, that Hydra could not read as it is.

    What its grammar has a meaning for, as a list for a sweep, stays unless a file is called so.
    """
    key, _, value = override.partition("=")
    if key.lstrip("+") not in OF_TEXT or PLAIN.fullmatch(value):
        return override
    if GRAMMAR.match(value) and value != "," and not os.path.lexists(os.path.expanduser(value)):
        return override
    escaped = re.sub(r"(\\*)'", r"\1\1\\'", value)
    return f"{key}='{escaped}'"


@contextmanager
def without_plotting() -> Iterator[None]:
    """Import torchmetrics without matplotlib, which only its unused plots need."""
    from lightning_utilities.core.imports import RequirementCache

    available = RequirementCache.__bool__
    RequirementCache.__bool__ = lambda self: self.requirement != "matplotlib" and available(self)  # type: ignore[method-assign]
    try:
        yield
    finally:
        RequirementCache.__bool__ = available  # type: ignore[method-assign]


def one_line_errors(run: Callable[[], Any]) -> None:
    """Call `run`; print a user's mistake as one `error:` line and exit with status 2.

    A run that is told to stop exits like any program that the signal ends; so does one whose
    reader has closed the pipe.
    """
    try:
        run()
        if sys.stdout is not None:
            sys.stdout.flush()
    except Interrupted as error:
        close_progress_bars()
        print(error, file=sys.stderr)
        sys.exit(128 + error.signum)
    except Exception as error:
        if isinstance(error, BrokenPipeError) and nobody_reads():
            sys.exit(128 + signal.SIGPIPE)
        close_progress_bars()
        if not is_mistake(error):
            raise
        print(f"error: {printable(explain(error))}", file=sys.stderr)
        sys.exit(2)


def nobody_reads() -> bool:
    """Whether standard output is a pipe that its reader has closed; it then takes no more."""
    poll = select.poll()
    poll.register(sys.stdout, 0)
    if not any(event & select.POLLERR for _, event in poll.poll(0)):
        return False
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return True


def close_progress_bars() -> None:
    """End the lines of progress bars that a mistake has left open: its own line comes below."""
    if "tqdm" in sys.modules:
        from tqdm import tqdm

        for bar in list(tqdm._instances):
            bar.close()
        sys.stdout.flush()  # tqdm leaves the line's end in the buffer


def is_mistake(error: Exception) -> bool:
    """Whether an exception is about what the user gave, not a fault of the program."""
    if isinstance(error, (UserError, FloatingPointError)) or machine.explain(error):
        return True
    if "hydra" not in sys.modules:
        return False
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    of_hydra = isinstance(error, (HydraException, OmegaConfBaseException))
    return of_hydra or str(error).startswith(NO_CHOICE)


def explain(error: BaseException) -> str:
    """Say in one line what is wrong, where, and what would be right."""
    text = str(error)
    if isinstance(error, UserError):
        return text
    if failure := machine.explain(error):
        return failure
    from omegaconf.errors import InterpolationResolutionError, MissingMandatoryValue

    from rnn_sentiment.configuration import options, unknown

    if isinstance(error, InterpolationResolutionError) and (mistake := of_resolver(error)):
        return str(mistake)
    if found := re.search(r"Could not find '([^']+)'", text):
        group, _, name = found[1].rpartition("/")
        return unknown(group, name, options(group), what="choice for")
    if found := re.search(r"Could not override '([^']+)'", text):
        return explain_key(found[1])
    if text.startswith(NO_CHOICE):
        return "null is no choice of a group, as data, model or logger is; see --help for those"
    if isinstance(error, MissingMandatoryValue):
        return f"{error.full_key} must be given"
    while not text and error.__cause__ is not None:  # Hydra wraps some errors without a word
        error = error.__cause__
        text = str(error)
    return " ".join(text.split()) or repr(error)


def of_resolver(error: BaseException) -> UserError | None:
    """The mistake that a resolver of ours has raised, which OmegaConf wraps twice."""
    inner: BaseException | None = error
    while inner is not None and not isinstance(inner, UserError):
        inner = inner.__cause__ or inner.__context__
    return inner


def explain_key(key: str) -> str:
    """Say why `key` is no key of the configuration, and which one is nearest."""
    from omegaconf import OmegaConf

    from rnn_sentiment.configuration import (
        DELTAS,
        GROUPS,
        TOP_LEVEL,
        compose,
        keys_in,
        not_of_choice,
        options,
        unknown,
    )

    parent, _, name = key.rpartition(".")
    top = parent.split(".")[0] if parent else ""
    if not parent or top not in TOP_LEVEL:
        wrong, valid = key.split(".")[0], (*TOP_LEVEL, *DELTAS)
        if wrong in valid:
            return f"{wrong} cannot be chosen for this command; leave it out, or change a key in it"
        near = difflib.get_close_matches(wrong, valid, 1)
        return unknown("", wrong, valid, what="key") + (
            f" ({near[0]}: {', '.join(options(near[0]))})" if near and near[0] in GROUPS else ""
        )
    default = compose()
    if name in (OmegaConf.select(default, parent) or ()):
        return not_of_choice(key)
    keys = keys_in(default, parent)
    if name in keys:
        return f"{key} has no default here; add it as +{key}=VALUE"
    return unknown(parent, name, sorted(keys), what="key in")
