# SPDX-License-Identifier: MIT
"""The examples for Kubernetes: they are YAML, they fit together, and reinit takes the environment that they set."""
import glob
import os
import subprocess

import pytest
from containers import LIMIT_S, TOP

yaml = pytest.importorskip("yaml", reason="python3-yaml is not installed")

MANIFESTS = sorted(glob.glob(os.path.join(TOP, "contrib/examples/kubernetes/*.yaml")))


def load(path):
    with open(path) as file:
        return [document for document in yaml.safe_load_all(file) if document]


def pod_spec(document):
    return document["spec"]["template"]["spec"] if document["kind"] == "Deployment" else document["spec"]


@pytest.fixture(params=MANIFESTS, ids=os.path.basename)
def manifest(request):
    """(names of its ConfigMaps, pod spec) of a manifest with one workload."""
    documents = load(request.param)
    workloads = [document for document in documents if document["kind"] != "ConfigMap"]
    assert len(workloads) == 1
    return [document["metadata"]["name"] for document in documents if document["kind"] == "ConfigMap"], pod_spec(workloads[0])


def environment(spec):
    return {entry["name"]: entry["value"] for entry in spec["containers"][0]["env"]}


def test_mounts_are_volumes_and_volumes_are_configmaps(manifest):
    configmaps, spec = manifest
    volumes = {volume["name"]: volume["configMap"]["name"] for volume in spec["volumes"]}
    assert set(volumes.values()) <= set(configmaps)
    for mount in spec["containers"][0]["volumeMounts"]:
        assert mount["name"] in volumes
        assert "subPath" not in mount, "such a mount is never updated"


def test_every_watch_is_a_mount(manifest):
    spec = manifest[1]
    mounts = {mount["mountPath"] for mount in spec["containers"][0]["volumeMounts"]}
    assert set(environment(spec)["REINIT_WATCH"].splitlines()) <= mounts


def test_reinit_takes_the_environment(manifest, program):
    env = environment(manifest[1])
    done = subprocess.run([program, "--explain", "--", "nginx"], env=env, capture_output=True, text=True, timeout=LIMIT_S)
    assert done.returncode == 0, done.stderr
    for name in env:
        assert name in done.stdout, "the plan says where each value comes from"
