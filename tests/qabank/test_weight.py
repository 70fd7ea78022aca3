"""What a first visit of the home page costs a phone."""

from pathlib import Path

from tests.html import parse, select
from tests.servers import Server

BYTES = 70_000
REQUESTS = 7


def test_a_cold_visit_of_the_home_page_is_light(tmp_path: Path) -> None:
    server = Server(tmp_path)
    try:
        home = parse(server.get("/")[2])
        loaded = [
            *(script.get("src") for script in select(home, "script[src]")),
            *(link.get("href") for link in select(home, "link[rel=stylesheet]")),
            *(link.get("href") for link in select(home, "link[rel=preload]")),
            *(link.get("href") for link in select(home, "link[rel=icon]")),
        ]
        addresses = ["/", *map(str, loaded)]
        answers = [server.get(address, Accept_Encoding="br") for address in addresses]
    finally:
        server.stop()
    assert [status for status, _, _ in answers] == [200] * len(addresses)
    assert len(addresses) <= REQUESTS
    assert sum(len(bytes(headers)) + len(body) for _, headers, body in answers) <= BYTES
