"""Allowed values of keys that libraries would accept unchecked."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from omegaconf import DictConfig, OmegaConf
from pydantic import AfterValidator, Field, PositiveFloat, StrictBool, TypeAdapter, ValidationError

from rnn_sentiment.errors import UserError

LONGEST_NAME = 100  # characters; folder names have at most 255 bytes, including seed and time

Seed = Annotated[int, Field(strict=True, ge=0, lt=2**32)]
Positive = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]
AtLeastOne = Annotated[int, Field(strict=True, ge=1)]
NotNegative = Annotated[int, Field(strict=True, ge=0)]


def no_path(name: str | int | float) -> str | int | float:
    """Reject a name that cannot be part of a folder name, or would lead elsewhere."""
    text = str(name)
    fits = 0 < len(text.strip()) <= LONGEST_NAME and text.isprintable()
    if not fits or "/" in text or "\\" in text or text.startswith("."):
        raise ValueError(
            f"it becomes part of a folder's name; use 1 to {LONGEST_NAME} characters, without "
            "'/' or '\\', and not starting with '.'"
        )
    return name


def only(value: object, reason: str) -> Any:
    """The type of a Lightning flag that must keep its value."""

    def check(given: object) -> object:
        if given != value:
            raise ValueError(reason)
        return given

    return Annotated[Any, AfterValidator(check)]


VALUES: dict[str, Any] = {
    "name": Annotated[str | int | float, AfterValidator(no_path)],
    "seed": Seed,
    "test": StrictBool,
    "optimizer.lr": Positive,
    "trainer.max_epochs": AtLeastOne,
    "trainer.max_steps": AtLeastOne | Literal[-1],
    "trainer.accumulate_grad_batches": AtLeastOne,
    "trainer.limit_train_batches": PositiveFloat | None,
    "trainer.limit_val_batches": PositiveFloat | None,
    "trainer.val_check_interval": PositiveFloat | None,
    "trainer.check_val_every_n_epoch": only(
        1, "every epoch is validated, since any may be the best; leave it out"
    ),
    "trainer.fast_dev_run": only(
        False, "it keeps no model; +trainer.limit_train_batches=2 trainer.max_epochs=1 is as quick"
    ),
    "trainer.overfit_batches": only(
        0, "it would turn the batches into single texts; data.train_size=64 overfits on 64 texts"
    ),
    "trainer.gradient_clip_val": Positive | None,  # a negative value would reverse gradients
    "callbacks.epoch_seed.seed": Seed,
    "callbacks.early_stopping.patience": NotNegative,
    "callbacks.best_checkpoint.save_top_k": Literal[1],
    "logger.tensorboard.name": str,
    "logger.tensorboard.version": str | int | None,
}
DESTINATIONS = ("tracking_uri", "artifact_location")  # keys of the MLflow logger


def check_values(cfg: DictConfig) -> None:
    """Reject values that would lead to a traceback, or to a model that learns nothing.

    Raises:
        UserError: names the key, its value, and what is expected.
    """
    for name, logger in (cfg.get("logger") or {}).items():
        if named := [key for key in DESTINATIONS if key in (logger or {})]:
            raise UserError(
                f"logger.{name}.{named[0]}: a run folder must not say where data is sent; set "
                "MLFLOW_TRACKING_URI in the environment"
            )
    for key, kind in VALUES.items():
        above, _, name = key.rpartition(".")
        section = OmegaConf.select(cfg, above) if above else cfg
        if not isinstance(section, DictConfig) or name not in section:
            continue
        if not OmegaConf.is_interpolation(section, name):  # whose target is checked itself
            check_value(key, section[name], kind)


def check_value(key: str, value: Any, kind: Any) -> None:
    """Reject a value of the wrong type; see `check_values`."""
    try:
        TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        what = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise UserError(f"{key}={value!r}: {what}") from None


def folder_name(name: Any, seed: Any) -> str:
    """Build the name of a run folder, which Hydra creates before anything else is checked.

    Raises:
        UserError: the name would lead elsewhere.
    """
    check_value("name", name, VALUES["name"])
    check_value("seed", seed, VALUES["seed"])
    return f"{name}-seed{seed}"


def mode_of(metric: str) -> str:
    """Whether the largest (`max`) or the smallest (`min`) value of a metric is the best."""
    return "min" if metric.endswith(("loss", "error")) else "max"


OmegaConf.register_new_resolver("folder_name", folder_name, replace=True)
OmegaConf.register_new_resolver("mode_of", mode_of, replace=True)
