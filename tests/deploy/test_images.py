"""The Dockerfile and the Compose file promise what docs/operations.md says of them. No engine is needed to read them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from guardproxy.config import variables
from tests.deploy.expressions import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text("utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
DOCKERFILE = re.sub(r"\\\n", " ", (ROOT / "deploy/Dockerfile").read_text("utf-8"))
LINES = [line for line in DOCKERFILE.splitlines() if line and not line.startswith("#")]


def stage(name: str) -> list[str]:
    """The instructions of one stage."""
    start = next(i for i, line in enumerate(LINES) if re.fullmatch(rf"FROM \S+ AS {name}", line))
    end = next((i for i in range(start + 1, len(LINES)) if LINES[i].startswith("FROM ")), len(LINES))
    return LINES[start:end]


@pytest.mark.parametrize("name", ["proxy", "backend"])
def test_images_run_without_root_and_end_on_a_signal(name: str) -> None:
    last = stage(name)
    words = {line.split(" ", 1)[0]: line.split(" ", 1)[1] for line in last}
    assert all(int(number) > 0 for number in words["USER"].split(":"))
    assert words["STOPSIGNAL"] == "SIGTERM"
    assert words["ENTRYPOINT"].startswith('["guardproxy"')
    assert "CMD [" in words["HEALTHCHECK"]
    assert not [line for line in last if line.startswith(("RUN", "ADD"))], "nothing is installed in the last stage"
    assert last.index(f"USER {words['USER']}") > max(i for i, line in enumerate(last) if line.startswith("COPY"))


def test_the_proxy_comes_last_and_without_torch() -> None:
    assert [line for line in LINES if line.startswith("FROM")][-1].endswith(" AS proxy")
    assert "torch" not in "\n".join(stage("proxy-build") + stage("proxy"))
    for line in LINES:
        assert "pip --python" not in line or line.count("-c constraints.txt") == line.count(
            "install --only-binary :all:"
        )


def test_what_is_copied_exists_and_is_let_into_the_context() -> None:
    ignored = (ROOT / "deploy/Dockerfile.dockerignore").read_text("utf-8").splitlines()
    for line in LINES:
        if line.startswith("COPY") and "--from" not in line:
            for name in line.split()[1:-1]:
                assert (ROOT / name).exists(), name
                assert f"!{name}" in ignored, name


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_hardened(name: str) -> None:
    one = SERVICES[name]
    assert one["read_only"] is True
    assert one["cap_drop"] == ["ALL"]
    assert one["security_opt"] == ["no-new-privileges:true"]
    assert all(port.startswith("127.0.0.1:") for port in one.get("ports", ()))
    assert "healthcheck" in one or "build" in one
    assert ":latest" not in one["image"] and ":" in one["image"]
    assert all(wait == {"condition": "service_healthy"} for wait in one.get("depends_on", {}).values())


def test_only_guardproxy_reaches_the_model_and_only_prometheus_the_second_listener() -> None:
    members = {n: {s for s, one in SERVICES.items() if n in one["networks"]} for n in COMPOSE["networks"]}
    assert members["backend"] == {"guardproxy", "gpt-oss"}
    assert members["metrics"] == {"guardproxy", "prometheus"}
    assert members["clients"] == {"guardproxy"}
    assert all(COMPOSE["networks"][n].get("internal") for n in ("backend", "metrics"))
    assert "ports" not in SERVICES["gpt-oss"]
    assert SERVICES["gpt-oss"]["networks"] == ["backend"]
    assert SERVICES["guardproxy"]["ports"] == ["127.0.0.1:8080:8080"]


def test_prometheus_scrapes_a_name_that_the_second_listener_answers_to() -> None:
    config = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text("utf-8"))
    jobs = {job["job_name"]: job["static_configs"][0]["targets"] for job in config["scrape_configs"]}
    host = jobs["guardproxy"][0].partition(":")[0]
    assert host in SERVICES
    assert SERVICES["guardproxy"]["environment"]["GUARDPROXY_ADMIN_HOSTS"] == host
    (source,) = yaml.safe_load((ROOT / "deploy/grafana/provisioning/datasources/prometheus.yaml").read_text())[
        "datasources"
    ]
    assert source["url"] == "http://prometheus:9090"


def test_variables_are_ones_that_guardproxy_reads() -> None:
    named = set(re.findall(r"GUARDPROXY_[A-Z_]+", DOCKERFILE + str(SERVICES["guardproxy"]["environment"])))
    keys = {f"GUARDPROXY_{one}" for one in ("KEY", "ADMIN_KEY", "UPSTREAM_KEY", "HASH_KEY", "CACHE")}
    assert named <= {*variables(), *keys}
    assert len(named) > 5


def test_folders_that_are_mounted_exist() -> None:
    for one in SERVICES.values():
        for volume in one.get("volumes", ()):
            source = volume.split(":")[0]
            assert (ROOT / "deploy" / source).is_dir() if source.startswith(".") else source in COMPOSE["volumes"]


def test_the_cache_that_the_image_ships_is_the_one_that_serving_reads(tmp_path: Path) -> None:
    """What `warm.py` compiles is all that a start with the shipped policy needs."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith("GUARDPROXY_")}
    environ["GUARDPROXY_CACHE"] = str(tmp_path)

    def run(*arguments: str) -> int:
        done = subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, env=environ, capture_output=True, timeout=50, check=False
        )
        return done.returncode

    assert run("deploy/warm.py") == 0
    made = {file: file.stat().st_mtime_ns for file in (tmp_path / "patterns").iterdir()}
    assert made
    assert (
        run("-m", "guardproxy", "serve", "--check", "--upstream", "http://127.0.0.1:9/v1", "--decision-log", "none")
        == 1
    )
    assert {file: file.stat().st_mtime_ns for file in (tmp_path / "patterns").iterdir()} == made


def test_an_incident_can_be_opened_where_the_second_listener_is_for_all_addresses() -> None:
    """It takes no requests without a key there, not even from inside."""
    given = COMPOSE["services"]["guardproxy"]["environment"]
    assert given["GUARDPROXY_ADMIN_HOST"] == "0.0.0.0"
    assert given["GUARDPROXY_ADMIN_KEY"] == "${GUARDPROXY_ADMIN_KEY:-}"
