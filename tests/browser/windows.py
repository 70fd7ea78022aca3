"""The windows in which a page is looked at."""

from collections.abc import Iterator

from playwright.sync_api import Page


def windows(page: Page) -> Iterator[str]:
    """Show a page on a phone and on a desk, light and then dark; yield the theme each time."""
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 844})
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
            yield theme
