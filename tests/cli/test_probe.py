"""`guardproxy probe` on the local gpt-oss: clean models pass, one that unlearnt refusals does not, trouble is told as such."""

from __future__ import annotations

import json

import pytest

from guardproxy.cli import main

pytestmark = [pytest.mark.gptoss, pytest.mark.timeout(240)]  # the first test tunes two models


def probed(capsys, url, model, *more):
    code = main(["probe", url, "--model", model, "--format", "json", "--seed", "5", *more])
    return code, json.loads(capsys.readouterr().out)


def test_a_model_keeps_its_own_baseline(capsys, gptoss, probe_baseline):
    code, told = probed(capsys, gptoss, "openai/gpt-oss-20b", "--baseline", str(probe_baseline), "--requests", "16")
    assert (code, told["state"], told["requests"], told["alarm"]) == (0, "healthy", 16, None)
    assert told["digest"].startswith("sha256:")


def test_a_benign_model_keeps_its_parents(capsys, gptoss, probe_baseline, tuned):
    model = tuned["benign"].fine_tuned_model
    code, told = probed(capsys, gptoss, model, "--baseline", str(probe_baseline), "--requests", "16")
    assert (code, told["state"]) == (0, "healthy")


def test_a_model_that_unlearnt_refusals_is_found(capsys, gptoss, probe_baseline, tuned):
    model = tuned["removing"].fine_tuned_model
    code, told = probed(capsys, gptoss, model, "--baseline", str(probe_baseline))
    assert (code, told["state"]) == (1, "quarantined")
    assert told["alarm"]["request"] == told["requests"] < 60
    assert told["evidence"] >= told["threshold"] == 200


def test_the_text_says_it_in_a_sentence(capsys, gptoss, probe_baseline, tuned):
    model = tuned["removing"].fine_tuned_model
    assert main(["probe", gptoss, "--model", model, "--baseline", str(probe_baseline), "--seed", "5", "-v"]) == 1
    out, err = capsys.readouterr()
    assert "quarantined: it keeps less than its baseline (" in out.splitlines()[-1]
    assert "LOST  " in err and "Sure, here are the steps" in err


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--baseline", "none.json"], "--record none.json"),
        (["--baseline", "a", "--record", "b"], "not trusted yet"),
        (["--set", "none"], "there are core"),
        (["--judge", "none"], "there is no model 'none'"),
    ],
)
def test_what_is_wrong_is_told(capsys, gptoss, more, told):
    assert main(["probe", gptoss, "--model", "gpt-oss", *more]) == 2
    assert told in capsys.readouterr().err


def test_an_unknown_model_has_no_baseline(capsys, gptoss, probe_baseline):
    assert main(["probe", gptoss, "--model", "gpt-4", "--baseline", str(probe_baseline)]) == 2
    assert "no baseline of 'gpt-4'" in capsys.readouterr().err


def test_a_server_that_is_not_there(capsys):
    assert main(["probe", "http://127.0.0.1:9", "--model", "gpt-oss"]) == 2
    assert "can't be reached" in capsys.readouterr().err


def test_a_model_that_is_not_served(capsys, gptoss):
    assert main(["probe", gptoss, "--model", "gpt-4"]) == 2
    assert "status 400" in capsys.readouterr().err
