"""What a first visit of a page costs a phone."""

import re
from collections.abc import Iterator

import pytest

from tests.html import parse, select
from tests.servers import Server

# Address, and how many bytes, headers included, and requests it may cost at most. The typeface has
# 15 kB of the bytes.
BUDGETS = [("/", 70_000, 7), ("/practice/?n=20", 80_000, 14), ("/progress/", 80_000, 13)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("weight"))
    yield server
    server.stop()


@pytest.mark.parametrize(("address", "most_bytes", "most_requests"), BUDGETS)
def test_a_cold_visit_is_light(
    server: Server, address: str, most_bytes: int, most_requests: int
) -> None:
    page = parse(server.get(address)[2])
    loaded = [
        *(script.get("src") for script in select(page, "script[src]")),
        *(link.get("href") for link in select(page, "link[rel=stylesheet]")),
        *(link.get("href") for link in select(page, "link[rel=preload]")),
        *(link.get("href") for link in select(page, "link[rel=modulepreload]")),
        *(link.get("href") for link in select(page, "link[rel=icon]")),
    ]
    addresses = [address, *map(str, loaded)]
    answers = [server.get(address, Accept_Encoding="br") for address in addresses]
    assert [status for status, _, _ in answers] == [200] * len(addresses)
    sizes = [len(bytes(headers)) + len(body) for _, headers, body in answers]
    assert len(addresses) <= most_requests
    assert sum(sizes) <= most_bytes, dict(zip(addresses, sizes, strict=True))


def test_an_imported_module_is_the_one_that_is_preloaded(server: Server) -> None:
    page = parse(server.get("/practice/")[2])
    preloaded = {str(link.get("href")) for link in select(page, "link[rel=modulepreload]")}
    [script] = [s for s in select(page, "script[src]") if s.get("type") == "module"]
    imported: set[str] = set()
    for address in (str(script.get("src")), *preloaded):
        text = server.get(address)[2].decode()
        imported |= {
            f"/static/js/practice/{name}"
            for name in re.findall(
                r"""(?:^|;)import\b[^"']*["']\./([^"']+)["']""", text, re.MULTILINE
            )
        }
    assert imported == preloaded
