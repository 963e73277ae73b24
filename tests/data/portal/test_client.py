"""The client against servers that are slow, busy, broken or false: it asks again, and ends with a sentence."""

from __future__ import annotations

import gzip
import socket
import ssl
from dataclasses import replace

import pytest
import trustme
from stand_in import QUICK, Answer, StandIn, answer, nth, serving

from geoplan.data.portal.client import Client, offline
from geoplan.errors import NetworkError

RIGHT = {"told": [1, 2, 3]}


@pytest.fixture
def url(portal: StandIn) -> str:
    portal.paths["/told"] = lambda _: answer(RIGHT)
    return f"{portal.address}/told"


@pytest.fixture
def hasty() -> Client:
    """A client that waits for bytes no longer than a busy machine needs to send them."""
    return Client(replace(QUICK, read_s=0.5), sleep=lambda _: None)


def always(given: Answer):
    return lambda _asked, _right: given


def read_error(told: dict) -> str:
    error = told.get("error")
    return "" if error is None else f"{'busy, ' if error == 500 else ''}code {error}"


def test_an_answer_is_read_and_the_server_knows_who_asks(portal: StandIn, url: str) -> None:
    client = Client(QUICK)
    assert client.json(url, {"f": "json", "where": "1=1"}) == RIGHT
    assert client.json(url, {"ids": "1,2"}, post=True) == RIGHT
    assert [one.query for one in portal.log] == [{"f": "json", "where": "1=1"}, {"ids": "1,2"}]
    assert client.asked == 2
    assert client._session.headers["User-Agent"].startswith("geoplan/")


ONCE = {
    "cut": Answer(b'{"told": [1, 2, 3]}', cut=7),
    "wrong JSON": Answer(b"<html>Sign in</html>"),
    "no object": Answer(b"[1, 2]"),
    "429": Answer(status=429),
    "429 with Retry-After": Answer(status=429, headers={"Retry-After": "3600"}),
    "500": Answer(status=500),
    "503": Answer(status=503),
    "an error with status 200": answer({"error": 500}),
    "slow to begin": Answer(late_s=2),
    "slow within": Answer(wait_s=2),
    "no gzip, whatever it says": Answer(b"plain", headers={"Content-Encoding": "gzip"}),
}
"""What happens now and then, and what is told where it happens every time."""
SAID = {
    "cut": "the answer was cut off",
    "wrong JSON": "not JSON; it may be the page of a proxy or a sign-in",
    "no object": "JSON that is no object",
    "429": "busy or out of order",
    "429 with Retry-After": "busy or out of order",
    "500": "busy or out of order",
    "503": "busy or out of order",
    "an error with status 200": "code 500",
    "slow to begin": "127.0.0.1 did not answer in time",
    "slow within": "the answer was cut off",
    "no gzip, whatever it says": "the answer was cut off",
}


@pytest.mark.parametrize("fault", ONCE)
def test_what_fails_once_is_asked_again(portal: StandIn, hasty: Client, url: str, fault: str) -> None:
    portal.fault = nth(0, always(ONCE[fault]))
    assert hasty.json(url, {}, fault=read_error) == RIGHT
    assert len(portal.log) == 2


@pytest.mark.parametrize("fault", ONCE)
def test_what_fails_always_ends_with_a_sentence(portal: StandIn, hasty: Client, url: str, fault: str) -> None:
    portal.fault = always(ONCE[fault])
    with pytest.raises(NetworkError, match=SAID[fault]) as refused:
        hasty.json(url, {}, fault=read_error)
    assert refused.value.exit_code == 4
    assert len(portal.log) == 1 + QUICK.tries


AT_ONCE = {
    "an error with status 200": (answer({"error": 400}), "refuses the question: code 400"),
    "404": (Answer(status=404), r"no such service \(404\): /told"),
    "403": (Answer(status=403), r"refuses access \(403\)"),
    "418": (Answer(status=418), "answers with status 418"),
    "another protocol": (Answer(status=302, headers={"Location": "ftp://127.0.0.1/x"}), "neither http nor https"),
    "a file": (Answer(status=302, headers={"Location": "file:///etc/passwd"}), "neither http nor https"),
}


@pytest.mark.parametrize("fault", AT_ONCE)
def test_what_will_not_change_is_not_asked_again(portal: StandIn, client: Client, url: str, fault: str) -> None:
    given, said = AT_ONCE[fault]
    portal.fault = always(given)
    with pytest.raises(NetworkError, match=said):
        client.json(url, {}, fault=read_error)
    assert len(portal.log) == 1


def test_a_redirect_is_followed_and_a_loop_of_them_is_not(portal: StandIn, client: Client, url: str) -> None:
    portal.paths["/moved"] = lambda _: Answer(status=302, headers={"Location": "/told"})
    assert client.json(url.replace("told", "moved"), {}) == RIGHT
    portal.paths["/round"] = lambda _: Answer(status=302, headers={"Location": "/round"})
    portal.log.clear()
    with pytest.raises(NetworkError, match="sends the request on again and again"):
        client.json(url.replace("told", "round"), {})
    assert len(portal.log) == 1 + QUICK.most_redirects


@pytest.mark.parametrize("packed", [False, True])
def test_more_than_is_taken_is_refused_also_unpacked(portal: StandIn, url: str, packed: bool) -> None:  # noqa: FBT001
    body = b" " * 3_000_000
    headers = {"Content-Encoding": "gzip"} if packed else {}
    portal.paths["/told"] = lambda _: Answer(gzip.compress(body) if packed else body, headers=headers)
    client = Client(replace(QUICK, most_bytes=2 * 1024**2), sleep=lambda _: None)
    with pytest.raises(NetworkError, match="sends more than 2 MB"):
        client.json(url, {})
    assert len(portal.log) == 1


def test_an_answer_that_drips_is_given_up(portal: StandIn, url: str) -> None:
    portal.fault = always(Answer(b" " * 200, drip_s=0.02))
    client = Client(replace(QUICK, whole_s=0.1, tries=1), sleep=lambda _: None)
    with pytest.raises(NetworkError, match="not whole after 0 seconds"):
        client.json(url, {})


def test_a_wait_that_the_server_asks_for_is_bounded_and_waits_between_tries_grow(portal: StandIn, url: str) -> None:
    waits: list[float] = []
    client = Client(replace(QUICK, tries=4, backoff_s=1.0, longest_backoff_s=5.0), sleep=waits.append)
    portal.fault = always(Answer(b"no"))
    with pytest.raises(NetworkError):
        client.json(url, {})
    assert waits == [1.0, 2.0, 4.0, 5.0]
    retry = client._session.get_adapter(url).max_retries
    assert (retry.retry_after_max, retry.backoff_max) == (5, 5.0)


def test_questions_keep_a_distance(url: str) -> None:
    waits: list[float] = []
    client = Client(replace(QUICK, between_s=50.0), sleep=waits.append)
    client.json(url, {})
    assert waits == []
    client.json(url, {})
    assert 40 < waits[0] <= 50


def test_a_server_that_is_not_there(client: Client) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(NetworkError, match=r"127.0.0.1 cannot be reached. Behind a proxy set HTTPS_PROXY"):
        client.json(f"http://127.0.0.1:{port}/", {})


@pytest.mark.parametrize("url", ["ftp://example.org/", "example.org", "file:///etc/passwd", "https://", ""])
def test_what_is_no_address_of_a_service(client: Client, url: str) -> None:
    with pytest.raises(NetworkError, match="is no address of a service"):
        client.json(url, {})


def test_a_proxy_of_the_environment_is_used(portal: StandIn, client: Client, url: str, monkeypatch) -> None:
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("HTTP_PROXY", portal.address)
    monkeypatch.setenv("http_proxy", portal.address)
    assert client.json("http://portal.invalid/told", {}) == RIGHT
    assert url


def test_offline_asks_nobody(portal: StandIn, client: Client, url: str, monkeypatch) -> None:
    with offline(), pytest.raises(NetworkError, match="is not to be used"):
        client.json(url, {})
    with offline(wanted=False):
        assert client.json(url, {}) == RIGHT
    monkeypatch.setenv("GEOPLAN_OFFLINE", "yes")
    with pytest.raises(NetworkError, match="is not to be used"):
        client.json(url, {})
    assert len(portal.log) == 1


def test_a_certificate_that_nobody_vouches_for_is_refused_unless_it_is_named(tmp_path, monkeypatch) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with serving(context) as safe, serving() as unsafe:
        unsafe.paths["/told"] = safe.paths["/told"] = lambda _: answer(RIGHT)
        safe.paths["/down"] = lambda _: Answer(status=302, headers={"Location": f"{unsafe.address}/told"})
        client = Client(QUICK, sleep=lambda _: None)
        with pytest.raises(NetworkError, match=r"certificate of 127.0.0.1 is not trusted.*REQUESTS_CA_BUNDLE"):
            client.json(f"{safe.address}/told", {})
        assert safe.log == []
        named = tmp_path / "own.pem"
        authority.cert_pem.write_to_path(named)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(named))
        trusting = Client(QUICK, sleep=lambda _: None)
        assert trusting.json(f"{safe.address}/told", {}) == RIGHT
        with pytest.raises(NetworkError, match="to an address without encryption"):
            trusting.json(f"{safe.address}/down", {})
        assert unsafe.log == []
