"""Train and compare recurrent and convolutional text classifiers."""

__version__ = "0.1.0"
