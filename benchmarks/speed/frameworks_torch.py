"""Train some batches with plain PyTorch: REVIEWS BATCHES WARM_UP LAYER DIM SIZE padded|packed."""

from __future__ import annotations

import json
import resource
import sys
import time

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence


class Network(nn.Module):
    """Embedding, one layer, one logit."""

    def __init__(self, layer: str, vocabulary_size: int, dim: int, size: int, packed: bool) -> None:
        super().__init__()
        self.packed = packed
        self.embedding = nn.Embedding(vocabulary_size, dim, padding_idx=0)
        self.convolutions = nn.ModuleList()
        if layer == "conv1d":
            self.convolutions.extend(
                nn.Conv1d(dim, size, width, padding=width // 2) for width in (1, 3, 5)
            )
        else:
            make = {"rnn": nn.RNN, "gru": nn.GRU}.get(layer, nn.LSTM)
            self.layer = make(dim, size, batch_first=True, bidirectional=layer == "bilstm")
        self.head = nn.Linear({"conv1d": 3 * size, "bilstm": 2 * size}.get(layer, size), 1)

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """Logits of padded reviews."""
        embedded = self.embedding(tokens)
        if self.convolutions:
            channels = embedded.transpose(1, 2)
            found = [convolve(channels).relu().amax(2) for convolve in self.convolutions]
            return self.head(torch.cat(found, dim=1)).squeeze(1)
        if self.packed:
            packed = pack_padded_sequence(embedded, lengths, batch_first=True, enforce_sorted=False)
            final = self.layer(packed)[1]
            final = final[0] if isinstance(final, tuple) else final
            return self.head(torch.cat(list(final), dim=1)).squeeze(1)
        states = self.layer(embedded)[0]
        last = states[torch.arange(len(states)), lengths - 1]
        if self.layer.bidirectional:  # the backward direction ends at the first word
            size = self.layer.hidden_size
            last = torch.cat([last[:, :size], states[:, 0, size:]], dim=1)
        return self.head(last).squeeze(1)


def main() -> None:
    """Train and print tokens a second and the peak of memory as JSON."""
    file, batches, warm_up = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    layer, dim, size, way = sys.argv[4], int(sys.argv[5]), int(sys.argv[6]), sys.argv[7]
    data = np.load(file)
    tokens = torch.from_numpy(data["tokens"]).long()
    lengths, labels = (torch.from_numpy(data[name]) for name in ("lengths", "labels"))
    network = Network(layer, int(data["vocabulary_size"]), dim, size, way == "packed")
    optimizer = torch.optim.AdamW(network.parameters(), 0.003, weight_decay=0.1)
    for batch in range(batches):
        if batch == warm_up:
            started = time.perf_counter()
        rows = slice(64 * batch, 64 * (batch + 1))
        loss = nn.functional.binary_cross_entropy_with_logits(
            network(tokens[rows], lengths[rows]), labels[rows].float()
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    seconds = time.perf_counter() - started
    count = int(lengths[64 * warm_up : 64 * batches].sum())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"tokens_per_second": count / seconds, "peak_mib": peak}))


if __name__ == "__main__":
    main()
