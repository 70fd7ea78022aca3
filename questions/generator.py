"""
Made-up questions in any number, for benchmarks, tests and demonstrations.

They read like the real ones from a distance: lengths, Markdown, code and the spread of common
and rare words are similar. What they say is not to be believed, and `verified_with` says so.
"""

from collections.abc import Iterator
from datetime import date
from random import Random

from questions.models import Category, Question

MARK = "nothing: made up by make_bank"

AREAS = (
    *("Core Python", "Concurrency", "Web Frameworks", "Architecture", "Testing", "Databases"),
    *("Caching", "Security", "Packaging", "Observability", "Networking", "Data Modeling"),
)
EMOJI = "🐍⚡🕸🏗🧪🗄📦🔒🎁🔭📡🧩"
VERBS = (
    *("load", "parse", "render", "merge", "retry", "cancel", "lock", "stream", "batch", "encode"),
    *("validate", "schedule", "publish", "archive", "rotate", "shard", "index", "dedupe", "replay"),
    *("backfill", "compress", "throttle", "resolve", "migrate", "snapshot", "evict", "hydrate"),
)
NOUNS = (
    *("invoice", "session", "order", "ledger", "token", "payload", "cursor", "worker", "queue"),
    *("tenant", "webhook", "report", "upload", "customer", "shipment", "schema", "template"),
    *("document", "notification", "subscription", "metric", "coupon", "inventory", "fixture"),
    *("certificate", "thumbnail", "replica", "partition", "transcript", "calendar", "geofence"),
)
SUBJECTS = (
    *("a descriptor", "a generator", "a context manager", "a metaclass", "the event loop"),
    *("a thread pool", "a connection pool", "a queryset", "a middleware", "a migration"),
    *("an index", "a lock", "a cache", "a message queue", "a webhook", "a signal handler"),
    *("a decorator", "a protocol class", "a task group", "a semaphore", "a transaction"),
    *("a savepoint", "a type stub", "a mock", "a fixture", "a weak reference", "a buffer"),
    *("a serializer", "a rate limiter", "a feature flag", "a retry policy", "a health check"),
)
SITUATIONS = (
    *("under load", "after a deploy", "during a slow migration", "in a long-lived worker"),
    *("when the client disconnects", "when two writers meet", "across processes"),
    *("behind a proxy", "on a full disk", "with a million rows", "in the middle of a transaction"),
    *("when an import is circular", "in free-threaded builds", "while tests run in parallel"),
    *("after a fork", "when the clock jumps", "on a cold start", "when memory runs short"),
)
QUESTIONS = (
    "What happens to {subject} {situation}, and how would you notice?",
    "How would you make `{call}` safe {situation}?",
    "Why does {subject} behave differently {situation}?",
    "When would you choose {subject} over {other} {situation}?",
    "How do you find out why `{call}` became slow {situation}?",
    "What does {subject} guarantee {situation}, and what does it not?",
    "How would you test that `{call}` survives, {situation}?",
    "Which mistakes do people make with {subject} {situation}?",
)
SENTENCES = (
    "Most of the surprises come from {subject}, because it keeps a reference to {other}.",
    "Measure before you change anything: `{call}` is rarely the slow part {situation}.",
    "The cost is paid once, by {subject}, and again {situation}.",
    "`{call}` returns before the work is done, so an error surfaces later and elsewhere.",
    "A {noun} that is read twice has to be the same {noun}, even {situation}.",
    "Keep {subject} small and let {other} own the state.",
    "The order matters: first the {noun}, then {subject}, and the {thing} last.",
    "What looks like {subject} is often {other} in disguise.",
    "In production we saw one {noun} in a thousand go missing {situation}.",
    "The documentation promises this for {subject} but not for {other}.",
    "Give `{call}` a timeout and an idempotency key, or expect a second {noun}.",
    "It scales with the number of {noun}s, not with the number of {thing}s.",
)
CODE = """\
def {name}({noun}: str, *, attempts: int = {number}) -> list[str]:
    seen: list[str] = []
    for attempt in range(attempts):
        seen.append(f"{{{noun}}}-{{attempt}}")
    return seen


print({name}("{thing}")[-1])
"""


def categories(count: int) -> list[Category]:
    """Return `count` unsaved categories, positioned from 1."""
    made = []
    for index in range(count):
        round_, area = divmod(index, len(AREAS))
        name = f"{AREAS[area]} {round_ + 1}" if round_ else AREAS[area]
        slug = name.lower().replace(" ", "-")
        made.append(
            Category(
                name=name,
                slug=slug,
                emoji=EMOJI[area],
                description=f"Made-up questions about {name.lower()}.",
                position=index + 1,
            )
        )
    return made


def questions(count: int, seed: int, categories: list[Category]) -> Iterator[Question]:
    """
    Yield `count` unsaved published questions, spread evenly over saved `categories`.

    The same arguments give the same texts. With another `count` the first questions stay as they
    are.
    """
    random = Random(seed)  # noqa: S311 (nothing secret)
    for index in range(count):
        round_, category = divmod(index, len(categories))
        words = Words(random)
        title = words.fill(random.choice(QUESTIONS))
        yield Question(
            category=categories[category],
            slug=f"{words.verb}-{words.noun}-{index + 1}",
            position=round_ + 1,
            title=title[0].upper() + title[1:],
            level=random.choice(Question.Level.values),
            published=True,
            short_answer=paragraph(random, 5),
            answer=answer(random, words),
            further_reading=f"- [Notes on {words.subject}](https://example.com/{words.noun})\n",
            keywords=f"{words.name}, {words.noun}, {words.subject.split(' ', 1)[1]}",
            verified_with=MARK,
            verified_on=date(2026, 1, 1),
        )


def answer(random: Random, words: "Words") -> str:
    code = CODE.format(
        name=words.name, noun=words.noun, thing=words.thing, number=random.randint(2, 9)
    )
    pitfalls = "\n".join(f"- {paragraph(random, 2)}" for _ in range(3))
    return f"""\
{paragraph(random, 5)}

{paragraph(random, 4)}

## Example

```python
{code}```

{paragraph(random, 2)}

## Pitfalls

{pitfalls}

## Follow-ups

- {words.fill(random.choice(QUESTIONS))}

  {paragraph(random, 2)}
"""


def paragraph(random: Random, sentences: int) -> str:
    return " ".join(
        Words(random).fill(sentence) for sentence in random.sample(SENTENCES, sentences)
    )


class Words:
    """One draw of words that fit together."""

    def __init__(self, random: Random) -> None:
        self.subject, self.other = random.sample(SUBJECTS, 2)
        self.noun, self.thing = random.sample(NOUNS, 2)
        self.verb = random.choice(VERBS)
        self.situation = random.choice(SITUATIONS)
        # Most names occur a few times in the whole bank: an index needs rare words too.
        self.name = f"{self.verb}_{self.noun}_{int(random.paretovariate(0.6)) % 10_000}"

    def fill(self, text: str) -> str:
        filled = text.format(
            subject=self.subject,
            other=self.other,
            noun=self.noun,
            thing=self.thing,
            situation=self.situation,
            call=f"{self.name}()",
        )
        return filled[0].upper() + filled[1:]
