"""Train and compare recurrent and convolutional text classifiers."""

import os

__version__ = "0.1.0"

# Read as torch loads, so before any import of it. Threads that spin while they wait for one another
# would starve on a processor that something else uses too (see benchmarks/speed).
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
# oneDNN keeps what it has compiled for 1,024 shapes of a product. Batches have hundreds of shapes,
# which would take up to a gigabyte; compiling again takes no time that could be measured.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "16")
