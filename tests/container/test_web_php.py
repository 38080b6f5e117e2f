# SPDX-License-Identifier: MIT
"""A legacy image: two services from one file, that of contrib/examples."""
import os

import pytest
from containers import TOP, build

ASK = ["curl", "-s", "http://127.0.0.1:8080/"]


@pytest.fixture
def both(engine, container):
    examples = os.path.join(TOP, "contrib/examples")
    image = build("reinit-web-php", examples, "--file", os.path.join(examples, "docker/web-php/Dockerfile"))
    one = container(image)
    one.wait_inside("hello from PHP\n", *ASK)
    return one


def test_nginx_waits_for_php_and_both_follow_changes(both):
    order = [(event["service"], event["event"]) for event in both.events() if event["event"] in ("STARTED", "READY")]
    assert order.index(("php", "READY")) < order.index(("nginx", "STARTED"))

    both.run_inside("sed", "-i", "s/hello/good morning/", "/etc/php/8.2/fpm/pool.d/www.conf")
    both.wait_event("APPLIED", service="php")
    both.wait_inside("good morning from PHP\n", *ASK)

    both.run_inside("sed", "-i", "s/location/loocation/", "/etc/nginx/conf.d/php.conf")
    refused = both.wait_event("REFUSED", service="nginx")
    assert 'unknown directive "loocation"' in refused["output"]
    assert both.run_inside(*ASK) == "good morning from PHP\n"


def test_services_stop_against_their_order(both):
    assert both.stop() == 0
    stopped = [event["service"] for event in both.events("STOPPING")]
    assert stopped == ["nginx", "php"]


def test_php_is_replaced_and_the_end_of_nginx_is_the_end(both):
    kill = "kill -KILL $(cat /run/php/php8.2-fpm.pid)"
    both.run_inside("sh", "-c", kill)
    both.wait_event("FAILED", service="php")
    both.wait_inside("hello from PHP\n", *ASK)
    both.run_inside("nginx", "-s", "quit")
    assert both.exit_code() == 0
