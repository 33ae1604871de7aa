"""Short names of keys, and upgrades of files from older versions of the package."""

from rnn_sentiment.upgrade.checkpoint import upgrade_checkpoint
from rnn_sentiment.upgrade.configuration import upgrade, upgrade_plain
from rnn_sentiment.upgrade.short_names import SHORT_NAMES, full_name, full_names, short_name

__all__ = [
    "SHORT_NAMES",
    "full_name",
    "full_names",
    "short_name",
    "upgrade",
    "upgrade_checkpoint",
    "upgrade_plain",
]
