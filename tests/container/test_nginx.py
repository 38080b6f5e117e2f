# SPDX-License-Identifier: MIT
"""A newcomer's image in the layout of the official nginx image, as hardened as a cluster may demand."""
import os

import pytest
from containers import TOP, build

BOUNDS = ["--read-only", "--user=101", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--pids-limit=64"]
ASK = ["curl", "-s", "http://127.0.0.1:8080/"]


def site(text):
    return {"site.conf": f'server {{ listen 8080; default_type text/plain; return 200 "{text}"; }}\n'}


@pytest.fixture
def web(engine, configmap, container):
    """The running image, with conf.d on a ConfigMap. web.config is the latter."""
    image = build("reinit-nginx", os.path.join(TOP, "contrib/examples/docker/nginx"))
    config = configmap(site("one"))
    one = container(*BOUNDS, f"--volume={config.path}:/etc/nginx/conf.d:ro", image)
    one.config = config
    one.wait_inside("one", *ASK)
    return one


def test_changes_are_served_and_broken_ones_refused(web):
    assert "conf.d holds: /etc/nginx/conf.d/site.conf" in web.logs(), "the entrypoint's scripts have run"

    web.config.update(site("two"))
    web.wait_log("event=APPLIED")
    web.wait_inside("two", *ASK)

    web.config.update({"site.conf": "server { listen 8080; retrun 200; }\n"})
    web.wait_log("event=REFUSED")
    assert 'unknown directive \\"retrun\\"' in web.logs(), "nginx's own words"
    assert web.run_inside(*ASK) == "two"

    web.config.update(site("two"))
    web.config.update(site("three"))
    web.wait_log("event=APPLIED", count=2)
    web.wait_inside("three", *ASK)

    assert web.logs().count("event=APPLIED") == 2
    assert web.stop() == 0


def test_mime_types_of_the_image_are_used(web):
    """conf.d is mounted alone: the rest of the configuration is the image's."""
    web.config.update({"site.conf": "server { listen 8080; root /etc/nginx; }\n"})
    web.wait_log("event=APPLIED")
    kind = ["curl", "-s", "-o", "/dev/null", "-w", "%{content_type}", "http://127.0.0.1:8080/mime.types"]
    web.wait_inside("application/octet-stream", *kind)
    web.config.update({"site.conf": "server { listen 8080; location / { alias /etc/nginx/; types { text/x-own types; } } }\n"})
    web.wait_log("event=APPLIED", count=2)
    web.wait_inside("text/x-own", *kind)
