"""
What people look for in vain: counted for the editors, and nothing about the person.

A search that found nothing is counted each time. One that was corrected, or whose best hit lacks a
word, is counted when its page is made: pages with hits are cached.

A request only adds to a counter in memory. A thread of the process writes now and then what has
come together, in one short transaction, and keeps it for the next time where the database is
busy. What has not been written when the process ends is lost.
"""

import logging
import threading
from collections import Counter
from itertools import pairwise

from django.db import Error, connection, transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Now

from questions.models import MISSED_LENGTH, MissedSearch
from questions.search import Found
from questions.search.letters import told

INTERVAL = 30.0  # seconds between two writes
WAITING_LIMIT = 200  # searches that wait to be written; further ones are not counted
ROW_LIMIT = 1000  # searches that the database keeps, those made most often

logger = logging.getLogger(__name__)


class Recorder:
    def __init__(self) -> None:
        self.waiting: Counter[str] = Counter()
        self.rows: dict[str, MissedSearch] = {}  # of those that wait, unsaved
        self.lock = threading.Lock()
        self.thread: threading.Thread | None = None
        self.stopped = threading.Event()

    def record(
        self, text: str, outcome: str = MissedSearch.Outcome.NOTHING, question: int | None = None
    ) -> None:
        """Count a search that found little, `question` first. Never touches the database."""
        text = told(text)[:MISSED_LENGTH]
        with self.lock:
            if text and (text in self.waiting or len(self.waiting) < WAITING_LIMIT):
                self.waiting[text] += 1
                self.rows[text] = MissedSearch(text=text, outcome=outcome, question_id=question)
            if not self.thread:
                self.start()

    def start(self) -> None:
        self.thread = threading.Thread(target=self.run, name="misses", daemon=True)
        self.thread.start()

    def run(self) -> None:
        """Write what has come together, again and again."""
        while not self.stopped.wait(INTERVAL):
            try:
                self.write()
            finally:
                connection.close()

    def write(self) -> None:
        """Write what has come together, or keep it where the database can't take it now."""
        with self.lock:
            counts, self.waiting = self.waiting, Counter()
            rows, self.rows = self.rows, {}
        texts = finished(counts)
        if not texts:
            return
        try:
            with transaction.atomic():
                new = [rows[text] for text in texts]
                MissedSearch.objects.bulk_create(new, ignore_conflicts=True)
                for text in texts:
                    MissedSearch.objects.filter(text=text).update(
                        count=F("count") + counts[text],
                        last_made=Now(),
                        outcome=rows[text].outcome,
                        # The one that stands there may be an editor's choice.
                        question=Coalesce("question", rows[text].question_id),
                    )
                surplus = MissedSearch.objects.values_list("pk", flat=True)[ROW_LIMIT:]
                MissedSearch.objects.filter(pk__in=list(surplus)).delete()
        except Error as error:
            logger.warning("Searches that found little are not counted yet: %s", error)
            with self.lock:
                self.waiting.update({text: counts[text] for text in texts})
                self.rows = {text: rows[text] for text in texts} | self.rows


def note(text: str, found: Found) -> None:
    """Count a search of the whole bank if it found nothing, or not what was typed."""
    if not found.hits:
        recorder.record(text)
    elif found.corrected or found.is_partial:
        outcomes = MissedSearch.Outcome
        outcome = outcomes.CORRECTED if found.corrected else outcomes.WEAK
        recorder.record(text, outcome, found.hits[0])


def finished(texts: Counter[str]) -> list[str]:
    """Leave out each text that another one begins with: it was only typed on the way there."""
    ordered = sorted(texts)
    return [text for text, following in pairwise([*ordered, ""]) if not following.startswith(text)]


recorder = Recorder()
