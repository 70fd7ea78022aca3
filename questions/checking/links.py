"""
Checks that the addresses of the further reading still answer.

An address may be anybody's text, so no request goes to this machine or its network unless that is
asked for: a host's addresses are looked up once, and the connection goes to one that was checked.
"""

import ipaddress
import socket
import ssl
import time
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPMessage, HTTPResponse, HTTPSConnection
from typing import IO, Any, cast

USER_AGENT = "QABank-link-check/1.0 (reads each address once)"
HOSTS_AT_ONCE = 4
REPLY_TIMEOUT = 15.0  # seconds, for the whole answer with its redirects
PAUSES = (1.0, 4.0)  # seconds before the second and the third try

PERMANENT = {HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.PERMANENT_REDIRECT}
WORTH_ANOTHER_TRY = {
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}

type MayAsk = Callable[[str], bool]  # whether an IP address may be connected to


@dataclass(frozen=True)
class Answer:
    """The result for one address. Where all is well it is neither broken nor moved."""

    address: str
    broken: str = ""  # the reason
    moved_to: str = ""


def check_addresses(
    addresses: Iterable[str],
    *,
    internal: bool = False,
    timeout: float = REPLY_TIMEOUT,
    pauses: tuple[float, ...] = PAUSES,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Answer]:
    """
    Ask for each address once, a few hosts at a time and one request at a time from each host.

    Returns the answers sorted by address. `internal` says whether hosts that are not on the public
    Internet are asked too; otherwise they count as broken. `timeout` is in seconds, for a whole
    answer with its redirects. So are `pauses`: the waits before further tries where a server
    doesn't answer or is overloaded.
    `on_progress` is called with the numbers of answers and of addresses.
    """
    by_host = defaultdict(list)
    for address in dict.fromkeys(addresses):
        by_host["/".join(address.split("/")[:3])].append(address)
    total = sum(map(len, by_host.values()))
    may_ask: MayAsk = (lambda address: True) if internal else is_public
    answers: list[Answer] = []
    with ThreadPoolExecutor(HOSTS_AT_ONCE) as pool:
        futures = [
            pool.submit(lambda group: [ask(a, may_ask, timeout, pauses) for a in group], group)
            for group in by_host.values()
        ]
        for future in as_completed(futures):
            answers += future.result()
            on_progress(len(answers), total)
    return sorted(answers, key=lambda answer: answer.address)


def ask(address: str, may_ask: MayAsk, timeout: float, pauses: tuple[float, ...]) -> Answer:
    """Send HEAD, and GET where the server refuses HEAD; try again after a temporary failure."""
    for pause in (0.0, *pauses):
        time.sleep(pause)
        for method in ("HEAD", "GET"):
            answer, status = request(method, address, may_ask, timeout)
            if not answer.broken:
                return answer
        if status and status not in WORTH_ANOTHER_TRY:
            break
    return answer


def request(
    method: str, address: str, may_ask: MayAsk, timeout: float
) -> tuple[Answer, int | None]:
    """Send one request. Return the answer, and the status where it is an error (None: no reply)."""
    url, mark, fragment = address.partition("#")
    if not url.startswith(("https://", "http://")):
        return Answer(address, broken="is no web address"), HTTPStatus.BAD_REQUEST
    redirects = Redirects()
    opener = opener_with(redirects, WebHandler(may_ask, time.monotonic() + timeout))
    opener.addheaders = [("User-Agent", USER_AGENT), ("Accept", "text/html, */*;q=0.5")]
    try:
        asked = urllib.request.Request(url, method=method)  # noqa: S310 (checked above)
        with opener.open(asked) as response:
            moved_to = f"{response.url}{mark}{fragment}" if redirects.is_permanent else ""
    except urllib.error.HTTPError as error:
        error.close()
        return Answer(address, broken=f"{error.code} {error.reason}"), error.code
    except Internal as error:
        return Answer(address, broken=str(error)), HTTPStatus.FORBIDDEN
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        return Answer(address, broken=str(reason) or type(reason).__name__), None
    return Answer(address, moved_to=moved_to), None


class Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects, and records whether the first one is permanent."""

    is_permanent: bool | None = None

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        fp.close()  # otherwise its text would be read, which nobody needs and may have no end
        if self.is_permanent is None:
            self.is_permanent = code in PERMANENT
        new = super().redirect_request(req, fp, code, msg, headers, newurl)
        if new:
            new.method = req.get_method()  # HEAD stays HEAD
        return new


def opener_with(*handlers: urllib.request.BaseHandler) -> urllib.request.OpenerDirector:
    """
    Return urllib's opener without the handlers that it would have by itself.

    A redirect may lead to ftp:, and a proxy would look up the host itself.
    """
    opener = urllib.request.OpenerDirector()
    for handler in (
        *handlers,
        urllib.request.UnknownHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    return opener


class WebHandler(urllib.request.AbstractHTTPHandler):
    """Opens http: and https:, over connections to addresses that were checked."""

    def __init__(self, may_ask: MayAsk, until: float) -> None:
        super().__init__()
        self.allowed = {"may_ask": may_ask, "until": until}
        self.http_request = self.https_request = self.do_request_

    def http_open(self, req: urllib.request.Request) -> HTTPResponse:
        return self.do_open(cast(Any, Connection), req, **self.allowed)

    def https_open(self, req: urllib.request.Request) -> HTTPResponse:
        return self.do_open(cast(Any, SecureConnection), req, **self.allowed)


class Connection(HTTPConnection):
    def __init__(self, *args: Any, may_ask: MayAsk, until: float, **options: Any) -> None:
        super().__init__(*args, **options)
        self.may_ask = may_ask
        self.until = until

    def connect(self) -> None:
        self.sock = connect(self.host, self.port, self.may_ask, self.until)


class SecureConnection(HTTPSConnection):
    def __init__(self, *args: Any, may_ask: MayAsk, until: float, **options: Any) -> None:
        self.tls = ssl.create_default_context()
        self.tls.sslsocket_class = SecureSocket
        super().__init__(*args, context=self.tls, **options)
        self.may_ask = may_ask
        self.until = until

    def connect(self) -> None:
        plain = connect(self.host, self.port, self.may_ask, self.until)
        self.sock = self.tls.wrap_socket(plain, server_hostname=self.host)
        cast(SecureSocket, self.sock).until = self.until


class Socket(socket.socket):
    """
    A socket whose answer has to come until a moment.

    The timeout of a plain one begins anew with each byte that comes.
    """

    until: float  # by time.monotonic()

    def recv_into(self, *args: Any, **options: Any) -> int:
        self.settimeout(left(self.until))
        return super().recv_into(*args, **options)


class SecureSocket(Socket, ssl.SSLSocket):
    pass


def left(until: float) -> float:
    """Return how many seconds are left. Raises TimeoutError where none is."""
    seconds = until - time.monotonic()
    if seconds <= 0:
        raise TimeoutError("timed out")
    return seconds


def connect(host: str, port: int, may_ask: MayAsk, until: float) -> Socket:
    """Connect to one of a host's addresses. Raises Internal where none may be asked."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(address[0]) for *_, address in found]
    allowed = [address for address in addresses if may_ask(address)]
    if not allowed:
        raise Internal(f"{host} is not on the public Internet ({addresses[0]})")
    for address in allowed:
        try:
            plain = socket.create_connection((address, port), left(until))
        except OSError as error:
            failure = error
        else:
            connected = Socket(fileno=plain.detach())
            connected.settimeout(max(until - time.monotonic(), 0.001))  # of the handshake
            connected.until = until
            return connected
    raise failure


class Internal(Exception):  # noqa: N818 (it is no error)
    """Why a host was not asked."""


# All that is given out for use on the Internet lies in it, and some that is not.
GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
RELAYED = ipaddress.ip_network("2002::/16")  # to an IPv4 address that is written in it (6to4)


def is_public(written: str) -> bool:
    """Whether an IP address is one of the public Internet."""
    address = ipaddress.ip_address(written)
    address = getattr(address, "ipv4_mapped", None) or address
    if address.version == 6 and (address not in GLOBAL_UNICAST or address in RELAYED):
        return False
    return address.is_global and not address.is_multicast
