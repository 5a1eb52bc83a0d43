"""Two small business objects of a room that exists only here: people who have owners, and deals that follow a person."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from django.apps.registry import Apps
from django.db import connection, models

from dangol.identity.actors import Actor
from dangol.records.search import index
from dangol.records.search.keys import Code, Digits, Email, Name, Phone, Words
from dangol.records.search.query import Hit, search
from dangol.records.types import Inherited, Open, Owned, RecordType

APPS = Apps()


class Person(models.Model):
    kind = models.TextField(default="person")
    name = models.TextField(default="")
    phone = models.TextField(default="")
    email = models.TextField(default="")
    business_number = models.TextField(null=True)
    owner_id = models.BigIntegerField(null=True)
    team_id = models.BigIntegerField(null=True)
    territory_id = models.BigIntegerField(null=True)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        apps = APPS
        app_label = "search_tests"


class Deal(models.Model):
    person = models.ForeignKey(Person, models.CASCADE)
    number = models.TextField(default="")
    subject = models.TextField(default="")
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        apps = APPS
        app_label = "search_tests"


class Article(models.Model):
    name = models.TextField(default="")
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        apps = APPS
        app_label = "search_tests"


class PersonRecord(RecordType):
    name = "test_person"
    path = "test-people"
    label = label_plural = "Person"
    model = Person
    scope = Owned()
    search = (Name("name"), Phone("phone"), Email("email"), Digits("business_number"))


class DealRecord(RecordType):
    name = "test_deal"
    path = "test-deals"
    label = label_plural = "Deal"
    model = Deal
    scope = Inherited(through="person")
    search = (Code("number"), Words("subject"))
    title = "number"


class ArticleRecord(RecordType):
    name = "test_article"
    path = "test-articles"
    label = label_plural = "Article"
    model = Article
    scope = Open()
    search = (Name("name", kind="name"),)


@dataclass
class World:
    """The test room's types, and short ways to fill and search them."""

    person: RecordType = field(default_factory=PersonRecord)
    deal: RecordType = field(default_factory=DealRecord)
    article: RecordType = field(default_factory=ArticleRecord)

    def add(self, name: str = "", **values: Any) -> int:
        """A person – with `kind="company"` a company – entered in the index."""
        row = Person.objects.create(name=name, **values)
        index.reindex(self.person, [row.pk])
        return row.pk

    def add_deal(self, person: int, **values: Any) -> int:
        row = Deal.objects.create(person_id=person, **values)
        index.reindex(self.deal, [row.pk])
        return row.pk

    def add_article(self, name: str) -> int:
        row = Article.objects.create(name=name)
        index.reindex(self.article, [row.pk])
        return row.pk

    def hits(self, q: str, actor: Actor | None = None, **options: Any) -> list[Hit]:
        options.setdefault("types", [self.person, self.deal, self.article])
        return search(actor=actor or Actor.system("test"), q=q, **options)

    def found(self, q: str, actor: Actor | None = None, **options: Any) -> list[int]:
        """The ids of what is found, best first."""
        return [hit.id for hit in self.hits(q, actor, **options)]


@pytest.fixture
def world(db: None) -> World:
    with connection.schema_editor() as editor:
        for model in (Person, Deal, Article):
            editor.create_model(model)
    return World()


def seeing(scope: str, **values: Any) -> Actor:
    """Somebody who may view every type in this scope."""
    return Actor(name="", grants={("*", "view"): frozenset({scope})}, **{"user_id": 1, **values})
