"""The dictionary keeps step with the records."""

import pytest
from django.db.models import F
from django.utils import timezone

from dangol.records.models import SearchEntry, SearchIdentifier, SearchScope, SearchToken
from dangol.records.models.search import TokenKind
from dangol.records.search import index
from dangol.records.search.keys import Token, Words
from tests.records.search.conftest import Person, World


def test_a_changed_name_is_found_by_the_new_one_only(world: World) -> None:
    person = world.add("홍길동", phone="+821012345678")
    Person.objects.filter(pk=person).update(name="김철수")
    index.reindex(world.person, [person])
    assert world.found("홍길동") == []
    assert world.found("김철수") == world.found("5678") == [person]


def test_an_emptied_value_is_found_no_more(world: World) -> None:
    person = world.add("홍길동", phone="+821012345678")
    Person.objects.filter(pk=person).update(phone="")
    index.reindex(world.person, [person])
    assert world.found("5678") == []
    assert world.found("홍길동") == [person]


def test_a_removed_record_is_found_no_more_and_others_stay(world: World) -> None:
    gone, stays = world.add("홍길동"), world.add("홍길동")
    index.remove(world.person, [gone])
    assert world.found("홍길동") == [stays]
    assert not SearchScope.objects.filter(record_id=gone).exists()


def test_a_record_in_the_recycle_bin_leaves_the_index_and_comes_back(world: World) -> None:
    person = world.add("홍길동")
    Person.objects.filter(pk=person).update(deleted_at=timezone.now())
    index.reindex(world.person, [person])
    assert world.found("홍길동") == []
    assert not SearchEntry.objects.exists()
    Person.objects.filter(pk=person).update(deleted_at=None)
    index.reindex(world.person, [person])
    assert world.found("홍길동") == [person]


def test_same_names_share_one_token(world: World) -> None:
    for _ in range(3):
        world.add("홍길동")
    assert SearchToken.objects.count() == 1
    assert SearchEntry.objects.count() == 3


def test_reindexing_what_did_not_change_writes_nothing(world: World) -> None:
    person = world.add("홍길동", phone="+821012345678")
    before = list(SearchEntry.objects.annotate(row=F("pk")).values_list("token_id", "record_id"))
    index.reindex(world.person, [person, person])
    assert list(SearchEntry.objects.values_list("token_id", "record_id")) == before


def test_many_records_take_few_statements(world: World, django_assert_max_num_queries: object) -> None:
    ids = [
        row.pk
        for row in Person.objects.bulk_create(
            Person(name=f"홍{chr(0xAC00 + n)}동", phone=f"+8210{n:08d}") for n in range(500)
        )
    ]
    with django_assert_max_num_queries(7):  # type: ignore[operator]
        index.reindex(world.person, ids)
    assert world.found("010-0000-0321") == [ids[321]]
    assert SearchEntry.objects.count() == SearchIdentifier.objects.count() == 500


def test_identifiers_are_entered_whatever_they_are_made_of(world: World) -> None:
    (person,) = (row.pk for row in Person.objects.bulk_create([Person(name="홍길동")]))
    odd = ["a\\b", "c\td", "e\nf", "\\N", "g"]
    found = index.Tokens((), [], [(Token(TokenKind.NUMBER, token, ""), 50) for token in odd])
    index.enter(world.person, [(person, found)])
    assert set(SearchIdentifier.objects.values_list("record_id", "token")) == {
        (person, token) for token in odd
    }


def test_nothing_to_index_is_no_error(world: World) -> None:
    index.reindex(world.person, [])
    index.reindex(world.person, [987_654])
    index.remove(world.person, [])
    index.refresh_scope(world.person, [])
    assert not SearchEntry.objects.exists()


def test_strange_values_are_indexed_without_error(world: World) -> None:
    for name in ("", " ", "😀", "\u202e", "a\tb\nc", "홍" * 500, "ﷺ" * 20, "'\"\\%_{},", "\u2028"):
        world.add(name, email=name, phone=name, business_number=name, kind="company")
    assert len(world.found("홍")) == 1


def test_a_long_subject_gives_a_bounded_number_of_tokens() -> None:
    assert len(list(Words("subject").tokens({"subject": "가 나 " * 400}))) <= 24


def test_rebuilding_enters_what_is_missing_and_drops_what_leads_nowhere(world: World) -> None:
    here = Person.objects.create(name="홍길동").pk
    gone = world.add("김철수")
    other_type = world.add_article("김철수")
    Person.objects.filter(pk=gone).delete()
    assert index.rebuild(world.person) == 1
    assert world.found("홍길동") == [here]
    left = set(SearchEntry.objects.values_list("record_type", "record_id"))
    assert left == {(index.type_code(world.person), here), (index.type_code(world.article), other_type)}


def test_tokens_that_nobody_carries_are_dropped(world: World) -> None:
    person = world.add("홍길동")
    world.add("김철수")
    Person.objects.filter(pk=person).update(name="김철수")
    index.reindex(world.person, [person])
    assert index.orphans() == 1
    assert list(SearchToken.objects.values_list("token", flat=True)) == [" rla cjf tn"]


def test_the_columns_that_matter_are_known(world: World) -> None:
    assert index.columns_of(world.person) == {"name", "kind", "phone", "email", "business_number"}


@pytest.mark.parametrize("weight", [0, 101])
def test_a_weight_out_of_range_is_refused(weight: int) -> None:
    with pytest.raises(ValueError, match="weight"):
        Words("subject", weight=weight)


def everything_indexed() -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for row in SearchEntry.objects.order_by("record_type", "record_id", "token_id"):
        token = SearchToken.objects.get(pk=row.token_id)
        rows.append((row.record_type, row.record_id, row.kind, token.token, token.other, row.weight))
    identifiers = SearchIdentifier.objects.order_by("record_type", "record_id", "kind", "token")
    rows += identifiers.values_list("record_type", "record_id", "kind", "token", "other", "weight")
    scopes = SearchScope.objects.order_by("record_type", "record_id")
    return rows + list(scopes.values_list("record_type", "record_id", "owner_id", "team_id", "territory_id"))


def test_entering_new_records_leaves_the_same_as_indexing_them(world: World) -> None:
    for number, name in enumerate(["홍길동", "㈜한빛", "O'Neil\\n 한\t빛", "홍길동", ""]):
        Person.objects.create(
            name=name,
            phone=f"+82101234567{number}",
            email=f"p\\{number}@한빛.example",
            owner_id=number or None,
        )
    tokenize = index.Tokenizer(world.person)
    rows = Person.objects.order_by("pk").values_list("pk", *tokenize.columns)

    index.enter(world.person, [(pk, tokenize(values)) for pk, *values in rows])

    entered = everything_indexed()
    index.rebuild(world.person)
    assert len(entered) > 10
    assert everything_indexed() == entered
    index.remove(world.person, [pk for pk, *_ in rows])
    assert index.rebuild(world.person) == 5
    assert everything_indexed() == entered


def test_a_writer_that_was_faster_than_the_rebuild_wins(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = world.add("홍길동", phone="+821012345678")
    other = Person.objects.create(name="김철수", phone="+821012345679").pk
    monkeypatch.setattr(index, "_is_entered", lambda record_type: False)
    assert index.rebuild(world.person) == 2
    assert world.found("홍길동") == [here]
    assert world.found("5679") == [other]


def test_a_word_that_went_from_the_dictionary_meanwhile_comes_back(world: World) -> None:
    person = Person.objects.create(name="홍길동").pk
    tokenize = index.Tokenizer(world.person)
    (values,) = Person.objects.values_list(*tokenize.columns)
    tokens = tokenize(values)
    index.Announcer()([tokens])
    assert index.orphans() == 1
    index.enter(world.person, [(person, tokens)])
    assert world.found("홍길동") == [person]


def test_words_are_announced_once_and_one_that_went_meanwhile_is_put_in_again(
    world: World, django_assert_num_queries: object
) -> None:
    tokenize = index.Tokenizer(world.person)
    announce = index.Announcer()

    def tokens(name: str) -> index.Tokens:
        return tokenize(tuple({"name": name}.get(column, "") for column in tokenize.columns))

    announce([tokens("홍길동"), tokens("홍길동")])
    with django_assert_num_queries(0):  # type: ignore[operator]
        announce([tokens("홍길동")])
    with django_assert_num_queries(1):  # type: ignore[operator]
        announce([tokens("홍길동"), tokens("김철수")])
    SearchToken.objects.all().delete()
    (person,) = (row.pk for row in Person.objects.bulk_create([Person(name="홍길동")]))
    found = tokens("홍길동")
    announce([found])
    index.enter(world.person, [(person, found)])
    assert world.found("홍길동") == [person]
