"""What the kernel knows of products, orders and order lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext_lazy as _

from dangol.commerce import services, synonyms
from dangol.commerce.models import Category, Order, OrderLine, Product
from dangol.identity.actors import Actor
from dangol.records import fields
from dangol.records.fields import FieldError
from dangol.records.registry import register
from dangol.records.search.keys import Code, Words
from dangol.records.types import Draft, Inherited, Open, RecordType, Section, WrittenRows

KIND_TONES = {"sale": "p", "return": "r", "adjustment": "g", "charge": "b"}
STATUS_TONES = {"placed": "b", "confirmed": "b", "shipped": "g", "delivered": "p", "cancelled": "r"}


@register
class CategoryRecord(RecordType):
    """A group of products."""

    name = "category"
    path = "categories"
    label = _("Product category")
    label_plural = _("Product categories")
    icon = "folders"
    department = "sales"
    order = 23
    model = Category
    synonyms = synonyms.CATEGORY
    title = "name"
    subtitle = ("code", "parent")
    list_fields = ("name", "code", "parent")
    default_sort = ("code",)
    scope = Open()
    keys = ("code",)
    search = (Words("name"), Code("code"))
    sections = (Section(_("Basics"), ("code", "name", "parent")),)


@register
class ProductRecord(RecordType):
    """Something that is sold."""

    name = "product"
    path = "products"
    label = _("Product")
    label_plural = _("Products")
    icon = "package"
    department = "sales"
    order = 22
    model = Product
    synonyms = synonyms.PRODUCT
    title = "name"
    subtitle = ("code", "category")
    list_fields = ("name", "code", "category", "list_price", "unit", "is_active")
    default_sort = ("name",)
    scope = Open()
    keys = ("code",)
    search = (Words("name", weight=60), Code("code"))
    kinds = {"list_price": fields.Money}
    options = {"list_price": {"currency_column": "currency"}}
    sections = (
        Section(_("Basics"), ("code", "name", "category", "is_active")),
        Section(_("Price"), ("list_price", "currency", "unit")),
    )


@register
class OrderRecord(RecordType):
    """A customer's order, or its taking back."""

    name = "order"
    path = "orders"
    label = _("Order")
    label_plural = _("Orders")
    icon = "truck-delivery"
    department = "sales"
    order = 20
    model = Order
    synonyms = synonyms.ORDER
    title = "number"
    subtitle = ("kind", "status", "customer")
    list_fields = ("number", "customer", "kind", "status", "ordered_at", "amount", "lines_count")
    default_sort = ("-ordered_at",)
    scope = Inherited(through="customer")
    keys = ("number",)
    search = (Code("number"),)
    options = {"kind": {"tones": KIND_TONES}, "status": {"tones": STATUS_TONES}}
    extra = (
        fields.Money(
            "amount", label=_("Amount"), column="totals__amount", currency_column="currency", editable=False
        ),
        fields.Integer("lines_count", label=_("Lines"), column="totals__lines", editable=False),
    )
    sections = (
        Section(_("Basics"), ("number", "customer", "kind", "status", "ordered_at", "amount", "lines_count")),
        Section(_("Other details"), ("currency", "memo")),
    )
    cascade = ("lines",)

    def after_write(self, written: WrittenRows, *, actor: Actor) -> None:
        """Keep totals and the customers' timelines in step."""
        ids = [draft.id for draft in (*written.created, *written.updated) if draft.id]
        if any("currency" in draft.values for draft in written.updated):
            services.order_totals_refresh(ids)
        moved = [draft.id for draft in written.updated if draft.id and "customer" in draft.values]
        services.order_timeline_refresh([*ids, *written.restored], withdraw=[*moved, *written.removed])


@register
class OrderLineRecord(RecordType):
    """One line of an order."""

    name = "order_line"
    path = "order-lines"
    label = _("Order line")
    label_plural = _("Order lines")
    icon = "list-details"
    order = 21
    model = OrderLine
    synonyms = synonyms.ORDER_LINE
    title = "description"
    subtitle = ("order", "product")
    list_fields = ("order", "ordinal", "product", "description", "quantity", "unit_price", "amount", "kind")
    default_sort = ("-id",)
    scope = Inherited(through="order.customer")
    kinds = {"unit_price": fields.Money, "amount": fields.Money}
    options = {
        "kind": {"tones": KIND_TONES},
        "unit_price": {"currency_column": "order__currency"},
        "amount": {"currency_column": "order__currency", "editable": False},
    }
    sections = (
        Section(_("Basics"), ("order", "ordinal", "product", "description", "kind")),
        Section(_("Price"), ("quantity", "unit_price", "amount", "occurred_at")),
    )

    def check(self, rows: Sequence[Draft], *, actor: Actor) -> Iterable[tuple[int, str, FieldError]]:
        """Two lines of an order never share an ordinal. One query."""
        return services.ordinal_problems(rows)

    def after_write(self, written: WrittenRows, *, actor: Actor) -> None:
        """Add up the orders these lines stand, or stood, in."""
        services.order_lines_changed(written)
