"""The mean of weights."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from training import average


def saved(folder: Path, **weights: torch.Tensor) -> Path:
    folder.mkdir()
    torch.save(weights, folder / "model.pt")
    return folder


def test_weights_are_averaged_and_counts_are_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = saved(tmp_path / "one", w=torch.tensor([1.0, 2.0]), n=torch.tensor([3]))
    two = saved(tmp_path / "two", w=torch.tensor([5.0, 0.0]), n=torch.tensor([3]))
    monkeypatch.setattr(sys, "argv", ["average", f"{one}=0.25", f"{two}=0.75", "--out", str(tmp_path / "out")])
    average.main()
    made = torch.load(tmp_path / "out" / "model.pt", weights_only=True)
    assert made["w"].tolist() == [4.0, 0.5] and made["n"].tolist() == [3]


def test_what_can_not_be_averaged_is_told(tmp_path: Path) -> None:
    one = saved(tmp_path / "one", w=torch.ones(2))
    two = saved(tmp_path / "two", w=torch.ones(3))
    with pytest.raises(ValueError, match=r"sum up to 1, not to 0\.9"):
        average.average({one: 0.9})
    with pytest.raises(ValueError, match="two: its weights are unlike"):
        average.average({one: 0.5, two: 0.5})
