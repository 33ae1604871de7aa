"""Train and compare recurrent and convolutional text classifiers."""

import os

__version__ = "0.1.0"

# torch reads this when it is imported, so it must be set first. Threads that spin while they wait
# for one another are slow on a processor that other programs use too (see benchmarks/speed).
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
# By default, oneDNN caches what it compiles for 1,024 shapes of a product. Batches have hundreds of
# shapes, which would take up to a gigabyte; compiling them again takes no measurable time.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "16")
