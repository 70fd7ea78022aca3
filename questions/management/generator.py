"""
Made-up questions in any number, for benchmarks, tests and demonstrations.

They read like the real ones from a distance: lengths, Markdown, code and the spread of common
and rare words are similar. What they say is not to be believed, and `verified_with` says so.

Their titles and keywords are about a shop and its machines; what the real ones are about they only
mention, in every text. So a search for it has one right question among any number of others.
"""

from collections.abc import Iterator, Sequence
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
    *("weigh", "tally", "render", "merge", "reissue", "void", "seal", "relay", "batch", "encode"),
    *("inspect", "defer", "publish", "archive", "rotate", "shard", "label", "dedupe", "replay"),
    *("amend", "compress", "throttle", "resolve", "transfer", "snapshot", "evict", "hydrate"),
)
NOUNS = (
    *("invoice", "visit", "parcel", "ledger", "voucher", "payload", "route", "courier", "basket"),
    *("tenant", "refund", "receipt", "upload", "customer", "shipment", "blueprint", "leaflet"),
    *("brochure", "notification", "subscription", "metric", "coupon", "inventory", "tariff"),
    *("certificate", "thumbnail", "replica", "partition", "transcript", "calendar", "geofence"),
)
SUBJECTS = (
    *("a loading dock", "a feature flag", "a circuit breaker", "a bloom filter", "a read replica"),
    *("a change feed", "a vector clock", "a hash ring", "a leaky bucket", "a sharding map"),
    *("a price engine", "a stock count", "a loyalty scheme", "a tax table", "a checksum"),
    *("a billing run", "a log shipper", "a quorum", "a heartbeat", "a dead letter"),
    *("a delivery van", "a price tag", "a sitemap", "a newsletter", "a barcode scanner"),
    *("a label printer", "a returns desk", "a packing line", "a gift card", "a size chart"),
)
SITUATIONS = (
    *("under load", "after a deploy", "during a strike", "in the second region"),
    *("when the customer hangs up", "when two clerks meet", "across warehouses"),
    *("behind a firewall", "on a full disk", "with a million parcels", "in the middle of a sale"),
    *("when a supplier is late", "in holiday weeks", "while a backup goes on", "at midnight"),
    *("after a failover", "when the clock jumps", "on a cold start", "when power runs short"),
)
# What texts mention, but no title is about.
MENTIONS = (
    *("a descriptor", "a generator", "a context manager", "a metaclass", "the event loop"),
    *("a thread pool", "a connection pool", "a queryset", "a middleware", "a migration"),
    *("an index", "a lock", "a cache", "a message queue", "a webhook", "a signal handler"),
    *("a decorator", "a protocol class", "a task group", "a semaphore", "a transaction"),
    *("a savepoint", "a type stub", "a mock", "a fixture", "a weak reference", "a buffer"),
    *("a serializer", "a virtual environment", "a container", "a retry policy", "a health check"),
)
CIRCUMSTANCES = (
    *("during a slow migration", "in a long-lived worker", "when the client disconnects"),
    *("when two writers meet", "across processes", "behind a proxy"),
    *("in the middle of a transaction", "when an import is circular", "in free-threaded builds"),
    *("while tests run in parallel", "after a fork", "when memory runs short"),
)
QUESTIONS = (
    "What happens to {subject} {situation}, and how would you notice?",
    "What keeps `{call}` honest {situation}?",
    "Why does {subject} behave differently {situation}?",
    "When would you choose {subject} over {other} {situation}?",
    "What does a clerk see if `{call}` comes late {situation}?",
    "What does {subject} guarantee {situation}, and what does it not?",
    "Who is to be told that `{call}` came to nothing {situation}?",
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
        Words(random, SUBJECTS + MENTIONS, SITUATIONS + CIRCUMSTANCES).fill(sentence)
        for sentence in random.sample(SENTENCES, sentences)
    )


class Words:
    """One draw of words that fit together."""

    def __init__(
        self,
        random: Random,
        subjects: Sequence[str] = SUBJECTS,
        situations: Sequence[str] = SITUATIONS,
    ) -> None:
        self.subject, self.other = random.sample(subjects, 2)
        self.noun, self.thing = random.sample(NOUNS, 2)
        self.verb = random.choice(VERBS)
        self.situation = random.choice(situations)
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
