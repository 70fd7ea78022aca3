"""Static files: stored compressed, and as exact about HTTP as the pages (pagecache/page.py)."""

from types import SimpleNamespace

from django.http import HttpRequest, HttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

from questions.pagecache.page import is_current


class StaticFilesMiddleware(WhiteNoiseMiddleware):  # type: ignore[misc]
    """
    WhiteNoise, with a tag for each encoding.

    WhiteNoise gives all encodings of a file one strong tag, knows no list of tags, and answers an
    If-Range that does not match with a part of the file.
    """

    @staticmethod
    def serve(static_file: StaticFile | object, request: HttpRequest) -> HttpResponse:
        if not isinstance(static_file, StaticFile):
            redirect: HttpResponse = WhiteNoiseMiddleware.serve(static_file, request)
            return redirect
        asked = {"HTTP_ACCEPT_ENCODING": request.META.get("HTTP_ACCEPT_ENCODING", "")}
        _, values = static_file.get_path_and_headers(asked)
        headers = dict(values)
        encoding = headers.get("Content-Encoding", "identity")
        tag = f'{headers["ETag"].removesuffix('"')}-{encoding}"'
        modified = headers.get("Last-Modified", "")
        if is_current(tag, modified, request.META):
            asked["HTTP_IF_NONE_MATCH"] = static_file.etag
        elif request.META.get("HTTP_IF_RANGE", tag) in (tag, modified):
            asked["HTTP_RANGE"] = request.META.get("HTTP_RANGE", "")
        response: HttpResponse = WhiteNoiseMiddleware.serve(
            static_file, SimpleNamespace(method=request.method, META=asked)
        )
        if "ETag" in response:
            response["ETag"] = tag
        return response


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """WhiteNoise's own, which also names in a module the hashed names of what it imports."""

    support_js_module_import_aggregation = True
