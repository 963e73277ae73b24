"""One client for all servers: patient, but not without end; nothing unbounded, no scheme but http and https."""

from __future__ import annotations

import json
import os
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

import requests
import tenacity
import truststore
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from geoplan.data.cache import Part
from geoplan.errors import NetworkError, NoServiceError, OutputError, refusal

__all__ = ["PATIENCE", "VARIABLE", "Client", "Patience", "is_offline", "offline"]

VARIABLE = "GEOPLAN_OFFLINE"
"""Environment variable that forbids any use of the network."""
YES = ("1", "true", "yes", "on")
BUSY = (429, 500, 502, 503, 504)
"""Answers after which it is worth asking again."""
CUT = "the answer was cut off"
MISSING = (404, 410)
OWN_CERTIFICATES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
PROXY_HINT = (
    "Behind a proxy set HTTPS_PROXY (and REQUESTS_CA_BUNDLE for its certificate); without a network what ships and "
    "what was fetched still works."
)
Late = urllib3.exceptions.ReadTimeoutError
_OFFLINE: ContextVar[bool] = ContextVar("offline", default=False)


@dataclass(frozen=True)
class Patience:
    """How long, how often and how much.

    Parameters
    ----------
    connect_s, read_s
        Seconds to wait for a connection, and for the next bytes.
    whole_s
        Seconds in which one answer must have come whole.
    tries
        How often a question is put again.
    backoff_s, longest_backoff_s
        First wait before it is; it doubles up to the longest, which also bounds what a server asks for by Retry-After.
    between_s
        Least time between two questions.
    most_bytes
        Size of an answer, unpacked, beyond which it is refused.
    most_redirects
        How many times a server may send the client on.
    file_s, most_file_bytes
        As ``whole_s`` and ``most_bytes``, of a file that goes to the disk as it is sent.
    """

    connect_s: float = 15.0
    read_s: float = 90.0
    whole_s: float = 600.0
    tries: int = 5
    backoff_s: float = 1.0
    longest_backoff_s: float = 120.0
    between_s: float = 0.1
    most_bytes: int = 512 * 1024**2
    most_redirects: int = 5
    file_s: float = 3600.0
    most_file_bytes: int = 1024**3


PATIENCE = Patience()
"""With servers of the public sector, which have weak hours."""


@contextmanager
def offline(*, wanted: bool = True) -> Iterator[None]:
    """Forbid the network meanwhile, where that is wanted."""
    token = _OFFLINE.set(wanted or _OFFLINE.get())
    try:
        yield
    finally:
        _OFFLINE.reset(token)


def is_offline() -> bool:
    """Tell whether the network is forbidden: by ``--offline``, or by the environment variable GEOPLAN_OFFLINE."""
    return _OFFLINE.get() or os.environ.get(VARIABLE, "").strip().lower() in YES


class _AgainError(Exception):
    """An answer that calls for asking again; its text is the reason."""


class _Session(requests.Session):
    """Follows no redirect from a safe to an unsafe address."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        target = super().get_redirect_target(resp)
        if target and urlsplit(resp.url).scheme == "https" and target.lower().startswith("http:"):
            resp.close()
            message = refusal(f"{_host(resp.url)} sends the request on to an address without encryption")
            raise NetworkError(message)
        return target


class _Adapter(HTTPAdapter):
    """Trusts what the system trusts, which on managed desktops includes the organisation's own certificates."""

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **_with_trust(options))

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        return super().proxy_manager_for(proxy, **_with_trust(options))


def _with_trust(options: dict[str, Any]) -> dict[str, Any]:
    if any(os.environ.get(name) for name in OWN_CERTIFICATES):
        return options
    return {**options, "ssl_context": truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)}


class Client:
    """Asks servers, and refuses in sentences.

    Parameters
    ----------
    patience
        How long, how often and how much; `PATIENCE` by default.
    sleep
        Waits for some seconds.
    """

    def __init__(self, patience: Patience | None = None, sleep: Callable[[float], None] = time.sleep) -> None:
        self.patience = patience or PATIENCE
        self.asked = 0
        self._sleep = sleep
        self._last: float | None = None
        self._session = _Session()
        self._session.max_redirects = self.patience.most_redirects
        self._session.headers["User-Agent"] = f"geoplan/{version('geoplan')} (+https://pypi.org/project/geoplan)"
        retry = Retry(
            total=self.patience.tries,
            # Where there is no network nobody should wait half a minute to be told.
            connect=min(2, self.patience.tries),
            redirect=False,
            status_forcelist=BUSY,
            allowed_methods=frozenset({"GET", "POST"}),
            backoff_factor=self.patience.backoff_s,
            backoff_max=self.patience.longest_backoff_s,
            retry_after_max=int(self.patience.longest_backoff_s),
        )
        # Nothing but these two: no file, no other protocol.
        self._session.adapters.clear()
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, _Adapter(max_retries=retry))

    def json(
        self, url: str, query: Mapping[str, str], *, post: bool = False, fault: Callable[[Any], str] | None = None
    ) -> dict[str, Any]:
        """Ask for a JSON object.

        Parameters
        ----------
        url
            Address.
        query
            Parameters of the question.
        post
            Whether to send them in the body: they may be long.
        fault
            Reads from an answer why it is none, though its status says otherwise; empty where it is one. A reason that
            begins with ``busy`` is one after which the question is put again.

        Returns
        -------
        dict
            The answer.

        Raises
        ------
        NetworkError
            If there is no answer, or it is not JSON or no object, or it is an error in itself.
        """

        def read(content: bytes) -> dict[str, Any]:
            try:
                found = json.loads(content)
            except (ValueError, RecursionError) as error:
                message = "it answered with what is not JSON; it may be the page of a proxy or a sign-in"
                raise _AgainError(message) from error
            if not isinstance(found, dict):
                message = "it answered with JSON that is no object"
                raise _AgainError(message)
            if why := (fault(found) if fault else ""):
                if why.startswith("busy"):
                    raise _AgainError(why)
                raise NetworkError(refusal(f"{_host(url)} refuses the question: {why}"))
            return found

        answer: dict[str, Any] = self._asking(url, query, post=post, read=read)
        return answer

    def content(self, url: str, query: Mapping[str, str]) -> bytes:
        """Ask for bytes, such as a table; see `json`."""
        answer: bytes = self._asking(url, query, post=False, read=lambda content: content)
        return answer

    def download(self, url: str, into: Part) -> None:
        """Fetch a file onto the disk piece by piece, going on where an earlier run was cut off.

        Parameters
        ----------
        url
            Address.
        into
            Where it is put together. What is there already is gone on with where the server says that its file is
            still the same.

        Raises
        ------
        NetworkError
            If there is no answer, it is cut off again and again, or the file is too large; what has come stays there.
        OutputError
            If it cannot be written.
        """
        self._patiently(url, lambda: self._rest_of(url, into))

    def _rest_of(self, url: str, into: Part) -> None:
        had, state = into.begun()
        # Parts are of the bytes as they lie there, not of what they would be squeezed to on the way.
        asked = {"Accept-Encoding": "identity", **({"Range": f"bytes={had}-", "If-Range": state} if had else {})}
        with self._answer(url, {}, headers=asked) as response:
            if had and response.status_code == requests.codes.requested_range_not_satisfiable:
                into.drop()
                raise _AgainError(CUT)
            goes_on = had > 0 and response.status_code == requests.codes.partial_content
            if goes_on and not response.headers.get("Content-Range", "").startswith(f"bytes {had}-"):
                raise NetworkError(refusal(f"{_host(url)} sends another part of the file than was asked for"))
            if not goes_on:
                _refuse_status(response)
                named = response.headers.get("ETag", "")
                # A weak name does not promise that the bytes are the same.
                _on_disk(url, lambda: into.begin("" if named.startswith("W/") else named))
            for piece in self._pieces(response, self.patience.most_file_bytes, self.patience.file_s, had * goes_on):
                _on_disk(url, partial(into.add, piece))

    def _asking(self, url: str, query: Mapping[str, str], *, post: bool, read: Callable[[bytes], Any]) -> Any:
        """Ask until there is an answer that can be read, or patience ends."""
        return self._patiently(url, lambda: read(self._whole(url, query, post=post)))

    def _patiently(self, url: str, ask: Callable[[], Any]) -> Any:
        _refuse_odd(url)
        waits = tenacity.wait_exponential(multiplier=self.patience.backoff_s, max=self.patience.longest_backoff_s)
        asking = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_AgainError),
            stop=tenacity.stop_after_attempt(self.patience.tries + 1),
            wait=waits,
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return asking(ask)
        except _AgainError as error:
            message = refusal(f"{_host(url)} gives no answer that can be used: {error}", hint=PROXY_HINT)
            raise NetworkError(message) from error

    def _whole(self, url: str, query: Mapping[str, str], *, post: bool) -> bytes:
        """Ask once, and return the body of the answer whole."""
        with self._answer(url, query, post=post) as response:
            _refuse_status(response)
            return b"".join(self._pieces(response, self.patience.most_bytes, self.patience.whole_s))

    @contextmanager
    def _answer(
        self, url: str, query: Mapping[str, str], *, post: bool = False, headers: Mapping[str, str] | None = None
    ) -> Iterator[requests.Response]:
        """Ask once, and give the answer before its body has come."""
        if is_offline():
            message = refusal(
                f"{_host(url)} is not asked, because the network is not to be used",
                hint=f"Leave out --offline, or unset {VARIABLE}.",
            )
            raise NetworkError(message)
        self._pace()
        self.asked += 1
        asked: dict[str, Any] = {"data": dict(query)} if post else {"params": dict(query)}
        limits = (self.patience.connect_s, self.patience.read_s)
        method = "POST" if post else "GET"
        with (
            _worded(url),
            self._session.request(method, url, stream=True, timeout=limits, headers=headers, **asked) as response,
        ):
            yield response

    def _pieces(self, response: requests.Response, most: int, most_s: float, had: int = 0) -> Iterator[bytes]:
        """Give the body piece by piece, of which some bytes were there, as long as it is neither too large nor late."""
        begun, size = time.monotonic(), had
        # What has come is taken piece by piece: waiting for whole pieces has no end where bytes drip.
        while piece := response.raw.read1(1 << 16, decode_content=True):
            size += len(piece)
            if size > most:
                said = f"{_host(response.url)} sends more than {most / 1024**2:,.0f} MB, which is not taken"
                raise NetworkError(refusal(said))
            if time.monotonic() - begun > most_s:
                message = f"the answer was not whole after {most_s:,.0f} seconds"
                raise _AgainError(message)
            yield piece
        if response.raw.length_remaining:
            raise _AgainError(CUT)

    def _pace(self) -> None:
        now = time.monotonic()
        if self._last is not None and (early := self._last + self.patience.between_s - now) > 0:
            self._sleep(early)
        self._last = time.monotonic()


def _on_disk(url: str, write: Callable[[], None]) -> None:
    try:
        write()
    except OSError as error:
        hint = "Another folder may be named in GEOPLAN_CACHE."
        said = f"what {_host(url)} sends cannot be written ({error.strerror or error})"
        raise OutputError(refusal(said, hint=hint)) from error


def _refuse_odd(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        message = refusal(f"{url!r} is no address of a service", hint="It begins with https:// or http://.")
        raise NetworkError(message)


def _host(url: str) -> str:
    return urlsplit(url).hostname or url


def _refuse_status(response: requests.Response) -> None:
    """Refuse an answer whose status says that it is none; busy servers were asked again already."""
    status, host = response.status_code, _host(response.url)
    if status in MISSING:
        raise NoServiceError(refusal(f"{host} has no such service ({status}): {urlsplit(response.url).path}"))
    if status in {401, 403, 407}:
        raise NetworkError(refusal(f"{host} refuses access ({status})", hint=PROXY_HINT))
    if status != requests.codes.ok:
        raise NetworkError(refusal(f"{host} answers with status {status}", hint="Try again later."))


@contextmanager
def _worded(url: str) -> Iterator[None]:
    """Turn what the libraries raise into sentences, and tell what to ask again after."""
    host = _host(url)
    try:
        yield
    except requests.exceptions.RetryError as error:
        message = refusal(f"{host} is busy or out of order: it was asked several times", hint="Try again later.")
        raise NetworkError(message) from error
    except requests.exceptions.TooManyRedirects as error:
        raise NetworkError(refusal(f"{host} sends the request on again and again")) from error
    except requests.exceptions.InvalidSchema as error:
        message = refusal(f"{host} sends the request on to an address that is neither http nor https")
        raise NetworkError(message) from error
    except requests.exceptions.SSLError as error:
        hint = "Name your organisation's certificates in REQUESTS_CA_BUNDLE, if it inspects traffic."
        raise NetworkError(refusal(f"the certificate of {host} is not trusted", hint=hint)) from error
    except (urllib3.exceptions.HTTPError, requests.exceptions.ContentDecodingError) as error:
        # What the client beneath raises itself is about the body: all else comes in the words of requests.
        raise _AgainError(CUT) from error
    except requests.exceptions.ConnectionError as error:
        late = isinstance(error, requests.exceptions.Timeout) or isinstance(_reason(error), Late)
        said = "did not answer in time" if late else "cannot be reached"
        raise NetworkError(refusal(f"{host} {said}", hint=PROXY_HINT)) from error
    except requests.exceptions.Timeout as error:
        raise NetworkError(refusal(f"{host} did not answer in time", hint=PROXY_HINT)) from error
    except requests.exceptions.RequestException as error:
        raise NetworkError(refusal(f"{host} cannot be asked ({type(error).__name__})", hint=PROXY_HINT)) from error


def _reason(error: Exception) -> object:
    """Return why the client beneath gave up, after it had asked again."""
    return getattr(error.args[0], "reason", None) if error.args else None
