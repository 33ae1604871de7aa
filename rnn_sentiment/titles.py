"""What tables and cards call the metrics."""

from __future__ import annotations

METRICS = {
    "accuracy": "accuracy",
    "f1": "F1",
    "micro_f1": "micro F1",
    "macro_f1": "macro F1",
    "mean_absolute_error": "mean absolute error",
    "quadratic_kappa": "quadratic kappa",
    "auroc": "AUROC",
    "calibration_error": "calibration error",
    "loss": "loss",
}
