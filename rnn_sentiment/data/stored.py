"""The source in a run's stored configuration, or the same corpus elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from omegaconf import DictConfig, OmegaConf

from rnn_sentiment.configuration import compose, make, user_cache
from rnn_sentiment.data import AutoSource
from rnn_sentiment.data.sources.source import Source, to_config
from rnn_sentiment.errors import UserError
from rnn_sentiment.upgrade import full_names


def as_taken(asked: DictConfig, stored: DictConfig) -> DictConfig:
    """What is asked for, with what a stored run has taken wherever that could be.

    Only then can the two be compared: a run stores what its source came to, and what batches and
    epochs suited it.
    """
    found = asked.copy()
    for section, key in (("data", "batch_size"), ("trainer", "max_epochs")):
        if key in found[section] and OmegaConf.is_interpolation(found[section], key):
            found[section][key] = stored[section][key]
    if "source" not in found.data:
        return found
    source: Source = make(asked, "data.source")
    fallback = stored.data.source.get("fallback")
    if isinstance(source, AutoSource) and source.path is None and fallback is not None:
        set_source(found, source.stand_in(fallback))
    else:
        set_source(found, source.first_choice)
    return found


def read_elsewhere(cfg: DictConfig, overrides: Sequence[str]) -> DictConfig:
    """A run's configuration with overrides, such as another path to its corpus.

    Args:
        cfg: stored by a run.
        overrides: as on the command line; `data.path=FOLDER` reads there whatever the run read.

    Returns:
        The configuration, with this user's cache unless `data.cache` is given.

    Raises:
        UserError: the run has no source of texts.
    """
    for section in ("data", "data.source"):
        if not isinstance(OmegaConf.select(cfg, section), DictConfig):
            raise UserError(f"the configuration of this run has no section {section}")
    choice, rest = None, []
    for override in full_names(overrides):
        if override.startswith("data/source="):
            choice = override.partition("=")[2]
        else:
            rest.append(override)
            if override.startswith("data.source.path=") and "path" not in cfg.data.source:
                choice = "path"
    found = cfg.copy()
    found.data.cache = str(user_cache())
    if choice is not None:
        fresh = compose(f"data/source={choice}").data.source
        kept = {k: v for k, v in cfg.data.source.items() if k in fresh and k != "_target_"}
        found.data.source = OmegaConf.merge(fresh, kept)
    found.merge_with_dotlist(rest)
    return found


def set_source(cfg: DictConfig, source: Source) -> None:
    """Put a source into a configuration."""
    OmegaConf.update(cfg, "data.source", to_config(source), merge=False, force_add=True)
