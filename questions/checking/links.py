"""Checks that the addresses of the further reading still answer."""

import time
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException, HTTPMessage
from typing import IO

USER_AGENT = "QABank-link-check/1.0 (reads each address once)"
HOSTS_AT_ONCE = 4
REPLY_TIMEOUT = 15.0  # seconds
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


@dataclass(frozen=True)
class Answer:
    """The result for one address. Where all is well it is neither broken nor moved."""

    address: str
    broken: str = ""  # the reason
    moved_to: str = ""


def check_addresses(
    addresses: Iterable[str],
    *,
    timeout: float = REPLY_TIMEOUT,
    pauses: tuple[float, ...] = PAUSES,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Answer]:
    """
    Ask for each address once, a few hosts at a time and one request at a time from each host.

    Returns the answers sorted by address. `timeout` is in seconds, and so are `pauses`: the waits
    before further tries where a server doesn't answer or is overloaded. `on_progress` is called
    with the numbers of answers and of addresses.
    """
    by_host = defaultdict(list)
    for address in dict.fromkeys(addresses):
        by_host["/".join(address.split("/")[:3])].append(address)
    total = sum(map(len, by_host.values()))
    answers: list[Answer] = []
    with ThreadPoolExecutor(HOSTS_AT_ONCE) as pool:
        futures = [
            pool.submit(lambda group: [ask(a, timeout, pauses) for a in group], group)
            for group in by_host.values()
        ]
        for future in as_completed(futures):
            answers += future.result()
            on_progress(len(answers), total)
    return sorted(answers, key=lambda answer: answer.address)


def ask(address: str, timeout: float = REPLY_TIMEOUT, pauses: tuple[float, ...] = PAUSES) -> Answer:
    """Send HEAD, and GET where the server refuses HEAD; try again after a temporary failure."""
    for pause in (0.0, *pauses):
        time.sleep(pause)
        for method in ("HEAD", "GET"):
            answer, status = request(method, address, timeout)
            if not answer.broken:
                return answer
        if status and status not in WORTH_ANOTHER_TRY:
            break
    return answer


def request(method: str, address: str, timeout: float) -> tuple[Answer, int | None]:
    """Send one request. Return the answer, and the status where it is an error (None: no reply)."""
    url, mark, fragment = address.partition("#")
    if not url.startswith(("https://", "http://")):
        return Answer(address, broken="is no web address"), HTTPStatus.BAD_REQUEST
    redirects = Redirects()
    opener = urllib.request.build_opener(redirects)
    opener.addheaders = [("User-Agent", USER_AGENT), ("Accept", "text/html, */*;q=0.5")]
    try:
        asked = urllib.request.Request(url, method=method)  # noqa: S310 (checked above)
        with opener.open(asked, timeout=timeout) as response:
            moved_to = f"{response.url}{mark}{fragment}" if redirects.is_permanent else ""
    except urllib.error.HTTPError as error:
        error.close()
        return Answer(address, broken=f"{error.code} {error.reason}"), error.code
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
        if self.is_permanent is None:
            self.is_permanent = code in PERMANENT
        new = super().redirect_request(req, fp, code, msg, headers, newurl)
        if new:
            new.method = req.get_method()  # HEAD stays HEAD
        return new
