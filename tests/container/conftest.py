# SPDX-License-Identifier: MIT
"""Fixtures of the tests in real containers; see containers.py."""
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import containers  # noqa: E402
from containers import Container, build, podman  # noqa: E402

sys.path.append(os.path.join(containers.TOP, "tests/integ"))
from kubelet import ConfigMap  # noqa: E402


@pytest.fixture(scope="session")
def engine(tmp_path_factory):
    """podman, ready to be used, with the image "reinit" built by the Dockerfile at the top."""
    reason = containers.missing()
    if reason:
        pytest.skip(reason)
    os.makedirs(containers.STORE, exist_ok=True)
    directory = tmp_path_factory.mktemp("settings")
    for name, text in zip(("containers.conf", "storage.conf"), containers.settings()):
        (directory / name).write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONTAINERS_CONF", str(directory / "containers.conf"))
        patch.setenv("CONTAINERS_STORAGE_CONF", str(directory / "storage.conf"))
        if podman("image", "exists", "debian:bookworm-slim", check=False).returncode != 0:
            containers.make_base_image()
        build("reinit", containers.TOP)
        yield
        podman("image", "prune", "--force", "--filter", "until=24h")  # what earlier sources have left


@pytest.fixture(scope="session")
def image(engine):
    """Debian with reinit as its init."""
    return build("reinit-test", containers.HERE)


@pytest.fixture(scope="session")
def program(engine, tmp_path_factory):
    """The file /sbin/reinit of the image, on this machine."""
    path = tmp_path_factory.mktemp("program") / "reinit"
    name = podman("create", "reinit").stdout.strip()
    podman("cp", f"{name}:/sbin/reinit", path)
    podman("rm", "--force", name)
    return str(path)


@pytest.fixture
def container(engine):
    """container(ARG…): podman run with these, in the background; removed with the test."""
    started = []

    def start(*args):
        started.append(Container())
        started[-1].start(*args)
        return started[-1]

    yield start
    for one in started:
        one.end()


@pytest.fixture
def configmap(tmp_path):
    """configmap(content): a mount as the kubelet makes it."""
    return lambda content: ConfigMap(tmp_path / "config", content)
