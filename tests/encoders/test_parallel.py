"""Cells that are parallel in time, against their papers' equations read step by step."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn
from torch.testing import assert_close

from rnn_sentiment.encoders import RecurrentLayer
from rnn_sentiment.encoders.parallel import LRU, QRNN, RING, MinGRU, MinLSTM
from rnn_sentiment.types import make_mask

CELLS = {"mingru": MinGRU, "minlstm": MinLSTM, "qrnn": QRNN, "lru": LRU}
LENGTHS = torch.tensor([7, 0, 1, 4])


@pytest.fixture(params=CELLS)
def cell(request: pytest.FixtureRequest) -> nn.Module:
    torch.manual_seed(0)
    made = CELLS[request.param](3, 4).double()
    for parameter in made.parameters():
        parameter.data += 0.3 * torch.randn_like(parameter)
    return made


@pytest.fixture
def inputs() -> Tensor:
    torch.manual_seed(1)
    return torch.randn(4, 7, 3, dtype=torch.float64)


def by_the_paper(cell: nn.Module, row: Tensor) -> Tensor:
    """Outputs `(T, H)` of one row `(T, E)`, in its own order."""
    state, before, outputs = torch.zeros(4, dtype=torch.float64), torch.zeros_like(row[:1])[0], []
    for x in row:
        if isinstance(cell, LRU):
            factors = torch.exp(torch.complex(-cell.shrinking.exp(), cell.turning.exp()))
            enter = torch.complex(cell.enter[:, 0], cell.enter[:, 1])
            state = factors * state + cell.gamma.exp() * (enter @ x.to(enter.dtype))
            read = torch.complex(cell.read.weight[:, ::2], -cell.read.weight[:, 1::2])
            y = (read @ state).real + cell.skip.weight @ x
            left, right = cell.mix(nn.functional.gelu(y)).chunk(2)
            outputs.append(left * right.sigmoid())
        elif isinstance(cell, QRNN):
            z, f, o = cell.gates(torch.cat([before, x])).chunk(3)
            state = f.sigmoid() * state + (1 - f.sigmoid()) * z.tanh()
            outputs.append(o.sigmoid() * state)
            before = x
        elif isinstance(cell, MinLSTM):
            f, i, new = cell.gates(x).chunk(3)
            f, i = f.sigmoid(), i.sigmoid()
            state = f / (f + i) * state + i / (f + i) * new
            outputs.append(state)
        else:
            z, new = cell.gates(x).chunk(2)
            state = (1 - z.sigmoid()) * state + z.sigmoid() * new
            outputs.append(state)
    return torch.stack(outputs)


@pytest.mark.parametrize("reverse", [False, True])
def test_outputs_are_those_of_the_paper(cell, inputs, reverse):
    outputs = cell(inputs, LENGTHS, reverse=reverse)[0]
    for row, length in enumerate(LENGTHS.tolist()):
        if length:
            own = inputs[row, :length].flip(0) if reverse else inputs[row, :length]
            exact = by_the_paper(cell, own)
            assert_close(outputs[row, :length], exact.flip(0) if reverse else exact)
    assert not outputs[~make_mask(LENGTHS, 7)].any()


@pytest.mark.parametrize("reverse", [False, True])
def test_a_text_may_be_read_in_two_parts(cell, inputs, reverse):
    """What is carried is all that a cell remembers."""
    whole, final = cell(inputs, LENGTHS, reverse=reverse)
    cut = 3
    halves = {
        "front": (inputs[:, :cut], LENGTHS.clamp(max=cut)),
        "back": (inputs[:, cut:], (LENGTHS - cut).clamp(min=0)),
    }
    first, second = ("back", "front") if reverse else ("front", "back")
    found = {}
    found[first], carried = cell(*halves[first], reverse=reverse)
    found[second], last = cell(*halves[second], reverse=reverse, initial=carried)
    assert_close(torch.cat([found["front"], found["back"]], dim=1), whole)
    assert_close(last, final)


def test_gradients_agree_with_differences(cell, inputs):
    def answer(*_: Tensor) -> tuple[Tensor, ...]:
        outputs, final = cell(inputs[:, :4], LENGTHS.clamp(max=4), reverse=True)
        return outputs, final[0] if isinstance(final, tuple) else final

    assert torch.autograd.gradcheck(answer, (inputs.requires_grad_(), *cell.parameters()))


def test_states_are_carried_in_float32_under_autocast():
    """With states in bfloat16, which has 8 bits, what a step adds would be rounded away."""
    cell = MinGRU(1, 1)
    with torch.no_grad():  # forgets a part in 1,000 at each step, and adds as much
        cell.gates.weight.zero_()
        cell.gates.bias.copy_(torch.tensor([math.log(1 / 999), 1.0]))
    with torch.autocast("cpu", torch.bfloat16):
        outputs, final = cell(torch.zeros(1, 4096, 1))
    assert outputs.dtype == torch.bfloat16
    update = torch.tensor(math.log(1 / 999)).bfloat16().double().sigmoid()
    assert final.item() == pytest.approx(1 - (1 - update.item()) ** 4096, abs=1e-4)


@pytest.mark.parametrize("name", CELLS)
def test_half_precision_is_near_at_length_4096(name):
    torch.manual_seed(0)
    cell, inputs = CELLS[name](8, 16), torch.randn(2, 4096, 8)
    with torch.autocast("cpu", torch.bfloat16):
        half = cell(inputs)[0]
    exact = cell.double()(inputs.double())[0]
    assert (half - exact).norm() < 0.02 * exact.norm()


def test_gates_that_are_all_but_closed_keep_their_ratio():
    """The share f / (f + i), where both sigmoids are too small for float32."""
    cell = MinLSTM(1, 1)
    with torch.no_grad():
        cell.gates.weight.zero_()
        cell.gates.bias.copy_(torch.tensor([-200.0, -200.0, 1.0]))
    assert_close(cell(torch.zeros(1, 1, 1))[0], torch.full((1, 1, 1), 0.5))


def test_an_lru_starts_on_its_ring_with_states_of_the_size_of_its_inputs():
    torch.manual_seed(0)
    cell = LRU(64, 512)
    sizes = cell.decay().abs()
    assert RING[0] <= sizes.min() < 0.91
    assert 0.998 < sizes.max() <= RING[1] + 1e-6
    assert 0 < cell.decay().angle().min() < cell.decay().angle().max() <= math.pi / 10 + 1e-6
    _, final = LRU(16, 64)(torch.randn(32, 2000, 16))
    assert final.abs().square().mean().item() == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("name", CELLS)
def test_recurrent_dropout_has_nothing_to_hide_and_is_refused(name):
    with pytest.raises(ValueError, match=f"the gates of cell={name} do not read the state"):
        RecurrentLayer(3, name, 4, recurrent_dropout=0.2)


@pytest.mark.parametrize("name", CELLS)
def test_the_order_of_two_words_far_apart_is_learned(name):
    """Which of them came first; a bag of the same words is always the same."""
    torch.manual_seed(0)
    layer, head = RecurrentLayer(4, name, 16), nn.Linear(16, 1)
    optimizer = torch.optim.Adam([*layer.parameters(), *head.parameters()], lr=0.02)
    mask = torch.ones(64, 40, dtype=torch.bool)
    for _ in range(80):
        labels = torch.randint(0, 2, (64,))
        inputs = 0.3 * torch.randn(64, 40, 4)
        inputs[:, 5, 0] += 2 - 4.0 * labels
        inputs[:, 30, 0] += 4.0 * labels - 2
        scores = head(layer(inputs, mask)[:, -1])[:, 0]
        loss = nn.functional.binary_cross_entropy_with_logits(scores, labels.float())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert ((scores > 0) == labels.bool()).float().mean() > 0.9
