"""Command lines: one grammar of `key=value` and words, and one-line error messages."""

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
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from rnn_sentiment.errors import Interrupted, UserError
from rnn_sentiment.mistakes import explain, is_mistake
from rnn_sentiment.storage import printable

if TYPE_CHECKING:
    from omegaconf import DictConfig

KEY = re.compile(r"([A-Za-z_][\w.]*)=(.*)", re.DOTALL)
OF_TEXT = ("data.source.path", "data.source.delimiter", "data.unlabelled", "data.cache")
PLAIN = re.compile(r"[A-Za-z0-9_/\\+.$%*@?|: -]*")  # text that Hydra reads without quotes
GRAMMAR = re.compile(r"['\"]|.*\$\{|(choice|glob|sort|shuffle)\(|.*,", re.DOTALL)


class Formatter(argparse.RawDescriptionHelpFormatter):
    """Shows a key the way it is typed, `key=VALUE`."""

    def _format_action_invocation(self, action: argparse.Action) -> str:
        if not action.option_strings or action.nargs == 0:
            return super()._format_action_invocation(action)
        values = action.metavar or "|".join(action.choices or [action.dest.upper()])
        return f"{action.dest}={values}"


class Parser(argparse.ArgumentParser):
    """Parses `key=value` or `--key value`; everything else is a word.

    Words that look like `key=value` but are not files or folders must come after `--`.

    Args:
        name: the command, as in `rnn_sentiment.NAME`.
        purpose: what the command does, in one sentence.
        examples: command lines for `--help`, without `python -m rnn_sentiment.`.
        overrides: collect keys with a dot, such as `data.path=FOLDER`, as `overrides`.
    """

    def __init__(
        self, name: str, purpose: str, examples: Sequence[str], overrides: bool = False
    ) -> None:
        lines = "\n".join(f"  python -m rnn_sentiment.{example}" for example in examples)
        super().__init__(
            prog=f"python -m rnn_sentiment.{name}",
            description=f"{purpose}\n\nexamples:\n{lines}",
            formatter_class=functools.partial(Formatter, max_help_position=26),
            allow_abbrev=False,
        )
        self.overrides = overrides
        self.flags: list[str] = []

    def add_run_argument(self, about: str = "the run folder, or a bundle") -> None:
        """Add the required argument `run`, a folder."""
        self.add_argument("--run", type=Path, required=True, metavar="FOLDER", help=about)

    def add_flag(self, name: str, about: str) -> None:
        """Add a flag, `NAME=true` or `--NAME`; its default is False."""
        self.flags.append(name)
        self.add_argument(f"--{name}", choices=["true", "false"], default="false", help=about)

    def add_table_arguments(self) -> None:
        """Add the arguments that say how a table is read, like the `data.` keys of a corpus."""
        self.add_argument(
            "--text_column", metavar="NAME", help="column of the texts; default: as in training"
        )
        self.add_argument(
            "--delimiter",
            metavar="CHARACTER",
            help="field delimiter of CSV and TSV; default: as in training; null: detect it",
        )
        self.add_argument(
            "--quoting", choices=["doubled", "escaped", "none", "null"],
            help="quoting of CSV and TSV; default: as in training",
        )  # fmt: skip
        self.add_argument(
            "--encoding",
            metavar="NAME",
            help="encoding of the file: latin-1, cp1252, utf-16, ...; default: as in training",
        )
        self.add_argument(
            "--columns", type=names_or_null, metavar="[NAME,...]",
            help="names for a table without a header; default: as in training; null: it has one",
        )  # fmt: skip
        self.add_argument(
            "--bad_rows",
            choices=["stop", "skip"],
            default="stop",
            help="what to do with a row that cannot be used",
        )

    def format_usage(self) -> str:
        """The usage line, with keys the way they are typed."""
        return re.sub(r"--(\w+) (?=\S)", r"\1=", super().format_usage())

    def format_help(self) -> str:
        """Purpose, examples, arguments and usage."""
        formatter = self._get_formatter()
        formatter.add_text(self.description)
        for group in self._action_groups:
            formatter.start_section(group.title)
            formatter.add_arguments(group._group_actions)
            formatter.end_section()
        return f"{formatter.format_help()}\n{self.format_usage()}"

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
            if word.removeprefix("--") in self.flags and word.startswith("--"):
                words.append(f"{word}=true")
            elif not (found := KEY.fullmatch(word)) or os.path.exists(word):
                words.append(word)
            elif found[1] in known:
                words.append(f"--{word}")
            elif self.overrides and "." in found[1]:
                overrides.append(word)
            else:
                self.refuse(found[1], known)
        parsed = self.parse_intermixed_args([*words, *given[end:]])
        parsed.overrides = overrides
        for flag in self.flags:
            setattr(parsed, flag, getattr(parsed, flag) == "true")
        return parsed

    def refuse(self, key: str, known: Sequence[str]) -> NoReturn:
        """Report an unknown key, with the nearest valid one."""
        keys = [name for name in known if name != "help"]
        near = difflib.get_close_matches(key, keys, 1)
        hint = f"did you mean '{near[0]}'?" if near else f"valid: {', '.join(keys)}"
        raise UserError(f"unknown key '{key}'; {hint} (put texts such as 'a=b' after --)")

    def error(self, message: str) -> NoReturn:
        """Report a mistake, and how to get help."""
        named = re.sub(r"--([a-z]+)", r"\1=", message)
        raise UserError(f"{named} (see {self.prog} --help)")


def list_of_names(text: str) -> list[str]:
    """Parse `[text,label]`, as Hydra writes lists, with or without brackets."""
    return [name.strip() for name in text.strip().removeprefix("[").removesuffix("]").split(",")]


def names_or_null(text: str) -> list[str] | str:
    """Parse `[text,label]`, or return `null` unchanged."""
    return text if text == "null" else list_of_names(text)


def hydra_command(
    run: Callable[[DictConfig], Any],
    config_name: str,
    complete: Callable[[list[str]], list[str]] = list,
) -> None:
    """Run a command that is configured by Hydra.

    Args:
        run: called with the configuration.
        config_name: a file in `conf/`.
        complete: adds the overrides that follow from those on the command line.
    """
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra then raises instead of printing and exiting

    def call() -> None:
        import hydra
        from hydra._internal.config_loader_impl import ConfigLoaderImpl

        from rnn_sentiment.configuration import CONF
        from rnn_sentiment.upgrade import full_names

        ConfigLoaderImpl.get_group_options = list_options  # type: ignore[method-assign,assignment]
        sys.argv[1:] = map(quoted, full_names(complete(sys.argv[1:])))
        decorate = hydra.main(version_base="1.3", config_path=str(CONF), config_name=config_name)
        # Caught here too, or Hydra would print a line of its own above the error.
        task = functools.wraps(run)(lambda cfg: one_line_errors(lambda: run(cfg)))
        try:
            decorate(task)()
        except OSError as error:  # from creating the run folder, which Hydra does
            if error.errno not in (errno.EEXIST, errno.ENOTDIR, errno.ENAMETOOLONG):
                raise
            raise UserError(
                f"cannot make the run folder {str(error.filename)[:200]} ({error.strerror}); "
                "choose another hydra.run.dir"
            ) from error

    one_line_errors(call)


def list_options(loader: Any, group_name: str, *kind: Any, **given: Any) -> list[str]:
    """List a group's files; Hydra's own function copies all settings for each group in `--help`."""
    if "results_filter" in given:
        kind = (given["results_filter"],)
    found: list[str] = loader.repository.get_group_options(group_name, *kind)
    return found


def quoted(override: str) -> str:
    """Quote a text value, such as a path, that Hydra could not parse unquoted.

    Values with a meaning in Hydra's grammar, such as a sweep's list, stay unless they name a file.
    """
    key, _, value = override.partition("=")
    if key.lstrip("+") not in OF_TEXT or PLAIN.fullmatch(value):
        return override
    if GRAMMAR.match(value) and value != "," and not os.path.lexists(os.path.expanduser(value)):
        return override
    return f"{key}={in_quotes(value)}"


def in_quotes(text: str) -> str:
    """Quote any text for Hydra, where a backslash escapes only before a quote."""
    doubled = re.sub(r"(\\+)(?='|\Z)", r"\1\1", text)
    return "'" + doubled.replace("'", "\\'") + "'"


@contextmanager
def without_plotting() -> Iterator[None]:
    """Import torchmetrics without matplotlib, which only its plots need."""
    from lightning_utilities.core.imports import RequirementCache

    available = RequirementCache.__bool__
    RequirementCache.__bool__ = lambda self: self.requirement != "matplotlib" and available(self)  # type: ignore[method-assign]
    try:
        yield
    finally:
        RequirementCache.__bool__ = available  # type: ignore[method-assign]


def one_line_errors(run: Callable[[], Any]) -> None:
    """Call `run`; print a user's mistake as one `error:` line and exit with status 2.

    A run stopped by a signal exits like any program that the signal ends, and so does one whose
    output pipe was closed.
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
    """Whether standard output is a pipe whose reader has closed it."""
    poll = select.poll()
    poll.register(sys.stdout, 0)
    if not any(event & select.POLLERR for _, event in poll.poll(0)):
        return False
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return True


def close_progress_bars() -> None:
    """Close progress bars that an error left open, so that its message starts on a new line."""
    if "tqdm" in sys.modules:
        from tqdm import tqdm

        for bar in list(tqdm._instances):
            bar.close()
        sys.stdout.flush()  # tqdm leaves the newline in the buffer
