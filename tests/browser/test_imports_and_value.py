"""From a file to customers, and from a mark of a chart to the customers behind it."""

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from dangol.customers.models import Customer
from dangol.identity.actors import Actor
from dangol.insight import services
from dangol.records import registry, writing
from dangol.records.importing import jobs
from dangol.records.writing import Change

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def own_folder(tmp_path, settings):
    settings.DATA = tmp_path
    return tmp_path


def test_a_file_goes_in_by_the_pages_and_its_reject_is_shown_with_the_reason(
    visit, administrator, own_folder
):
    page = visit(administrator, "/imports/new/")
    content = "고객 번호,이름,거래 시작일\nC1,한빛정밀,2020-01-01\nC2,서광테크,어제\n".encode()
    page.set_input_files("input[type=file]", {"name": "고객.csv", "mimeType": "text/csv", "buffer": content})
    page.locator("main form button[type=submit]").click()
    page.get_by_role("button", name="다음: 미리 보기").click()
    page.wait_for_selector("table:has-text('들어감')")
    assert not Customer.objects.exists()
    page.get_by_role("button", name="가져오기 시작").click()
    page.wait_for_selector("[hx-get$='/progress/']")
    jobs.run(**ProcrastinateJob.objects.filter(task_name=jobs.RUN_TASK).latest("id").args)
    page.wait_for_selector("main:has-text('서광테크')")
    assert "어제" in page.locator("main").inner_text()
    assert Customer.objects.get().name == "한빛정밀"


def market(person, world):
    """Twenty more customers who have bought, each more than the one before; the names of all who have."""
    buyers = world.others[:20]

    def make(name, rows):
        return writing.write(registry.get(name), [Change(row) for row in rows], actor=person.actor).created

    orders = make(
        "order",
        [
            {"number": f"M-{at}", "customer": customer, "ordered_at": f"2026-{at % 9 + 1:02}-11"}
            for at, customer in enumerate(buyers)
        ],
    )
    make(
        "order_line",
        [
            {
                "order": order,
                "ordinal": 1,
                "description": "부품",
                "quantity": 1,
                "unit_price": 1000 * (at + 1),
            }
            for at, order in enumerate(orders)
        ],
    )
    return {*Customer.objects.filter(pk__in=[*buyers, world.hanbit]).values_list("name", flat=True)}


def test_a_mark_of_a_chart_opens_the_customers_behind_it(visit, insider, world, own_folder):
    buyers = market(insider, world)
    services.refresh_all(actor=Actor.system("test"))
    page = visit(insider, "/value/")
    chart = page.locator("#value-segments")
    chart.scroll_into_view_if_needed()
    page.wait_for_selector("#value-segments[data-drawn]")
    chart.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_url("**/customers/?filter=rfm.segment**")
    found = page.locator("#list tbody a.strong").all_inner_texts()
    assert found
    assert set(found) <= buyers
