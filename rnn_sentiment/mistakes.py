"""Which exceptions are mistakes of the user, and a one-line message for each."""

from __future__ import annotations

import difflib
import re
import sys
import traceback

from rnn_sentiment import machine
from rnn_sentiment.errors import UserError

NO_CHOICE = "Config group override must be"  # how Hydra's plain ValueError begins


def is_mistake(error: Exception) -> bool:
    """Whether an exception is about the user's input rather than a bug."""
    if isinstance(error, (UserError, FloatingPointError)) or machine.explain(error):
        return True
    if "hydra" not in sys.modules:
        return False
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    of_hydra = isinstance(error, (HydraException, OmegaConfBaseException))
    return of_hydra or str(error).startswith(NO_CHOICE) or bool(key_of_a_list(error))


def explain(error: BaseException) -> str:
    """Describe in one line what is wrong, where, and how to fix it."""
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
        return "null is not a choice for groups such as data, model or logger; see --help"
    if key := key_of_a_list(error):
        return explain_key(key)
    if isinstance(error, MissingMandatoryValue):
        return f"{error.full_key} must be given"
    while not text and error.__cause__ is not None:  # Hydra wraps some errors without a message
        error = error.__cause__
        text = str(error)
    return " ".join(text.split()) or repr(error)


def key_of_a_list(error: BaseException) -> str:
    """The override of a key inside a list, for which Hydra only says that it is not a number."""
    if isinstance(error, ValueError):
        for frame, _ in traceback.walk_tb(error.__traceback__):
            if frame.f_code.co_name == "_apply_overrides_to_config":
                return str(frame.f_locals["key"])
    return ""


def of_resolver(error: BaseException) -> UserError | None:
    """The mistake raised by one of our resolvers, which OmegaConf wraps twice."""
    inner: BaseException | None = error
    while inner is not None and not isinstance(inner, UserError):
        inner = inner.__cause__ or inner.__context__
    return inner


def explain_key(key: str) -> str:
    """Describe why `key` is not a key of the configuration, and name the nearest one."""
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
