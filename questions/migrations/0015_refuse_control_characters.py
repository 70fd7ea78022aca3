import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
from django.db import migrations, models, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

import questions.models.fields


class Constrain(migrations.SeparateDatabaseAndState):
    """
    Change a table's check constraints, those of its columns too, all in one step.

    One by one Django would build SQLite's table thirty times. On PostgreSQL it would not create the
    constraints of columns that are there already, and would look at all rows for the others, which
    readers would wait for (0016 looks). Running the step again does no harm.
    """

    def __init__(self, model_name: str, state_operations: list[Operation]) -> None:
        super().__init__(state_operations=state_operations)
        self.model_name = model_name

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        before = from_state.apps.get_model(app_label, self.model_name)
        after = to_state.apps.get_model(app_label, self.model_name)
        replace_constraints(schema_editor, before, after, " NOT VALID")

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        before = from_state.apps.get_model(app_label, self.model_name)
        after = to_state.apps.get_model(app_label, self.model_name)
        replace_constraints(schema_editor, before, after, "")


def replace_constraints(
    schema_editor: BaseDatabaseSchemaEditor,
    before: type[models.Model],
    after: type[models.Model],
    validity: str,
) -> None:
    # Each table in a transaction of its own: whoever holds several keeps readers waiting that hold
    # one of them.
    with transaction.atomic(schema_editor.connection.alias):
        if schema_editor.connection.vendor == "sqlite":
            schema_editor._remake_table(after)  # type: ignore[attr-defined]  # SQLite's
            return
        old, new = constraints(schema_editor, before), constraints(schema_editor, after)
        steps = [
            *(f"DROP CONSTRAINT IF EXISTS {name}" for name in {**old, **new}),
            *(f"ADD {definition}{validity}" for definition in new.values()),
        ]
        table = schema_editor.quote_name(after._meta.db_table)
        schema_editor.execute(f"ALTER TABLE {table} {', '.join(steps)}", params=None)


def constraints(
    schema_editor: BaseDatabaseSchemaEditor, model: type[models.Model]
) -> dict[str, str]:
    """Return the definitions of a model's check constraints, by their quoted names."""
    definitions = {}
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.CheckConstraint):
            name = schema_editor.quote_name(constraint.name)
            definitions[name] = constraint.constraint_sql(model, schema_editor)
    for field in model._meta.concrete_fields:
        if isinstance(field, questions.models.fields.Plain):
            # PostgreSQL itself gives the constraint this name where it comes with the column.
            name = schema_editor.quote_name(f"{model._meta.db_table}_{field.column}_check")
            check = field.db_check(schema_editor.connection)
            definitions[name] = f"CONSTRAINT {name} CHECK ({check})"
    return definitions


class Migration(migrations.Migration):
    atomic = False  # each step is

    dependencies = [
        ("questions", "0014_mend_texts"),
    ]

    operations = [
        Constrain(
            "category",
            [
                migrations.RemoveConstraint(
                    model_name="category",
                    name="category_name_not_blank",
                ),
                migrations.RemoveConstraint(
                    model_name="category",
                    name="category_slug_usable",
                ),
                migrations.RemoveConstraint(
                    model_name="category",
                    name="category_position_from_one",
                ),
                migrations.AlterField(
                    model_name="category",
                    name="description",
                    field=questions.models.fields.PlainCharField(
                        blank=True, help_text="One plain sentence.", max_length=300
                    ),
                ),
                migrations.AlterField(
                    model_name="category",
                    name="emoji",
                    field=questions.models.fields.PlainCharField(
                        blank=True,
                        help_text="Shown before the name.",
                        max_length=16,
                        validators=[questions.models.fields.validate_emoji],
                    ),
                ),
                migrations.AlterField(
                    model_name="category",
                    name="name",
                    field=questions.models.fields.PlainCharField(max_length=80),
                ),
                migrations.AlterField(
                    model_name="category",
                    name="slug",
                    field=questions.models.fields.PlainSlugField(
                        help_text="The category's address. After a change the old one goes on redirecting.",
                        max_length=80,
                        unique=True,
                    ),
                ),
                migrations.AddConstraint(
                    model_name="category",
                    constraint=models.CheckConstraint(
                        condition=django.db.models.lookups.GreaterThan(
                            django.db.models.functions.text.Length(
                                questions.models.fields.Stripped("name")
                            ),
                            models.Value(0),
                        ),
                        name="category_name_not_blank",
                        violation_error_message="Give the category a name.",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="category",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            django.db.models.lookups.GreaterThan(
                                django.db.models.functions.text.Length(
                                    questions.models.fields.Stripped("slug")
                                ),
                                models.Value(0),
                            ),
                            models.Q(("slug", "all"), _negated=True),
                        ),
                        name="category_slug_usable",
                        violation_error_message="Choose another slug: not empty, and not “all”.",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="category",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("position__range", (1, 32767))),
                        name="category_position_in_range",
                        violation_error_message="Positions go from 1 to 32,767.",
                    ),
                ),
            ],
        ),
        Constrain(
            "question",
            [
                migrations.RemoveConstraint(
                    model_name="question",
                    name="question_title_not_blank",
                ),
                migrations.RemoveConstraint(
                    model_name="question",
                    name="question_slug_usable",
                ),
                migrations.RemoveConstraint(
                    model_name="question",
                    name="question_position_from_one",
                ),
                migrations.RemoveConstraint(
                    model_name="question",
                    name="question_published_with_short_answer",
                ),
                migrations.RemoveConstraint(
                    model_name="question",
                    name="question_checked_wholly",
                ),
                migrations.AlterField(
                    model_name="question",
                    name="answer",
                    field=questions.models.fields.PlainTextField(
                        blank=True,
                        help_text="Markdown: the detail, then “## Example”, “## Pitfalls” and “## Follow-ups”. docs/writing.md explains the conventions.",
                        max_length=50000,
                    ),
                ),
                migrations.AlterField(
                    model_name="question",
                    name="checked_hash",
                    field=questions.models.fields.PlainCharField(
                        blank=True, editable=False, max_length=64
                    ),
                ),
                migrations.AlterField(
                    model_name="question",
                    name="checked_with",
                    field=questions.models.fields.PlainCharField(
                        blank=True, editable=False, max_length=200
                    ),
                ),
                migrations.AlterField(
                    model_name="question",
                    name="further_reading",
                    field=questions.models.fields.PlainTextField(
                        blank=True,
                        help_text="Markdown, one link a line: - [Name of the page](https://…)",
                        max_length=10000,
                    ),
                ),
                migrations.AlterField(
                    model_name="question",
                    name="keywords",
                    field=questions.models.fields.PlainCharField(
                        blank=True,
                        help_text="Other names that people search for, lower-case, separated by commas.",
                        max_length=500,
                    ),
                ),
                migrations.AlterField(
                    model_name="question",
                    name="level",
                    field=questions.models.fields.PlainCharField(
                        choices=[("core", "Core"), ("advanced", "Advanced"), ("expert", "Expert")],
                        max_length=10,
                    ),
                ),
                migrations.AlterField(
                    model_name="question",
                    name="short_answer",
                    field=questions.models.fields.PlainTextField(
                        blank=True,
                        help_text="Markdown, one paragraph of 45 to 75 words, to be spoken: what it is first.",
                        max_length=5000,
                    ),
                ),
                migrations.AlterField(
                    model_name="question",
                    name="slug",
                    field=questions.models.fields.PlainSlugField(
                        help_text="The question's address. After a change the old one goes on redirecting.",
                        max_length=80,
                        unique=True,
                    ),
                ),
                migrations.AlterField(
                    model_name="question",
                    name="title",
                    field=questions.models.fields.PlainCharField(
                        help_text="The question in one sentence that ends with “?”.", max_length=250
                    ),
                ),
                migrations.AlterField(
                    model_name="question",
                    name="verified_with",
                    field=questions.models.fields.PlainCharField(
                        blank=True,
                        help_text="What the answer was checked with, such as “CPython 3.13.0, Django 6.1.3”.",
                        max_length=200,
                    ),
                ),
                migrations.AlterField(
                    model_name="question",
                    name="asked_as",
                    field=questions.models.fields.PlainTextField(
                        blank=True,
                        help_text="Other ways in which the question is asked: one a line, eight at most.",
                        max_length=1300,
                        verbose_name="also asked as",
                    ),
                ),
                migrations.AlterField(
                    model_name="question",
                    name="prompt",
                    field=questions.models.fields.PlainTextField(
                        blank=True,
                        help_text="Markdown: what an interviewer adds, such as a scenario, a piece of code or a table. It must not give the answer away.",
                        max_length=5000,
                    ),
                ),
                migrations.AddConstraint(
                    model_name="question",
                    constraint=models.CheckConstraint(
                        condition=django.db.models.lookups.GreaterThan(
                            django.db.models.functions.text.Length(
                                questions.models.fields.Stripped("title")
                            ),
                            models.Value(0),
                        ),
                        name="question_title_not_blank",
                        violation_error_message="Give the question a title.",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="question",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            django.db.models.lookups.GreaterThan(
                                django.db.models.functions.text.Length(
                                    questions.models.fields.Stripped("slug")
                                ),
                                models.Value(0),
                            ),
                            models.Q(("slug", "all"), _negated=True),
                        ),
                        name="question_slug_usable",
                        violation_error_message="Choose another slug: not empty, and not “all”.",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="question",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("position__range", (1, 2147483647))),
                        name="question_position_in_range",
                        violation_error_message="Positions go from 1 to 2,147,483,647.",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="question",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("published", False),
                            django.db.models.lookups.GreaterThan(
                                django.db.models.functions.text.Length(
                                    questions.models.fields.Stripped("short_answer")
                                ),
                                models.Value(0),
                            ),
                            _connector="OR",
                        ),
                        name="question_published_with_short_answer",
                        violation_error_message="A published question needs a short answer.",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="question",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("checked_hash", ""), ("checked_on", None), ("checked_with", "")
                            ),
                            models.Q(
                                django.db.models.lookups.GreaterThan(
                                    django.db.models.functions.text.Length(
                                        questions.models.fields.Stripped("checked_hash")
                                    ),
                                    models.Value(0),
                                ),
                                django.db.models.lookups.GreaterThan(
                                    django.db.models.functions.text.Length(
                                        questions.models.fields.Stripped("checked_with")
                                    ),
                                    models.Value(0),
                                ),
                                models.Q(("checked_on", None), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="question_checked_wholly",
                        violation_error_message="checked_with, checked_on and checked_hash go together.",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="question",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("replaced_by", None), ("published", False), _connector="OR"
                        ),
                        name="question_replaced_is_not_published",
                        violation_error_message="A question that another one replaces is not published.",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="question",
                    constraint=models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length("prompt"), models.Value(5000)
                        ),
                        name="question_prompt_length",
                        violation_error_message="Shorten the prompt to 5,000 characters.",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="question",
                    constraint=models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length("asked_as"), models.Value(1300)
                        ),
                        name="question_asked_as_length",
                        violation_error_message="Shorten the asked as to 1,300 characters.",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="question",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("replaced_by", models.F("id")), _negated=True),
                        name="question_replaced_by_another",
                        violation_error_message="A question can't replace itself.",
                    ),
                ),
            ],
        ),
        Constrain(
            "formerslug",
            [
                migrations.AlterField(
                    model_name="formerslug",
                    name="slug",
                    field=questions.models.fields.PlainSlugField(max_length=80, unique=True),
                ),
            ],
        ),
        Constrain(
            "missedsearch",
            [
                migrations.AlterField(
                    model_name="missedsearch",
                    name="text",
                    field=questions.models.fields.PlainCharField(max_length=100, unique=True),
                ),
            ],
        ),
        Constrain(
            "change",
            [
                migrations.AlterField(
                    model_name="change",
                    name="actor",
                    field=questions.models.fields.PlainCharField(
                        blank=True, editable=False, max_length=150
                    ),
                ),
                migrations.AlterField(
                    model_name="change",
                    name="kind",
                    field=questions.models.fields.PlainCharField(
                        choices=[("added", "Added"), ("edited", "Edited"), ("deleted", "Deleted")],
                        editable=False,
                        max_length=10,
                    ),
                ),
                migrations.AlterField(
                    model_name="change",
                    name="road",
                    field=questions.models.fields.PlainCharField(
                        blank=True, editable=False, max_length=40
                    ),
                ),
            ],
        ),
        Constrain(
            "origin",
            [
                migrations.AlterField(
                    model_name="origin",
                    name="actor",
                    field=questions.models.fields.PlainCharField(blank=True, max_length=150),
                ),
                migrations.AlterField(
                    model_name="origin",
                    name="road",
                    field=questions.models.fields.PlainCharField(max_length=40),
                ),
            ],
        ),
        Constrain(
            "refreshed",
            [
                migrations.AlterField(
                    model_name="refreshed",
                    name="digest",
                    field=questions.models.fields.PlainCharField(max_length=64),
                ),
                migrations.AlterField(
                    model_name="refreshed",
                    name="model",
                    field=questions.models.fields.PlainCharField(max_length=40),
                ),
                migrations.AlterField(
                    model_name="refreshed",
                    name="slug",
                    field=questions.models.fields.PlainCharField(max_length=80),
                ),
            ],
        ),
        Constrain(
            "contentversion",
            [
                migrations.AlterField(
                    model_name="contentversion",
                    name="version",
                    field=questions.models.fields.PlainCharField(max_length=36),
                ),
            ],
        ),
        Constrain(
            "tally",
            [
                migrations.AlterField(
                    model_name="tally",
                    name="level",
                    field=questions.models.fields.PlainCharField(max_length=10),
                ),
            ],
        ),
    ]
